// Random schedules of requests and faults over the world, from a seed: the same seed is the same schedule.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace vmha::scenario {

struct Explored {
    std::string violation;  // empty: nothing wrong
    size_t steps = 0;
};

struct Exploring {
    std::string transport =
        "api";             // of all hosts: api, ssh or api+ssh; or mixed: drawn for each from the seed
    bool reloads = false;  // the configurations change, too
    bool people = false;   // somebody works on our VM at the hosts, and hosts fall mute
};

// One schedule: ten virtual minutes of trouble, then everything is repaired and has to settle. `on_line`
// hears the log.
Explored explore(uint64_t seed, const std::function<void(const std::string&)>& on_line,
                 const Exploring& how = {});

}  // namespace vmha::scenario
