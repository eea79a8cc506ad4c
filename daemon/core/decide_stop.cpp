// Stop: bring the VM to rest, prove it off, take it out of the inventory, look again (rules 1, 2, 5).
#include <algorithm>

#include "daemon/core/decide.hpp"
#include "daemon/core/known.hpp"
#include "daemon/core/operation.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/questions.hpp"
#include "daemon/core/via.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

using namespace decisions;

constexpr int probes = 3;  // registrations that shall tell whose an unreadable entry is
using MaybeDecision = std::optional<Decision>;

bool runs_on_fresh_peer(const State& state, const VmState& vm, const HostView& host, Time now) {
    return std::ranges::any_of(state.hosts, [&](const auto& item) {
        const HostView& peer = item.second;
        if (peer.name == host.name || !fresh(state, peer, now)) return false;
        const Seen* seen = entry_of(peer, vm);
        return seen && seen->entry.power == Power::on && seen->entry.connection == Connection::connected;
    });
}

int count(const std::map<HostName, int>& counts, const HostName& host) {
    const auto found = counts.find(host);
    return found == counts.end() ? 0 : found->second;
}

// The last refusal was that of a power-off there.
bool power_off_refused(const VmState& vm, const HostView& host) {
    return vm.op->fault &&
           vm.op->fault_doing == doing({.vm = vm.name, .host = host.name, .verb = Verb::power_off});
}

// Not valid, and said to be running: one try to power it off, then it has to come right by itself.
Decision halt_unreadable(const VmState& vm, const HostView& host, const Seen& seen) {
    const Op& op = *vm.op;
    const bool refused = power_off_refused(vm, host);
    const bool unreadable = seen.entry.connection == Connection::inaccessible;
    if (!refused && op.odd_refusals == 0)
        return write(Stage::powering_off, host, Verb::power_off, seen.entry.vmid,
                     "its entry is not valid, but the host says that it runs");
    return wait(Stage::waiting_for_vm, host, unreadable ? Reason::inaccessible : Reason::unproved,
                "its entry is not valid, and the host says that it runs");
}

// "Powered off" of an invalid VM proves nothing (facts A2: its process may run). Over the API the only cure
// is to register it anew and read again; SSH has the list of processes.
Decision halt_bad_entry(const State& state, const VmState& vm, const HostView& host, const Seen& seen,
                        Time now) {
    const Op& op = *vm.op;
    if (seen.entry.connection == Connection::unknown || seen.entry.connection == Connection::disconnected)
        return wait(Stage::waiting_for_vm, host, Reason::unproved, "the host does not tell its state");
    const std::string vmid = seen.entry.vmid;
    // Over SSH the process list is a proof, either way, and its process can be ended.
    if (auto decision = await_processes(state, vm, host, now)) return *decision;
    if (auto decision = kill_process(state, vm, host, "its entry is not valid, and its process runs", now))
        return *decision;
    const Time patience_over = bad_entry_patience_over(host, seen);
    if (process_of(state, host, vm, now).state == ProcessState::none) {
        if (op.fault && op.not_before && now < *op.not_before)
            return try_again(Stage::unregistering, vm, host, seen.entry, Reason::unregister_failed);
        return write(Stage::unregistering, host, Verb::unregister, vmid,
                     "not valid, and no process of it runs there");
    }
    if (now < patience_over)
        return wait(Stage::waiting_for_vm, host, Reason::unproved,
                    "the entry is not valid, so its power state proves nothing", patience_over);
    // The host takes no running VM out, and says that this one runs.
    if (seen.entry.power == Power::on) return halt_unreadable(vm, host, seen);
    if (op.fault && op.not_before && now < *op.not_before)
        return try_again(Stage::unregistering, vm, host, seen.entry, Reason::unregister_failed);
    if (runs_on_fresh_peer(state, vm, host, now))
        return write(Stage::unregistering, host, Verb::unregister, vmid,
                     "not valid here, and it runs on a peer");
    // Without its files it could not be registered anew.
    if (auto decision = await_storage(state, host, vm, now)) return *decision;
    if (count(op.unregistered, host.name) == 0)
        return write(Stage::unregistering, host, Verb::unregister, vmid,
                     "to register it anew and read its state");
    return wait(Stage::waiting_for_vm, host, Reason::unproved,
                "the entry stays invalid after a new registration, so nothing proves that the VM is off");
}

bool storage_gone(const VmState& vm, const HostView& host, Time now) {
    const auto bad = vm.storage_bad.find(host.name);
    if (bad == vm.storage_bad.end()) return false;
    const DatastoreSeen* seen = datastore_of(host, vm);
    return (seen && seen->datastore.trouble == "PermanentDeviceLoss") ||
           now >= bad->second + bad_entry_patience;
}

