// Stop: bring the VM to rest, prove it off, take it out of the inventory, look again (rules 1, 2, 5).
#include <algorithm>

#include "daemon/core/decide.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

using namespace decisions;

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

// "Powered off" of an invalid VM proves nothing (facts A2: its process may run). Over the API the only cure
// is to register it anew and read again.
Decision halt_bad_entry(const State& state, const VmState& vm, const HostView& host, const Seen& seen,
                        Time now) {
    const Op& op = *vm.op;
    if (seen.entry.connection == Connection::unknown || seen.entry.connection == Connection::disconnected)
        return wait(Stage::waiting_for_vm, host, Reason::unproved, "the host does not tell its state");
    const std::string vmid = seen.entry.vmid;
    const Time patience_over = bad_entry_patience_over(host, seen);
    if (now < patience_over)
        return wait(Stage::waiting_for_vm, host, Reason::unproved,
                    "the entry is not valid, so its power state proves nothing", patience_over);
    if (runs_on_fresh_peer(state, vm, host, now))
        return write(Stage::unregistering, host, Verb::unregister, vmid,
                     "not valid here, and it runs on a peer");
    if (count(op.unregistered, host.name) == 0)
        return write(Stage::unregistering, host, Verb::unregister, vmid,
                     "to register it anew and read its state");
    return fail(host, Reason::unproved,
                "the entry on " + host.name.str() + " stays invalid, so nothing proves that the VM is off");
}

bool storage_gone(const VmState& vm, const HostView& host, Time now) {
    const auto bad = vm.storage_bad.find(host.name);
    if (bad == vm.storage_bad.end()) return false;
    const DatastoreSeen* seen = datastore_of(host, vm);
    return (seen && seen->datastore.trouble == "PermanentDeviceLoss") ||
           now >= bad->second + bad_entry_patience;
}

Decision power_off(const VmState& vm, const HostView& host, const Seen& seen, std::string why, Time now) {
    if (vm.op->not_before && now < *vm.op->not_before)
        return wait(Stage::powering_off, host, Reason::power_off_failed, "trying again", *vm.op->not_before);
    return write(Stage::powering_off, host, Verb::power_off, seen.entry.vmid, std::move(why));
}

Decision halt_running(const VmState& vm, const HostView& host, const Seen& seen, Time now) {
    const Op& op = *vm.op;
    if (vm.settings.stop_mode == StopMode::power_off)
        return power_off(vm, host, seen, "stop_mode is power-off", now);
    if (op.no_tools.contains(host.name))
        return power_off(vm, host, seen, "the guest cannot be shut down: VMware Tools does not run", now);
    if (storage_gone(vm, host, now)) return power_off(vm, host, seen, "its datastore is gone", now);

    const Duration grace =
        std::min(op.grace.value_or(vm.settings.guest_shutdown_timeout), vm.settings.guest_shutdown_timeout);
    const auto sent = op.shutdown_sent.find(host.name);
    const Time began = sent == op.shutdown_sent.end() ? now : sent->second;
    const Time grace_over = std::min(began + grace, op.hurry.value_or(op.deadline) - stop_reserve);
    if (now >= grace_over)
        return power_off(vm, host, seen,
                         sent == op.shutdown_sent.end() ? "no time is left for the guest's shutdown"
                                                        : "the guest did not shut down in time",
                         now);
    if (sent == op.shutdown_sent.end() && op.not_before && now < *op.not_before)
        return wait(Stage::shutting_down, host, Reason::task_in_progress, "trying again", *op.not_before);
    if (sent == op.shutdown_sent.end())
        return write(Stage::shutting_down, host, Verb::shutdown_guest, seen.entry.vmid);
    return wait(Stage::shutting_down, host, Reason::deadline, "the guest shuts down", grace_over);
}

std::optional<Decision> halt_absent(const State& state, const VmState& vm, const HostView& host, Time now) {
    if (host.left_unproved.contains(vm.name) && !runs_on_fresh_peer(state, vm, host, now)) {
        if (vm.op->not_before && now < *vm.op->not_before)
            return wait(Stage::proving, host, Reason::unproved, "trying again", *vm.op->not_before);
        Decision decision = write(Stage::proving, host, Verb::register_vm, {}, "to read its state");
        decision.write.path = vm.settings.vmx;
        return decision;
    }
    if (absence_proved(state, host, vm, now)) return std::nullopt;
    if (const auto late = vm.late_register.find(host.name);
        late != vm.late_register.end() && now < late->second)
        return wait(Stage::proving, host, Reason::unproved,
                    "a register of it was never answered and may still come", late->second);
    const Time settles = absence_settles(host);
    if (now < settles)
        return wait(Stage::proving, host, Reason::settling,
                    "not in the inventory, which may still be loading: waiting until it is settled", settles);
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
    if (!seen) return halt_absent(state, vm, host, now);
    if (auto decision = on_question(vm, host, seen->entry, Kind::stop)) return decision;
    if (seen->entry.connection != Connection::connected) return halt_bad_entry(state, vm, host, *seen, now);
    switch (seen->entry.power) {
        case Power::on: return halt_running(vm, host, *seen, now);
        case Power::suspended:
            // It has no process; a host that refuses to power it off for that reason has it at rest already.
            if (op.odd_refusals > 0) break;
            return power_off(vm, host, *seen, "it is suspended", now);
        case Power::off: break;
        case Power::unknown:
            return wait(Stage::proving, host, Reason::unproved, "the host does not tell its power state");
    }
    // A left entry on a peer is a warning only (design: takeover); on our own host it would be a second way
    // to start.
    if (host.name != state.local && op.clear_failed.contains(host.name)) return std::nullopt;
    if (op.not_before && now < *op.not_before)
        return wait(Stage::unregistering, host, Reason::unregister_failed, "trying again", *op.not_before);
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
