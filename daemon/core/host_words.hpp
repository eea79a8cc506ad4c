// The words in which a host speaks of its VMs and of what it refuses: those of the vSphere API, which vim-cmd
// prints too.
#pragma once
#include <string_view>

#include "daemon/core/facts.hpp"

namespace vmha::core {

// "poweredOn"; "connected"; "green". Not understood: unknown.
Power power_of(std::string_view word);
Connection connection_of(std::string_view word);
Heartbeat heartbeat_of(std::string_view word);

// By the fault's own name, without a namespace: "FileLocked".
FaultKind fault_kind_of(std::string_view name);

// Where the fault's name is a general one, its words may tell.
bool names_a_lock(std::string_view text);
bool tells_of_a_licence(std::string_view text);

}  // namespace vmha::core
