// Who may do what on the socket. Everyone on the node may read; operating needs root, the daemon's own user
// or the group vmha, by what the kernel says about the peer.
#pragma once
#include <sys/types.h>

#include <optional>

#include "daemon/net/unix.hpp"

namespace vmha::api {

enum class Access { read, operate };

// Looked up once at start, because the group database may be remote and slow.
struct Operators {
    uid_t daemon = 0;
    std::optional<gid_t> group;  // none: only root and the daemon's own user
};

// The group of that name as getgrnam_r knows it, and this process's user.
Operators find_operators(const char* group = "vmha");

Access access_of(const net::PeerCredentials& peer, const Operators& operators);

}  // namespace vmha::api
