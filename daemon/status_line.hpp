// What `systemctl status` shows of the daemon, in one line.
#pragma once
#include <string>

#include "daemon/core/state.hpp"

namespace vmha {

// "2/2 hosts connected; 14 VMs", and what a person has to see to, if anything.
std::string status_line(const core::State& state);

}  // namespace vmha
