// One ESXi host of the site as it is now. Plain data; Site changes it.
#pragma once
#include <map>
#include <optional>
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
    bool answering = true;  // false from power on until config.boot has passed
    Network network = Network::up;
    bool maintenance = false;
    unsigned boots = 1;  // what was planned in an earlier boot is void
    Time booted{};
    std::optional<DiskId> disk = {};  // the copy of the datastore that it uses now
    bool accessible = true;           // the datastore, as this host sees it

    std::map<int, Vm> vms = {};  // the inventory, by id
    int last_id = 0;
    std::map<std::string, Task> tasks = {};
    std::vector<std::string> recent_tasks = {};  // newest last
    unsigned last_task = 0;
    unsigned last_question = 0;

    std::map<std::string, Session> sessions = {};  // by cookie
    unsigned last_session = 0;
    ExpiredShape expired_shape = ExpiredShape::fault;

    // On and reachable: false means that nobody can hear from it, whatever it does.
    bool reachable() const { return powered && answering && network == Network::up; }
};

}  // namespace vmha::site
