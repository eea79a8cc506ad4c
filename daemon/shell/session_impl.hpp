// Inside shell only: the parts of Session, each in a file of its own: login, connection, commands.
#pragma once
#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "daemon/net/task_group.hpp"
#include "daemon/shell/identity.hpp"
#include "daemon/shell/session.hpp"
#include "daemon/shell/ssh_handles.hpp"

namespace vmha::shell {

using net::Deadline;
using net::Task;

// A channel as long as the host may know of it. Its callbacks are called from within libssh: they only take
// notes.
struct Channel {
    enum class Stage { opening, requesting, running, left };

    explicit Channel(ssh_channel raw_channel);
    ~Channel();
    bool wind_up();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    ssh_channel raw;  // none when the connection is over
    ssh_channel_callbacks_struct callbacks{};
    Stage stage = Stage::opening;
    net::Wakeup* news = nullptr;  // of the run, while there is one
    size_t most_output = 0;
    Output output;
    bool too_much = false;
    bool closed = false;  // by the host
    Deadline heard_at = net::BootClock::now();
    Deadline forget_at = Deadline::max();
};

// Kept alive by every task that runs.
struct Session::Impl : std::enable_shared_from_this<Session::Impl> {
    Impl(boost::asio::any_io_executor on, SessionSettings with);
    ~Impl();
    using Self = std::shared_ptr<Impl>;

    // --- login (session_login.cpp)
    static Task<Result<void>> enter(Self self, Identity identity);
    static Task<Result<void>> try_commands(Self self, Deadline deadline);
    Result<void> set_up();
    Task<Result<void>> connect_socket();
    Task<Result<void>> exchange_keys();
    Task<Result<void>> log_in(const Identity& identity);
    Task<> ready();
    Error failure(Errc code, const std::string& doing) const;

    // --- connection (session.cpp)
    void begin();
    void end(Error why);
    static Task<> read_on(Self self);
    static Task<> catch_up(Self self);
    static Task<> watch_peer(Self self);
    void turn();
    bool listen();
    void settle();
    void ping();

    // --- commands (session_run.cpp)
    struct Visit;
    static Task<Ran> run(Self self, const Command& command, Deadline deadline);
    Task<> carry_out(Visit& visit, const Command& command, Ran& ran);
    Task<bool> open(Visit& visit);
    Task<bool> request(Visit& visit, const Command& command, Ran& ran);
    void admit();
    void leave(Channel& channel);
    void tend();
    void ring_all();

    SessionSettings settings;
    std::string peer;  // "esxi1 (172.31.255.2:22)"
    boost::asio::any_io_executor executor;
    // Waits for readiness only; libssh has a descriptor of its own for the same connection.
    boost::asio::ip::tcp::socket socket;
    SshSession ssh;
    SshEvent event;
    ssh_counter_struct on_wire{}, packets{};
    uint64_t heard_bytes = 0;
    Deadline heard_at{};
    net::Wakeup to_do, over_bell;
    std::optional<Error> over;
    net::TaskGroup tasks;

    std::list<Visit*> queue;                       // wait for a channel, first come, first served
    std::list<std::shared_ptr<Channel>> channels;  // all that the host may know of
    size_t most_channels;
};

}  // namespace vmha::shell
