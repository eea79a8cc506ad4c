// The daemon's words to systemd, and the sockets it hands over. Without systemd every call does nothing.
#pragma once
#include <optional>
#include <string>

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

struct ListenSocket {
    int fd = -1;  // the caller's from now on
    std::string path;
};

// The socket of socket activation, close-on-exec; nothing where there is none. To be called once, early:
// afterwards children do not see it. An error: several were handed over, or one that is no listening Unix
// stream socket with a path.
Result<std::optional<ListenSocket>> take_listen_socket();

}  // namespace vmha::run
