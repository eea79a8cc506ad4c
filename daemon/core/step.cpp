#include "daemon/core/step.hpp"

#include <algorithm>

#include "daemon/core/copies.hpp"
#include "daemon/core/disk_lock.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/questions.hpp"
#include "daemon/core/readiness.hpp"
#include "daemon/core/remembered.hpp"
#include "daemon/core/settle.hpp"
#include "daemon/core/tidy.hpp"
#include "daemon/core/via.hpp"
#include "daemon/core/view.hpp"
#include "daemon/core/writes.hpp"

namespace vmha::core {
namespace {

// More decisions than that in one turn, without any news in between, would be a mistake of ours.
constexpr int decisions_per_turn = 8;

// The lock is nearly always free; only a wait for it is worth a line.
constexpr Duration lock_is_worth_a_line = milliseconds(200);

// While a power-on flies, its question may need an answer: the one write that may fly beside another.
void answer_while_flying(Turn& turn, VmState& vm) {
    if (vm.answering || vm.flying->write.verb != Verb::power_on) return;
    const HostView& host = turn.state.hosts.at(vm.flying->write.host);
    const Seen* seen = entry_of(host, vm);
    if (!seen || !seen->entry.question || !fresh(turn.state, host, turn.now)) return;
    const auto decision = decisions::on_question(vm, host, seen->entry, vm.op->kind);
    change(turn, vm, Stage::waiting_for_vm, host.name, decision->why);
    vm.op->blocked_by = decision->blocked_by;
    vm.op->blocked_detail = decision->why;
    const bool later = vm.op->not_before && turn.now < *vm.op->not_before;  // it was just refused
    if (decision->what == Decision::What::write && !later) send(turn, vm, *decision);
}

// What only a person cures, found while the stage stays the same, is worth a line of its own, once.
void say_what_blocks(Turn& turn, VmState& vm, const Decision& decision) {
    Op& op = *vm.op;
    const bool cured_by_people =
        decision.blocked_by == Reason::volume_unresolved || decision.blocked_by == Reason::task_in_progress;
    if (decision.what != Decision::What::wait || !cured_by_people) return;
    const bool said =
        op.said_blocked == decision.blocked_by || op.stage != decision.stage || op.at != decision.host;
    op.said_blocked = decision.blocked_by;
    if (said) return;
    turn.note(vm, decision.host, Level::warning,
              vm.name.str() + " is " + std::string(word(decision.stage)) + " on " + decision.host.str() +
                  ": " + decision.why);
}

// A process that is ended is worth a line each time, also where the stage stays the same.
void say_kill(Turn& turn, const VmState& vm, const Decision& decision) {
    if (decision.what != Decision::What::write || decision.write.verb != Verb::kill_process) return;
    const Op& op = *vm.op;
    const bool told = op.stage != decision.stage || op.at != decision.host;
    const bool sent = decision.host == turn.state.local || op.peer_decided.contains(decision.host);
    if (sent && !told)
        turn.note(vm, decision.host, Level::warning,
                  vm.name.str() + " on " + decision.host.str() + ": " + decision.why);
}

void carry_out(Turn& turn, VmState& vm, const Decision& decision) {
    Op& op = *vm.op;
    // A decision about a peer that was left behind meanwhile is taken anew, with a look of its own.
    std::erase_if(op.peer_decided, [&](const auto& item) {
        return decision.what != Decision::What::write || !(item.first == decision.write.host);
    });
    if (decision.stage == Stage::stopping_elsewhere && op.taking_over != decision.host) {
        op.taking_over = decision.host;
        // What was refused here before, such as by the lock, is not to be waited for there.
        op.fault.reset();
        op.not_before.reset();
    }
    if (decision.what == Decision::What::finish)
        return finish(turn, vm, decision.stage, decision.ending, decision.reason, decision.host,
                      decision.why);
    say_what_blocks(turn, vm, decision);
    // Inside "stopping elsewhere" a hard power-off is worth a line; decided twice, said before it is sent.
    if (decision.what == Decision::What::write && decision.stage == Stage::stopping_elsewhere &&
        op.stage == decision.stage && decision.write.verb == Verb::power_off &&
        op.peer_decided.contains(decision.host))
        turn.note(vm, decision.host, Level::warning,
                  vm.name.str() + " on " + decision.host.str() + ": " + decision.why);
    say_kill(turn, vm, decision);
    change(turn, vm, decision.stage, decision.host, decision.why);
    op.blocked_by = decision.blocked_by;
    op.blocked_detail = decision.why;
    if (decision.what == Decision::What::check_vmx) {
        op.vmx_asked = true;
        turn.out.actions.emplace_back(CheckVmx{vm.name, decision.host, vm.settings.vmx});
    }
    if (decision.what == Decision::What::ask_processes) ask_processes(turn, vm, decision.host);
    if (decision.what == Decision::What::write) send(turn, vm, decision);
}

bool held_up(Turn& turn, VmState& vm) {
    Op& op = *vm.op;
    if (!vm.lock_held) {
        if (turn.now >= op.began + lock_is_worth_a_line)
            change(turn, vm, Stage::waiting_for_lock, turn.state.local, "");
        op.blocked_by = Reason::busy;
        op.blocked_detail =
            "another process on this node holds its lock, as a vmhad --oneshot does while it works: "
            "fuser -v /run/vmhad/locks/* names it";
        return true;
    }
    if (!vm.flying && vm.answering) return true;
    if (vm.flying) {
        if (op.blocked_by == Reason::question_pending) op.blocked_by = Reason::deadline;
        answer_while_flying(turn, vm);
        if (vm.flying->unanswered) {
            change(turn, vm, Stage::waiting_for_writes, vm.flying->write.host, doing(vm.flying->write));
            const HostView& host = turn.state.hosts.at(vm.flying->write.host);
            op.blocked_by = fresh(turn.state, host, turn.now) ? Reason::unproved : Reason::host_unreachable;
            op.blocked_detail = "unanswered: " + doing(vm.flying->write);
        }
        return true;
    }
    return std::ranges::any_of(turn.state.hosts, [&](const auto& item) {
        return look_awaited(turn.state, vm, item.second, turn.now);
    });
}

Decision decide(const State& state, const VmState& vm, Time now) {
    switch (vm.op->kind) {
        case Kind::start: return decide_start(state, vm, now);
        case Kind::stop: return decide_stop(state, vm, now);
        case Kind::tidy: break;
    }
    return decide_tidy(state, vm, now);
}

// Nothing tells what an operation waits for on a host that is read over SSH: it is looked at again and again.
Time poll(Turn& turn, VmState& vm, const Decision& decision) {
    constexpr Duration interval = seconds(2);
    const HostView& host = turn.state.hosts.at(decision.host);
    if (!vm.op || !slow(host) || !fresh(turn.state, host, turn.now)) return never;
    const bool everything = decision.stage == Stage::waiting_for_storage;
    const auto known = everything ? host.confirmed : known_as_of(host, vm);
    const Time due = known.value_or(Time{}) + interval;
    if (turn.now < due) return due;
    look_at(turn, vm, host, everything);
    return never;
}

// Lets the operation take its next steps. Returns when it has to be asked again if no news comes.
Time advance(Turn& turn, VmState& vm) {
    for (int i = 0; i < decisions_per_turn; ++i) {
        if (!vm.op) return never;
        if (held_up(turn, vm))
            return vm.lock_held || vm.op->stage != Stage::idle ? never : vm.op->began + lock_is_worth_a_line;
        find_stray(turn, vm);
        find_own_power_on(vm, turn.state, turn.now);
        end_halts_if_done(turn, vm);
        const Decision decision = decide(turn.state, vm, turn.now);
        if (decision.what == Decision::What::write && vm.op->not_before && turn.now < *vm.op->not_before)
            return *vm.op->not_before;
        carry_out(turn, vm, decision);
        if (decision.what == Decision::What::wait || decision.what == Decision::What::ask_processes)
            return std::min(decision.until, poll(turn, vm, decision));
    }
    return turn.now + seconds(1);
}

Level health_level(const VmState& vm, const Health& before) {
    const Reason reason = vm.health.reason;
    // Not confirmed yet: neither "healthy" nor the trouble is worth a line.
    if (vm.health.pending) return Level::debug;
    // Still unknown, for another reason, or about a VM that belongs on another node.
    const bool news = vm.health.exit_code != ExitCode::ok && vm.health.exit_code != before.exit_code;
    if (vm.health.verdict == Verdict::unknown && !news &&
        (!vm.active || before.verdict == Verdict::unknown) && before.reason != Reason::operation_under_way)
        return Level::debug;
    // The operation's own lines tell more.
    if (reason == Reason::operation_under_way) return Level::debug;
    // A VM that belongs on another node is no fault here.
    if (reason == Reason::not_active_here || reason == Reason::settling)
        return vm.active ? Level::info : Level::debug;
    if (vm.health.verdict == Verdict::healthy) return Level::info;
    const bool fault = vm.health.verdict == Verdict::unhealthy && (vm.active || reason == Reason::left_over);
    return fault ? Level::error : Level::warning;
}

void say_health(Turn& turn, const VmState& vm, const Health& before) {
    const Health& health = vm.health;
    if (health.verdict == before.verdict && health.reason == before.reason &&
        health.exit_code == before.exit_code)
        return;
    Say say;
    say.topic = Topic::health;
    say.level = health_level(vm, before);
    say.vm = vm.name;
    say.host = health.host;
    say.from = word(before.verdict);
    say.to = word(health.verdict);
    say.reason = health.reason;
    say.detail = health.detail;
    say.exit_code = static_cast<int>(health.exit_code);
    say.message = health_line(vm);
    turn.say(std::move(say));
}

void drop_lock_if_idle(Turn& turn, VmState& vm) {
    if (vm.op || vm.flying || vm.answering || !(vm.lock_held || vm.lock_asked)) return;
    vm.lock_held = vm.lock_asked = false;
    turn.out.actions.emplace_back(DropLock{vm.name});
}

void set_wake(State& state, VmState& vm, Time wake) {
    if (vm.wake == wake) return;
    state.wakes.erase({vm.wake, vm.name});
    vm.wake = wake;
    if (wake != never) state.wakes.insert({wake, vm.name});
}

// Since when the VM's datastore is not well on each host, as far as fresh views tell.
void watch_storage(const State& state, VmState& vm, Time now) {
    for (const auto& [name, host] : state.hosts) {
        if (!fresh(state, host, now)) continue;
        const auto bad = vm.storage_bad.find(name);
        if (storage_of(host, vm) != StorageState::ok) {
            vm.storage_bad.emplace(name, now);
        } else if (bad != vm.storage_bad.end()) {
            vm.storage_gap[name] = {bad->second, now};
            vm.storage_bad.erase(bad);
        }
    }
}

void pause(Turn& turn, VmState& vm, bool paused) {
    vm.paused = paused;
    if (!paused) vm.paused_until.reset();
    turn.note(vm, turn.state.local, Level::info,
              "monitoring of " + vm.name.str() + (paused ? " is paused" : " goes on"),
              paused ? About::paused : About::goes_on);
}

void keep_judgement(Turn& turn, VmState& vm) {
    Judgement judgement = judgement_of(turn.state, vm);
    if (judgement == vm.kept) return;
    vm.kept = judgement;
    turn.out.actions.emplace_back(Remember{vm.name, std::move(judgement)});
}

}  // namespace

void settle(Turn& turn, VmState& vm) {
    if (vm.paused && vm.paused_until && turn.now >= *vm.paused_until) pause(turn, vm, false);
    watch_storage(turn.state, vm, turn.now);
    expire(turn, vm);
    land_unanswered(turn, vm);
    watch_left_over(turn, vm);
    Time wake = std::min(consider_tidy(turn, vm), advance(turn, vm));
    drop_lock_if_idle(turn, vm);
    const Health before = vm.health;
    wake = std::min({wake, evaluate_health(turn.state, vm, turn.now), next_expiry(vm)});
    say_health(turn, vm, before);
    wake = std::min(wake, watch_readiness(turn, vm));
    if (vm.health.reason != Reason::operation_under_way) vm.settled_verdict = vm.health.verdict;
    if (vm.flying && vm.flying->write.limit > turn.now) wake = std::min(wake, vm.flying->write.limit);
    if (vm.answering && vm.answering->write.limit > turn.now)
        wake = std::min(wake, vm.answering->write.limit);
    if (vm.paused_until) wake = std::min(wake, *vm.paused_until);
    // A decision taken from a fresh view must be looked at again when the view is no longer fresh.
    const HostView& local = turn.state.hosts.at(turn.state.local);
    if (vm.op && local.confirmed && fresh(turn.state, local, turn.now))
        wake = std::min(wake, freshness_ends(turn.state, local));
    set_wake(turn.state, vm, wake);
    keep_judgement(turn, vm);
}

void say_link(Turn& turn, const LinkChanged& changed, Link before) {
    if (before == changed.link) return;
    Say say;
    say.topic = Topic::link;
    say.level = changed.link == Link::up || changed.link == Link::connecting ? Level::info : Level::warning;
    say.host = changed.host;
    say.from = word(before);
    say.to = word(changed.link);
    if (changed.link != Link::up) say.reason = changed.reason;
    say.detail = changed.detail;
    say.message = "host '" + changed.host.str() + "': '" + say.from + "' -> '" + say.to + "'" +
                  (changed.detail.empty() ? "" : " (" + changed.detail + ")");
    turn.say(std::move(say));
}

namespace {

// Where SSH is the only way to the host, the lines of its link tell the same.
void say_shell(Turn& turn, const ShellChanged& changed, const ShellSeen& before) {
    const bool moved = before.link != changed.link;
    const bool only_way = !turn.state.hosts.at(changed.host).settings.api;
    if (moved ? only_way : before.detail == changed.detail || changed.link != Link::up) return;
    const bool well =
        changed.link == Link::connecting || (changed.link == Link::up && changed.detail.empty());
    Say say;
    say.topic = Topic::note;
    say.level = well ? Level::info : Level::warning;
    say.host = changed.host;
    if (changed.link != Link::up) say.reason = changed.reason;
    const std::string what = "SSH to host '" + changed.host.str() + "': ";
    const std::string move =
        "'" + std::string(word(before.link)) + "' -> '" + std::string(word(changed.link)) + "'";
    const std::string detail = changed.detail.empty() ? "" : " (" + changed.detail + ")";
    say.message = what + (moved                    ? move + detail
                          : changed.detail.empty() ? "a new session would be accepted again"
                                                   : changed.detail);
    say.detail = changed.detail;
    turn.say(std::move(say));
}

// A look that a Read or Looked answers is over.
void end_look(State& state, const HostName& host, LookId id, std::optional<Time> asked,
              std::set<VmName>& dirty) {
    for (auto& [name, vm] : state.vms) {
        const auto looking = vm.looking.find(host);
        if (looking == vm.looking.end() || looking->second != id) continue;
        vm.looking.erase(looking);
        if (asked) vm.looked[host] = std::max(vm.looked[host], *asked);
        dirty.insert(name);
    }
}

struct Apply {
    Turn& turn;
    std::set<VmName>& dirty;

