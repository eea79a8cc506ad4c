#include "daemon/api/access.hpp"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace vmha::api {

Operators find_operators(const char* group) {
    Operators operators;
    operators.daemon = ::geteuid();
    std::vector<char> memory(1024);
    struct group entry {};
    struct group* found = nullptr;
    while (::getgrnam_r(group, &entry, memory.data(), memory.size(), &found) == ERANGE &&
           memory.size() < (1 << 20))
        memory.resize(memory.size() * 2);  // a group with many members
    if (found != nullptr) operators.group = found->gr_gid;
    return operators;
}

Access access_of(const net::PeerCredentials& peer, const Operators& operators) {
    if (peer.uid == 0 || peer.uid == operators.daemon) return Access::operate;
    if (!operators.group) return Access::read;
    const bool member =
        peer.gid == *operators.group || std::ranges::find(peer.groups, *operators.group) != peer.groups.end();
    return member ? Access::operate : Access::read;
}

}  // namespace vmha::api
