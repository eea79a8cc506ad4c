// One Host against one real sshd, and what came of it.
#pragma once
#include "daemon/shell/host.hpp"
#include "tests/shell/session_lab.hpp"

namespace vmha::test {

struct HostLab : Loop {
    SshServer server;
    shell::HostConfig config;
    net::Pulses pulses;
    std::vector<core::Event> events;
    std::unique_ptr<shell::Host> host;

    explicit HostLab(SshServer::Settings with = {}) : server(io, std::move(with)) {
        config.name = HostName("esxi1");
        config.endpoint = server.endpoint();
        config.user = server.user();
        config.identity_file = server.identity_file();
        config.known_hosts = server.known_hosts();
        config.freshness = core::milliseconds(1500);
        config.limits.key_check = core::milliseconds(50);
        config.limits.second_try = core::milliseconds(500);
        config.limits.later_tries = core::milliseconds(1200);
        config.limits.service_check = core::milliseconds(200);
        config.limits.backoff_most = core::milliseconds(400);
    }
    ~HostLab() {
        host.reset();
        io.poll();
    }

    void start() {
        shell::HostWorld world;
        world.clock = [] { return core::Time(net::BootClock::now().time_since_epoch()); };
        world.events = [this](core::Event event) { events.push_back(std::move(event)); };
        world.cannot_read = [](const Error&) {};
        world.pulses = pulses;
        host = std::make_unique<shell::Host>(io.get_executor(), config, std::move(world));
        host->start();
    }
    void stop() {
        bool stopped = false;
        boost::asio::co_spawn(io, host->stop(), [&](const std::exception_ptr&) { stopped = true; });
        REQUIRE(until([&] { return stopped; }, 1200));
    }

    template <class Wanted>
    std::vector<Wanted> all() const {
        std::vector<Wanted> found;
        for (const auto& event : events)
            if (const auto* one = std::get_if<Wanted>(&event)) found.push_back(*one);
        return found;
    }
    // The links told, in their order.
    std::vector<core::Link> links() const {
        std::vector<core::Link> found;
        for (const auto& change : all<core::ShellChanged>()) found.push_back(change.link);
        return found;
    }
    core::ShellChanged last() const { return all<core::ShellChanged>().back(); }
    bool becomes(core::Link link, int limit_ms = 5000) {
        return until([&] { return !all<core::ShellChanged>().empty() && last().link == link; }, limit_ms);
    }
};

}  // namespace vmha::test