    void operator()(const LinkChanged& event) {
        const Link before = turn.state.hosts.at(event.host).link;
        apply(turn.state, event, turn.now, dirty);
        say_link(turn, event, before);
        say_via(turn, turn.state.hosts.at(event.host));
    }
    void operator()(const Read& event) {
        apply(turn.state, event, turn.now, dirty);
        if (event.facts) say_via(turn, turn.state.hosts.at(event.host));
        const bool counts = event.session == turn.state.hosts.at(event.host).session;
        if (event.look)
            end_look(turn.state, event.host, *event.look, counts ? std::optional(event.asked) : std::nullopt,
                     dirty);
    }
    void operator()(const Looked& event) {
        const bool counts = apply(turn.state, event, turn.now, dirty);
        const auto waits = [&](const auto& item) {
            const auto looking = item.second.looking.find(event.host);
            return looking != item.second.looking.end() && looking->second == event.look;
        };
        const auto vm = std::ranges::find_if(turn.state.vms, waits);
        if (counts || vm == turn.state.vms.end() || event.session != turn.state.hosts.at(event.host).session)
            return end_look(turn.state, event.host, event.look,
                            counts ? std::optional(event.asked) : std::nullopt, dirty);
        look(turn, vm->second, event.host, event.vmid);  // the watch was faster: look again
    }
    void operator()(const LookFailed& event) {
        for (auto& [name, vm] : turn.state.vms)
            if (const auto looking = vm.looking.find(event.host);
                vm.op && looking != vm.looking.end() && looking->second == event.look)
                vm.op->not_before = turn.now + milliseconds(500);
        end_look(turn.state, event.host, event.look, std::nullopt, dirty);
    }
    void operator()(const LockRefused& event) {
        const auto vm = turn.state.vms.find(event.vm);
        if (vm == turn.state.vms.end()) return;
        vm->second.lock_asked = false;
        if (vm->second.op)
            finish(turn, vm->second, Stage::failed, Ending::failed, Reason::not_writable, turn.state.local,
                   event.why);
        dirty.insert(event.vm);
    }
    void operator()(const ShellChanged& event) {
        const ShellSeen before = turn.state.hosts.at(event.host).shell;
        apply(turn.state, event, turn.now, dirty);
        say_shell(turn, event, before);
        say_via(turn, turn.state.hosts.at(event.host));
    }
    void operator()(const ProcessesTold& event) { apply(turn.state, event, turn.now, dirty); }
    void operator()(const LockTold& event) { apply(turn, event, dirty); }
    void operator()(const LockWanted& event) {
        const auto vm = turn.state.vms.find(event.vm);
        if (vm != turn.state.vms.end()) want_disk_lock(turn, vm->second);
    }
    void operator()(const MarksRead& event) {
        for (auto& [name, vm] : turn.state.vms) {
            // An operation of ours decides about the mark itself.
            if (vm.op || vm.active == event.active.contains(name)) continue;
            vm.active = !vm.active;
            dirty.insert(name);
        }
    }
    void operator()(const WriteDone& event) {
        write_done(turn, event);
        for (const auto& [name, vm] : turn.state.vms)
            if (vm.op || vm.lock_held) dirty.insert(name);
    }
    void operator()(const VmxChecked& event) {
        const auto vm = turn.state.vms.find(event.vm);
        if (vm == turn.state.vms.end() || !vm->second.op) return;
        vm->second.op->vmx = event.presence;
        dirty.insert(event.vm);
    }
    void operator()(const Ask& event) {
        ask(turn, event);
        if (turn.state.vms.contains(event.vm)) dirty.insert(event.vm);
    }
    void operator()(const CallerGone& event) {
        const auto caller = turn.state.callers.find(event.caller);
        if (caller == turn.state.callers.end()) return;
        dirty.insert(caller->second);
        caller_gone(turn, event.caller);
    }
    void operator()(const LockTaken& event) {
        const auto vm = turn.state.vms.find(event.vm);
        if (vm == turn.state.vms.end()) return;
        vm->second.lock_held = true;
        vm->second.flying.reset();
        if (event.left && turn.state.hosts.contains(event.left->write.host)) {
            vm->second.flying = event.left;
            vm->second.flying->unanswered = true;
            vm->second.flying->op = 0;
            turn.state.last_id = std::max(turn.state.last_id, event.left->write.id);
        }
        if (event.contended || event.left) {
            vm->second.look_after[turn.state.local] = turn.now;
            look(turn, vm->second, turn.state.local, {});
        }
        dirty.insert(event.vm);
    }
    void operator()(const Tick&) {}
};

}  // namespace

Step step(State& state, const Event& event, Time now) {
    Step out;
    Turn turn{state, now, out};
    std::set<VmName> dirty;
    std::visit(Apply{turn, dirty}, event);
    while (!state.wakes.empty() && state.wakes.begin()->first <= now) {
        const VmName name = state.wakes.begin()->second;
        state.wakes.erase(state.wakes.begin());
        state.vms.at(name).wake = never;
        dirty.insert(name);
    }
    for (const auto& name : dirty) settle(turn, state.vms.at(name));
    out.wake = state.wakes.empty() ? never : state.wakes.begin()->first;
    return out;
}

void set_paused(State& state, const VmName& name, bool paused, Time now, Step& out,
                std::optional<Time> until) {
    const auto vm = state.vms.find(name);
    if (vm == state.vms.end() || (vm->second.paused == paused && vm->second.paused_until == until)) return;
    Turn turn{state, now, out};
    vm->second.paused_until = paused ? until : std::nullopt;
    if (vm->second.paused != paused) pause(turn, vm->second, paused);
    settle(turn, vm->second);
    out.wake = state.wakes.empty() ? never : state.wakes.begin()->first;
}

}  // namespace vmha::core
