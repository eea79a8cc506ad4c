// The daemon's side of systemd: ready, status, and a watchdog that is fed from progress.
#pragma once
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/net/pulse.hpp"
#include "daemon/net/task_group.hpp"
#include "daemon/net/wakeup.hpp"
#include "daemon/run/log.hpp"
#include "daemon/run/watchdog.hpp"

namespace vmha {

// Owned by the app, outlives whatever beats one of its pulses; one thread. Its tasks end by stop(), or when
// they are destroyed with the io_context. What it finds it says in the log; it ends nothing by itself, but
// feeds systemd's watchdog only while everybody makes progress. Without systemd it says the same.
class Supervision {
public:
    // `socket` is where the daemon can be reached. How often it looks is systemd's affair ($WATCHDOG_USEC).
    Supervision(boost::asio::io_context& io, run::Log& log, std::string socket);

    net::Pulses pulses();

    // The socket is served: READY. `status` gives the line for `systemctl status`; it is asked again after
    // each news().
    void start(std::function<std::string()> status);
    void news() { news_.ring(); }

    // STOPPING; nothing is watched any more.
    void stop();

private:
    struct Identity {
        dev_t device = 0;
        ino_t file = 0;
        bool operator==(const Identity&) const = default;
    };

    net::Task<> feed();
    net::Task<> prove_socket();
    net::Task<> tell_status();
    std::optional<Identity> socket_file() const;

    boost::asio::io_context& io_;
    run::Log& log_;
    std::string socket_;
    bool fed_;  // systemd wants it
    core::Duration rhythm_;
    std::shared_ptr<run::Watchdog> watchdog_;
    std::function<std::string()> status_;
    std::string told_;
    net::Wakeup news_;
    net::TaskGroup tasks_;
};

}  // namespace vmha
