// How a task that never ends shows that it goes on.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "daemon/net/deadline.hpp"

namespace vmha::net {

// Owned by the task's owner; nothing is expected of the task any more once it is destroyed. One thread.
class Pulse {
public:
    Pulse() = default;
    Pulse(const Pulse&) = delete;
    Pulse& operator=(const Pulse&) = delete;
    virtual ~Pulse() = default;

    virtual void beat() {}  // a wait came back, an attempt ended
    virtual void rest() {}  // waits for what may never come: nothing is expected until the next beat
};

// A pulse for the task of that name ("the API task of esxi1"), which beats at least every `at_most`.
using Pulses = std::function<std::unique_ptr<Pulse>(std::string task, BootClock::duration at_most)>;

// One that nobody feels, where nobody watches.
inline std::unique_ptr<Pulse> make_pulse(const Pulses& pulses, std::string task,
                                         BootClock::duration at_most) {
    return pulses ? pulses(std::move(task), at_most) : std::make_unique<Pulse>();
}

}  // namespace vmha::net
