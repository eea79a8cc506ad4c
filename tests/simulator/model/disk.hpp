// One copy of the shared VMFS datastore: its files, the locks on them and the heartbeats of the hosts that
// use it. Locks live here and not in the host, because a lock protects only hosts that use the same copy: a
// mirror is two disks with one VMFS uuid.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/model/types.hpp"

namespace vmha::site {

// What a VM's files say about it. A guest's habits are here too: they come with its system disk.
struct VmFiles {
    std::string path;  // vm1/vm1.vmx
    std::string name;  // displayName
    std::string uuid;
    std::string instance_uuid;
    std::string guest_id = "centos8_64Guest";
    int memory_mb = 1024;
    int cpus = 1;
    bool tools = true;
    bool keep_uuid = true;                  // uuid.action = "keep": no moved-or-copied question
    bool suspended = false;                 // a .vmss file exists
    std::optional<HostId> last_host = {};   // uuid.location: where it ran last
    Time boot{};                            // from power on to the first heartbeat
    unsigned long history = 0;              // of what was written: differs where the copies went apart
    std::optional<Time> shutdown = Time{};  // from ShutdownGuest to off; none: the guest ignores it
};

struct Lock {
    HostId holder = 0;
    unsigned boot = 0;                     // which boot of the holder took it
    std::optional<Time> stale_since = {};  // the holder's heartbeat stopped then
};

// Owned by the site. Never fails; a refused lock is a value.
class Disk {
public:
    Disk(std::string datastore, std::string vmfs_uuid, std::string device);

    const std::string& datastore() const { return datastore_; }  // the volume's label
    const std::string& vmfs_uuid() const { return vmfs_uuid_; }
    const std::string& device() const { return device_; }  // naa.…

    std::map<std::string, VmFiles>& vms() { return vms_; }
    const std::map<std::string, VmFiles>& vms() const { return vms_; }
    VmFiles* find(const std::string& path);
    const VmFiles* find(const std::string& path) const;

    // The names of the files in a folder ("" = the root); nullopt if there is no such folder.
    std::optional<std::vector<std::string>> list(const std::string& folder) const;

    // The exclusive lock on a VM's files for as long as it runs. A lock whose holder's heartbeat has stopped
    // can be broken `break_after` later (VMFS: 16 s, KB 330024), by its own holder at once. False: another
    // host holds it.
    bool take(const std::string& path, HostId host, unsigned boot, Time now, Time break_after);
    void release(const std::string& path, HostId host);
    std::optional<Lock> lock(const std::string& path) const;
    const std::map<std::string, Lock>& locks() const { return locks_; }

    // The host has lost its power or this disk: its locks begin to go stale.
    void heartbeat_stopped(HostId host, Time now);

    // A lock of somebody outside the site, such as a backup proxy.
    void stranger_locks(const std::string& path, bool locks);

    // The mirror: everything that is on the other copy.
    void copy_from(const Disk& other);

private:
    std::string datastore_;
    std::string vmfs_uuid_;
    std::string device_;
    std::map<std::string, VmFiles> vms_;
    std::map<std::string, Lock> locks_;
};

}  // namespace vmha::site
