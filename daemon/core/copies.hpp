// What an operation learns of the VM's copies between two decisions: which of them it has brought to rest,
// which one it has started itself, and which one nobody knew of.
#pragma once
#include "daemon/core/operation.hpp"

namespace vmha::core {

// Parts of a start that bring another copy to rest; what they are about has ended once it is proved.
void end_halts_if_done(Turn& turn, VmState& vm);

// A power-on that was reported failed, or took longer than its limit: what is seen to run here now, this
// start powered on.
void find_own_power_on(VmState& vm, const State& state, Time now);

// What this start has just registered and not powered on runs already: its process outlived an entry that was
// taken out while it was invalid (facts A2), and has the memory of another time.
void find_stray(Turn& turn, VmState& vm);

}  // namespace vmha::core
