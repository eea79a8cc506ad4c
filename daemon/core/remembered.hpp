// What outlives a daemon: how a state begins with it, and what of it is to be kept.
#pragma once
#include <set>

#include "daemon/core/step.hpp"

namespace vmha::core {

void add_host(State& state, const HostName& name, const HostSettings& settings, Time now);
// Without the index of its file.
VmState& add_vm(State& state, const VmName& name, const VmSettings& settings);
// What the stores tell of these VMs of the state.
void recall(State& state, const Remembered& remembered, const std::set<VmName>& vms);

Judgement judgement_of(const State& state, const VmState& vm);

}  // namespace vmha::core
