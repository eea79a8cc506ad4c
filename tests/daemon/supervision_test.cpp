// The watchdog is fed from progress alone: a real socket that answers or does not, real pulses, and a socket
// that stands for systemd's.
#include "daemon/supervision.hpp"

#include <filesystem>

#include "daemon/net/http.hpp"
#include "daemon/net/unix.hpp"
#include "tests/run/fake_systemd.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using core::milliseconds;
using vmha::test::FakeSystemd;
using vmha::test::TempDir;

namespace {

constexpr auto limit_us = "400000";  // it is looked at four times as often

struct Site {
    Site() {
        ::setenv("WATCHDOG_USEC", limit_us, 1);
        supervision.emplace(io, log, path);
        ::unsetenv("WATCHDOG_USEC");
        auto bound = net::UnixListener::bind(io.get_executor(), path);
        REQUIRE(bound.has_value());
        listener.emplace(std::move(*bound));
        tasks.spawn("serve", serve());
    }
    ~Site() {
        supervision->stop();
        listener->close();
        tasks.cancel();
        run_for(100);
        std::fclose(out);
    }

    net::Task<> serve() {
        for (;;) {
            auto client = co_await listener->accept();
            if (!client) co_return;
            tasks.spawn("answer", answer(std::move(client->stream)));
        }
    }
    net::Task<> answer(net::StreamPtr stream) {
        net::HttpReader reader(*stream);
        net::HttpRequest request;
        const auto read = co_await reader.read(request);
        if (!read) co_return;
        asked.push_back(request.target);
        // What the client gives up has to be let go of.
        while (mute) co_await net::sleep_until(net::deadline_in(milliseconds(20)));
        net::HttpResponse busy;
        busy.status = 503;
        busy.keep_alive = false;
        co_await net::write_response(*stream, busy);
    }

    // Listens meanwhile: whoever tells systemd something waits while systemd has not heard the last words.
    void run_for(int ms) {
        for (const auto end = net::deadline_in(milliseconds(ms)); net::BootClock::now() < end;) {
            io.restart();
            io.run_for(milliseconds(20));
            hear();
        }
    }
    void hear() {
        for (std::string word; (word = systemd.heard()) != "nothing";) {
            if (word == "WATCHDOG=1")
                ++fed_times;
            else
                words.push_back(word);
        }
    }
    // How often the watchdog was fed since the last time.
    int fed() { return std::exchange(fed_times, 0); }
    bool says(const std::string& text) const { return dir.read("log").find(text) != std::string::npos; }
    int times(const std::string& text) const {
        int count = 0;
        const std::string all = dir.read("log");
        for (size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
        return count;
    }

    FakeSystemd systemd;
    TempDir dir;
    std::string path = dir.file("vmhad.sock");
    std::FILE* out = std::fopen(dir.file("log").c_str(), "w");
    run::Scrubber scrubber;
    run::Log log{scrubber, out};
    boost::asio::io_context io{1};
    net::TaskGroup tasks{io.get_executor()};
    std::optional<Supervision> supervision;
    std::optional<net::UnixListener> listener;
    std::vector<std::string> asked, words;
    int fed_times = 0;
    bool mute = false;
};

}  // namespace

TEST_CASE("systemd hears that the service is ready, and then a sign of life in good time") {
    Site site;
    site.supervision->start([] { return "2/2 hosts connected; 14 VMs"; });
    site.run_for(1000);
    CHECK(site.fed() >= 5);
    CHECK(site.words == std::vector<std::string>{"READY=1\nSTATUS=2/2 hosts connected; 14 VMs"});
    CHECK(site.asked.size() >= 5);
    CHECK(site.asked.front() == "/healthz");
}

TEST_CASE("a socket that is not served any more starves the watchdog, and is named once; then fed again") {
    Site site;
    site.supervision->start([] { return ""; });
    site.run_for(300);
    site.mute = true;
    site.run_for(1000);
    site.fed();
    site.run_for(1000);
    CHECK(site.fed() == 0);
    CHECK(site.times("no sign of progress from the socket " + site.path) == 1);
    CHECK(site.says("asking systemd for a restart by not feeding the watchdog"));
    site.mute = false;
    site.run_for(800);
    CHECK(site.fed() >= 2);
    CHECK(site.times("makes progress again") == 1);
}

TEST_CASE("a task that hangs starves the watchdog, and one that is gone does not") {
    Site site;
    auto pulse = site.supervision->pulses()("the API task of esxi1", -core::seconds(4) - milliseconds(500));
    site.supervision->start([] { return ""; });
    site.run_for(1200);
    CHECK(site.says("no sign of progress from the API task of esxi1"));
    site.fed();
    site.run_for(500);
    CHECK(site.fed() == 0);
    pulse.reset();
    site.run_for(500);
    CHECK(site.fed() >= 2);
}

TEST_CASE(
    "a socket file that was taken away is said, and no reason for a restart, which would not bring it back") {
    Site site;
    site.supervision->start([] { return ""; });
    site.run_for(300);
    std::filesystem::rename(site.path, site.dir.file("elsewhere"));
    site.run_for(1200);
    site.fed();
    site.run_for(500);
    CHECK(site.fed() >= 2);
    CHECK(site.times("nobody can reach vmhad any more: " + site.path) == 1);
    std::filesystem::rename(site.dir.file("elsewhere"), site.path);
    site.run_for(300);
    std::filesystem::remove(site.path);
    site.run_for(300);
    CHECK(site.times("nobody can reach vmhad any more") == 2);
}

TEST_CASE("the status line is told when it changes, and a burst of news is one line") {
    Site site;
    int hosts = 0;
    site.supervision->start([&] { return std::to_string(hosts) + " hosts"; });
    site.run_for(50);
    site.supervision->news();
    site.run_for(50);
    for (hosts = 1; hosts < 50; ++hosts) site.supervision->news();
    site.run_for(700);
    site.fed();
    CHECK(site.words == std::vector<std::string>{"READY=1\nSTATUS=0 hosts", "STATUS=50 hosts"});
}
