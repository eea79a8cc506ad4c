// Time as the core sees it: an argument, counted from boot and including suspend, so that a node that was
// stunned wakes with its deadlines passed. Nothing in this room reads a clock.
#pragma once
#include <chrono>
#include <cstdint>

namespace vmha::core {

struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
};

using Time = BootClock::time_point;
using Duration = BootClock::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr Time never = Time::max();

inline int64_t to_ms(Duration d) {
    return std::chrono::duration_cast<milliseconds>(d).count();
}

}  // namespace vmha::core
