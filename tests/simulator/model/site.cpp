// The site's beginning, its time and what one can look at.
#include "tests/simulator/model/site.hpp"

#include <cstdio>
#include <utility>

#include "tests/simulator/model/faults.hpp"

namespace vmha::site {
namespace {

std::string mac_of(const std::string& uuid) {
    // VMware's own range, the rest from the host's uuid.
    return "00:50:56:" + uuid.substr(24, 2) + ":" + uuid.substr(26, 2) + ":" + uuid.substr(28, 2);
}

}  // namespace

Site::Site(SiteConfig config) : config_(std::move(config)) {
    disks_.emplace_back(config_.datastore, config_.vmfs_uuid, config_.device);
    for (const auto& vm : config_.vms) disks_[0].vms()[vm.files.path] = vm.files;
    if (config_.mirror) disks_.push_back(disks_[0]);
    for (const auto& wanted : config_.hosts) {
        Host host;
        host.config = wanted;
        host.uuid = uuid_from("host " + wanted.name);
        host.mac = mac_of(host.uuid);
        host.rules = Rules(config_.seed + hosts_.size());
        for (const auto& [method, delay] : wanted.delays) host.rules.set_delay(method, delay);
        host.licence = wanted.licence;
        host.memory_mb = wanted.memory_mb;
        host.networks = wanted.networks;
        host.autostart = {wanted.autostart.begin(), wanted.autostart.end()};
        host.offered = host.disk = 0;
        hosts_.push_back(std::move(host));
    }
    for (const auto& vm : config_.vms) {
        const auto host = find_host(vm.registered_on);
        if (!host) continue;
        Vm& entry = enter_inventory(*host, vm.files.path, vm.files.name);
        if (vm.powered_on && !start_process(*host, entry)) powered_on(*host, entry);
    }
}

void Site::run_until(Time now) {
    while (!due_.empty() && due_.begin()->at <= now) {
        const Due due = *due_.begin();
        due_.erase(due_.begin());
        now_ = std::max(now_, due.at);
        happen(due);
    }
    now_ = std::max(now_, now);
}

std::optional<Time> Site::next_wake() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->at;
}

void Site::plan(Time at, Due due) {
    due.at = at;
    due.order = ++order_;
    due.boot = hosts_[due.host].boots;
    due_.insert(std::move(due));
}

void Site::happen(const Due& due) {
    Host& host = at(due.host);
    if (due.what == Due::What::recovered) return recovered(static_cast<DiskId>(due.vm), due.life);
    if (due.boot != host.boots) return;
    if (due.what == Due::What::host_up) return host_is_up(due.host);
    if (due.what == Due::What::loaded) return inventory_is_loaded(due.host);
    if (due.what == Due::What::apd_timeout) return apd_times_out(due.host, due.life);
    if (due.what == Due::What::task_done) return finish(due.host, due.task);
    if (due.what == Due::What::task_half) {
        const auto task = host.tasks.find(due.task);
        if (task == host.tasks.end() || task->second.state != TaskState::running) return;
        task->second.progress = 50;
        return changed(due.host, Change::What::task, 0, due.task);
    }
    Vm* vm = find(due.host, due.vm);
    if (!vm || vm->life != due.life) return;
    if (due.what == Due::What::valid && vm->connection == Connection::invalid)
        set_connection(due.host, due.vm, Connection::connected);
    if (due.what == Due::What::invalid_over) invalid_is_over(due.host, *vm);
    if (due.what == Due::What::heartbeat) guest_booted(due.host, *vm);
    if (due.what == Due::What::guest_down) stop_process(due.host, *vm, Power::powered_off);
}

void Site::changed(HostId host, Change::What what, int vm, const std::string& task) {
    on_change(Change{host, what, vm, task});
}

std::optional<HostId> Site::find_host(const std::string& name) const {
    for (HostId id = 0; id < hosts_.size(); ++id)
        if (hosts_[id].config.name == name) return id;
    return std::nullopt;
}

const Disk* Site::disk_of(HostId id) const {
    const auto& host = hosts_[id];
    return host.disk ? &disks_[*host.disk] : nullptr;
}

Disk* Site::disk(HostId id) {
    return hosts_[id].disk ? &disks_[*hosts_[id].disk] : nullptr;
}

const Vm* Site::vm(HostId host, int id) const {
    const auto found = hosts_[host].vms.find(id);
    return found == hosts_[host].vms.end() ? nullptr : &found->second;
}

Vm* Site::find(HostId host, int id) {
    const auto found = hosts_[host].vms.find(id);
    return found == hosts_[host].vms.end() ? nullptr : &found->second;
}

const Vm* Site::vm_by_path(HostId host, const std::string& path) const {
    for (const auto& [id, vm] : hosts_[host].vms)
        if (vm.path == path) return &vm;
    return nullptr;
}

bool Site::has_process(HostId host, const std::string& path) const {
    const Vm* vm = vm_by_path(host, path);
    return (vm && vm->process) || hosts_[host].strays.contains(path);
}

const VmFiles* Site::files(HostId host, const Vm& vm) const {
    const Disk* disk = disk_of(host);
    return disk ? disk->find(vm.path) : nullptr;
}

Answer<std::string> Site::path_in_datastore(HostId host, const std::string& text) const {
    const auto close = text.find(']');
    if (text.empty() || text[0] != '[' || close == std::string::npos)
        return faults::invalid_datastore_path(text);
    const std::string label = text.substr(1, close - 1);
    const auto begin = text.find_first_not_of(' ', close + 1);
    std::string path = begin == std::string::npos ? "" : text.substr(begin);
    while (path.ends_with('/')) path.pop_back();
    const Disk* disk = disk_of(host);
    if (!disk) return faults::invalid_datastore(label);
    if (label == disk->datastore()) return path;
    for (const auto& name : {disk->datastore(), disk->vmfs_uuid()}) {
        const std::string prefix = "/vmfs/volumes/" + name + "/";
        if (label.empty() && path.starts_with(prefix)) return path.substr(prefix.size());
    }
    return faults::invalid_datastore(label);
}

std::string Site::datastore_path(HostId host, const std::string& path) const {
    const Disk* disk = disk_of(host);
    return "[" + (disk ? disk->datastore() : config_.datastore) + "] " + path;
}

}  // namespace vmha::site
