// Start: local storage, own entry, preflight, peers, register, power on, confirm (rules 3, 4, 5).
#include <algorithm>

#include "daemon/core/decide.hpp"
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

std::string storage_trouble(const HostView& host, const VmState& vm, StorageState storage) {
    const std::string volume = "datastore " + vm.settings.vmx.volume;
    switch (storage) {
        case StorageState::missing: return volume + " is not mounted on " + host.name.str();
        case StorageState::no_path: return volume + " has no active path on " + host.name.str();
        default: return volume + " is not accessible on " + host.name.str();
    }
}

MaybeDecision check_storage(const HostView& host, const VmState& vm, Time now) {
    const StorageState storage = storage_of(host, vm);
    if (storage == StorageState::ok) return std::nullopt;
    const std::string why = storage_trouble(host, vm, storage);
    if (!host.last_rescan || now >= *host.last_rescan + rescan_interval) {
        Decision decision =
            write(Stage::waiting_for_storage, host, Verb::rescan_storage, {}, why + ": rescans");
        decision.write.adapter = host.settings.iscsi_adapter;
        decision.blocked_by = Reason::datastore_lost;
        return decision;
    }
    return wait(Stage::waiting_for_storage, host, Reason::datastore_lost, why,
                *host.last_rescan + rescan_interval);
}

