// The VM's datastore on a host: rescan until it is there, and say what is wrong with it.
#include "daemon/core/decide.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core::decisions {
namespace {

constexpr Duration certain_gap = seconds(15);  // no host misses it: iSCSI gives a path up after 10 s
constexpr Duration gap_memory = seconds(120);  // what was before belongs to another story

std::string storage_trouble(const HostView& host, const VmState& vm, StorageState storage) {
    const std::string volume = "datastore " + vm.settings.vmx.volume;
    switch (storage) {
        case StorageState::missing: return volume + " is not mounted on " + host.name.str();
        case StorageState::no_path: return volume + " has no active path on " + host.name.str();
        default: break;
    }
    const DatastoreSeen* seen = datastore_of(host, vm);
    const bool for_good = seen && seen->datastore.trouble == "PermanentDeviceLoss";
    return volume + " is not accessible on " + host.name.str() +
           (for_good ? ": its device is lost for good, and can come back only when nothing there uses it"
                     : "");
}

}  // namespace

std::optional<Decision> await_storage(const State& state, const HostView& host, const VmState& vm, Time now) {
    const StorageState storage = storage_of(host, vm);
    if (storage == StorageState::ok) return std::nullopt;
    std::string why = storage_trouble(host, vm, storage);
    const bool unresolved = volume_unresolved(state, host, vm);
    if (unresolved)
        why += ": the host sees it as a snapshot; mount it with \"esxcli storage vmfs snapshot mount\"";
    const Reason reason = unresolved ? Reason::volume_unresolved : Reason::datastore_lost;
    if (host.name != state.local) return wait(Stage::waiting_for_storage, host, reason, why);
    if (!host.last_rescan || now >= *host.last_rescan + rescan_interval) {
        Decision decision =
            write(Stage::waiting_for_storage, host, Verb::rescan_storage, {}, why + ": rescans");
        decision.write.adapter = host.settings.iscsi_adapter;
        decision.blocked_by = reason;
        return decision;
    }
    return wait(Stage::waiting_for_storage, host, reason, why, *host.last_rescan + rescan_interval);
}

// Whenever the target moves, all hosts lose it for a while. Where a long gap is seen here and none there, the
// two do not use the same target: the nodes cannot hear each other, and both are active. Which copy stays is
// the cluster manager's decision; a takeover would end the one that may be it (rule 3).
std::optional<std::string> on_another_copy(const State& state, const VmState& vm, const HostView& peer,
                                           Time now) {
    const auto gap = vm.storage_gap.find(state.local);
    if (gap == vm.storage_gap.end() || !vm.op) return std::nullopt;
    const auto [lost, back] = gap->second;
    if (back - lost < certain_gap || vm.op->began > back + gap_memory) return std::nullopt;
    if (peer.fresh_since > lost || !fresh(state, peer, now) || vm.storage_bad.contains(peer.name))
        return std::nullopt;
    const auto there = vm.storage_gap.find(peer.name);
    if (there != vm.storage_gap.end() && there->second.back > lost) return std::nullopt;
    return "the storage of " + peer.name.str() + " stayed while that of " + state.local.str() +
           " was away for " + std::to_string(to_ms(back - lost) / 1000) +
           " s: it seems to use the other copy of the mirror";
}

}  // namespace vmha::core::decisions
