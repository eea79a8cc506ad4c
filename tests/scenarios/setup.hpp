// What a script says before its first step: the site, the settings of the daemons, the cluster manager.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tests/scenarios/cluster.hpp"
#include "tests/scenarios/words.hpp"

namespace vmha::scenario {

struct Setup {
    Setup();

    WorldConfig world;
    ClusterConfig cluster;
    std::vector<std::function<void(core::Settings&)>> tunings;
    bool corruption_expected = false;
};

// False: not understood.
bool read_setting(Setup& setup, const Words& words);

}  // namespace vmha::scenario
