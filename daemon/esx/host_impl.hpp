// Inside esx only: the parts of Host, each in a file of its own: life, writes, reads.
#pragma once
#include <list>

#include "daemon/esx/commands.hpp"
#include "daemon/esx/host.hpp"
#include "daemon/esx/session.hpp"
#include "daemon/esx/task.hpp"
#include "daemon/esx/watch.hpp"
#include "daemon/net/task_group.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::esx {

// Kept alive by every task that runs.
struct Host::Impl : std::enable_shared_from_this<Host::Impl> {
    Impl(boost::asio::any_io_executor on, HostConfig with, HostWorld around);
    using Self = std::shared_ptr<Impl>;

    // How one try to live with the host ended.
    struct Ending {
        core::Link link = core::Link::down;
        Reason reason = Reason::host_unreachable;
        std::string detail;
        bool at_once = false;  // try again without a pause
    };

    // --- life (host.cpp)
    void make_pulses();
    static Task<> run(Self self);
    static Task<> check_session(Self self);
    static Task<> log_out(Self self, Deadline deadline);
    Task<Ending> live();
    Task<Result<Session>> enter(std::unique_ptr<Link>& link);
    Task<Result<std::string>> cookie_for(Link& link, const ServiceContent& content, Deadline deadline);
    Task<Ending> watch_on();
    std::optional<Ending> login_forbidden();
    void leave(bool session_lost);
    void expire(const std::shared_ptr<const Session>& which);
    void set_link(core::Link state, Reason reason, std::string detail);
    Ending ending_of(const Error& error) const;
    void tell(core::Event event);
    void told(const core::Read& read, const Inventory::Applied& applied);

    // --- writes (host_writes.cpp)
    static Task<> write(Self self, core::Write order);
    Task<core::WriteDone> carry_out(const core::Write& order);
    Task<core::WriteDone> plain_call(const core::Write& order, const Request& request, Deadline limit);
    Task<core::WriteDone> task_call(const core::Write& order, const Request& request, std::string watched,
                                    Deadline limit);
    Task<core::WriteDone> rescan(const core::Write& order, Deadline limit);
    Task<core::WriteDone> answered(const core::Write& order, const Called& called);
    Task<bool> session_lives();
    void learn_write_right(bool can_write);

    // --- what no change feed tells (host_aside.cpp)
    static Task<> look_aside(Self self);
    Task<> read_licence(std::shared_ptr<const Session> in);
    Task<> read_privileges(std::shared_ptr<const Session> in);
    Task<> read_tasks(std::shared_ptr<const Session> in);
    void want_unresolved();
    static Task<> ask_unresolved(Self self);
    void tell_aside();

    // --- reads (host_reads.cpp)
    static Task<> look(Self self, core::Look order);
    Task<bool> look_at_one(const core::Look& order);
    Task<bool> look_at_all(const core::Look& order);
    static Task<> check_vmx(Self self, core::CheckVmx order);
    Task<core::Presence> presence_of(const core::CheckVmx& order);
    // "[ds] d/x.vmx" for the API, also where the path names the datastore by its uuid; nullopt: no such
    // datastore.
    std::optional<core::VmxPath> by_name(const core::VmxPath& path) const;

    Deadline deadline_of(core::Time limit) const;

    // Tasks that wait for news of a VM, by its id, or, before it has one, by its path.
    struct Follower {
        Follower(std::string what, const boost::asio::any_io_executor& on)
            : watched(std::move(what)), news(on) {}
        std::string watched;
        net::Wakeup news;
    };
    Task<TaskEnd> follow_task(Moref task, std::string watched, Deadline limit);

    HostConfig config;
    HostWorld world;
    boost::asio::any_io_executor executor;
    Dial dial;
    Peer peer;
    net::TaskGroup tasks;
    Commands commands;
    net::Wakeup retry;
    std::unique_ptr<net::Pulse> link_pulse, check_pulse;
    std::list<Follower> followers;

    std::string cookie;  // of the last session, which may still live on the host
    ServiceContent last_content;
    uint64_t session_number = 0;
    std::shared_ptr<const Session> session;  // set while it is watched
    std::unique_ptr<Watch> watch;
    std::shared_ptr<Link> watch_link;
    PropertyPlan plan;
    std::vector<Request> left_behind;  // what an earlier connection made in this session, to be destroyed
    bool session_expired = false;
    bool wrong_product = false;
    Aside aside;
    Licence licence;                        // as it was read last
    std::optional<Deadline> looked_aside;   // when
    uint64_t aside_session = 0;             // in which session
    std::optional<Deadline> unresolved_at;  // when it was asked last
    bool unresolved_wanted = false, asks_unresolved = false;
    bool api_was_away = false;
    std::optional<int64_t> api_back_s;  // when its API answered again after it had not
    core::Link link_state = core::Link::connecting;
    Reason link_reason = Reason::host_unreachable;
    std::string link_detail;
    bool link_told = false;
    bool stopped = false;
};

}  // namespace vmha::esx
