// What `systemctl status` shows of the daemon, in one line.
#pragma once
#include <string>

#include "daemon/core/state.hpp"

namespace vmha {

// "2/2 hosts connected; 14 VMs", "1/2 hosts connected (esxi2: down); 14 VMs", and what a person has to see
// to, if anything. last_good: the configuration is broken, and the last good one is in use.
std::string status_line(const core::State& state, bool last_good = false);

}  // namespace vmha
