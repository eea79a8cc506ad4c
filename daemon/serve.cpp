#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "common/exit_codes.hpp"
#include "daemon/api/server.hpp"
#include "daemon/app.hpp"
#include "daemon/run/systemd.hpp"

namespace vmha {
namespace {

// Requests under way are answered, streams are cut so that the shims post again, sessions are logged out.
constexpr auto stop_limit = std::chrono::milliseconds(500);

// What `systemctl status` shows.
std::string status_line(const core::State& state) {
    size_t up = 0;
    for (const auto& [name, host] : state.hosts) up += host.link == core::Link::up;
    return std::to_string(up) + "/" + std::to_string(state.hosts.size()) + " hosts connected; " +
           std::to_string(state.vms.size()) + " VMs";
}

class ToHub : public Listener {
public:
    ToHub(api::Hub& hub, const Engine& engine) : hub_(hub), engine_(engine) {}
    void say(const core::Say& say) override {
        hub_.say(say);
        if (say.topic == core::Topic::link) run::notify_status(status_line(engine_.state()));
    }
    void answer(const core::Answer& answer) override { hub_.answer(answer); }
    void state_changed() override { hub_.state_changed(); }

private:
    api::Hub& hub_;
    const Engine& engine_;
};

net::Task<> wait_for_signal(boost::asio::io_context& io, run::Log& log) {
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    const auto [error, number] =
        co_await signals.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!error) log.info(std::string("ends: ") + (number == SIGTERM ? "SIGTERM" : "SIGINT"));
}

net::Task<> live(boost::asio::io_context& io, Engine& engine, api::Server& server, run::Log& log) {
    engine.start();
    run::notify_ready(status_line(engine.state()));
    co_await wait_for_signal(io, log);
    run::notify_stopping("ends");
    co_await server.stop(net::deadline_in(stop_limit));
    co_await engine.stop();
    io.stop();
}

}  // namespace

int serve(const Options& options, const Setup& setup, run::Log& log, run::Scrubber& scrubber) {
    boost::asio::io_context io{1};
    auto listener = api::open_listener(io.get_executor(), options.socket);
    if (!listener) {
        log.error(listener.error().message);
        return static_cast<int>(ExitCode::usage);
    }
    Engine engine(io, setup.config, setup.node, options.paths, log, scrubber);
    api::Hub hub(io.get_executor(), engine);
    ToHub to_hub(hub, engine);
    engine.listen(&to_hub);
    api::Server server(io.get_executor(), engine, hub, api::find_operators());
    server.serve(std::move(*listener));
    log.info("vmhad " VMHA_VERSION " is node " + setup.node + " with " +
             std::to_string(setup.config.vms.size()) + " VMs; socket " + options.socket);
    boost::asio::co_spawn(io, live(io, engine, server, log), boost::asio::detached);
    io.run();
    engine.listen(nullptr);
    return static_cast<int>(ExitCode::ok);
}

}  // namespace vmha