// Time to end its process: tried twice, or tried at all with little time left.
bool power_off_fails(const VmState& vm, const HostView& host, Time now) {
    const Op& op = *vm.op;
    const int tries = count(op.power_off_tries, host.name);
    // Such as for a task in the way, which does not count as a try.
    const bool refused = power_off_refused(vm, host);
    const bool late = now >= op.hurry.value_or(op.deadline) - stop_reserve / 2;
    return tries >= 2 || (late && (tries > 0 || refused));
}

Decision power_off(const State& state, const VmState& vm, const HostView& host, const Seen& seen,
                   std::string why, Time now) {
    if (powering_off(seen.entry))
        return wait(Stage::powering_off, host, Reason::task_in_progress, "its power-off has not ended");
    if (power_off_fails(vm, host, now))
        if (auto decision = kill_process(state, vm, host, "it does not power off", now)) return *decision;
    if (vm.op->not_before && now < *vm.op->not_before)
        return try_again(Stage::powering_off, vm, host, seen.entry, Reason::power_off_failed);
    return write(Stage::powering_off, host, Verb::power_off, seen.entry.vmid, std::move(why));
}

// A backup or a consolidation makes the host refuse to power the VM off or to unregister it. What ends the VM
// anyway is no hindrance.
MaybeDecision cancel_task(const VmState& vm, const HostView& host, const VmEntry& entry) {
    if (!entry.task || !entry.task->cancellable || powering_off(entry) ||
        vm.op->cancelled.contains(host.name.str() + "/" + entry.task->id))
        return std::nullopt;
    Decision decision = write(Stage::waiting_for_vm, host, Verb::cancel_task, entry.vmid,
                              task_in_the_way(entry) + ": cancels it");
    decision.write.task = entry.task->id;
    return decision;
}

Decision halt_running(const State& state, const VmState& vm, const HostView& host, const Seen& seen,
                      Time now) {
    const Op& op = *vm.op;
    if (vm.settings.stop_mode == StopMode::power_off)
        return power_off(state, vm, host, seen, "stop_mode is power-off", now);
    if (op.no_tools.contains(host.name))
        return power_off(state, vm, host, seen, "the guest cannot be shut down: VMware Tools does not run",
                         now);
    if (storage_gone(vm, host, now)) return power_off(state, vm, host, seen, "its datastore is gone", now);

    const Duration grace =
        std::min(op.grace.value_or(vm.settings.guest_shutdown_timeout), vm.settings.guest_shutdown_timeout);
    const auto sent = op.shutdown_sent.find(host.name);
    const auto tried = op.shutdown_tried.find(host.name);
    const Time began = tried == op.shutdown_tried.end() ? now : tried->second;
    const Time grace_over = std::min(began + grace, op.hurry.value_or(op.deadline) - stop_reserve);
    if (now >= grace_over)
        return power_off(state, vm, host, seen,
                         sent == op.shutdown_sent.end() ? "no time is left for the guest's shutdown"
                                                        : "the guest did not shut down in time",
                         now);
    if (sent == op.shutdown_sent.end() && op.not_before && now < *op.not_before)
        return try_again(Stage::shutting_down, vm, host, seen.entry, Reason::task_in_progress);
    if (sent == op.shutdown_sent.end())
        return write(Stage::shutting_down, host, Verb::shutdown_guest, seen.entry.vmid,
                     task_in_the_way(seen.entry));
    return wait(Stage::shutting_down, host, Reason::deadline, "the guest shuts down", grace_over);
}

// Not answered, and not seen to be done since: it may still be carried out.
MaybeDecision await_late_register(const VmState& vm, const HostView& host, Time now) {
    const auto late = vm.late_register.find(host.name);
    if (late == vm.late_register.end() || now >= late->second) return std::nullopt;
    return wait(Stage::proving, host, Reason::unproved,
                "a register of it was never answered and may still come", late->second);
}

// The host registers nothing twice: it either names the entry that is this VM's, or shows it in a new one.
Decision register_again(const VmState& vm, const HostView& host, const std::string& why, Time now) {
    if (auto decision = await_late_register(vm, host, now)) return *decision;
    if (vm.op->not_before && now < *vm.op->not_before)
        return wait(Stage::proving, host, Reason::unproved, "trying again", *vm.op->not_before);
    Decision decision = write(Stage::proving, host, Verb::register_vm, {}, why);
    decision.write.path = vm.settings.vmx;
    return decision;
}

