#include "daemon/core/writes.hpp"

#include "daemon/core/disk_lock.hpp"
#include "daemon/core/known.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/via.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

// Of refusals other than "no Tools" and "a task is in the way"; then the VM is powered off.
constexpr int shutdown_tries = 3;

// A look at a peer that takes longer may be older than it seems.
constexpr Duration peer_look_takes = seconds(2);

Duration limit_of(Verb verb) {
    switch (verb) {
        case Verb::power_on: return seconds(60);
        case Verb::register_vm:
        case Verb::power_off:
        case Verb::rescan_storage: return seconds(30);
        case Verb::kill_process:
        case Verb::unregister: return seconds(20);
        case Verb::shutdown_guest:
        case Verb::cancel_task:
        case Verb::answer_question: return seconds(10);
    }
    return seconds(30);
}

// Refusals that no waiting cures.
std::optional<Reason> hopeless(FaultKind kind) {
    switch (kind) {
        case FaultKind::restricted_version:
        case FaultKind::not_enough_licenses: return Reason::license_restricted;
        case FaultKind::no_permission: return Reason::no_privilege;
        case FaultKind::no_capacity: return Reason::no_capacity;
        default: return std::nullopt;
    }
}

bool passing(FaultKind kind) {
    return kind == FaultKind::task_in_progress || kind == FaultKind::question_pending ||
           kind == FaultKind::lock_held;
}

void retry_later(Turn& turn, Op& op) {
    op.not_before = turn.now + retry_delay;
}

void remember_sent(Turn& turn, VmState& vm, const Write& write) {
    Op& op = *vm.op;
    op.not_before.reset();
    op.peer_decided.erase(write.host);
    op.touched.insert(write.host);
    if (write.verb == Verb::shutdown_guest) {
        op.shutdown_sent.emplace(write.host, turn.now);
        op.shutdown_tried.emplace(write.host, turn.now);
    }
    if (write.verb == Verb::cancel_task) op.cancelled.insert(write.host.str() + "/" + write.task);
    if (write.verb == Verb::unregister) {
        const auto& entries = turn.state.hosts.at(write.host).entries;
        const auto entry = entries.find(write.vmid);
        op.taking_out_bad_entry =
            entry == entries.end() || entry->second.entry.connection != Connection::connected;
    }
    if (write.verb == Verb::answer_question) {
        op.answered.insert(write.host.str() + "/" + write.question_id);
        op.answered_at[write.host] = turn.now;
    }
    if (write.verb == Verb::kill_process) {
        auto& [times, last] = op.kills[write.host];
        ++times;
        last = turn.now;
    }
    if (write.verb == Verb::rescan_storage) turn.state.hosts.at(write.host).last_rescan = turn.now;
    // What runs here from now on, this operation has started.
    if (write.verb == Verb::power_on) {
        vm.unjudged = false;
        op.power_on_sent = true;
        // A new process numbers its questions anew.
        std::erase_if(op.answered, [&](const auto& id) { return id.starts_with(write.host.str() + "/"); });
    }
}

// It did not reach the host, or was refused for what the other way may allow: it may be sent again.
void forget_sent(Op& op, const Write& write) {
    if (write.verb == Verb::shutdown_guest) op.shutdown_sent.erase(write.host);
    if (write.verb == Verb::answer_question) op.answered.erase(write.host.str() + "/" + write.question_id);
}

// The licence was read as one that allows it; the host knows better. SSH is another way (facts D1).
bool goes_over_ssh_now(Turn& turn, const Write& write, FaultKind kind) {
    if (kind != FaultKind::restricted_version || write.via != Via::api) return false;
    HostView& host = turn.state.hosts.at(write.host);
    host.facts.api_writes = false;
    say_via(turn, host);
    return via_of(host) == Via::ssh;
}

void on_ok(Turn& turn, VmState& vm, const Write& write) {
    Op& op = *vm.op;
    if (op.fault_doing == doing(write)) op.fault.reset();
    switch (write.verb) {
        case Verb::power_on:
            op.powered_on = turn.now;
            ++op.power_on_tries;
            break;
        case Verb::register_vm:
            ++op.register_tries;
            op.registered_here = write.host == turn.state.local;
            break;
        case Verb::unregister:
            op.taken_out.insert(write.host);
            if (op.taking_out_bad_entry) ++op.unregistered[write.host];
            if (op.fault && op.fault->kind == FaultKind::already_exists) op.fault.reset();
            break;
        // Once it has worked, nobody asks for another.
        case Verb::power_off: ++op.power_off_tries[write.host]; break;
        default: break;
    }
}

