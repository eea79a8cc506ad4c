// Inside shell only: libssh's handles, freed by themselves, and its texts, made fit for messages.
#pragma once
#include <libssh/libssh.h>

#include <memory>
#include <string>

namespace vmha::shell {

struct FreeSsh {
    void operator()(ssh_session session) const { ssh_free(session); }
    void operator()(ssh_key key) const { ssh_key_free(key); }
    void operator()(ssh_event event) const { ssh_event_free(event); }
};

using SshSession = std::unique_ptr<ssh_session_struct, FreeSsh>;
using SshKey = std::unique_ptr<ssh_key_struct, FreeSsh>;
using SshEvent = std::unique_ptr<ssh_event_struct, FreeSsh>;

// "ecdsa-sha2-nistp256 SHA256:…"; empty when it cannot be made.
std::string fingerprint_of(ssh_key key);

// Why the last call failed. Parts of it are the peer's own words: cut, and without control characters.
std::string cause_of(ssh_session session);

}  // namespace vmha::shell
