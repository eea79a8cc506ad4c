#include "daemon/esx/inventory.hpp"

#include <algorithm>
#include <charconv>

#include "daemon/core/host_words.hpp"

namespace vmha::esx {

namespace {

struct Path {
    std::string_view type;
    std::string_view path;
    bool needed;
};

constexpr Path all_paths[] = {
    {"VirtualMachine", "name", true},
    {"VirtualMachine", "config.files.vmPathName", true},
    {"VirtualMachine", "summary.config.vmPathName", false},
    {"VirtualMachine", "config.instanceUuid", false},
    {"VirtualMachine", "runtime.powerState", true},
    {"VirtualMachine", "runtime.connectionState", true},
    {"VirtualMachine", "runtime.question", false},
    {"VirtualMachine", "runtime.bootTime", false},
    {"VirtualMachine", "guestHeartbeatStatus", false},
    {"VirtualMachine", "guest.toolsRunningStatus", false},
    {"VirtualMachine", "summary.config.memorySizeMB", false},
    {"VirtualMachine", "network", false},
    // The port groups come as objects: config.network.portgroup would hold every port that is in use.
    {"Network", "name", true},
    {"Network", "summary", false},
    {"Datastore", "name", true},
    {"Datastore", "summary.accessible", true},
    {"Datastore", "summary.url", false},
    {"Datastore", "info", false},
    {"Datastore", "host", false},
    {"HostSystem", sentinel_path, true},
    {"HostSystem", "runtime.inMaintenanceMode", false},
    {"HostSystem", "config.storageDevice.multipathInfo", false},
    {"HostSystem", "config.storageDevice.scsiLun", false},
    {"HostSystem", "summary.hardware.memorySize", false},
    {"HostSystem", "summary.quickStats.overallMemoryUsage", false},
    {"HostSystem", "network", false},
    {"HostSystem", "config.autoStart", false},
    {"HostSystem", "config.network.pnic", false},
};

std::optional<int64_t> integer_of(std::string_view text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<core::VmxPath> path_of(const pugi::xml_node& value) {
    return value ? core::parse_vmx_path(value.child_value()) : std::nullopt;
}

// DatastoreHostMount[]: a standalone host has one.
std::string trouble_of(const pugi::xml_node& mounts) {
    for (const auto& mount : mounts.children()) {
        const auto info = xml::child(mount, "mountInfo");
        if (const auto reason = text_of(info, "inaccessibleReason"); !reason.empty())
            return std::string(reason);
    }
    return {};
}

// "key-vim.host.InternetScsiHba-vmhba65" -> "vmhba65".
std::string adapter_of(std::string_view key) {
    return std::string(key.substr(key.rfind('-') + 1));
}

std::vector<std::string> ids_of(const pugi::xml_node& references) {
    std::vector<std::string> ids;
    for (const auto& reference : references.children())
        if (reference.type() == pugi::node_element) ids.push_back(moref_of(reference).id);
    return ids;
}

}  // namespace

PropertyPlan::PropertyPlan() {
    for (const auto& path : all_paths) paths_[std::string(path.type)].emplace_back(path.path);
}

bool PropertyPlan::drop(std::string_view path) {
    bool dropped = false;
    for (const auto& known : all_paths) {
        if (known.path != path) continue;
        if (known.needed) return false;
        dropped = std::erase(paths_[std::string(known.type)], path) > 0 || dropped;
    }
    return dropped;
}

void PropertyPlan::write(Request& request, std::string_view only_type) const {
    for (const auto& [type, paths] : paths_) {
        if (!only_type.empty() && type != only_type) continue;
        request.open("propSet").text("type", type).flag("all", false);
        for (const auto& path : paths) request.text("pathSet", path);
        request.close();
    }
}

Inventory::Inventory(ClockPair clock, std::string product) : clock_(clock), product_(std::move(product)) {}

bool Inventory::set_vm(Vm& vm, const Change& change) const {
    auto& entry = vm.entry;
    const std::string_view path = change.path;
    const std::string_view text = change.value.child_value();
    if (path == "name") {
        entry.name = text;
    } else if (path == "config.files.vmPathName") {
        vm.config_path = path_of(change.value);
    } else if (path == "summary.config.vmPathName") {
        vm.summary_path = path_of(change.value);
    } else if (path == "config.instanceUuid") {
        entry.instance_uuid = text;
    } else if (path == "runtime.powerState") {
        entry.power = core::power_of(text);
    } else if (path == "runtime.connectionState") {
        entry.connection = core::connection_of(text);
    } else if (path == "runtime.question") {
        entry.question = change.value ? std::optional(question_of(change.value)) : std::nullopt;
        if (entry.question && entry.question->id.empty()) entry.question.reset();
    } else if (path == "runtime.bootTime") {
        const auto booted = time_of(text);
        entry.booted = booted ? std::optional(clock_.to_ours(*booted)) : std::nullopt;
    } else if (path == "guestHeartbeatStatus") {
        entry.heartbeat = core::heartbeat_of(text);
    } else if (path == "guest.toolsRunningStatus") {
        // guestToolsExecutingScripts is Tools starting up or shutting down: they run.
        entry.tools_running = text.empty() ? std::nullopt : std::optional(text != "guestToolsNotRunning");
    } else if (path == "summary.config.memorySizeMB") {
        entry.memory_mb = integer_of(text);
    } else if (path == "network") {
        vm.networks = ids_of(change.value);
    } else {
        return false;
    }
    entry.path = vm.config_path ? vm.config_path : vm.summary_path;
    return true;
}

bool Inventory::set_datastore(Store& store, const Change& change) {
    auto& datastore = store.datastore;
    const std::string_view text = change.value.child_value();
    if (change.path == "name") {
        datastore.name = text;
    } else if (change.path == "summary.accessible") {
        datastore.accessible = flag_of(text).value_or(false);
    } else if (change.path == "summary.url") {
        store.url = text;
    } else if (change.path == "info") {
        const auto vmfs = xml::child(change.value, "vmfs");
        store.vmfs_uuid = text_of(vmfs, "uuid");
        datastore.extents.clear();
        for (const auto& part : vmfs.children())
            if (xml::local_name(part) == "extent") datastore.extents.emplace_back(text_of(part, "diskName"));
    } else if (change.path == "host") {
        datastore.trouble = trouble_of(change.value);
    } else {
        return false;
    }
    datastore.uuid = store.vmfs_uuid.empty() ? volume_id_of_url(store.url) : store.vmfs_uuid;
    return true;
}

bool Inventory::set_host(const Change& change) {
    const std::string_view text = change.value.child_value();
    if (change.path == sentinel_path) {
        sentinel_ = !text.empty();
    } else if (change.path == "runtime.inMaintenanceMode") {
        in_maintenance_ = flag_of(text).value_or(false);
    } else if (change.path == "summary.hardware.memorySize") {
        memory_bytes_ = integer_of(text);
    } else if (change.path == "summary.quickStats.overallMemoryUsage") {
        memory_used_mb_ = integer_of(text);
    } else if (change.path == "network") {
        host_networks_ = change.value ? std::optional(ids_of(change.value)) : std::nullopt;
    } else if (change.path == "config.autoStart") {
        autostart_ = autostart_of(change.value);
    } else if (change.path == "config.network.pnic") {
        nics_.clear();
        for (const auto& card : change.value.children()) nics_.emplace_back(text_of(card, "mac"));
    } else if (change.path == "config.storageDevice.scsiLun") {
        devices_.clear();
        for (const auto& lun : change.value.children())
            devices_[std::string(text_of(lun, "key"))] = text_of(lun, "canonicalName");
    } else if (change.path == "config.storageDevice.multipathInfo") {
        paths_.clear();
        for (const auto& lun : change.value.children()) {
            if (xml::local_name(lun) != "lun") continue;
            for (const auto& path : lun.children()) {
                if (xml::local_name(path) != "path") continue;
                // `pathState` is the deprecated twin of `state`.
                paths_.push_back({std::string(text_of(lun, "lun")), adapter_of(text_of(path, "adapter")),
                                  text_of(path, "state") == "active"});
            }
        }
    } else {
        return false;
    }
    return true;
}

void Inventory::apply(const ObjectNews& news, Applied& applied) {
    const auto& [type, id] = news.object;
    if (type == "VirtualMachine") {
        if (news.kind == NewsKind::leave) {
            entries_.erase(id);
            applied.entries.erase(id);
            applied.left.insert(id);
            return;
        }
        auto& vm = entries_[id];
        vm.entry.vmid = id;
        for (const auto& change : news.changes)
            applied.out_of_step = !set_vm(vm, change) || applied.out_of_step;
        applied.left.erase(id);
        applied.entries.insert(id);
    } else if (type == "Datastore") {
        if (news.kind == NewsKind::leave) {
            datastores_.erase(id);
            applied.datastores.erase(id);
            applied.datastores_left.insert(id);
            return;
        }
        auto& store = datastores_[id];
        store.datastore.id = id;
        const auto before = store.datastore;
        for (const auto& change : news.changes)
            applied.out_of_step = !set_datastore(store, change) || applied.out_of_step;
        applied.datastores_left.erase(id);
        // `info` carries a time stamp: most of its news say nothing.
        if (news.kind == NewsKind::enter || before != store.datastore) applied.datastores.insert(id);
    } else if (type == "Network") {
        apply_network(news, applied);
    } else if (type == "Task") {
        apply_task(news, applied);
    } else if (type == "HostSystem" && news.kind != NewsKind::leave) {
        const auto before = facts();
        for (const auto& change : news.changes)
            applied.out_of_step = !set_host(change) || applied.out_of_step;
        applied.facts = applied.facts || before != facts();
    }
}

core::HostFacts Inventory::facts() const {
    core::HostFacts result;
    result.product = product_;
    result.in_maintenance = in_maintenance_;
    result.api_writes = aside_.api_writes;
    result.privileged = aside_.privileged;
    result.evaluation_days = aside_.evaluation_days;
    result.unresolved_volumes = aside_.unresolved_volumes;
    result.autostart = autostart_;
    result.nics = nics_;
    if (host_networks_) {
        result.networks.emplace();
        for (const auto& id : *host_networks_) {
            const auto found = networks_.find(id);
            if (found == networks_.end() || found->second.accessible)
                result.networks->push_back(network_name(id));
        }
    }
    if (memory_bytes_ && memory_used_mb_)
        result.memory_free_mb = *memory_bytes_ / (1 << 20) - *memory_used_mb_;
    for (const auto& lun : paths_) {
        const auto device = devices_.find(lun.key);
        result.paths.push_back({lun.adapter, device == devices_.end() ? "" : device->second, lun.active});
    }
    return result;
}

void Inventory::fill(core::Read& read) const {
    read.full = true;
    for (const auto& [id, vm] : entries_) read.entries.push_back(whole(vm));
    for (const auto& [id, store] : datastores_) read.datastores.push_back(store.datastore);
    read.facts = facts();
}

void Inventory::fill(core::Read& read, const Applied& applied) const {
    for (const auto& id : applied.entries) read.entries.push_back(whole(entries_.at(id)));
    read.left.assign(applied.left.begin(), applied.left.end());
    for (const auto& id : applied.datastores) read.datastores.push_back(datastores_.at(id).datastore);
    read.datastores_left.assign(applied.datastores_left.begin(), applied.datastores_left.end());
    if (applied.facts) read.facts = facts();
}

std::optional<core::VmEntry> Inventory::entry(const std::string& vmid) const {
    const auto found = entries_.find(vmid);
    return found == entries_.end() ? std::nullopt : std::optional(whole(found->second));
}

const core::Datastore* Inventory::datastore(std::string_view name_or_uuid) const {
    for (const auto& [id, store] : datastores_)
        if (store.datastore.name == name_or_uuid) return &store.datastore;
    for (const auto& [id, store] : datastores_)
        if (store.datastore.uuid == name_or_uuid) return &store.datastore;
    return nullptr;
}

}  // namespace vmha::esx
