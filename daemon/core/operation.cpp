#include "daemon/core/operation.hpp"

#include <algorithm>

#include "daemon/core/view.hpp"
#include "daemon/core/writes.hpp"

namespace vmha::core {
namespace {

// A start waits that long for a stop under way, then fails "busy".
constexpr Duration busy_patience = seconds(60);
// A start whose last caller has been gone that long makes no further write.
constexpr Duration abandon_after = seconds(10);
constexpr Duration tidy_limit = seconds(120);
// The cluster fails the group over and the VM itself is not healthy: no reason to wait long for its guest.
constexpr Duration failover_grace = seconds(30);

void answer(Turn& turn, const Caller& caller, Ending ending, Reason reason, std::string detail) {
    turn.state.callers.erase(caller.id);
    turn.out.actions.emplace_back(
        Answer{caller.id, ending, reason, std::move(detail), to_ms(turn.now - caller.since)});
}

std::string failure(const VmState& vm, const std::string& why) {
    const Op& op = *vm.op;
    std::string line = "cannot " + std::string(word(op.kind)) + " " + vm.name.str() + ": " + why;
    if (op.fault && !op.fault_doing.empty() && line.find(op.fault_doing) == std::string::npos)
        line += "; the last refusal: cannot " + op.fault_doing + ": " + op.fault->message + " (" +
                op.fault->name + ")";
    return line;
}

std::optional<Duration> grace_of(const VmState& vm, const Ask& ask) {
    if (ask.kind != Kind::stop) return std::nullopt;
    const auto factor = ask.context.find("CLP_FACTOR");
    if (factor == ask.context.end() || factor->second != "GROUPFAILOVER") return std::nullopt;
    if (vm.settled_verdict != Verdict::unhealthy) return std::nullopt;
    return failover_grace;
}

void join(Turn& turn, VmState& vm, const Ask& ask) {
    Op& op = *vm.op;
    const Duration timeout =
        ask.timeout.value_or(ask.kind == Kind::start ? vm.settings.start_timeout : vm.settings.stop_timeout);
    op.callers.push_back({ask.caller, turn.now, turn.now + timeout});
    op.deadline = std::max(op.deadline, turn.now + timeout);
    op.hurry = std::min(op.hurry.value_or(turn.now + timeout), turn.now + timeout);
    op.alone_since.reset();
    if (const auto grace = grace_of(vm, ask)) op.grace = std::min(op.grace.value_or(*grace), *grace);
    turn.state.callers[ask.caller] = vm.name;
}

void open(Turn& turn, VmState& vm, Kind kind, Time deadline) {
    vm.op.emplace();
    vm.op->id = turn.next_id();
    vm.op->kind = kind;
    vm.op->began = turn.now;
    vm.op->deadline = deadline;
    if (!vm.lock_held && !vm.lock_asked) {
        vm.lock_asked = true;
        turn.out.actions.emplace_back(TakeLock{vm.name});
    }
}

// What was read before it began may be from before the last move.
void look_where_slow(Turn& turn, VmState& vm) {
    for (const auto& [name, host] : turn.state.hosts) {
        const bool concerned = vm.op->kind == Kind::start || name == turn.state.local;
        if (!concerned || !slow(host) || !fresh(turn.state, host, turn.now)) continue;
        vm.look_after[name] = turn.now;
        look_at(turn, vm, host);
    }
}

void begin(Turn& turn, VmState& vm, const Ask& ask) {
    open(turn, vm, ask.kind, turn.now);
    join(turn, vm, ask);
    look_where_slow(turn, vm);
    if (ask.kind != Kind::start) return;
    vm.op->left_over = vm.left_over;
    if (vm.active) return;
    vm.active = vm.unjudged = true;
    turn.out.actions.emplace_back(SetMark{vm.name, true});
}

void begin_waiting_start(Turn& turn, VmState& vm) {
    if (vm.op || vm.waiting_starts.empty()) return;
    const auto asks = std::move(vm.waiting_starts);
    vm.waiting_starts.clear();
    for (Ask ask : asks) {
        const Time since = vm.waiting_since.at(ask.caller);
        const Duration timeout = ask.timeout.value_or(vm.settings.start_timeout);
        ask.timeout = since + timeout - turn.now;
        if (vm.op)
            join(turn, vm, ask);
        else
            begin(turn, vm, ask);
        vm.op->callers.back().since = since;
    }
    vm.waiting_since.clear();
}

}  // namespace

namespace {

// What cannot be tidied up now is tried again at longer and longer intervals: nobody waits for it.
void rest_after_tidy(Turn& turn, VmState& vm, bool done) {
    constexpr int doublings = 6;
    vm.tidy_failures = done ? 0 : vm.tidy_failures + 1;
    const Duration rest = seconds(60) * (1 << std::min(vm.tidy_failures, doublings));
    vm.tidy_not_before = done ? turn.now : turn.now + rest;
}

}  // namespace

void Turn::note(const VmState& vm, const HostName& host, Level level, std::string message, About about) {
    Say say;
    say.topic = Topic::note;
    say.about = about;
    say.level = level;
    say.vm = vm.name;
    say.host = host;
    if (vm.op) say.operation = vm.op->kind;
    say.detail = message;
    say.message = std::move(message);
    this->say(std::move(say));
}

void change(Turn& turn, VmState& vm, Stage stage, const HostName& host, const std::string& why) {
    Op& op = *vm.op;
    if (op.stage == stage && op.at == host) return;
    Say say;
    say.topic = Topic::transition;
    say.vm = vm.name;
    say.host = host;
    say.operation = op.kind;
    say.from = word(op.stage);
    say.to = word(stage);
    say.detail = why;
    say.message = "vm '" + vm.name.str() + "': '" + say.from + "' -> '" + say.to + "' (" + host.str() +
                  (why.empty() ? "" : ": " + why) + ")";
    if (stage == Stage::failed || stage == Stage::timed_out)
        say.level = op.kind == Kind::tidy ? Level::warning : Level::error;
    op.stage = stage;
    op.at = host;
    turn.say(std::move(say));
}

// The last word counts: a start that waits behind a stop must not begin after a later stop.
void supersede_waiting(Turn& turn, VmState& vm, const std::string& why) {
    for (const auto& start : vm.waiting_starts)
        answer(turn, {start.caller, vm.waiting_since.at(start.caller), {}}, Ending::failed,
               Reason::superseded, "cannot start " + vm.name.str() + ": " + why);
    vm.waiting_starts.clear();
    vm.waiting_since.clear();
}

void supersede(Turn& turn, VmState& vm, const std::string& why) {
    const bool tidy = vm.op->kind == Kind::tidy;  // nobody waits for it, and it failed at nothing
    finish(turn, vm, tidy ? Stage::tidied : Stage::failed, tidy ? Ending::ok : Ending::failed,
           Reason::superseded, turn.state.local, why);
}

void ask(Turn& turn, const Ask& ask) {
    const auto found = turn.state.vms.find(ask.vm);
    if (found == turn.state.vms.end()) {
        turn.out.actions.emplace_back(Answer{ask.caller, Ending::failed, Reason::unknown_vm,
                                             "no VM '" + ask.vm.str() + "' is configured", 0});
        return;
    }
    VmState& vm = found->second;
    if (vm.op && vm.op->kind == ask.kind) {
        if (ask.kind == Kind::stop) supersede_waiting(turn, vm, "a later stop took its place");
        return join(turn, vm, ask);
    }
    if (vm.op && ask.kind == Kind::start && vm.op->kind == Kind::stop) {
        turn.state.callers[ask.caller] = vm.name;
        vm.waiting_starts.push_back(ask);
        vm.waiting_since[ask.caller] = turn.now;
        turn.note(vm, turn.state.local, Level::info,
                  "start of " + vm.name.str() + " waits for the stop under way");
        return;
    }
    if (vm.op) supersede(turn, vm, "a " + std::string(word(ask.kind)) + " took its place");
    begin(turn, vm, ask);
}

void give_up(Turn& turn, VmState& vm, const std::string& why) {
    supersede_waiting(turn, vm, why);
    if (vm.op) supersede(turn, vm, why);
}

void begin_tidy(Turn& turn, VmState& vm) {
    open(turn, vm, Kind::tidy, turn.now + tidy_limit);
}

void caller_gone(Turn& turn, CallerId caller) {
    const auto found = turn.state.callers.find(caller);
    if (found == turn.state.callers.end()) return;
    VmState& vm = turn.state.vms.at(found->second);
    turn.state.callers.erase(found);
    std::erase_if(vm.waiting_starts, [&](const Ask& ask) { return ask.caller == caller; });
    vm.waiting_since.erase(caller);
    if (!vm.op) return;
    std::erase_if(vm.op->callers, [&](const Caller& item) { return item.id == caller; });
    if (vm.op->callers.empty() && !vm.op->alone_since) vm.op->alone_since = turn.now;
}

void expire(Turn& turn, VmState& vm) {
    const auto busy = [&](const Ask& ask) {
        const Time since = vm.waiting_since.at(ask.caller);
        const Time limit = since + std::min(busy_patience, ask.timeout.value_or(vm.settings.start_timeout));
        if (turn.now < limit) return false;
        answer(turn, {ask.caller, since, limit}, Ending::failed, Reason::busy,
               "cannot start " + vm.name.str() + ": a stop of it is still under way");
        vm.waiting_since.erase(ask.caller);
        return true;
    };
    std::erase_if(vm.waiting_starts, busy);
    if (!vm.op) return;

    Op& op = *vm.op;
    const bool blocked = op.blocked_by != Reason::deadline;
    const Ending ending = blocked ? Ending::failed : Ending::timeout;
    const std::string why = "the time is over while it was " + std::string(word(op.stage)) +
                            (op.blocked_detail.empty() ? "" : " (" + op.blocked_detail + ")");
    if (turn.now >= op.deadline)
        return finish(turn, vm, blocked ? Stage::failed : Stage::timed_out, ending, op.blocked_by,
                      op.at.empty() ? turn.state.local : op.at, why);
    for (const auto& caller : op.callers)
        if (turn.now >= caller.deadline) answer(turn, caller, ending, op.blocked_by, failure(vm, why));
    std::erase_if(op.callers, [&](const Caller& caller) { return turn.now >= caller.deadline; });
    if (op.kind == Kind::start && op.callers.empty() && !op.alone_since) op.alone_since = turn.now;
    if (op.kind == Kind::start && op.alone_since && turn.now >= *op.alone_since + abandon_after)
        finish(turn, vm, Stage::failed, Ending::failed, Reason::abandoned, turn.state.local,
               "nobody waits for it any more");
}

void finish(Turn& turn, VmState& vm, Stage stage, Ending ending, Reason reason, const HostName& host,
            const std::string& why) {
    Op& op = *vm.op;
    const std::string elapsed = " after " + std::to_string(to_ms(turn.now - op.began)) + " ms";
    const std::string detail =
        ending == Ending::ok ? vm.name.str() + " on " + host.str() + ": " + why : failure(vm, why);
    change(turn, vm, stage, host,
           (ending == Ending::ok ? why : std::string(word(reason)) + ": " + detail) + elapsed);
    for (const auto& caller : op.callers) answer(turn, caller, ending, reason, detail);
    if (op.kind != Kind::tidy && ending == Ending::ok) vm.unjudged = false;
    // Even where we know of no mark: a oneshot may have set one.
    if (op.kind == Kind::stop && ending == Ending::ok) {
        vm.active = false;
        turn.out.actions.emplace_back(SetMark{vm.name, false});
    }
    if (op.kind == Kind::tidy) rest_after_tidy(turn, vm, ending == Ending::ok);
    vm.op.reset();
    if (reason != Reason::superseded) begin_waiting_start(turn, vm);
}

Time next_expiry(const VmState& vm) {
    Time next = never;
    for (const auto& ask : vm.waiting_starts)
        next = std::min(next, vm.waiting_since.at(ask.caller) +
                                  std::min(busy_patience, ask.timeout.value_or(vm.settings.start_timeout)));
    if (!vm.op) return next;
    next = std::min(next, vm.op->deadline);
    for (const auto& caller : vm.op->callers) next = std::min(next, caller.deadline);
    if (vm.op->kind == Kind::start && vm.op->alone_since)
        next = std::min(next, *vm.op->alone_since + abandon_after);
    return next;
}

}  // namespace vmha::core
