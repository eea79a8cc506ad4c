// Start: local storage, own entry, preflight, peers, register, power on, confirm (rules 3, 4, 5).
#include <algorithm>

#include "daemon/core/decide.hpp"
#include "daemon/core/disk_lock.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/via.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

using namespace decisions;
using MaybeDecision = std::optional<Decision>;

constexpr int bad_entry_tries = 3;
constexpr int register_tries = 5;
constexpr int power_on_tries = 3;  // of power-ons that fail for no known reason, or do not last

MaybeDecision check_link(const State& state, const HostView& host, Time now) {
    if (fresh(state, host, now)) return std::nullopt;
    const std::string why = why_not_fresh(host);
    // These do not pass by waiting, and the other node may do better.
    if (host.link == Link::bad_password || host.link == Link::locked_out || host.link == Link::untrusted)
        return fail(host, host.link_reason, why);
    return wait(Stage::waiting_for_host, host, Reason::host_unreachable, why);
}

// The entry is invalid, inaccessible or orphaned: give it time, then take it out; it is registered anew.
Decision replace_bad_entry(const State& state, const VmState& vm, const HostView& host, const Seen& seen,
                           Time now) {
    if (seen.entry.connection == Connection::unknown || seen.entry.connection == Connection::disconnected)
        return wait(Stage::waiting_for_vm, host, Reason::stale, "the host does not tell its state");
    const bool unreadable = seen.entry.connection == Connection::inaccessible;
    const Time patience_over = bad_entry_patience_over(host, seen);
    if (now < patience_over)
        return wait(Stage::waiting_for_vm, host, unreadable ? Reason::inaccessible : Reason::invalid,
                    "its entry is not valid: waiting for it to come right", patience_over);
    // Without its entry nobody could end what still runs (facts F22).
    if (auto decision = await_processes(state, vm, host, now)) return *decision;
    if (auto decision = kill_process(state, vm, host, "its entry is not valid, and its process runs", now))
        return *decision;
    const auto tries = vm.op->unregistered.find(host.name);
    if (tries != vm.op->unregistered.end() && tries->second >= bad_entry_tries)
        return fail(host, unreadable ? Reason::inaccessible : Reason::invalid,
                    "its entry on " + host.name.str() + " was invalid again after every new registration");
    if (vm.op->fault && vm.op->not_before && now < *vm.op->not_before)
        return try_again(Stage::unregistering, vm, host, seen.entry, Reason::unregister_failed);
    return write(Stage::unregistering, host, Verb::unregister, seen.entry.vmid,
                 "takes out the invalid entry");
}

// AlreadyExists names an entry that the view does not show under our path: an invalid twin of ours, whose
// path the host cannot tell (VIM_SSH.pm: cure by unregister and register again).
MaybeDecision take_out_twin(const VmState& vm, const HostView& host, Time now) {
    const Op& op = *vm.op;
    if (!op.fault || op.fault->kind != FaultKind::already_exists || op.fault->existing.empty())
        return std::nullopt;
    const auto twin = host.entries.find(op.fault->existing);
    if (twin != host.entries.end() && twin->second.entry.path)
        return fail(host, Reason::register_failed,
                    "entry " + op.fault->existing + " stands in the way; it is registered from " +
                        file_path(*twin->second.entry.path));
    // Not shown yet, or not yet valid: a host that has just come up knows more entries than it shows.
    const Time patience_over = twin == host.entries.end()
                                   ? host.session_since + host.settings.settle
                                   : twin->second.connection_since + bad_entry_patience;
    if (now < patience_over)
        return wait(
            Stage::registering, host, Reason::settling,
            "it is registered there already, as " + op.fault->existing + ": waiting for the host to show it",
            patience_over);
    const auto tries = op.unregistered.find(host.name);
    if (tries != op.unregistered.end() && tries->second >= bad_entry_tries)
        return fail(host, Reason::register_failed, "an invalid entry came back after every unregister");
    return write(Stage::unregistering, host, Verb::unregister, op.fault->existing,
                 "takes out the invalid entry");
}

