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

// One schedule: ten virtual minutes of trouble, then everything is repaired and has to settle. `on_line`
// hears the log.
// transport: of all hosts, api, ssh or api+ssh; or mixed: what the seed draws for each host.
Explored explore(uint64_t seed, const std::function<void(const std::string&)>& on_line,
                 const std::string& transport = "api");

}  // namespace vmha::scenario
