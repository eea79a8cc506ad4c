// Requests that come before the local host has been seen: an interim answer at once, the answer with the
// view.
#include "tests/api/site.hpp"

using namespace vmha;
using namespace vmha::api;

namespace {

struct Unseen : Site {
    Unseen()
        : Site({}, {}),
          early(context.get_executor(), backend),
          early_server(context.get_executor(), backend, early, {}) {
        backend.state_.hosts[backend.state_.local].complete = false;
    }
    ~Unseen() {
        run([](Server& stopped) -> Task<> {
            co_await stopped.stop(net::deadline_in(seconds(5)));
        }(early_server));
    }
    Client early_client() {
        auto [here, there] = net::memory_streams(context.get_executor());
        net::UnixConnection connection;
        connection.stream = std::move(there);
        early_server.serve(std::move(connection));
        return Client(std::move(here));
    }
    Hub early;  // one that has not been told of a view
    Server early_server;
};

const std::string interim = "HTTP/1.1 102 Processing\r\nVmha-Api: 1\r\n\r\n";

}  // namespace

TEST_CASE("health says at once that it lives and answers when the view comes") {
    Unseen site;
    auto& health = site.backend.state_.vms[VmName("vm1")].health;
    const auto with_view = std::exchange(health, {});
    site.run([](Unseen& at, Client client, core::Health then) -> Task<> {
        co_await client.send("GET", "/v1/vms/vm1/health");
        const auto first = co_await client.until("\r\n\r\n");
        CHECK(first == interim);
        at.early.state_changed();  // not yet complete: must not wake it
        co_await settle();
        at.backend.state_.hosts[at.backend.state_.local].complete = true;
        at.backend.state_.vms[VmName("vm1")].health = then;
        at.early.state_changed();
        const auto head = co_await client.until("\r\n\r\n");
        CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
        const auto body = co_await client.until("}\n");
        CHECK(parsed(body)["verdict"] == "healthy");
    }(site, site.early_client(), with_view));
}

TEST_CASE("health answers unknown when no view comes in the client's time") {
    Unseen site;
    site.backend.state_.vms[VmName("vm1")].health = {};
    site.run([](Client client) -> Task<> {
        const auto start = net::BootClock::now();
        const auto response = co_await client.ask("GET", "/v1/vms/vm1/health?timeout_ms=60");
        CHECK(response.status == 503);
        CHECK(parsed(response.body)["verdict"] == "unknown");
        CHECK(net::BootClock::now() - start >= milliseconds(60));
        CHECK(net::BootClock::now() - start < milliseconds(3000));
    }(site.early_client()));
}

TEST_CASE("a timeout that is no number is refused") {
    Unseen site;
    const std::string text = GENERATE("x", "-1", "", "600001", "5s", "99999999999999999999");
    site.run([](Client client, std::string timeout) -> Task<> {
        const auto response = co_await client.ask("GET", "/v1/vms/vm1/health?timeout_ms=" + timeout);
        CHECK(response.status == 400);
        CHECK(error_of(response) == "bad_request");
    }(site.early_client(), text));
}

TEST_CASE("what needs no view does not wait for one") {
    Unseen site;
    const std::string target = GENERATE("/v1/status", "/v1/hosts", "/v1/vms", "/healthz", "/v1/events");
    site.run([](Client client, std::string what) -> Task<> {
        co_await client.send("GET", what);
        const auto head = co_await client.until("\r\n");
        CHECK(head == "HTTP/1.1 200 OK\r\n");
    }(site.early_client(), target));
}

TEST_CASE("an HTTP/1.0 client gets no interim answer, which it would not understand") {
    Unseen site;
    site.run([](Client client) -> Task<> {
        co_await client.send("GET /v1/vms/vm1?timeout_ms=10 HTTP/1.0\r\n\r\n");
        const auto all = co_await client.rest();
        CHECK(all.starts_with("HTTP/1.1 200 OK\r\n"));
    }(site.early_client()));
}

TEST_CASE("a host that was seen once is not waited for again") {
    Site site;
    site.backend.state_.hosts[site.backend.state_.local].complete = false;
    site.run([](Client client) -> Task<> {
        co_await client.send("GET", "/v1/vms/vm1/health");
        const auto head = co_await client.until("\r\n");
        CHECK(head == "HTTP/1.1 200 OK\r\n");
    }(site.connect()));
}
