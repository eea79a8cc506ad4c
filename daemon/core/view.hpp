// The view of the hosts: how news is merged, and what may be concluded from it. Every question about a host
// goes through these functions, so that "unknown is not off" (rule 1) is kept in one place.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/state.hpp"

namespace vmha::core {

// Merges news; adds the VMs that it may concern to `dirty`. Ignores news of an older session.
void apply(State& state, const Read& read, Time now, std::set<VmName>& dirty);

// Returns false if the watch told news of the entry after the look was sent: look again.
bool apply(State& state, const Looked& looked, Time now, std::set<VmName>& dirty);

void apply(State& state, const LinkChanged& change, Time now, std::set<VmName>& dirty);

// Confirmed by the host at most freshness_s ago, in a session that lives.
bool fresh(const State& state, const HostView& host, Time now);

// Same .vmx on this host, whichever spelling either has.
bool same_path(const HostView& host, const VmxPath& a, const VmxPath& b);

// The VM's entry on the host; nullptr if the view holds none (which proves nothing).
const Seen* entry_of(const HostView& host, const VmState& vm);

// "Not registered" as a positive fact (rule 1).
bool absence_proved(const State& state, const HostView& host, const VmState& vm, Time now);

// When absence_proved can become true by waiting, if nothing changes.
Time absence_settles(const HostView& host);

// All that the view says of this VM on this host was true at this time or later.
std::optional<Time> known_as_of(const HostView& host, const VmState& vm);

enum class StorageState { ok, missing, inaccessible, no_path };

// The VM's datastore on this host.
const DatastoreSeen* datastore_of(const HostView& host, const VmState& vm);
StorageState storage_of(const HostView& host, const VmState& vm);

}  // namespace vmha::core
