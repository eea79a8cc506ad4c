#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "common/counted.hpp"
#include "common/exit_codes.hpp"
#include "daemon/api/server.hpp"
#include "daemon/app.hpp"
#include "daemon/net/unix.hpp"
#include "daemon/reload.hpp"
#include "daemon/run/systemd.hpp"
#include "daemon/status_line.hpp"
#include "daemon/supervision.hpp"

namespace vmha {
namespace {

// Requests under way are answered, streams are cut so that the shims post again; then sessions are logged
// out, for which the engine has a limit of its own: within a second all is over.
constexpr auto stop_limit = std::chrono::milliseconds(200);

class ToHub : public Listener {
public:
    ToHub(api::Hub& hub, Supervision& supervision) : hub_(hub), supervision_(supervision) {}
    void say(const core::Say& say) override {
        hub_.say(say);
        supervision_.news();
    }
    void answer(const core::Answer& answer) override { hub_.answer(answer); }
    void state_changed() override { hub_.state_changed(); }

private:
    api::Hub& hub_;
    Supervision& supervision_;
};

// Until it is told to end. A second signal changes nothing: the end has its own limits.
net::Task<> live(boost::asio::io_context& io, Engine& engine, api::Server& server, Supervision& supervision,
                 run::Log& log) {
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    engine.start();
    supervision.start([&] { return status_line(engine.state(), engine.on_last_good()); });
    const auto [error, number] =
        co_await signals.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!error)
        log.write({Level::info, run::MessageId::daemon_ends,
                   std::string("ends: ") + (number == SIGTERM ? "SIGTERM" : "SIGINT")});
    supervision.stop();
    co_await server.stop(net::deadline_in(stop_limit));
    co_await engine.stop();
    io.stop();
}

net::Task<> reload_on_hangup(boost::asio::signal_set& hangup, Engine& engine, run::Log& log) {
    for (;;) {
        const auto [error, number] =
            co_await hangup.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error) co_return;
        log.info("SIGHUP: the configuration is read anew");
        engine.reload();
    }
}

// The socket that systemd holds for us, else our own.
Result<net::UnixListener> open_listener(boost::asio::io_context& io, std::string& path) {
    const auto handed_over = run::take_listen_socket();
    if (!handed_over) return handed_over.error();
    if (!*handed_over) return net::UnixListener::bind(io.get_executor(), path);
    path = (*handed_over)->path;
    return net::UnixListener::adopt(io.get_executor(), (*handed_over)->fd);
}

}  // namespace

int serve(const Options& options, const Setup& setup, run::Log& log, run::Scrubber& scrubber) {
    boost::asio::io_context io{1};
    std::string socket = options.socket;
    auto listener = open_listener(io, socket);
    if (!listener) {
        log.write({Level::error, run::MessageId::cannot_start, listener.error().message});
        return static_cast<int>(ExitCode::usage);
    }
    Supervision supervision(io, log, socket);
    Engine engine(io, setup.config, setup.node, options.paths, log, scrubber, supervision.pulses());
    api::Hub hub(io.get_executor(), engine);
    ToHub to_hub(hub, supervision);
    engine.listen(&to_hub);
    engine.set_on_last_good(setup.last_good);
    engine.on_reload([&] {
        auto reloaded = reload(options, engine, log);
        supervision.news();
        return reloaded;
    });
    boost::asio::signal_set hangup(io, SIGHUP);
    api::Server server(io.get_executor(), engine, hub, api::find_operators());
    server.serve(std::move(*listener));
    log.write({Level::info, run::MessageId::daemon_ready,
               "vmhad " VMHA_VERSION " is node " + setup.node + " with " +
                   counted(setup.config.vms.size(), "VM") + "; socket " + socket});
    boost::asio::co_spawn(io, reload_on_hangup(hangup, engine, log), boost::asio::detached);
    boost::asio::co_spawn(io, live(io, engine, server, supervision, log), boost::asio::detached);
    io.run();
    engine.listen(nullptr);
    return static_cast<int>(ExitCode::ok);
}

}  // namespace vmha
