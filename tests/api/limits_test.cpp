// Clients that send too much, too slowly or not at all, and clients that do not read, harm nobody.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/api/site.hpp"

using namespace vmha;
using namespace vmha::api;

namespace {

Limits short_limits() {
    Limits limits;
    limits.request = milliseconds(60);
    limits.idle = milliseconds(150);
    limits.stall = milliseconds(60);
    limits.sweep = milliseconds(10);
    return limits;
}

Task<> pass(milliseconds time) {
    co_await net::sleep_until(net::deadline_in(time));
}

}  // namespace

TEST_CASE("a request that comes byte by byte is ended by its time, whatever it is") {
    Site site(short_limits());
    site.run([](Client client) -> Task<> {
        const auto start = net::BootClock::now();
        net::TaskGroup group(co_await asio::this_coro::executor);
        group.spawn("drip", [](Client& dripping) -> Task<> {
            const std::string text = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
            for (const char c : text) {
                co_await dripping.send(std::string(1, c));
                co_await pass(milliseconds(20));
            }
        }(client));
        const auto all = co_await client.rest();
        CHECK(all.starts_with("HTTP/1.1 408 "));
        CHECK(all.find("\"error\":\"request_timeout\"") != std::string::npos);
        CHECK(net::BootClock::now() - start < milliseconds(500));
        group.cancel();
        co_await group.join(net::deadline_in(seconds(2)));
    }(site.connect(nobody())));
}

TEST_CASE("a body that does not come is ended by its time") {
    Site site(short_limits());
    site.run([](Site& at, Client client) -> Task<> {
        co_await client.send("POST /v1/vms/vm1/start HTTP/1.1\r\nContent-Length: 10\r\n\r\n{");
        const auto all = co_await client.rest();
        CHECK(all.starts_with("HTTP/1.1 408 "));
        CHECK(at.backend.events.empty());
    }(site, site.connect()));
}

TEST_CASE("an idle connection is kept for its time and then closed without a word") {
    Site site(short_limits());
    site.run([](Client client) -> Task<> {
        co_await client.ask("GET", "/healthz");
        co_await pass(milliseconds(80));
        const auto response = co_await client.ask("GET", "/healthz");
        CHECK(response.status == 200);
        const auto start = net::BootClock::now();
        const auto rest = co_await client.rest();
        CHECK(rest.empty());
        CHECK(net::BootClock::now() - start >= milliseconds(100));
    }(site.connect()));
}

TEST_CASE("a client that does not read its answer is dropped") {
    Site site(short_limits());
    net::MemoryOptions narrow;
    narrow.limit = 16;
    site.run([](Site& at, Client client) -> Task<> {
        co_await client.send("GET /v1/status HTTP/1.1\r\n\r\n");
        co_await pass(milliseconds(50));
        CHECK(at.server.connections() == 1);
        co_await pass(milliseconds(200));
        CHECK(at.server.connections() == 0);
        REQUIRE(at.backend.logged.size() == 1);
        CHECK(at.backend.logged[0].find("does not read") != std::string::npos);
    }(site, site.connect(nobody(), narrow)));
}

TEST_CASE("a caller that does not read is dropped, and its operation learns of it") {
    Site site(short_limits());
    net::MemoryOptions narrow;
    narrow.limit = 16;
    site.run([](Site& at, Client client) -> Task<> {
        co_await client.send("POST /v1/vms/vm1/stop HTTP/1.1\r\n\r\n");
        co_await settle();
        CHECK(at.backend.last_ask() != nullptr);  // began although its first line is not taken
        co_await pass(milliseconds(250));
        CHECK(at.backend.callers_gone() == 1);
    }(site, site.connect(root(), narrow)));
}

