// The event stream: everything that is said, to everyone who follows, and a slow one harms nobody.
#include "tests/api/site.hpp"

using namespace vmha;
using namespace vmha::api;

namespace {

core::Say note(const std::string& text, const std::string& vm = {}) {
    core::Say say;
    say.vm = VmName(vm);
    say.message = text;
    return say;
}

Task<> follow(Client& client, std::string query = {}) {
    co_await client.send("GET", "/v1/events?follow=1" + query);
    const auto head = co_await client.until("\r\n\r\n");
    CHECK(head.find("application/x-ndjson") != std::string::npos);
    const auto hello = co_await client.until("\n\r\n");
    CHECK(hello.find(R"("event":"hello")") != std::string::npos);
}

}  // namespace

TEST_CASE("a follower sees what is said, as it is said") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        co_await follow(client);
        core::Say health;
        health.topic = core::Topic::health;
        health.level = Level::warning;
        health.vm = VmName("vm1");
        health.host = HostName("esxi1");
        health.from = "healthy";
        health.to = "unhealthy";
        health.reason = Reason::powered_off;
        health.detail = "it is off";
        health.exit_code = 1;
        health.message = "vm1 is unhealthy";
        at.hub.say(health);
        co_await client.until("\r\n");
        const Json line = parsed(co_await client.until("\n"));
        CHECK(line["event"] == "health");
        CHECK(line["vm"] == "vm1");
        CHECK(line["verdict"] == "unhealthy");
        CHECK(line["reason"] == "powered_off");
        CHECK(line["detail"] == "it is off");
        CHECK(line["exit_code"] == 1);
        CHECK(line["level"] == "W");
        CHECK(get_string(line, "time").value_or("").size() == 19);
    }(site, site.connect(nobody())));
}

TEST_CASE("a follower of one VM sees only that") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        co_await follow(client, "&vm=vm2");
        at.hub.say(note("first", "vm1"));
        at.hub.say(note("second", "vm2"));
        co_await client.until("\r\n");
        const Json line = parsed(co_await client.until("\n"));
        CHECK(line["message"] == "second");
    }(site, site.connect()));
}

TEST_CASE("without follow the last thousand lines are given") {
    Site site;
    for (int i = 0; i < 1005; ++i) site.hub.say(note("number " + std::to_string(i)));
    const auto response = site.ask("GET", "/v1/events");
    CHECK(response.status == 200);
    CHECK(*response.fields.find("Content-Type") == "application/x-ndjson");
    CHECK(std::ranges::count(response.body, '\n') == 1000);
    CHECK(parsed(response.body.substr(0, response.body.find('\n')))["message"] == "number 5");
}

TEST_CASE("a follower that does not read is dropped with a log line, the others go on") {
    Site site;
    net::MemoryOptions narrow;
    narrow.limit = 1000;
    site.run([](Site& at, Client slow, Client quick) -> Task<> {
        co_await follow(slow);
        co_await follow(quick);
        for (int i = 0; i < 1100; ++i) {
            at.hub.say(note("number " + std::to_string(i)));
            co_await quick.until("number " + std::to_string(i) + "\"");
        }
        co_await settle();
        REQUIRE(at.backend.logged.size() == 1);
        CHECK(at.backend.logged[0].find("1024 lines") != std::string::npos);
        const auto rest = co_await slow.rest();
        CHECK(rest.find("number 1099") == std::string::npos);
        CHECK(at.server.connections() == 1);
    }(site, site.connect(nobody(), narrow), site.connect()));
}

TEST_CASE("a follower that leaves is forgotten") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        co_await follow(client);
        client.leave();
        co_await settle();
        CHECK(at.server.connections() == 0);
        at.hub.say(note("nobody hears this"));
    }(site, site.connect()));
}
