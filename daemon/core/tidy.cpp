#include "daemon/core/tidy.hpp"

#include <algorithm>

#include "daemon/core/processes.hpp"
#include "daemon/core/questions.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

using namespace decisions;

bool runs_well(const Seen* seen) {
    return seen && seen->entry.power == Power::on && seen->entry.connection == Connection::connected &&
           !seen->entry.question;
}

bool all_fresh(const State& state, Time now) {
    return std::ranges::all_of(state.hosts, [&](const auto& item) { return fresh(state, item.second, now); });
}

template <class Condition>
bool on_a_peer(const State& state, const VmState& vm, Condition condition) {
    return std::ranges::any_of(state.hosts, [&](const auto& item) {
        return item.first != state.local && condition(entry_of(item.second, vm));
    });
}

bool removable(const VmEntry& entry) {
    if (entry.question) return kind_of(*entry.question) == QuestionKind::lock_lost;
    switch (entry.connection) {
        case Connection::invalid:
        case Connection::inaccessible:
        case Connection::orphaned: return true;
        case Connection::connected: return entry.power == Power::off || entry.power == Power::suspended;
        default: return false;
    }
}

// It runs without its storage, while a peer runs the VM on its own: it cannot write now, and once its storage
// is back it must not (facts C3: the losing copy is ended before that).
bool cut_off(const State& state, const VmState& vm, const VmEntry& entry) {
    if (entry.connection != Connection::connected || entry.power != Power::on || entry.question) return false;
    if (storage_of(state.hosts.at(state.local), vm) == StorageState::ok) return false;
    return std::ranges::any_of(state.hosts, [&](const auto& item) {
        return item.first != state.local && runs_well(entry_of(item.second, vm)) &&
               storage_of(item.second, vm) == StorageState::ok;
    });
}

// A view that is read now and then may show what was before a move.
bool seen_together(const VmState& vm, const HostView& a, const Seen& on_a, const HostView& b,
                   const Seen& on_b) {
    if (!slow(a) && !slow(b)) return true;
    return known_as_of(a, vm) >= on_b.power_since && known_as_of(b, vm) >= on_a.power_since;
}

std::optional<Decision> as_tidying(std::optional<Decision> decision) {
    if (decision) decision->stage = Stage::tidying;
    return decision;
}

// Without its entry nobody could end it any more; as with a lost lock, the copy on the peer is the one that
// stays.
std::optional<Decision> end_what_runs(const State& state, const VmState& vm, const HostView& host, Time now) {
    if (auto decision = as_tidying(await_processes(state, vm, host, now))) return decision;
    return as_tidying(
        kill_process(state, vm, host, "not valid here, runs on a peer, and its process is left", now));
}

}  // namespace

bool wants_tidy(const State& state, const VmState& vm, Time now) {
    if (!vm.settings.tidy || vm.active || vm.flying || !all_fresh(state, now)) return false;
    const Seen* seen = entry_of(state.hosts.at(state.local), vm);
    if (!seen || !on_a_peer(state, vm, runs_well)) return false;
    return removable(seen->entry) || cut_off(state, vm, seen->entry);
}

void watch_left_over(Turn& turn, VmState& vm) {
    const HostView& local = turn.state.hosts.at(turn.state.local);
    if (!fresh(turn.state, local, turn.now)) return;
    const auto looked = [&](const auto& item) { return looked_for(item.second, vm); };
    if (!std::ranges::all_of(turn.state.hosts, looked)) return;
    const Seen* seen = entry_of(local, vm);
    // Forgotten only when it is proved to be at rest: not for a mark that a failed start left, nor for an
    // entry that a restarted host does not show yet.
    const bool at_rest =
        seen ? seen->entry.connection == Connection::connected && seen->entry.power == Power::off
             : absence_proved(turn.state, local, vm, turn.now);
    if (at_rest) vm.left_over = vm.unjudged = false;
    // A mark that a start set before it had seen all hosts does not vouch for what was running here by then.
    if ((vm.active && !vm.unjudged) || !seen || seen->entry.power != Power::on) return;
    if (vm.left_over || !all_fresh(turn.state, turn.now)) return;
    vm.unjudged = false;
    const auto overlaps = [&](const auto& item) {
        const Seen* other = item.first == turn.state.local ? nullptr : entry_of(item.second, vm);
        return other && other->entry.power == Power::on &&
               seen_together(vm, local, *seen, item.second, *other);
    };
    if (!std::ranges::any_of(turn.state.hosts, overlaps)) return;
    vm.left_over = true;
    if (vm.op && vm.op->kind == Kind::start) vm.op->left_over = true;
    // A lost lock is tidied up; nobody has to do anything.
    if (seen->entry.question && kind_of(*seen->entry.question) == QuestionKind::lock_lost) return;
    turn.note(vm, local.name, Level::error,
              "LEFT OVER: a copy of " + vm.name.str() + " runs on " + local.name.str() +
                  " that the cluster did not start there, while a peer runs it too; it may carry the memory "
                  "of another "
                  "copy of the mirror: power it off, before its storage comes back if that is away",
              About::left_over);
}

Time consider_tidy(Turn& turn, VmState& vm) {
    if (vm.op || !wants_tidy(turn.state, vm, turn.now)) {
        if (!vm.op) vm.tidy_since.reset();
        return never;
    }
    if (!vm.tidy_since) vm.tidy_since = turn.now;
    const Time due = std::max(*vm.tidy_since + tidy_patience, vm.tidy_not_before);
    if (turn.now < due) return due;
    vm.tidy_since.reset();
    begin_tidy(turn, vm);
    return never;
}

Decision decide_tidy(const State& state, const VmState& vm, Time now) {
    const HostView& host = state.hosts.at(state.local);
    const Seen* seen = entry_of(host, vm);
    if (!wants_tidy(state, vm, now)) {
        Decision done;
        done.what = Decision::What::finish;
        done.stage = Stage::tidied;
        done.host = host.name;
        done.reason = Reason::not_active_here;
        done.why = seen ? "nothing more to do here now" : "its left entry is gone";
        return done;
    }
    if (seen->entry.question) {
        auto decision = on_question(vm, host, seen->entry, Kind::stop);
        decision->stage = Stage::tidying;
        return *decision;
    }
    if (seen->entry.connection == Connection::connected && seen->entry.power == Power::on)
        return write(Stage::tidying, host, Verb::power_off, seen->entry.vmid,
                     "a left-over copy without its storage, which runs on a peer");
    if (seen->entry.connection != Connection::connected)
        if (auto decision = end_what_runs(state, vm, host, now)) return *decision;
    if (vm.op->not_before && now < *vm.op->not_before)
        return wait(Stage::tidying, host, Reason::unregister_failed, "trying again", *vm.op->not_before);
    return write(Stage::tidying, host, Verb::unregister, seen->entry.vmid,
                 seen->entry.connection == Connection::connected ? "powered off here, runs on a peer"
                                                                 : "not valid here, runs on a peer");
}

}  // namespace vmha::core