void on_refused(Turn& turn, VmState& vm, const Write& write, const Fault& fault) {
    Op& op = *vm.op;
    const bool peer = write.host != turn.state.local;
    const FaultKind kind = fault.kind;
    if (kind == FaultKind::object_gone && write.verb == Verb::unregister) return on_ok(turn, vm, write);
    if (goes_over_ssh_now(turn, write, kind)) return forget_sent(op, write);
    // It was a kindness: what the task is in the way of is tried all the same.
    if (write.verb == Verb::cancel_task) return;
    if (write.verb == Verb::power_off && kind != FaultKind::task_in_progress)
        ++op.power_off_tries[write.host];
    if ((kind == FaultKind::invalid_power_state && write.verb != Verb::unregister) ||
        kind == FaultKind::object_gone || kind == FaultKind::answered_already) {
        if (write.verb == Verb::shutdown_guest) op.shutdown_sent.erase(write.host);
        // The look tells. Where it tells the same again, there is no hurry to try again.
        if (++op.odd_refusals > 1) retry_later(turn, op);
        return;
    }

    const bool again = op.fault && op.fault->kind == kind && op.fault_doing == doing(write);
    op.fault = fault;
    op.fault_doing = doing(write);
    if (write.verb == Verb::answer_question) op.answered.erase(write.host.str() + "/" + write.question_id);
    if (kind == FaultKind::lock_held && write.host == turn.state.local) want_disk_lock(turn, vm);
    // A left entry on a peer is a warning only.
    if (peer && write.verb == Verb::unregister) {
        op.clear_failed.insert(write.host);
        return;
    }
    if (const auto reason = hopeless(kind); reason && write.verb != Verb::rescan_storage)
        return finish(turn, vm, Stage::failed, Ending::failed, *reason, write.host, "the host refuses");
    if (write.verb == Verb::shutdown_guest) {
        // The one before was heard after all: the guest is going down, Tools first. It has its grace.
        if (kind == FaultKind::tools_unavailable && op.shutdown_unheard.contains(write.host)) {
            op.shutdown_sent.emplace(write.host, turn.now);
            return;
        }
        const bool busy = kind == FaultKind::task_in_progress;
        if (kind == FaultKind::tools_unavailable || (!busy && ++op.shutdown_tries > shutdown_tries)) {
            op.no_tools.insert(write.host);
        } else {
            op.shutdown_sent.erase(write.host);
            retry_later(turn, op);
        }
        return;
    }
    if (write.verb == Verb::rescan_storage) return;
    // A host whose storage has just gone says so too, and may say that first.
    const bool readable = storage_of(turn.state.hosts.at(write.host), vm) == StorageState::ok;
    if (write.verb == Verb::register_vm && kind == FaultKind::not_found && !(again && readable))
        return retry_later(turn, op);
    if (write.verb == Verb::register_vm && kind == FaultKind::not_found)
        return finish(turn, vm, Stage::failed, Ending::failed,
                      op.kind == Kind::start ? Reason::vmx_missing : Reason::unproved, write.host,
                      file_path(write.path) + " does not exist");
    // decide_start takes the entry out that stands in the way.
    const bool twin_is_named = kind == FaultKind::already_exists && !fault.existing.empty();
    if (twin_is_named && op.kind != Kind::start) adopt(turn.state, write.host, vm.name, fault.existing);
    if (!twin_is_named || op.kind != Kind::start) retry_later(turn, op);
    if (passing(kind)) return;
    if (write.verb == Verb::register_vm && !twin_is_named) ++op.register_tries;
    if (write.verb == Verb::power_on) ++op.power_on_tries;
}

// A refusal is worth a line when it is not the one of the last try again.
void say_refused(Turn& turn, const VmState& vm, const Write& write, const Fault& fault) {
    const bool again = vm.op && vm.op->fault && vm.op->fault_doing == doing(write) &&
                       vm.op->fault->name == fault.name && vm.op->fault->message == fault.message;
    turn.note(vm, write.host, again ? Level::debug : Level::warning,
              "cannot " + doing(write) + ": " + (fault.message.empty() ? "refused" : fault.message) + " (" +
                  fault.name + ")");
}

