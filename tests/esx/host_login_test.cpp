// Proves who is logged in to, with what, and how often after a refusal.
#include "tests/esx/lab.hpp"

using namespace vmha;
using namespace vmha::test;
using core::Link;

TEST_CASE("a vCenter is refused before a login") {
    Lab lab;
    lab.fake.api_type = "VirtualCenter";
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::untrusted); }));
    CHECK(lab.link()->reason == Reason::wrong_product);
    CHECK(lab.fake.count("Login") == 0);
}

TEST_CASE("another certificate is not trusted, and nothing is sent") {
    Lab lab;
    esx::HostConfig config;
    config.name = HostName("esxi1");
    config.endpoint = lab.fake.endpoint();
    config.trust = net::PinnedCertificate(std::string(64, 'A'));
    config.secret = [] { return Result<std::string>("x"); };
    lab.host = std::make_unique<esx::Host>(
        lab.io.get_executor(), config,
        esx::HostWorld{boot_now, [] { return int64_t(0); },
                       [&](core::Event event) { lab.events.push_back(std::move(event)); }, &lab.breaker});
    lab.host->start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::untrusted); }));
    CHECK(lab.link()->reason == Reason::certificate_changed);
    CHECK(lab.fake.requests.empty());
}

TEST_CASE("a wrong password is tried once, and again when it was changed") {
    Lab lab;
    lab.secret = "wrong";
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::locked_out); }));
    std::vector<Link> states;
    for (const auto& change : lab.all<core::LinkChanged>()) states.push_back(change.link);
    CHECK(states == std::vector<Link>{Link::connecting, Link::bad_password, Link::locked_out});
    lab.run_for(300);
    CHECK(lab.fake.count("Login") == 1);
    lab.secret = lab.fake.password;
    REQUIRE(lab.until([&] { return lab.link_is(Link::up); }, 8000));
    CHECK(lab.fake.count("Login") == 2);
}

TEST_CASE("a person may ask for another login") {
    Lab lab;
    lab.secret = "wrong";
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::locked_out); }));
    lab.fake.password = "wrong";  // repaired on the host
    lab.host->retry_login();
    REQUIRE(lab.until([&] { return lab.link_is(Link::up); }));
}

TEST_CASE("a password that worked gets its second try a minute after the host's restart") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(Lab::long_enough_ms);
    lab.fake.stop_listening();
    lab.fake.cut_connections();
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }));
    lab.fake.expire(Expiry::fault);
    lab.fake.next("Login", fault("InvalidLogin"));
    lab.fake.listen_again();
    REQUIRE(lab.until([&] { return lab.link_is(Link::bad_password); }, 8000));
    lab.run_for(300);
    CHECK(lab.fake.count("Login") == 2);
    lab.wall_s += 61;
    REQUIRE(lab.until([&] { return lab.link_is(Link::up); }, 8000));
    CHECK(lab.fake.count("Login") == 3);
}

TEST_CASE("a slow verdict on a login is waited for, while the link counts as down") {
    Lab lab;
    Answer silence;
    silence.hang = true;
    lab.fake.next("Login", silence);
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }));
    lab.run_for(700);
    CHECK(lab.fake.count("Login") == 1);
}

TEST_CASE("no event and nothing stored holds the password") {
    Lab lab;
    lab.secret = "hunter2-wrong";
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::locked_out); }));
    for (const auto& change : lab.all<core::LinkChanged>())
        CHECK(change.detail.find("hunter2") == std::string::npos);
    CHECK(lab.store.text.find("hunter2") == std::string::npos);
}