// The left-over copy goes off hard, and its entry goes too: a clean registration of what is on the disk now.
MaybeDecision remove_left_over(const State& state, const VmState& vm, const HostView& host, Time now) {
    const Seen* seen = entry_of(host, vm);
    if (seen && !seen->entry.question && seen->entry.connection == Connection::connected &&
        seen->entry.power == Power::on) {
        if (vm.op->not_before && now < *vm.op->not_before)
            return wait(Stage::powering_off, host, Reason::left_over, "trying again", *vm.op->not_before);
        return write(Stage::powering_off, host, Verb::power_off, seen->entry.vmid, "a left-over copy");
    }
    auto decision = decide_halt(state, vm, host, now);
    if (decision && decision->what == Decision::What::wait && decision->blocked_by == Reason::settling)
        return std::nullopt;
    return decision;
}

// A peer that is being connected, or has just been and has not told all yet.
MaybeDecision await_first_view(const Op& op, const HostView& peer, Time now) {
    const Time patience_over = op.began + peer_patience;
    const bool coming = peer.link == Link::connecting || peer.link == Link::up;
    if (peer.complete || !coming || now >= patience_over) return std::nullopt;
    return wait(Stage::waiting_for_peer, peer, Reason::host_unreachable, "not seen yet", patience_over);
}

MaybeDecision check_peer(const State& state, const VmState& vm, const HostView& local, const HostView& peer,
                         Time now) {
    const Op& op = *vm.op;
    if (auto decision = await_first_view(op, peer, now)) return decision;
    const bool ours = op.taking_over == peer.name;
    if (!fresh(state, peer, now)) {
        // Begun and not proved: going on would trust the lock alone while we know that the VM was running
        // there.
        if (ours && !op.taken_over && peer.link == Link::up)
            return wait(Stage::stopping_elsewhere, peer, Reason::host_unreachable,
                        "the host does not answer");
        const Time back = peer.link_since + peer_patience;
        if (ours && !op.taken_over && peer.link == Link::connecting && now < back)
            return wait(Stage::stopping_elsewhere, peer, Reason::host_unreachable, "connecting anew", back);
        return std::nullopt;  // the VMFS lock decides
    }
    const Seen* seen = entry_of(peer, vm);
    const bool valid = seen && seen->entry.connection == Connection::connected;
    // "Powered off" of an entry that is not valid proves nothing: SSH tells whether it runs.
    if (seen && !valid && !op.powered_on)
        if (auto decision = await_processes(state, vm, peer, now)) return decision;
    const bool process = !valid && process_of(state, peer, vm, now).state == ProcessState::running;
    const bool runs = process || (seen && seen->entry.power == Power::on);
    if (!runs && !(ours && !op.taken_over)) return std::nullopt;
    if (runs && (op.taken_over || op.powered_on || (op.taking_over && !ours)))
        return fail(peer, Reason::running_elsewhere, "it runs on " + peer.name.str() + " again");
    if (runs && vm.settings.on_running_elsewhere == OnRunningElsewhere::refuse)
        return fail(peer, Reason::running_elsewhere,
                    "it runs on " + peer.name.str() + ", and on_running_elsewhere is refuse");
    // A partition has just ended while we waited. If both nodes are active, the cluster manager is about to
    // decide which one goes down: until then a takeover would end the copy that is to stay.
    const Time resolved = peer.fresh_since + partition_patience;
    if (!ours && peer.fresh_since > op.began + peer_patience && now < resolved)
        return wait(Stage::waiting_for_peer, peer, Reason::running_elsewhere,
                    "it runs there, and the host has just come back: waiting for the cluster manager",
                    resolved);
    if (const auto why = ours ? std::nullopt : on_another_copy(state, vm, peer, now))
        return fail(peer, Reason::running_elsewhere, "it runs on " + peer.name.str() + ", and " + *why);
    if (!ours)
        if (auto decision = preflight_takeover(vm, local, peer, now)) return decision;
    auto decision = decide_halt(state, vm, peer, now);
    if (!decision) return std::nullopt;
    if (decision->what != Decision::What::finish) {
        decision->why =
            std::string(word(decision->stage)) + (decision->why.empty() ? "" : ": " + decision->why);
        decision->stage = Stage::stopping_elsewhere;
    }
    return decision;
}

