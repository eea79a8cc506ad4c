// A point in time by the boot-time clock, which counts a suspended machine's sleep too.
#pragma once
#include <cstdint>

namespace vmha::client {

// Nanoseconds since boot.
int64_t boot_ns();

class Deadline {
public:
    static Deadline in_ms(int64_t milliseconds);
    static Deadline never();

    bool passed() const;
    bool is_never() const;
    int64_t left_ms() const;   // rounded up, never negative
    int poll_timeout() const;  // for poll(): -1 means without limit
    bool operator<(const Deadline& other) const { return at_ns_ < other.at_ns_; }

private:
    explicit Deadline(int64_t at_ns) : at_ns_(at_ns) {}
    int64_t at_ns_;
};

}  // namespace vmha::client
