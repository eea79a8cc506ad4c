// What the site consists of at its beginning. The program reads it from a JSON file; tests fill it in.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/model/disk.hpp"
#include "tests/simulator/model/types.hpp"

namespace vmha::site {

// The way in over SSH.
struct SshConfig {
    uint16_t port = 8022;
    std::optional<uint16_t> peer_port = {};
    std::string directory;        // for keys, known_hosts, sockets; made where it is missing
    std::string authorized_keys;  // whose keys may log in; may change at any time
};

struct HostConfig {
    std::string name;
    std::string address;
    uint16_t port = 8443;
    std::optional<uint16_t> peer_port =
        {};  // a second way in, for who comes over the network between the hosts
    std::string iscsi_adapter = "vmhba65";
    std::vector<Account> accounts = {{"root", "esxsim"}};
    Time boot{};                              // from power on until the API answers
    std::map<std::string, Time> delays = {};  // by method: how long its answers take
    Licence licence = Licence::full;
    std::optional<long> memory_mb = {};  // for VMs; none: plenty
    std::vector<std::string> networks = {"VM Network"};
    std::vector<std::string> autostart = {};  // .vmx paths
    std::optional<SshConfig> ssh = {};        // none: no SSH
};

struct VmConfig {
    VmFiles files;
    std::string registered_on = "";  // a host's name; empty: only the files exist
    bool powered_on = false;
};

struct SiteConfig {
    uint64_t seed = 1;
    std::string datastore = "EC_iSCSI";
    std::string vmfs_uuid = "62e2a1b4-7c3d5e90-1f2a-005056a1b2c3";
    std::string device = "naa.6001405a1b2c3d4e5f60718293a4b5c6";
    std::vector<HostConfig> hosts;
    std::vector<VmConfig> vms;
    std::map<Verb, Time> task_times = {};
    Time lock_break{};                             // real hosts: 16 s (KB 330024)
    Time session_idle = std::chrono::minutes(30);  // Config.HostAgent.vmacore.soap.sessionTimeout
    std::string lock_fault = "FileLocked";         // or GenericVmConfigFault: both were seen
    bool mirror = false;                           // two copies, one at each node
    Time recovery{};                               // of one copy from the other
    Time apd_timeout = std::chrono::seconds(140);  // Misc.APDTimeout
    LostLock lost_lock = LostLock::question;
    Time invalid_for{};             // passing_invalid: until the entry is valid again, and off
    Time invalid_after_register{};  // right after register an entry can be invalid for a while
    Time late_inventory{};          // after a boot or a restart of hostd its inventory is empty for so long
    bool rescan_needed = false;     // a target that was away when the host booted is found by a rescan only
    bool invalid_property_is_fault = true;              // else reported in missingSet
    std::map<std::string, std::string> ssh_texts = {};  // how the commands print, where hosts differ
};

// Two hosts, esxi1 and esxi2, and the directories vm1, vm2, vm3: what esxsim is without a site file.
SiteConfig default_site();

// A VM whose directory, .vmx and display name are `name`, with uuids made from it.
VmConfig plain_vm(const std::string& name);

// The same text always gives the same uuid.
std::string uuid_from(const std::string& text);

}  // namespace vmha::site
