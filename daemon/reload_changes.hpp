// What of a new configuration the core does not see: how the hosts are reached.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/core/reconfigure.hpp"

namespace vmha {

// The hosts in both configurations whose link cannot go on as it is. At a new address it is the same machine
// where the same certificate is pinned: only that machine has the key to it.
std::map<HostName, core::LinkAnew> links_anew(const config::Config& before, const config::Config& after);

// Lines for people, about keys that are no host's and no VM's.
std::vector<std::string> other_changes(const config::Config& before, const config::Config& after);

}  // namespace vmha