Decision power_on(const State& state, const VmState& vm, const HostView& host, const Seen& seen, Time now) {
    const Op& op = *vm.op;
    const bool locked = op.fault && op.fault->kind == FaultKind::lock_held;
    const std::string who_holds = lock_explained(state, vm, now).value_or("another host holds the lock");
    if (powering_on(seen.entry))
        return wait(Stage::powering_on, host, Reason::task_in_progress, "its power-on has not ended");
    if (op.not_before && now < *op.not_before && !locked)
        return try_again(Stage::powering_on, vm, host, seen.entry, Reason::power_on_failed);
    if (op.not_before && now < *op.not_before)
        return wait(Stage::waiting_for_disk_lock, host, Reason::lock_held, who_holds + ": trying again",
                    *op.not_before);
    if (op.power_on_tries >= power_on_tries)
        return fail(host, Reason::power_on_failed,
                    op.fault ? "the host refuses to power it on" : "it was powered on and is off again");
    // The same stage for all tries: a lock may be waited for for minutes.
    Decision decision = write(locked ? Stage::waiting_for_disk_lock : Stage::powering_on, host,
                              Verb::power_on, seen.entry.vmid,
                              locked          ? who_holds + ": trying again"
                              : op.powered_on ? "it is off again"
                                              : "");
    if (locked) decision.blocked_by = Reason::lock_held;
    return decision;
}

MaybeDecision clear_peers(const State& state, const VmState& vm, Time now) {
    if (!vm.op->powered_on) return std::nullopt;
    for (const auto& [name, peer] : state.hosts) {
        if (name == state.local || !fresh(state, peer, now) || vm.op->clear_failed.contains(name)) continue;
        const Seen* seen = entry_of(peer, vm);
        const bool rests = seen && (seen->entry.power == Power::off || seen->entry.power == Power::suspended);
        if (rests && seen->entry.connection == Connection::connected && !seen->entry.task)
            return write(Stage::clearing_elsewhere, peer, Verb::unregister, seen->entry.vmid,
                         seen->entry.power == Power::suspended ? "takes the suspended entry out there"
                                                               : "takes the powered-off entry out there");
    }
    return std::nullopt;
}

// A copy that ran here before this start may be left over, which only the peers' views tell.
MaybeDecision await_peers(const State& state, const VmState& vm, Time now) {
    if (!vm.unjudged) return std::nullopt;
    for (const auto& [name, peer] : state.hosts)
        if (auto decision = await_first_view(*vm.op, peer, now)) return decision;
    return std::nullopt;
}

Decision confirm(const State& state, const VmState& vm, const HostView& host, const Seen& seen, Time now) {
    if (auto decision = await_peers(state, vm, now)) return *decision;
    // Until then the host may still give up, or ask a question (pyvmomi-community-samples#55).
    if (powering_on(seen.entry) && !vm.op->power_on_ended)
        return wait(Stage::powering_on, host, Reason::task_in_progress, "its power-on has not ended");
    const bool heart = seen.entry.heartbeat == Heartbeat::green || seen.entry.heartbeat == Heartbeat::yellow;
    if (vm.settings.start_waits_for == StartWaitsFor::heartbeat && !heart)
        return wait(Stage::waiting_for_heartbeat, host, Reason::deadline,
                    "powered on, VMware Tools is not up yet");
    for (const auto& [name, peer] : state.hosts) {
        const Seen* other = name == state.local ? nullptr : entry_of(peer, vm);
        if (vm.op->powered_on && other && other->entry.power == Power::on && fresh(state, peer, now))
            return fail(peer, Reason::running_elsewhere, "it runs on " + name.str() + " too");
    }
    if (auto decision = clear_peers(state, vm, now)) return *decision;
    Decision done;
    done.what = Decision::What::finish;
    done.stage = Stage::started;
    done.host = host.name;
    done.reason = Reason::running;
    done.why = vm.op->powered_on ? "powered on" : "was running already";
    return done;
}

