// The private key that a host's logins use.
#pragma once
#include <string>

#include "common/result.hpp"
#include "daemon/shell/ssh_handles.hpp"

namespace vmha::shell {

// The key in memory, for the time of a login only. The fingerprint is no secret: it tells one key from
// another.
struct Identity {
    SshKey key;
    std::string fingerprint;
    bool is_ed25519 = false;
};

// As for a password file: a regular file, at most 64 KiB, which nobody but its owner may read, or a
// credential of systemd's. A key with a passphrase is refused, for nobody is there to type it. The message
// names the file and nothing of what is in it. Blocks for one small file read.
Result<Identity> read_identity(const std::string& file);

}  // namespace vmha::shell
