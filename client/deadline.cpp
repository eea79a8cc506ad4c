#include "client/deadline.hpp"

#include <algorithm>
#include <climits>
#include <ctime>

namespace vmha::client {

int64_t boot_ns() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

Deadline Deadline::in_ms(int64_t milliseconds) {
    return Deadline(boot_ns() + milliseconds * 1'000'000);
}

Deadline Deadline::never() {
    return Deadline(INT64_MAX);
}

bool Deadline::passed() const {
    return !is_never() && at_ns_ <= boot_ns();
}

bool Deadline::is_never() const {
    return at_ns_ == INT64_MAX;
}

int64_t Deadline::left_ms() const {
    if (is_never()) return INT64_MAX;
    return (std::max<int64_t>(at_ns_ - boot_ns(), 0) + 999'999) / 1'000'000;
}

int Deadline::poll_timeout() const {
    return is_never() ? -1 : static_cast<int>(std::min<int64_t>(left_ms(), INT_MAX));
}

}  // namespace vmha::client
