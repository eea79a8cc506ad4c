// Inside shell only: the life of a Host. What it reads and writes is Reader's and Writer's.
#pragma once
#include "daemon/net/task_group.hpp"
#include "daemon/net/wakeup.hpp"
#include "daemon/shell/host.hpp"
#include "daemon/shell/read.hpp"
#include "daemon/shell/session.hpp"
#include "daemon/shell/write.hpp"

namespace vmha::shell {

// Kept alive by every task that runs. As a runner it is the session of the moment; without one, nothing is
// sent.
struct Host::Impl : Runner, std::enable_shared_from_this<Host::Impl> {
    Impl(boost::asio::any_io_executor executor, HostConfig with, HostWorld around);
    using Self = std::shared_ptr<Impl>;

    // How one try to live with the host ended.
    struct Ending {
        core::Link link = core::Link::down;
        Reason reason = Reason::host_unreachable;
        std::string detail;
        std::optional<core::Duration> pause = std::nullopt;  // unset: the back-off's
    };

    net::Task<Ran> run(const Command& command, net::Deadline deadline) override;

    static net::Task<> live_on(Self self);
    static net::Task<> check_service(Self self);
    static net::Task<> keep(Self self, net::Task<> task);
    net::Task<Ending> live();
    Ending ending_of(const Error& error);
    Ending refused(const Error& error);
    std::optional<Ending> login_forbidden();
    void set_link(core::Link state, Reason reason, std::string detail);
    void tell_up();

    HostConfig config;
    HostWorld world;  // silent once the host is stopped
    net::TaskGroup tasks;
    net::Wakeup retry;
    std::unique_ptr<net::Pulse> link_pulse, service_pulse;
    std::unique_ptr<Session> session;
    Reader reader;
    Writer writer;

    struct Refusal {
        std::string detail;
        std::optional<net::Deadline> retry_at;  // unset: not before the key changes
        int times = 0;
    };
    std::string key;                 // of the try that is under way or was the last one: its fingerprint
    std::string worked_key;          // the last one that the host took
    std::optional<Refusal> refusal;  // of `key`
    bool granted = false;            // somebody asked for one more login by hand

    bool service_off = false;  // the host's SSH service takes no new connections
    core::Link link_state = core::Link::connecting;
    Reason link_reason = Reason::host_unreachable;
    std::string link_detail;
    bool link_told = false;
    bool stopped = false;
};

}  // namespace vmha::shell