bool effect_seen(const State& state, const VmState& vm, const Flying& flying, Time now) {
    const HostView& host = state.hosts.at(flying.write.host);
    const auto known = known_as_of(host, vm);
    if (!known || *known < flying.sent || !fresh(state, host, now)) return false;
    const auto entry = host.entries.find(flying.write.vmid);
    const bool present = entry != host.entries.end();
    switch (flying.write.verb) {
        case Verb::register_vm: return entry_of(host, vm) != nullptr;
        case Verb::unregister:
            return !present && (host.gone.contains(flying.write.vmid) || now >= absence_settles(host));
        case Verb::power_on: return present && entry->second.entry.power == Power::on;
        case Verb::power_off:
        case Verb::shutdown_guest:
            // No host takes a running VM out of its inventory.
            return present ? entry->second.entry.power == Power::off : host.gone.contains(flying.write.vmid);
        case Verb::answer_question:
            if (!present) return host.gone.contains(flying.write.vmid);
            return !entry->second.entry.question ||
                   entry->second.entry.question->id != flying.write.question_id;
        case Verb::rescan_storage: return true;  // reading again is all that it does
        case Verb::kill_process: {
            const ProcessFound found = process_of(state, host, vm, now);
            return host.processes && host.processes->asked >= flying.sent &&
                   found.state == ProcessState::none;
        }
        case Verb::cancel_task:
            return !present || !entry->second.entry.task || entry->second.entry.task->id != flying.write.task;
    }
    return false;
}

bool landed(const State& state, const VmState& vm, const std::optional<Flying>& flying, Time now) {
    if (!flying) return false;
    if (flying->unanswered && effect_seen(state, vm, *flying, now)) return true;
    if (now < flying->write.limit) return false;
    // Where nothing fresh is known, nothing is concluded either, until a read that is requested after the
    // limit.
    const HostView& host = state.hosts.at(flying->write.host);
    const auto known = known_as_of(host, vm);
    return !fresh(state, host, now) || (known && *known >= flying->write.limit);
}

// The write of an operation that was superseded tells the later one nothing but what the look shows. One of
// an earlier daemon belongs to the request that was posted again.
bool is_of(const Flying& flying, const Op& op) {
    return flying.op == op.id || flying.op == 0;
}

// The host itself names the VM's entry in its answer to a register: it is known then, whatever it tells of
// itself later.
void remember_named(HostView& host, const VmState& vm, const std::string& vmid) {
    const auto entry = host.entries.find(vmid);
    if (vmid.empty() || (entry != host.entries.end() && entry->second.entry.path)) return;
    VmEntry named;
    named.vmid = vmid;
    named.path = vm.settings.vmx;
    remember(host, vm.name, named);
}

// The slot that holds this write, if any.
std::optional<Flying>* slot_of(VmState& vm, WriteId id) {
    if (vm.flying && vm.flying->write.id == id) return &vm.flying;
    if (vm.answering && vm.answering->write.id == id) return &vm.answering;
    return nullptr;
}

}  // namespace

void look(Turn& turn, VmState& vm, const HostName& host, const std::string& vmid) {
    const LookId id = turn.next_id();
    vm.looking[host] = id;
    turn.out.actions.emplace_back(Look{id, vm.name, host, vmid});
}

void look_at(Turn& turn, VmState& vm, const HostView& host, bool everything) {
    if (vm.looking.contains(host.name)) return;
    const Seen* seen = entry_of(host, vm);
    look(turn, vm, host.name, seen && !everything ? seen->entry.vmid : "");
}

bool look_awaited(const State& state, const VmState& vm, const HostView& host, Time now) {
    if (!fresh(state, host, now)) return false;  // the decision itself waits for the host, or does without it
    if (vm.looking.contains(host.name)) return true;
    const auto after = vm.look_after.find(host.name);
    if (after == vm.look_after.end()) return false;
    const auto known = known_as_of(host, vm);
    return !known || *known < after->second;
}

