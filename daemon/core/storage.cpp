// What the view says of volumes and of the paths on them.
#include <algorithm>

#include "daemon/core/view.hpp"

namespace vmha::core {

const DatastoreSeen* volume_of(const HostView& host, const std::string& volume) {
    for (const auto& [id, seen] : host.datastores)
        if (seen.datastore.name == volume || (!volume.empty() && seen.datastore.uuid == volume)) return &seen;
    return nullptr;
}

bool same_path(const HostView& host, const VmxPath& a, const VmxPath& b) {
    if (a.file != b.file) return false;
    if (a.volume == b.volume) return true;
    const DatastoreSeen* volume_a = volume_of(host, a.volume);
    return volume_a && volume_a == volume_of(host, b.volume);
}

const DatastoreSeen* datastore_of(const HostView& host, const VmState& vm) {
    return volume_of(host, vm.settings.vmx.volume);
}

StorageState storage_of(const HostView& host, const VmState& vm) {
    const DatastoreSeen* seen = datastore_of(host, vm);
    if (!seen) return StorageState::missing;
    if (!seen->datastore.accessible) return StorageState::inaccessible;
    if (seen->datastore.extents.empty() || host.facts.paths.empty()) return StorageState::ok;
    const auto has_path = [&](const std::string& device) {
        const auto active = [&](const StoragePath& path) { return path.device == device && path.active; };
        return std::ranges::any_of(host.facts.paths, active);
    };
    return std::ranges::all_of(seen->datastore.extents, has_path) ? StorageState::ok : StorageState::no_path;
}

bool volume_unresolved(const State& state, const HostView& host, const VmState& vm) {
    const StorageState storage = storage_of(host, vm);
    if (storage != StorageState::missing && storage != StorageState::inaccessible) return false;
    const auto unresolved = [&](const std::string& label) {
        return std::ranges::find(host.facts.unresolved_volumes, label) != host.facts.unresolved_volumes.end();
    };
    // A path in the uuid's spelling does not tell the label; any host that has the volume does.
    return unresolved(vm.settings.vmx.volume) || std::ranges::any_of(state.hosts, [&](const auto& item) {
               const DatastoreSeen* seen = datastore_of(item.second, vm);
               return seen && unresolved(seen->datastore.name);
           });
}

}  // namespace vmha::core
