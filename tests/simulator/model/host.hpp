// One ESXi host of the site as it is now. Plain data; Site changes it.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/simulator/model/config.hpp"
#include "tests/simulator/model/rules.hpp"
#include "tests/simulator/model/types.hpp"

namespace vmha::site {

struct Host {
    HostConfig config;
    std::string uuid;
    std::string mac;  // of its first physical NIC; a VMFS lock names its holder by it
    Rules rules{0};

    bool powered = true;
    bool answering = true;    // false from power on until config.boot has passed, and while hostd restarts
    bool restarting = false;  // hostd alone
    Network network = Network::up;
    bool maintenance = false;
    unsigned boots = 1;  // what was planned in an earlier boot is void
    Time booted{};
    std::optional<DiskId> offered = {};  // the copy that the network brings to it now
    std::optional<DiskId> disk = {};     // the copy whose datastore it uses, or used last; none: not mounted
    bool accessible = true;              // the datastore, as this host sees it
    std::string trouble = "";            // AllPathsDown_Start, AllPathsDown_Timeout, PermanentDeviceLoss
    unsigned storage_losses = 0;         // counts them
    bool unresolved = false;             // it takes the volume for a snapshot, and does not mount it
    Time up_since{};                     // hostd answers since then
    Time loading_until{};                // hostd shows an empty inventory until then

    Licence licence = Licence::full;
    int evaluation_days = 60;  // expired: 0
    std::optional<long> memory_mb = {};
    std::vector<std::string> networks = {};
    std::set<std::string> autostart = {};  // .vmx paths
    int unregister_failures = 0;           // the next ones fail for no reason
    int power_on_lies = 0;                 // the next ones are reported failed though the VM runs

    // Processes of VMs whose invalid entry was taken out, by path.
    std::map<std::string, Vm> strays = {};

    unsigned last_world = 2100000;
    // VMs whose process does not end by this kind of kill, nor by a milder one; by path.
    std::map<std::string, Kill> deaf = {};

    std::map<int, Vm> vms = {};  // the inventory, by id
    int last_id = 0;
    std::map<std::string, Task> tasks = {};
    std::vector<std::string> recent_tasks = {};  // newest last
    unsigned last_task = 0;
    unsigned last_question = 0;

    struct WrongLogins {
        int count = 0;
        Time last{};
    };
    std::map<std::string, WrongLogins> wrong_logins = {};  // by account
    std::map<std::string, Session> sessions = {};          // by cookie
    unsigned last_session = 0;
    ExpiredShape expired_shape = ExpiredShape::fault;

    // On and reachable: false means that nobody can hear from it, whatever it does.
    bool reachable() const { return powered && answering && network == Network::up; }
    bool expired() const { return licence == Licence::expired; }
};

}  // namespace vmha::site
