#include "daemon/core/known.hpp"

#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

const KnownEntry* known_on(const HostView& host, const VmState& vm) {
    const auto known = host.remembered.find(vm.name);
    return known == host.remembered.end() ? nullptr : &known->second;
}

std::set<std::string> uuids_of(const State& state, const VmState& vm) {
    std::set<std::string> uuids;
    for (const auto& [name, host] : state.hosts)
        if (const KnownEntry* known = known_on(host, vm); known && !known->instance_uuid.empty())
            uuids.insert(known->instance_uuid);
    return uuids;
}

}  // namespace

std::optional<VmxPath> remembered_path(const State& state, const HostView& host, const VmEntry& entry) {
    const auto vm = host.remembered_vmid.find(entry.vmid);
    if (vm == host.remembered_vmid.end() || !state.vms.contains(vm->second)) return std::nullopt;
    const KnownEntry& known = host.remembered.at(vm->second);
    const VmxPath& configured = state.vms.at(vm->second).settings.vmx;
    // Known under another path: the VM was configured anew since then.
    if (known.path && known.path->file != configured.file) return std::nullopt;
    if (!entry.instance_uuid.empty() && !known.instance_uuid.empty() &&
        entry.instance_uuid != known.instance_uuid)
        return std::nullopt;
    return configured;
}

bool ids_reissued(const HostView& host, const VmEntry& entry) {
    const auto vm = host.remembered_vmid.find(entry.vmid);
    if (!entry.path || vm == host.remembered_vmid.end()) return false;
    const KnownEntry& known = host.remembered.at(vm->second);
    // The datastore may have got another name; the file in it has not.
    return known.path && known.path->file != entry.path->file;
}

void remember(HostView& host, const VmName& vm, const VmEntry& entry) {
    KnownEntry& known = host.remembered[vm];
    if (const auto old = host.remembered_vmid.find(known.vmid);
        old != host.remembered_vmid.end() && old->second == vm)
        host.remembered_vmid.erase(old);
    host.remembered_vmid.insert_or_assign(entry.vmid, vm);
    known.vmid = entry.vmid;
    known.path = entry.path;
    if (!entry.instance_uuid.empty()) known.instance_uuid = entry.instance_uuid;
    if (entry.memory_mb) known.memory_mb = entry.memory_mb;
    if (!entry.networks.empty()) known.networks = entry.networks;
}

void forget_all_remembered(HostView& host) {
    host.remembered.clear();
    host.remembered_vmid.clear();
}

const Seen* moved_entry(const State& state, const HostView& host, const VmState& vm) {
    if (entry_of(host, vm)) return nullptr;
    for (const auto& uuid : uuids_of(state, vm)) {
        const auto [first, last] = host.by_uuid.equal_range(uuid);
        for (auto it = first; it != last; ++it) {
            const Seen& seen = host.entries.at(it->second);
            // Two configured VMs may share a uuid where one is a clone of the other.
            if (seen.entry.path && !owner_of(state, host, seen.entry)) return &seen;
        }
    }
    return nullptr;
}

std::string moved_text(const HostView& host, const VmState& vm, const Seen& moved) {
    return vm.name.str() + " is registered on " + host.name.str() + " from " + file_path(*moved.entry.path) +
           ", and is configured as " + file_path(vm.settings.vmx) +
           " (same instance uuid): if it was moved, set its vmx to that path and reload; "
           "if that is a copy of it, unregister it there";
}

std::optional<int64_t> memory_of(const State& state, const VmState& vm) {
    const KnownEntry* local = known_on(state.hosts.at(state.local), vm);
    if (local && local->memory_mb) return local->memory_mb;
    for (const auto& [name, host] : state.hosts)
        if (const KnownEntry* known = known_on(host, vm); known && known->memory_mb) return known->memory_mb;
    return std::nullopt;
}

std::set<std::string> networks_of(const State& state, const VmState& vm) {
    const auto of = [&](const HostView& host) {
        const KnownEntry* known = known_on(host, vm);
        return known ? std::set<std::string>(known->networks.begin(), known->networks.end())
                     : std::set<std::string>();
    };
    std::set<std::string> networks = of(state.hosts.at(state.local));
    for (const auto& [name, host] : state.hosts)
        if (networks.empty()) networks = of(host);
    return networks;
}

}  // namespace vmha::core
