// What outlives a daemon: how a state begins with it, and what of it is to be kept.
#pragma once
#include "daemon/core/state.hpp"

namespace vmha::core {

Judgement judgement_of(const State& state, const VmState& vm);

}  // namespace vmha::core
