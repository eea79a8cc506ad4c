// The core's only way in: apply one event, let every VM that it concerns take its next step, say what to do.
//
//   start:  waiting … -> checking -> (stopping elsewhere) -> registering -> powering on -> started
//   stop:   waiting … -> shutting down -> powering off -> unregistering -> proving -> stopped
//
// Both are level-triggered: look at the view, take the next step, look again. So a restart of the daemon or a
// second caller needs no special case, but one: an unanswered write is state too (Flying).
#pragma once
#include <vector>

#include "daemon/core/state.hpp"

namespace vmha::core {

struct Step {
    std::vector<Action> actions;
    Time wake = never;  // send a Tick then, if nothing else came before
};

// What outlives a daemon, as its stores tell it.
struct Remembered {
    std::set<VmName> active;     // the VMs that carry the mark
    std::vector<Flying> flying;  // writes left unanswered, with their limits moved to this clock
    std::map<HostName, std::map<VmName, KnownEntry>> known = {};  // what each host last told of each VM
    std::map<VmName, Judgement> judgements = {};
    std::vector<Flying> answering = {};  // answers to questions, left unanswered themselves
};

// A state without any news.
State make_state(const Settings& settings, const Remembered& remembered, Time now);

Step step(State& state, const Event& event, Time now);

// A command, not an operation: it changes the state at once. until unset: until it is resumed.
void set_paused(State& state, const VmName& vm, bool paused, Time now, Step& out,
                std::optional<Time> until = std::nullopt);

}  // namespace vmha::core