TEST_CASE("an operation's stream and a follower have no limit of time") {
    Site site(short_limits());
    site.run([](Site& at, Client caller, Client follower) -> Task<> {
        co_await caller.send("POST /v1/vms/vm1/stop HTTP/1.1\r\n\r\n");
        co_await follower.send("GET /v1/events?follow=1 HTTP/1.1\r\n\r\n");
        co_await pass(milliseconds(400));
        CHECK(at.server.connections() == 2);
        CHECK(at.backend.callers_gone() == 0);
    }(site, site.connect(), site.connect()));
}

TEST_CASE("too much is refused by name") {
    Site site;
    const auto large_header = site.ask("GET", "/healthz", {}, "X: " + std::string(9000, 'x') + "\r\n");
    CHECK(large_header.status == 431);
    CHECK(error_of(large_header) == "header_too_large");
    CHECK(!large_header.keep_alive);
    const auto large_body = site.ask("POST", "/v1/vms/vm1/start", std::string(65 * 1024, ' '));
    CHECK(large_body.status == 413);
    CHECK(error_of(large_body) == "too_large");
    CHECK(site.backend.events.empty());
}

TEST_CASE("what is not HTTP is refused") {
    Site site;
    site.run([](Client client) -> Task<> {
        co_await client.send("\x16\x03\x01 hello\r\n\r\n");
        const auto all = co_await client.rest();
        CHECK(all.starts_with("HTTP/1.1 400 "));
    }(site.connect()));
}

TEST_CASE("the last places are kept for those who may operate") {
    Limits limits;
    limits.connections = 6;
    limits.kept_for_operators = 2;
    Site site(limits);
    site.run([](Site& at) -> Task<> {
        std::vector<Client> crowd;
        for (int i = 0; i < 4; ++i) crowd.push_back(at.connect(nobody()));
        auto refused = at.connect(nobody());
        const auto answer = co_await refused.receive();
        CHECK(answer.status == 503);
        CHECK(error_of(answer) == "busy");
        for (int i = 0; i < 2; ++i) {
            crowd.push_back(at.connect(root()));
            const auto response = co_await crowd.back().ask("GET", "/healthz");
            CHECK(response.status == 200);
        }
        auto one_too_many = at.connect(root());
        const auto full = co_await one_too_many.receive();
        CHECK(full.status == 503);
        crowd.erase(crowd.begin());
        co_await settle();
        auto again = at.connect(root());
        const auto response = co_await again.ask("GET", "/healthz");
        CHECK(response.status == 200);
    }(site));
}

TEST_CASE("a client that leaves in the middle of a request leaves nothing behind") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        co_await client.send("GET /heal");
        co_await settle();
        client.leave();
        co_await settle();
        CHECK(at.server.connections() == 0);
    }(site, site.connect()));
}

TEST_CASE("over a real socket: requests, a stream, and a stop that leaves no file") {
    std::string folder = "/tmp/vmha_api_test_XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string path = folder + "/vmhad.sock";
    {
        Site site({}, find_operators("vmha-no-such-group"));
        auto listener = net::UnixListener::bind(site.context.get_executor(), path);
        REQUIRE(listener);
        site.server.serve(std::move(*listener));
        CHECK(!net::UnixListener::bind(site.context.get_executor(), path));  // a live one is an error
        site.run([](Site& at, std::string to) -> Task<> {
            Client client(co_await must(net::connect_unix(to, net::deadline_in(seconds(5)))));
            for (int i = 0; i < 3; ++i) {
                const auto response = co_await client.ask("GET", "/v1/vms/vm1/health");
                CHECK(response.status == 200);
            }
            Client caller(co_await must(net::connect_unix(to, net::deadline_in(seconds(5)))));
            co_await caller.send("POST", "/v1/vms/vm1/start", "{}");
            co_await caller.until("accepted");
            caller.leave();
            while (at.backend.callers_gone() == 0) co_await pass(milliseconds(1));
            const bool ended = co_await at.server.stop(net::deadline_in(seconds(5)));
            CHECK(ended);
            const auto rest = co_await client.rest();
            CHECK(rest.empty());
        }(site, path));
        CHECK(!std::filesystem::exists(path));
    }
    std::filesystem::remove_all(folder);
}
