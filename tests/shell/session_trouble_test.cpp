// Session when the peer dies, hangs, or is no SSH server at all.
#include <signal.h>

#include "tests/shell/session_lab.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::test;
using std::chrono::milliseconds;

namespace {

int64_t ms_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count();
}

// Accepts one connection and says something else.
struct Impostor {
    explicit Impostor(boost::asio::io_context& io)
        : acceptor(io, net::tcp_endpoint("127.0.0.42", 0).value()), socket(io) {}
    void say(std::string text) {
        acceptor.async_accept(socket, [this, text](boost::system::error_code error) {
            if (!error) boost::asio::write(socket, boost::asio::buffer(text), error);
        });
    }
    boost::asio::ip::tcp::acceptor acceptor;
    boost::asio::ip::tcp::socket socket;
};

}  // namespace

TEST_CASE("a server that is killed in the middle of a command ends it as sent, without an output") {
    SessionLab lab;
    const auto session = lab.open();
    const auto ended = lab.begin(session->ended());
    const auto ran = lab.begin_run(*session, "echo begun; sleep 60", 20000);
    lab.run_for(200);
    lab.server.signal_connections(SIGKILL);
    REQUIRE(lab.until([&] { return ran->has_value() && ended->has_value(); }, 1000));
    CHECK((*ran)->sent);
    CHECK_FALSE((*ran)->output.has_value());
    CHECK((*ran)->error.code == Errc::closed);
    const auto later = lab.run(*session, "echo on");
    CHECK_FALSE(later.sent);
    CHECK(later.error.code == Errc::closed);
}

TEST_CASE("a peer that stands still is noticed within the freshness, with and without a command") {
    SessionLab lab;
    lab.settings.freshness = milliseconds(800);
    const auto session = lab.open();
    const auto ended = lab.begin(session->ended());
    const bool busy = GENERATE(true, false);
    auto ran = busy ? lab.begin_run(*session, "sleep 60", 20000) : nullptr;
    lab.run_for(2000);
    REQUIRE_FALSE(ended->has_value());  // it has answered so far
    lab.server.signal_connections(SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(lab.until([&] { return ended->has_value(); }, 3000));
    CHECK(ms_since(begin) < 1100);
    CHECK((*ended)->message.find("no sign of life") != std::string::npos);
    if (busy) CHECK((*ran)->sent);
}

TEST_CASE("a process that stood still itself does not take its peer for dead") {
    SessionLab lab;
    lab.settings.freshness = milliseconds(300);
    const auto session = lab.open();
    lab.run_for(50);
    const auto end = std::chrono::steady_clock::now() + milliseconds(1000);
    while (std::chrono::steady_clock::now() < end) continue;  // the loop does not run
    CHECK(lab.run(*session, "echo on").output.has_value());
}

TEST_CASE("an answer that came while this process stood still counts, even if it is read after the limit") {
    SessionLab lab;
    lab.settings.freshness = milliseconds(1000);
    const auto session = lab.open();
    lab.server.signal_connections(SIGSTOP);
    lab.run_for(650);  // the keep-alive is sent after 500 ms
    lab.server.signal_connections(SIGCONT);
    const auto end = std::chrono::steady_clock::now() + milliseconds(900);
    while (std::chrono::steady_clock::now() < end) continue;
    CHECK(lab.run(*session, "echo on").output.has_value());
}

TEST_CASE("a session that ends says goodbye, and its runs end") {
    SessionLab lab;
    auto session = lab.open();
    const auto ran = lab.begin_run(*session, "sleep 60", 20000);
    lab.run_for(100);
    shell::Command late;
    late.script = "sleep 60";
    late.give_up = std::make_shared<net::Wakeup>(lab.io.get_executor());
    const auto left = lab.begin_run(*session, late, 20000);
    lab.run_for(100);
    late.give_up->ring();
    while (!left->has_value()) lab.io.run_one();  // its channel's end has just been written
    session.reset();
    REQUIRE(lab.until([&] { return ran->has_value(); }, 1000));
    CHECK((*ran)->sent);
    CHECK(lab.until([&] { return lab.server.logged("Received disconnect") == 1; }, 1000));
}

TEST_CASE("nobody listens: unreachable, at once") {
    SessionLab lab;
    lab.server.end();
    const auto begin = std::chrono::steady_clock::now();
    CHECK(lab.refusal().code == Errc::unreachable);
    CHECK(ms_since(begin) < 500);
}

TEST_CASE("a server that says nothing costs no more than the deadline") {
    SessionLab lab;
    Impostor impostor(lab.io);
    lab.settings.endpoint = impostor.acceptor.local_endpoint();
    const auto begin = std::chrono::steady_clock::now();
    const auto opened = lab.try_open(400);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == Errc::timeout);
    CHECK(ms_since(begin) < 700);
}

TEST_CASE("what speaks another protocol, or garbage, is unreachable, and its words do no harm") {
    SessionLab lab;
    Impostor impostor(lab.io);
    lab.settings.endpoint = impostor.acceptor.local_endpoint();
    SECTION("HTTP") {
        impostor.say("HTTP/1.1 400 Bad Request\r\n\r\n");
    }
    SECTION("a banner and no key exchange") {
        impostor.say("SSH-2.0-x\r\n\x01\x02\x03\x04 garbage garbage garbage garbage");
    }
    SECTION("an endless line") {
        impostor.say(std::string(1u << 20, 'x'));
    }
    SECTION("zeros") {
        impostor.say(std::string(1u << 20, '\0'));
    }
    const auto opened = lab.try_open(1000);
    REQUIRE_FALSE(opened.has_value());
    CHECK((opened.error().code == Errc::unreachable || opened.error().code == Errc::timeout));
    for (const char c : opened.error().message) CHECK(static_cast<unsigned char>(c) >= 0x20);
}
