// What differs between two configurations, as lines for people.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "daemon/core/reconfigure.hpp"

namespace vmha::core {

// What a new configuration does to the VMs and hosts of a state.
struct Plan {
    std::set<VmName> added, removed, repathed;
    std::set<HostName> hosts_added, hosts_removed;
};

struct ChangeLine {
    std::string text;
    VmName vm;      // may be empty
    HostName host;  // may be empty
};

// In the words of the configuration: "vm 'vm1': stop_timeout_s 600 -> 900". The same change of several VMs is
// one line.
std::vector<ChangeLine> change_lines(const State& state, const Reconfiguration& with, const Plan& plan);

// "2.5" for 2,500 ms.
std::string seconds_text(Duration duration);

}  // namespace vmha::core