// It blocks every power operation. What nobody may answer for a person ends with the process.
MaybeDecision halt_question(const State& state, const VmState& vm, const HostView& host, const VmEntry& entry,
                            Time now) {
    auto decision = on_question(vm, host, entry, Kind::stop);
    if (!decision || decision->what == Decision::What::write) return decision;
    const auto answered = vm.op->answered_at.find(host.name);
    const Time works_until =
        answered == vm.op->answered_at.end() ? now : answered->second + question_patience;
    if (now < works_until) {
        decision->until = works_until;
        return decision;
    }
    auto by_force = kill_process(
        state, vm, host, "a question blocks it that nobody answers: " + summary(*entry.question), now);
    return by_force ? by_force : decision;
}

std::optional<Decision> halt_absent(const State& state, const VmState& vm, const HostView& host, Time now) {
    if (process_of(state, host, vm, now).state == ProcessState::running)
        if (auto decision = kill_process(state, vm, host, "it runs without an entry", now)) return decision;
    // What this operation itself took out was the VM: another entry of its uuid is a clone.
    const Seen* moved = vm.op->taken_out.contains(host.name) ? nullptr : moved_entry(state, host, vm);
    if (moved && (moved->entry.power != Power::off || moved->entry.connection != Connection::connected))
        return fail(host, Reason::vmx_moved, moved_text(host, vm, *moved) + "; it is not off there");
    if (host.left_unproved.contains(vm.name))
        if (auto decision = await_processes(state, vm, host, now)) return decision;
    const bool no_process = process_of(state, host, vm, now).state == ProcessState::none;
    if (!no_process && host.left_unproved.contains(vm.name) && !runs_on_fresh_peer(state, vm, host, now)) {
        if (auto decision = await_storage(state, host, vm, now)) return decision;
        return register_again(vm, host, "to read its state", now);
    }
    if (absence_proved(state, host, vm, now)) return std::nullopt;
    if (auto decision = await_late_register(vm, host, now)) return decision;
    const Time settles = absence_settles(host);
    if (!absence_settled(host, vm, now))
        return wait(Stage::proving, host, Reason::settling,
                    "not in the inventory, which may still be loading: waiting until it is settled",
                    now < settles ? settles : never);
    // An entry may be unreadable because its datastore is not there.
    if (auto decision = await_storage(state, host, vm, now)) return decision;
    if (unreadable_entry(host, vm) && vm.op->register_tries < probes)
        return register_again(vm, host, "to find out whether an entry that cannot be read is this VM", now);
    return wait(Stage::proving, host, Reason::unproved,
                "not in the inventory, but an entry there cannot be read and may be this VM");
}

}  // namespace

std::optional<Decision> decide_halt(const State& state, const VmState& vm, const HostView& host, Time now) {
    const Op& op = *vm.op;
    if (!fresh(state, host, now))
        return wait(Stage::waiting_for_host, host,
                    host.link == Link::up ? Reason::host_unreachable : host.link_reason, why_not_fresh(host));
    const Seen* seen = entry_of(host, vm);
    if (const auto why = no_way_to_write(host))
        if (seen || process_of(state, host, vm, now).state == ProcessState::running)
            return wait(Stage::waiting_for_host, host, Reason::host_unreachable, *why);
    if (!seen) return halt_absent(state, vm, host, now);
    if (auto decision = halt_question(state, vm, host, seen->entry, now)) return decision;
    if (seen->entry.connection != Connection::connected) return halt_bad_entry(state, vm, host, *seen, now);
    if (auto decision = cancel_task(vm, host, seen->entry)) return decision;
    switch (seen->entry.power) {
        case Power::on: return halt_running(state, vm, host, *seen, now);
        case Power::suspended:
            // It has no process; a host that refuses to power it off for that reason has it at rest already.
            if (op.odd_refusals > 0) break;
            return power_off(state, vm, host, *seen, "it is suspended", now);
        case Power::off: break;
        case Power::unknown:
            return wait(Stage::proving, host, Reason::unproved, "the host does not tell its power state");
    }
    // A left entry on a peer is a warning only (design: takeover); on our own host it would be a second way
    // to start.
    if (host.name != state.local && op.clear_failed.contains(host.name)) return std::nullopt;
    if (op.not_before && now < *op.not_before)
        return try_again(Stage::unregistering, vm, host, seen->entry, Reason::unregister_failed);
    return write(Stage::unregistering, host, Verb::unregister, seen->entry.vmid, "off");
}

Decision decide_stop(const State& state, const VmState& vm, Time now) {
    const HostView& host = state.hosts.at(state.local);
    if (auto decision = decide_halt(state, vm, host, now)) return *decision;
    Decision done;
    done.what = Decision::What::finish;
    done.stage = Stage::stopped;
    done.host = host.name;
    done.reason = Reason::not_registered;
    done.why = "off and not registered";
    return done;
}

}  // namespace vmha::core