void send(Turn& turn, VmState& vm, const Decision& decision) {
    const HostName& host = decision.write.host;
    Op& op = *vm.op;
    if (host != turn.state.local && decision.write.verb != Verb::rescan_storage) {
        // A node that was stunned wakes with an old decision: ask the peer anew before anything is changed
        // there. It may have been stunned while that look was on its way: then once more; a host may be slow.
        const auto known = known_as_of(turn.state.hosts.at(host), vm);
        const auto [decided, first] = op.peer_decided.try_emplace(host, Op::PeerDecision{turn.now});
        const bool seen = !first && known && *known >= decided->second.since;
        const bool late = seen && turn.now - *known > peer_look_takes && !decided->second.looked_again;
        if (late) decided->second = {turn.now, true};
        if (!seen || late) {
            const bool connected = turn.state.hosts.at(host).link == Link::up;
            if (connected && !vm.looking.contains(host)) look(turn, vm, host, decision.write.vmid);
            return;
        }
    }
    Flying flying;
    flying.write = decision.write;
    flying.write.id = turn.next_id();
    flying.write.vm = vm.name;
    flying.write.limit = turn.now + limit_of(decision.write.verb);
    // The API knows no processes.
    const bool ssh_only = decision.write.verb == Verb::kill_process;
    flying.write.via = ssh_only ? Via::ssh : via_of(turn.state.hosts.at(host));
    flying.sent = turn.now;
    flying.op = op.id;
    remember_sent(turn, vm, flying.write);
    turn.out.actions.emplace_back(flying.write);
    if (decision.write.verb == Verb::answer_question && vm.flying)
        vm.answering = std::move(flying);
    else
        vm.flying = std::move(flying);
}

void write_done(Turn& turn, const WriteDone& done) {
    for (auto& [name, vm] : turn.state.vms) {
        auto* slot = slot_of(vm, done.id);
        if (!slot) continue;
        const Write write = (*slot)->write;
        const bool ours = vm.op && is_of(**slot, *vm.op);
        if (done.outcome == Outcome::unanswered) {
            (*slot)->unanswered = true;
            turn.note(vm, write.host, Level::warning,
                      "no answer to: " + doing(write) + "; looking before anything else is done");
            look(turn, vm, write.host, write.vmid);
            return;
        }
        slot->reset();
        if (done.outcome == Outcome::unsent) {
            if (vm.op) vm.op->not_before = turn.now + milliseconds(500);
            if (ours) forget_sent(*vm.op, write);
            return;
        }
        if (write.verb == Verb::register_vm)
            remember_named(turn.state.hosts.at(write.host), vm,
                           done.outcome == Outcome::ok ? done.vmid : done.fault.existing);
        if (done.outcome == Outcome::refused) say_refused(turn, vm, write, done.fault);
        if (ours && done.outcome == Outcome::ok) on_ok(turn, vm, write);
        if (ours && done.outcome == Outcome::ok && write.verb == Verb::power_on) vm.op->power_on_ended = true;
        if (ours && done.outcome == Outcome::refused) on_refused(turn, vm, write, done.fault);
        if (write.verb == Verb::rescan_storage) {
            const HostView& host = turn.state.hosts.at(write.host);
            if (slow(host)) look_at(turn, vm, host, true);
            return;
        }
        vm.look_after[write.host] = turn.now;
        const std::string vmid = !write.vmid.empty()  ? write.vmid
                                 : !done.vmid.empty() ? done.vmid
                                                      : done.fault.existing;
        look(turn, vm, write.host, vmid);
        return;
    }
}

// It had no effect within its limit: most likely it never reached the host.
void send_anew(VmState& vm, const Write& write) {
    if (!vm.op) return;
    forget_sent(*vm.op, write);
    if (write.verb == Verb::power_off) ++vm.op->power_off_tries[write.host];
    if (write.verb == Verb::shutdown_guest) vm.op->shutdown_unheard.insert(write.host);
}

void land_unanswered(Turn& turn, VmState& vm) {
    if (landed(turn.state, vm, vm.answering, turn.now)) {
        if (!effect_seen(turn.state, vm, *vm.answering, turn.now)) send_anew(vm, vm.answering->write);
        vm.answering.reset();
    }
    if (!landed(turn.state, vm, vm.flying, turn.now)) return;
    const Write write = vm.flying->write;
    const bool seen = effect_seen(turn.state, vm, *vm.flying, turn.now);
    const bool ours = vm.op && is_of(*vm.flying, *vm.op);
    turn.note(vm, write.host, Level::info,
              seen ? "unanswered, but seen to be done: " + doing(write)
                   : "no answer within its limit, what the host shows counts from now on: " + doing(write));
    vm.flying.reset();
    if (seen && write.verb == Verb::register_vm) vm.late_register[write.host] = write.limit;
    if (seen && ours) on_ok(turn, vm, write);
    if (seen) return;
    if (ours) send_anew(vm, write);
    // Only what is read after its limit may speak against it (rule 6).
    Time& after = vm.look_after[write.host];
    after = std::max(after, write.limit);
}

}  // namespace vmha::core
