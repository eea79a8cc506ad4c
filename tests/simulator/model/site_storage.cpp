// Storage as a host sees it: the copy that the network brings, its loss and its return, the locks that were
// lost meanwhile; and the mirror behind it.
#include <utility>

#include "tests/simulator/model/site.hpp"

namespace vmha::site {

void Site::offer(HostId id, std::optional<DiskId> copy) {
    Host& host = at(id);
    host.offered = copy;
    if (!host.powered) return;
    if (!copy) {
        if (host.disk && host.accessible) lose_storage(id, "AllPathsDown_Start");
        return;
    }
    if (host.disk && host.accessible && *host.disk == *copy) return;
    if (!host.disk && config_.rescan_needed) return;
    mount(id);
}

void Site::rescan(HostId id) {
    if (!disk_of(id) || !at(id).accessible) mount(id);
}

void Site::storage_pdl(HostId id) {
    at(id).offered.reset();
    lose_storage(id, "PermanentDeviceLoss");
}

void Site::see_snapshot(HostId id, bool unresolved) {
    Host& host = at(id);
    host.unresolved = unresolved;
    if (!unresolved) return mount(id);
    if (host.disk) lose_storage(id, "AllPathsDown_Timeout");
    host.disk.reset();
    changed(id, Change::What::datastore);
}

void Site::lose_storage(HostId id, const std::string& trouble) {
    Host& host = at(id);
    if (!host.disk) return;
    if (host.accessible) disks_[*host.disk].heartbeat_stopped(id, now_);
    written(*host.disk);
    host.accessible = false;
    host.trouble = trouble;
    ++host.storage_losses;
    if (trouble == "AllPathsDown_Start")
        plan(now_ + config_.apd_timeout,
             {.what = Due::What::apd_timeout, .host = id, .life = host.storage_losses});
    // What runs stays "powered on" with stuck I/O; what does not run cannot be read (facts C3, C6).
    for (auto& [number, vm] : host.vms)
        if (vm.connection == Connection::connected && !vm.process) {
            vm.connection = Connection::inaccessible;
            vm_changed(id, vm);
        }
    changed(id, Change::What::datastore);
}

void Site::apd_times_out(HostId id, unsigned loss) {
    Host& host = at(id);
    if (host.accessible || host.storage_losses != loss || host.trouble != "AllPathsDown_Start") return;
    host.trouble = "AllPathsDown_Timeout";
    changed(id, Change::What::datastore);
}

bool Site::has_processes(HostId id) const {
    const Host& host = hosts_[id];
    bool any = !host.strays.empty();
    for (const auto& [number, vm] : host.vms) any = any || vm.process;
    return any;
}

void Site::mount(HostId id) {
    Host& host = at(id);
    if (!host.powered || !host.offered || host.unresolved) return;
    // A device that was lost for good does not come back while files on it are open.
    if (host.trouble == "PermanentDeviceLoss" && has_processes(id)) return;
    if (host.disk && host.accessible && *host.disk != *host.offered)
        disks_[*host.disk].heartbeat_stopped(id, now_);
    host.disk = host.offered;
    host.accessible = true;
    host.trouble.clear();
    changed(id, Change::What::datastore);
    for (auto& [number, vm] : host.vms) {
        if (vm.connection == Connection::inaccessible && disk(id)->find(vm.path)) {
            vm.connection = Connection::connected;
            vm_changed(id, vm);
        }
        if (vm.process) regain(id, vm);
    }
    for (auto& [path, stray] : host.strays) {
        stray.lock_lost = stray.lock_lost || !disk(id)->take(path, id, host.boots, now_, config_.lock_break);
        if (!stray.lock_lost) guest_writes(id, stray);
    }
}

// A process finds its disk again, maybe on the other copy.
void Site::regain(HostId id, Vm& vm) {
    Disk& on = *disk(id);
    if (!on.find(vm.path)) return;
    // What runs breaks no locks: it has its own again, or finds the file free.
    const auto lock = on.lock(vm.path);
    const bool free = !lock || lock->holder == id;
    if (free && !vm.lock_lost && on.take(vm.path, id, at(id).boots, now_, config_.lock_break)) {
        written(*at(id).disk);
        // A guest that waits for an answer stands still.
        if (!vm.question) guest_writes(id, vm);
        return;
    }
    if (std::exchange(vm.lock_lost, true)) return;
    if (config_.lost_lock == LostLock::question) return ask(id, vm.id, "msg.hbacommon.locklost", "");
    set_connection(id, vm.id, Connection::invalid);
    if (config_.lost_lock == LostLock::passing_invalid)
        plan(now_ + config_.invalid_for,
             {.what = Due::What::invalid_over, .host = id, .vm = vm.id, .life = vm.life});
}

std::optional<DiskId> Site::writes_on(HostId id, const std::string& path) const {
    const Host& host = hosts_[id];
    if (!host.disk || !host.accessible) return std::nullopt;
    const Vm* vm = vm_by_path(id, path);
    const auto stray = host.strays.find(path);
    const bool runs = (vm && vm->process && !vm->question && !vm->lock_lost) ||
                      (stray != host.strays.end() && !stray->second.lock_lost);
    const auto lock = disks_[*host.disk].lock(path);
    if (!runs || !lock || lock->holder != id || lock->stale_since) return std::nullopt;
    return host.disk;
}

void Site::guest_writes(HostId id, Vm& vm) {
    VmFiles* on_disk = disk(id)->find(vm.path);
    if (!on_disk || !at(id).accessible) return;
    if (on_disk->history != vm.memory) on_corruption(id, vm.path);
    vm.memory = on_disk->history = ++last_history_;
    written(*at(id).disk);
}

// --- the mirror

void Site::written(DiskId copy) {
    if (mirror_ == Mirror::in_sync && disks_.size() == 2) disks_[1 - copy].copy_from(disks_[copy]);
}

void Site::mirror_break() {
    if (mirror_ == Mirror::apart || disks_.size() != 2) return;
    mirror_ = Mirror::apart;
    // The heartbeats of hosts that use the other copy do not come here any more.
    for (DiskId copy = 0; copy < disks_.size(); ++copy)
        for (HostId id = 0; id < hosts_.size(); ++id)
            if (!at(id).powered || !at(id).accessible || at(id).disk != copy)
                disks_[copy].heartbeat_stopped(id, now_);
    // Whoever writes from now on writes on one copy only.
    for (HostId id = 0; id < hosts_.size(); ++id) {
        for (auto& [number, vm] : at(id).vms)
            if (writes_on(id, vm.path)) guest_writes(id, vm);
        for (auto& [path, stray] : at(id).strays)
            if (writes_on(id, path)) guest_writes(id, stray);
    }
}

void Site::mirror_recover(DiskId from) {
    if (mirror_ != Mirror::apart) return;
    mirror_ = Mirror::recovering;
    plan(now_ + config_.recovery,
         {.what = Due::What::recovered, .host = 0, .vm = static_cast<int>(from), .life = ++recoveries_});
}

void Site::recovered(DiskId from, unsigned recovery) {
    if (mirror_ != Mirror::recovering || recovery != recoveries_) return;
    disks_[1 - from].copy_from(disks_[from]);
    mirror_ = Mirror::in_sync;
}

}  // namespace vmha::site
