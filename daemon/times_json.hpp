// The VMs of a configuration with the limits that the cluster manager's have to go beyond.
#pragma once
#include <string>

#include "daemon/config/config.hpp"

namespace vmha {

// {"vms": {NAME: {"start_timeout_s", "stop_timeout_s"}}}, whole seconds, rounded up. One line.
std::string times_as_json(const config::Config& config);

}  // namespace vmha
