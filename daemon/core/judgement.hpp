// What was concluded about a VM, or decided by a person, and stands on no host to be read again. The app
// keeps it, so that a restart of the daemon in just that moment forgets nothing.
#pragma once
#include <optional>
#include <set>

#include "common/ids.hpp"
#include "daemon/core/time.hpp"

namespace vmha::core {

struct Judgement {
    bool left_over = false;  // what runs here may carry the memory of another copy of the mirror
    bool unjudged = false;   // a start set the mark before anything was seen: it may still be left over
    std::set<HostName> left_unproved;  // hosts that its entry left while nothing proved that it is off
    bool paused = false;
    std::optional<Time> paused_until;  // unset: until resumed
    bool operator==(const Judgement&) const = default;
};

}  // namespace vmha::core
