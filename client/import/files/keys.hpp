// The keys that the scripts log in with today, and the hosts' keys they trust: judged by libssh, which the
// daemon will use them with.
#pragma once
#include <string>
#include <vector>

#include "client/import/remark.hpp"
#include "common/result.hpp"

namespace vmha::migration {

struct Identity {
    std::string file;  // where it was read
    std::string name;  // where it goes: id_rsa or id_ecdsa
    std::string text;
};

// Refuses what the daemon or an ESXi host would not take: an encrypted key, an ed25519 key, no key at all.
Result<Identity> read_identity(const std::string& file);

// The first of ~root/.ssh/id_rsa and id_ecdsa that is there; an error if none is.
Result<std::string> default_identity(const std::string& directory, Remarks& remarks);

// The lines of the known-hosts file that hold a key of this address, hashed ones too, as they are.
std::vector<std::string> host_key_lines(const std::string& text, const std::string& address);

}  // namespace vmha::migration
