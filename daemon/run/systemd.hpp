// The daemon's words to systemd, and the sockets it hands over. Without systemd every call does nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/time.hpp"

namespace vmha::run {

void notify_ready(const std::string& status);
void notify_status(const std::string& status);  // one line: "2/2 hosts connected; 14 VMs"
void notify_reloading();                        // ends with the next notify_ready
void notify_stopping(const std::string& status);
void notify_watchdog();

// How often notify_watchdog must come; call it twice as often. nullopt: no watchdog is set.
std::optional<core::Duration> watchdog_limit();

// Descriptors of socket activation, close-on-exec, in the unit's order; empty where there are none. To be
// called once, early: afterwards children do not see them. An error: something was handed over that is not a
// listening stream socket.
Result<std::vector<int>> take_listen_fds();

}  // namespace vmha::run
