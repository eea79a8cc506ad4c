// A socket API with a fake daemon behind it: a state built by hand, and a record of what was asked of it.
#pragma once
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/json.hpp"
#include "daemon/api/server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_stream.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run_task.hpp"

namespace vmha::api {

namespace asio = boost::asio;
using net::must;
using net::Task;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeBackend : public Backend {
public:
    const core::State& state() const override { return state_; }
    bool on_last_good() const override { return last_good; }
    core::Time now() const override { return core::Time(seconds(1000)); }
    std::time_t wall_clock() const override { return 0; }
    void submit(core::Event event) override { events.push_back(std::move(event)); }
    void pause(const VmName& vm, std::optional<core::Duration> for_how_long) override {
        paused.emplace_back(vm, for_how_long);
    }
    void resume(const VmName& vm) override { resumed.push_back(vm); }
    Result<void> retry_login(const HostName& host) override {
        retried.push_back(host);
        return {};
    }
    Reloaded reload() override {
        ++reloads;
        return reloaded;
    }
    void log(Level, std::string_view text) override { logged.emplace_back(text); }

    const core::Ask* last_ask() const {
        for (auto event = events.rbegin(); event != events.rend(); ++event)
            if (const auto* ask = std::get_if<core::Ask>(&*event)) return ask;
        return nullptr;
    }
    size_t callers_gone() const {
        return static_cast<size_t>(std::count_if(events.begin(), events.end(), [](const core::Event& event) {
            return std::holds_alternative<core::CallerGone>(event);
        }));
    }

    core::State state_;
    std::vector<core::Event> events;
    std::vector<std::pair<VmName, std::optional<core::Duration>>> paused;
    std::vector<VmName> resumed;
    std::vector<HostName> retried;
    int reloads = 0;
    bool last_good = false;
    Reloaded reloaded;
    std::vector<std::string> logged;
};

inline core::Time ago(milliseconds time) {
    return core::Time(seconds(1000)) - time;
}

// Two hosts. vm1 runs on esxi1, seen 120 ms ago; vm2 has been seen nowhere; esxi2 has not been seen at all.
core::State two_hosts();

net::PeerCredentials nobody();  // may read
net::PeerCredentials root();    // may operate

// One client's end.
class Client {
public:
    explicit Client(net::StreamPtr stream)
        : stream_(std::move(stream)),
          reader_(std::make_unique<net::HttpReader>(*stream_, net::HttpLimits{8192, 1 << 20})) {}

    // Whole texts, with the CRLFs.
    Task<> send(std::string text);
    Task<> send(const std::string& method, const std::string& target, const std::string& body = {},
                const std::string& fields = {});
    Task<net::HttpResponse> receive();  // throws when the stream ends instead
    Task<net::HttpResponse> ask(std::string method, std::string target, std::string body = {},
                                std::string fields = {});

    // Raw text until it contains `end`; throws when the stream ends before that.
    Task<std::string> until(std::string end);
    // Raw text until the stream ends.
    Task<std::string> rest();
    void leave() { stream_->close(); }

private:
    net::StreamPtr stream_;
    std::unique_ptr<net::HttpReader> reader_;
    std::string text_;
};

struct Site {
    asio::io_context context{1};
    FakeBackend backend;
    Hub hub{context.get_executor(), backend};
    Server server;

    explicit Site(const Limits& limits = {}, const Operators& operators = {.daemon = 900, .group = 50});
    ~Site();

    Client connect(const net::PeerCredentials& who = root(), const net::MemoryOptions& options = {});
    // Runs what the test does, at most 10 s.
    void run(Task<> task) { net::run_task(context, std::move(task)); }
    // One request on a connection of its own.
    net::HttpResponse ask(const std::string& method, const std::string& target, const std::string& body = {},
                          const std::string& fields = {}, const net::PeerCredentials& who = root());
};

Json parsed(const std::string& text);
std::string error_of(const net::HttpResponse& response);  // the machine word

// Lets everything run that can run without time passing.
Task<> settle();

}  // namespace vmha::api
