// What the cluster manager has to be told about each VM, and what speaks against it. clpcfset takes unknown
// parameters, a missing group and impossible times without a word, so the checks are made here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vmha::ec {

// One configured VM with vmhad's own limits.
struct VmTimes {
    std::string name;
    int64_t start_timeout_s = 0;
    int64_t stop_timeout_s = 0;
};

enum class Recovery {
    failover,       // the group goes to the other node at once
    restart_first,  // the VM's resource is restarted once, then the group goes
};

struct Wish {
    std::string group = "failover-vm";
    std::string depends = "exec-iscsi";  // the resource that exports the datastore
    Recovery recovery = Recovery::failover;
    std::string log_dir = "/opt/nec/clusterpro/log";
    int64_t interval_s = 10;
    int64_t genw_timeout_s = 20;
};

struct VmGlue {
    VmTimes vm;
    std::string resource;  // exec-VM
    std::string monitor;   // genw-VM
    // The cluster manager's limits: of the two scripts, and of activation and deactivation around them.
    int64_t start_script_s = 0;
    int64_t stop_script_s = 0;
    int64_t activation_s = 0;
    int64_t deactivation_s = 0;
};

struct Plan {
    Wish wish;
    int64_t polling_timeout_s = 0;
    bool compared = false;  // with a cluster's configuration
    std::vector<VmGlue> vms;
    std::vector<std::string> problems;  // any of them: no commands
    std::vector<std::string> warnings;
};

// `wanted` empty: all that are configured.
Plan make_plan(const std::vector<VmTimes>& configured, const std::vector<std::string>& wanted,
               const Wish& wish);

// Why the cluster manager takes no such name for a group, resource or monitor; empty: it does.
std::string name_problem(std::string_view name);

}  // namespace vmha::ec
