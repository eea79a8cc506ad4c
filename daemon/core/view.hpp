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
// Nothing is pushed by it: SSH reads now and then, so news is as old as the last refresh.
bool slow(const HostView& host);
// When it is no longer, if no news comes.
Time freshness_ends(const State& state, const HostView& host);

// Same .vmx on this host, whichever spelling either has.
bool same_path(const HostView& host, const VmxPath& a, const VmxPath& b);

// The configured VM that an entry belongs to, by its path.
std::optional<VmName> owner_of(const State& state, const HostView& host, const VmEntry& entry);

// The VM's entry on the host; nullptr if the view holds none (which proves nothing).
const Seen* entry_of(const HostView& host, const VmState& vm);

// "Not registered" as a positive fact (rule 1).
bool absence_proved(const State& state, const HostView& host, const VmState& vm, Time now);

// An entry whose path cannot be read, and which may be this VM's for all that we know.
bool unreadable_entry(const HostView& host, const VmState& vm);

// The host said that this entry is the VM's (AlreadyExists). No-op for one with a path of its own.
void adopt(State& state, const HostName& host, const VmName& vm, const std::string& vmid);

// Nothing of this VM is known there any more; an entry that only our memory took for it is unreadable again.
void forget_vm(HostView& host, const VmName& vm);

// Finds the entries of VMs that are new in what was read before they were.
void find_entries(const State& state, HostView& host, const std::set<VmName>& vms);

// What the host told was read since the VM is ours.
bool looked_for(const HostView& host, const VmState& vm);

// When absence_proved can become true by waiting, if nothing changes.
Time absence_settles(const HostView& host);
bool absence_settled(const HostView& host, const VmState& vm, Time now);

// All that the view says of this VM on this host was true at this time or later.
std::optional<Time> known_as_of(const HostView& host, const VmState& vm);

enum class StorageState { ok, missing, inaccessible, no_path };

// A volume by its name or uuid.
const DatastoreSeen* volume_of(const HostView& host, const std::string& volume);

// The VM's datastore on this host.
const DatastoreSeen* datastore_of(const HostView& host, const VmState& vm);
StorageState storage_of(const HostView& host, const VmState& vm);

// The VM's datastore is away, and the host sees a volume of its label as a snapshot (facts F24): no rescan
// brings it back, only a person who mounts it or gives it a new signature.
bool volume_unresolved(const State& state, const HostView& host, const VmState& vm);

}  // namespace vmha::core
