// What a split of the network leaves behind on this host: entries and copies of a VM that runs well on a
// peer. Local host only, for a VM without the active mark (NP case 1, step 3: nobody has to unregister it by
// hand).
#pragma once
#include "daemon/core/decide.hpp"
#include "daemon/core/operation.hpp"

namespace vmha::core {

// Between the first sight of it and the tidying: a group that is just moving looks the same.
inline constexpr Duration tidy_patience = seconds(60);

// There is something here that only a tidy-up removes. False if anything is not fresh.
bool wants_tidy(const State& state, const VmState& vm, Time now);

// A copy that runs here without the mark while a peer runs it too may carry the memory of another copy of the
// mirror. Reported once, loudly, and left to the next start or to a person.
void watch_left_over(Turn& turn, VmState& vm);

// Begins a tidy-up when its time has come; returns when that will be.
Time consider_tidy(Turn& turn, VmState& vm);

Decision decide_tidy(const State& state, const VmState& vm, Time now);

}  // namespace vmha::core
