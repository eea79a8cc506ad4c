// The clocks. Decisions use the boot clock, which goes on while the node is suspended; wall time is for
// display.
#pragma once
#include <ctime>

#include "daemon/core/time.hpp"

namespace vmha::run {

core::Time boot_now();
std::time_t wall_now();

}  // namespace vmha::run
