#include "daemon/run/clock.hpp"

namespace vmha::run {

core::Time boot_now() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return core::Time(core::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

std::time_t wall_now() {
    return std::time(nullptr);
}

}  // namespace vmha::run