// A device that was lost for good comes back only when nothing has files open on it (facts C5): our own copy,
// whose I/O is dead, must not be what keeps it away.
MaybeDecision free_lost_device(const State& state, const HostView& host, const VmState& vm, Time now) {
    const DatastoreSeen* datastore = datastore_of(host, vm);
    if (!datastore || datastore->datastore.trouble != "PermanentDeviceLoss") return std::nullopt;
    static const std::string why =
        "its datastore is lost for good, and can come back only when nothing uses it";
    const Seen* seen = entry_of(host, vm);
    const bool valid = seen && seen->entry.connection == Connection::connected;
    if (valid && seen->entry.question) {
        auto answer = on_question(vm, host, seen->entry, Kind::start);
        if (answer && answer->what == Decision::What::write) return answer;
        const auto answered = vm.op->answered_at.find(host.name);
        if (answered != vm.op->answered_at.end() && now < answered->second + question_patience)
            return std::nullopt;
    } else if (valid) {
        if (seen->entry.power != Power::on) return std::nullopt;
        if (vm.op->not_before && now < *vm.op->not_before)
            return wait(Stage::powering_off, host, Reason::datastore_lost, "trying again",
                        *vm.op->not_before);
        return write(Stage::powering_off, host, Verb::power_off, seen->entry.vmid, why);
    } else if (seen && now < bad_entry_patience_over(host, *seen)) {
        return std::nullopt;
    }
    // No power-off reaches it.
    return kill_process(state, vm, host, why, now);
}

}  // namespace

Decision decide_start(const State& state, const VmState& vm, Time now) {
    const HostView& host = state.hosts.at(state.local);
    const Op& op = *vm.op;
    if (auto decision = check_link(state, host, now)) return *decision;
    if (auto decision = check_moved(state, vm, now)) return *decision;
    if (auto decision = free_lost_device(state, host, vm, now)) return *decision;
    if (auto decision = await_storage(state, host, vm, now)) return *decision;

    const Seen* seen = entry_of(host, vm);
    if (op.left_over)
        if (auto decision = remove_left_over(state, vm, host, now)) return *decision;
    if (seen) {
        if (auto decision = on_question(vm, host, seen->entry, Kind::start)) return *decision;
        if (seen->entry.connection != Connection::connected)
            return replace_bad_entry(state, vm, host, *seen, now);
        if (seen->entry.power == Power::on) return confirm(state, vm, host, *seen, now);
    } else if (op.powered_on) {
        // Its hostd may just have been restarted: not seen is not gone (rule 1).
        const Time settles = absence_settles(host);
        if (!absence_proved(state, host, vm, now))
            return wait(Stage::waiting_for_vm, host, Reason::settling,
                        "not in the inventory, which may still be loading", settles > now ? settles : never);
        return fail(host, Reason::running_elsewhere,
                    "it left the inventory of " + host.name.str() + " after this start had powered it on");
    }
    if (auto decision = await_way_to_write(host, now)) return *decision;
    if (auto decision = preflight(host)) return *decision;
    if (const auto why = no_way_to_write(host))
        return wait(Stage::waiting_for_host, host, Reason::host_unreachable, *why);
    if (!seen && process_of(state, host, vm, now).state == ProcessState::running)
        if (auto decision = kill_process(state, vm, host, "it runs without an entry", now)) return *decision;
    if (auto decision = preflight_memory(state, vm, host)) return *decision;
    for (const auto& [name, peer] : state.hosts)
        if (name != state.local)
            if (auto decision = check_peer(state, vm, host, peer, now)) return *decision;

    if (seen) return power_on(state, vm, host, *seen, now);
    if (op.not_before && now < *op.not_before)
        return wait(Stage::registering, host, Reason::register_failed, "trying again", *op.not_before);
    if (auto decision = take_out_twin(vm, host, now)) return *decision;
    if (op.register_tries >= register_tries)
        return fail(
            host, Reason::register_failed,
            op.fault ? "the host refuses to register it" : "it was registered and is not in the inventory");
    Decision decision = write(Stage::registering, host, Verb::register_vm, {});
    decision.write.path = vm.settings.vmx;
    return decision;
}

}  // namespace vmha::core
