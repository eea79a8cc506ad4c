// Could the VM be started there, if the cluster asked for it now? Known before it is needed.
#pragma once
#include <string>
#include <vector>

#include "daemon/core/operation.hpp"

namespace vmha::core {

struct Readiness {
    bool ready = false;
    Reason reason = Reason::stale;      // why not
    std::string detail;                 // the same for people
    std::vector<std::string> warnings;  // standing ones: it is ready all the same
};

Readiness readiness_of(const State& state, const HostView& host, const VmState& vm, Time now);

// Says what has changed, once: when fresh views have held it for a while, so that neither a host that comes
// and goes nor a datastore that flaps fills the log. What concerns the whole host or a datastore is said
// once, not for each VM. Returns when it wants to be asked again.
Time watch_readiness(Turn& turn, VmState& vm);

}  // namespace vmha::core
