// What the sshd of one host needs on disk: keys, its configuration, the programs that a session finds.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "tests/simulator/model/config.hpp"

namespace vmha::sim {

// Owned by the host's SshServer. All lies in SshConfig::directory.
class SshFiles {
public:
    // Makes what is missing; keys that are there are kept. `program` plays the host's commands.
    static Result<SshFiles> make(const site::SshConfig& config, const std::string& program);

    // As an inetd would start it, for one connection.
    std::vector<std::string> sshd(unsigned connection, int sessions_max) const;
    std::string command_socket() const { return directory_ + "/commands.sock"; }
    std::string log() const { return directory_ + "/sshd.log"; }

    // The host's keys as a client's known_hosts file names them, in directory/FILE.
    Result<void> write_known_hosts(const std::string& file, const std::string& address,
                                   const std::vector<uint16_t>& ports) const;
    Result<void> new_host_keys();

private:
    explicit SshFiles(std::string directory) : directory_(std::move(directory)) {}
    Result<void> make_keys() const;
    std::string directory_;
};

}  // namespace vmha::sim
