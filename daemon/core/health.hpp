// Is a VM all right? Evaluated from the view, with confirmation times, so that a guest's reboot or a host's
// restart is no failover.
#pragma once
#include "daemon/core/state.hpp"

namespace vmha::core {

// Evaluates vm.health and its bookkeeping (suspicions, unknown_since). Returns when it has to be evaluated
// again if no news comes.
Time evaluate_health(const State& state, VmState& vm, Time now);

// The same as a sentence for the monitor: "vm1 is healthy on esxi1: powered on, heartbeat green".
std::string health_line(const VmState& vm);

}  // namespace vmha::core
