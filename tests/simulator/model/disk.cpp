#include "tests/simulator/model/disk.hpp"

#include <set>
#include <utility>

namespace vmha::site {

Disk::Disk(std::string datastore, std::string vmfs_uuid, std::string device)
    : datastore_(std::move(datastore)), vmfs_uuid_(std::move(vmfs_uuid)), device_(std::move(device)) {}

VmFiles* Disk::find(const std::string& path) {
    const auto found = vms_.find(path);
    return found == vms_.end() ? nullptr : &found->second;
}

const VmFiles* Disk::find(const std::string& path) const {
    const auto found = vms_.find(path);
    return found == vms_.end() ? nullptr : &found->second;
}

std::optional<std::vector<std::string>> Disk::list(const std::string& folder) const {
    std::set<std::string> names;
    for (const auto& [path, files] : vms_) {
        const auto slash = path.rfind('/');
        const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash);
        if (folder.empty() && !directory.empty()) names.insert(directory);
        if (directory != folder) continue;
        const std::string base = path.substr(slash + 1, path.rfind(".vmx") - slash - 1);
        for (const char* ending : {".vmx", ".vmdk", ".nvram"}) names.insert(base + ending);
        if (files.suspended) names.insert(base + ".vmss");
        names.insert("vmware.log");
    }
    if (names.empty() && !folder.empty()) return std::nullopt;
    return std::vector<std::string>(names.begin(), names.end());
}

bool Disk::take(const std::string& path, HostId host, unsigned boot, Time now, Time break_after) {
    const auto held = locks_.find(path);
    if (held != locks_.end() && held->second.holder != host) {
        const auto& stale = held->second.stale_since;
        if (!stale || now - *stale < break_after) return false;
    }
    locks_[path] = Lock{host, boot, std::nullopt};
    return true;
}

void Disk::release(const std::string& path, HostId host) {
    const auto held = locks_.find(path);
    if (held != locks_.end() && held->second.holder == host) locks_.erase(held);
}

std::optional<Lock> Disk::lock(const std::string& path) const {
    const auto held = locks_.find(path);
    if (held == locks_.end()) return std::nullopt;
    return held->second;
}

void Disk::heartbeat_stopped(HostId host, Time now) {
    for (auto& [path, lock] : locks_)
        if (lock.holder == host && !lock.stale_since) lock.stale_since = now;
}

void Disk::stranger_locks(const std::string& path, bool locks) {
    constexpr HostId stranger = ~HostId{};
    if (locks)
        locks_[path] = Lock{stranger, 1};
    else
        release(path, stranger);
}

void Disk::copy_from(const Disk& other) {
    vms_ = other.vms_;
    locks_ = other.locks_;
}

}  // namespace vmha::site
