// The core's only way in: apply one event, let every VM that it concerns take its next step, say what to do.
//
//   start:  waiting … -> checking -> (stopping elsewhere) -> registering -> powering on -> started
//   stop:   waiting … -> shutting down -> powering off -> unregistering -> proving -> stopped
//
// Both are level-triggered: look at the view, take the next step, look again. So a restart of the daemon or a second
// caller needs no special case, but one: an unanswered write is state too (Flying).
#pragma once
#include <vector>

#include "daemon/core/state.hpp"

namespace vmha::core {

struct Step {
    std::vector<Action> actions;
    Time wake = never;  // send a Tick then, if nothing else came before
};

// A state without any news. `active`: the VMs that carry the mark; `flying`: writes that an earlier daemon left
// unanswered, with their limits moved to this clock.
State make_state(const Settings& settings, const std::set<VmName>& active, const std::vector<Flying>& flying,
                 Time now);

Step step(State& state, const Event& event, Time now);

// New settings (reload). Operations under way go on with the old settings of their VM.
// paused and retry are commands, not operations: they change the state at once.
void set_paused(State& state, const VmName& vm, bool paused, Time now, Step& out);

}  // namespace vmha::core
