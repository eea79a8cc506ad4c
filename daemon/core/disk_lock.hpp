// Who holds the files of a VM: no API tells, vmkfstools over SSH does (facts C1). Asked when a start meets a
// lock, and when somebody wants to know.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/operation.hpp"

namespace vmha::core {

// Asks a host that can tell, our own first, at most every 5 s.
void want_disk_lock(Turn& turn, VmState& vm);
void apply(Turn& turn, const LockTold& told, std::set<VmName>& dirty);

// The hosts that hold it, by the adapters that they told; a holder that is none of them by its MAC address.
std::vector<std::string> holders_of(const State& state, const DiskLock& lock);

std::string_view word(LockMode mode);

// "locked by esxi2 (exclusive)", "free".
std::string lock_text(const State& state, const DiskLock& lock);

// Of the last answer, if it is young enough to explain a refusal now.
std::optional<std::string> lock_explained(const State& state, const VmState& vm, Time now);

}  // namespace vmha::core
