// A loop, a server and sessions to it.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <list>

#include "daemon/shell/session.hpp"
#include "tests/shell/sshd_fixture.hpp"
#include "tests/support/catch.hpp"

namespace vmha::test {

struct Loop {
    boost::asio::io_context io{1};

    // Runs the loop until the condition holds; false when the time is over.
    bool until(const std::function<bool()>& condition, int limit_ms = 5000) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
        while (!condition()) {
            if (std::chrono::steady_clock::now() >= end) return false;
            io.run_one_for(std::chrono::milliseconds(10));
        }
        return true;
    }
    void run_for(int ms) {
        until([] { return false; }, ms);
    }

    // Begins a task whose value appears in what is returned.
    template <class T>
    std::shared_ptr<std::optional<T>> begin(net::Task<T> task) {
        auto value = std::make_shared<std::optional<T>>();
        boost::asio::co_spawn(io, std::move(task), [value](const std::exception_ptr& thrown, T result) {
            if (!thrown) value->emplace(std::move(result));
        });
        return value;
    }
    template <class T>
    T await(net::Task<T> task, int limit_ms = 10000) {
        const auto value = begin(std::move(task));
        REQUIRE(until([&] { return value->has_value(); }, limit_ms));
        return std::move(**value);
    }
};

using SessionPtr = std::unique_ptr<shell::Session>;

struct SessionLab : Loop {
    SshServer server;
    shell::SessionSettings settings;
    std::list<shell::Command> commands;  // a run refers to its command

    explicit SessionLab(SshServer::Settings with = {}) : server(io, std::move(with)) {
        settings.host = "esxi1";
        settings.endpoint = server.endpoint();
        settings.user = server.user();
        settings.identity_file = server.identity_file();
        settings.known_hosts = server.known_hosts();
    }
    ~SessionLab() { io.poll(); }

    Result<SessionPtr> try_open(int limit_ms = 3000) {
        return await(
            shell::Session::connect(settings, net::deadline_in(std::chrono::milliseconds(limit_ms))));
    }
    SessionPtr open() {
        auto opened = try_open();
        if (!opened) FAIL(opened.error().message);
        return std::move(*opened);
    }
    Error refusal() {
        auto opened = try_open();
        REQUIRE_FALSE(opened.has_value());
        return opened.error();
    }

    std::shared_ptr<std::optional<shell::Ran>> begin_run(shell::Session& session, shell::Command command,
                                                         int limit_ms = 5000) {
        commands.push_back(std::move(command));
        return begin(session.run(commands.back(), net::deadline_in(std::chrono::milliseconds(limit_ms))));
    }
    auto begin_run(shell::Session& session, std::string script, int limit_ms = 5000) {
        shell::Command command;
        command.script = std::move(script);
        return begin_run(session, std::move(command), limit_ms);
    }
    shell::Ran run(shell::Session& session, std::string script, int limit_ms = 5000) {
        const auto ran = begin_run(session, std::move(script), limit_ms);
        REQUIRE(until([&] { return ran->has_value(); }, limit_ms + 1000));
        return std::move(**ran);
    }
};

}  // namespace vmha::test
