// vmhactl import: today's scripts become vmhad's configuration.
#pragma once
#include <string>
#include <vector>

#include "client/import/files/target.hpp"
#include "common/exit_codes.hpp"

namespace vmha::client {

struct ImportOptions {
    std::vector<std::string> paths;  // scripts, or directories that hold them
    migration::Names names;
    migration::Keys keys{"", "/root/.ssh/known_hosts"};
    std::string output = "/etc/vmhad";
    bool force = false;
    bool dry_run = false;
};

// Prints what it understood and every problem. 2, and nothing is written, if there is one, or if vmhad
// refuses the result; 1 if a file cannot be written.
ExitCode ctl_import(const ImportOptions& options);

}  // namespace vmha::client