// The entry is invalid, inaccessible or orphaned: give it time, then take it out; it is registered anew.
Decision replace_bad_entry(const VmState& vm, const HostView& host, const Seen& seen, Time now) {
    if (seen.entry.connection == Connection::unknown || seen.entry.connection == Connection::disconnected)
        return wait(Stage::waiting_for_vm, host, Reason::stale, "the host does not tell its state");
    const bool unreadable = seen.entry.connection == Connection::inaccessible;
    const Time patience_over = bad_entry_patience_over(host, seen);
    if (now < patience_over)
        return wait(Stage::waiting_for_vm, host, unreadable ? Reason::inaccessible : Reason::invalid,
                    "its entry is not valid: waiting for it to come right", patience_over);
    const auto tries = vm.op->unregistered.find(host.name);
    if (tries != vm.op->unregistered.end() && tries->second >= bad_entry_tries)
        return fail(host, unreadable ? Reason::inaccessible : Reason::invalid,
                    "its entry on " + host.name.str() + " was invalid again after every new registration");
    return write(Stage::registering, host, Verb::unregister, seen.entry.vmid, "takes out the invalid entry");
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
    return write(Stage::registering, host, Verb::unregister, op.fault->existing,
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

MaybeDecision preflight(const HostView& host) {
    if (host.facts.in_maintenance)
        return fail(host, Reason::maintenance_mode, host.name.str() + " is in maintenance mode");
    if (host.facts.api_writes == false)
        return fail(host, Reason::license_restricted,
                    "the licence of " + host.name.str() + " does not allow writes through the API");
    return std::nullopt;
}

// Nothing is done to a peer before we know that we could start the VM here.
MaybeDecision preflight_takeover(const VmState& vm, const HostView& local, const HostView& peer) {
    if (peer.facts.api_writes == false)
        return fail(peer, Reason::license_restricted,
                    "the licence of " + peer.name.str() + " does not allow to stop the VM there");
    if (!vm.op->vmx_asked) {
        Decision decision =
            wait(Stage::checking, local, Reason::deadline, "before it is stopped on " + peer.name.str());
        decision.what = Decision::What::check_vmx;
        return decision;
    }
    if (!vm.op->vmx) return wait(Stage::checking, local, Reason::host_unreachable, "is the .vmx file there?");
    if (*vm.op->vmx == Presence::missing)
        return fail(local, Reason::vmx_missing,
                    file_path(vm.settings.vmx) + " does not exist on " + local.name.str());
    return std::nullopt;
}

MaybeDecision check_peer(const State& state, const VmState& vm, const HostView& local, const HostView& peer,
                         Time now) {
    const Op& op = *vm.op;
    const Time patience_over = op.began + peer_patience;
    if (!peer.complete && peer.link == Link::connecting && now < patience_over)
        return wait(Stage::waiting_for_peer, peer, Reason::host_unreachable, "not seen yet", patience_over);
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
    const bool runs = seen && seen->entry.power == Power::on;
    if (!runs && !(ours && !op.taken_over)) return std::nullopt;
    if (runs && (op.taken_over || op.powered_on || (op.taking_over && !ours)))
        return fail(peer, Reason::running_elsewhere, "it runs on " + peer.name.str() + " again");
    if (runs && vm.settings.on_running_elsewhere == OnRunningElsewhere::refuse)
        return fail(peer, Reason::running_elsewhere,
                    "it runs on " + peer.name.str() + ", and on_running_elsewhere is refuse");
    if (!ours)
        if (auto decision = preflight_takeover(vm, local, peer)) return decision;
    auto decision = decide_halt(state, vm, peer, now);
    if (!decision) return std::nullopt;
    if (decision->what != Decision::What::finish) {
        decision->why =
            std::string(word(decision->stage)) + (decision->why.empty() ? "" : ": " + decision->why);
        decision->stage = Stage::stopping_elsewhere;
    }
    return decision;
}

Decision power_on(const VmState& vm, const HostView& host, const Seen& seen, Time now) {
    const Op& op = *vm.op;
    const bool locked = op.fault && op.fault->kind == FaultKind::lock_held;
    if (op.not_before && now < *op.not_before)
        return wait(locked ? Stage::waiting_for_disk_lock : Stage::powering_on, host,
                    locked ? Reason::lock_held : Reason::power_on_failed,
                    locked ? "another host holds the lock: trying again" : "trying again", *op.not_before);
    if (op.power_on_tries >= power_on_tries)
        return fail(host, Reason::power_on_failed,
                    op.fault ? "the host refuses to power it on" : "it was powered on and is off again");
    // The same stage for all tries: a lock may be waited for for minutes.
    Decision decision =
        write(locked ? Stage::waiting_for_disk_lock : Stage::powering_on, host, Verb::power_on,
              seen.entry.vmid, locked ? "another host holds the lock: trying again" : "");
    if (locked) decision.blocked_by = Reason::lock_held;
    return decision;
}

MaybeDecision clear_peers(const State& state, const VmState& vm, Time now) {
    if (!vm.op->powered_on) return std::nullopt;
    for (const auto& [name, peer] : state.hosts) {
        if (name == state.local || !fresh(state, peer, now) || vm.op->clear_failed.contains(name)) continue;
        const Seen* seen = entry_of(peer, vm);
        if (seen && seen->entry.power == Power::off && seen->entry.connection == Connection::connected)
            return write(Stage::clearing_elsewhere, peer, Verb::unregister, seen->entry.vmid,
                         "takes the powered-off entry out there");
    }
    return std::nullopt;
}

Decision confirm(const State& state, const VmState& vm, const HostView& host, const Seen& seen, Time now) {
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

}  // namespace

Decision decide_start(const State& state, const VmState& vm, Time now) {
    const HostView& host = state.hosts.at(state.local);
    const Op& op = *vm.op;
    if (auto decision = check_link(state, host, now)) return *decision;
    if (auto decision = check_storage(host, vm, now)) return *decision;

    const Seen* seen = entry_of(host, vm);
    if (op.left_over)
        if (auto decision = remove_left_over(state, vm, host, now)) return *decision;
    if (seen) {
        if (auto decision = on_question(vm, host, seen->entry, Kind::start)) return *decision;
        if (seen->entry.connection != Connection::connected) return replace_bad_entry(vm, host, *seen, now);
        if (seen->entry.power == Power::on) return confirm(state, vm, host, *seen, now);
    } else if (op.powered_on) {
        return fail(host, Reason::running_elsewhere,
                    "it left the inventory of " + host.name.str() + " after this start had powered it on");
    }
    if (auto decision = preflight(host)) return *decision;
    for (const auto& [name, peer] : state.hosts)
        if (name != state.local)
            if (auto decision = check_peer(state, vm, host, peer, now)) return *decision;

    if (seen) return power_on(vm, host, *seen, now);
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
