// vmhactl ec-config: what the cluster manager has to be told about the VMs, as commands to read and run.
#pragma once
#include <string>
#include <vector>

#include "client/ec/plan.hpp"
#include "common/exit_codes.hpp"

namespace vmha::client {

struct EcConfigOptions {
    std::vector<std::string> vms;  // none: all that are configured
    ec::Wish wish;
    std::string config = "/etc/vmhad/vmhad.json";
    std::string check;  // a clp.conf to compare with; empty: none
};

// Prints the commands. 2, and none are printed, for an unknown VM, what the cluster manager would not take,
// or a configuration that vmhad refuses. The times come from the configuration by way of 'vmhad
// --check-config --json', not from the daemon: that way it works before vmhad has ever run here, and on a
// machine that is no node.
ExitCode ctl_ec_config(const EcConfigOptions& options);

}  // namespace vmha::client
