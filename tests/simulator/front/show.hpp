// The site as JSON, for people and tests.
#pragma once
#include "common/json.hpp"
#include "tests/simulator/front/network.hpp"

namespace vmha::sim {

Json show_site(Network& network);
Json show_counters(Network& network);

}  // namespace vmha::sim
