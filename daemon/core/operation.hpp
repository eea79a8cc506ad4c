// The life of one operation: who waits for it, how its stage changes, how it ends. change() is the only
// function that changes a stage; the line that it writes is the log, the event stream, the progress and the
// tests' oracle.
#pragma once
#include <string>
#include <string_view>

#include "daemon/core/decide.hpp"
#include "daemon/core/step.hpp"

namespace vmha::core {

std::string_view word(Kind kind);
std::string_view word(Link link);
std::string_view word(Verb verb);
std::string doing(const Write& write);  // "power on vm1 on esxi1"

// What a step works on.
struct Turn {
    State& state;
    Time now;
    Step& out;

    uint64_t next_id() { return ++state.last_id; }
    void say(Say say) { out.actions.emplace_back(std::move(say)); }
    void note(const VmState& vm, const HostName& host, Level level, std::string message, About about = {});
};

void change(Turn& turn, VmState& vm, Stage stage, const HostName& host, const std::string& why);

// A request came: begin, join, supersede or wait behind the operation under way.
void ask(Turn& turn, const Ask& ask);

// An operation without a caller, ended by its own short deadline.
void begin_tidy(Turn& turn, VmState& vm);

void caller_gone(Turn& turn, CallerId caller);

// Callers whose deadline passed get their answer; an operation whose own deadline passed ends.
void expire(Turn& turn, VmState& vm);

// Answers every caller and removes the operation.
void finish(Turn& turn, VmState& vm, Stage stage, Ending ending, Reason reason, const HostName& host,
            const std::string& why);

// The operation and what waits behind it end at once; everybody who waits gets an answer.
void give_up(Turn& turn, VmState& vm, const std::string& why);

// When expire() has something to do next.
Time next_expiry(const VmState& vm);

}  // namespace vmha::core
