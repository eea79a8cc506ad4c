// Proves that coroutines take turns in the order they came, and that none is lost when one gives up.
#include "daemon/net/turn.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/support/catch.hpp"

namespace asio = boost::asio;
using namespace vmha;
using namespace std::chrono_literals;

namespace {

struct Room {
    asio::io_context io{1};
    net::Turn turn{io.get_executor()};
    std::vector<std::string> said;

    net::Task<> visit(std::string name, std::chrono::milliseconds stay, std::chrono::milliseconds patience) {
        const auto held = co_await turn.urgent(net::deadline_in(patience));
        said.push_back(name + (held ? " in" : " gave up"));
        if (!held) co_return;
        co_await net::sleep_until(net::deadline_in(stay));
        said.push_back(name + " out");
    }
    void send(std::string name, std::chrono::milliseconds stay = 5ms,
              std::chrono::milliseconds patience = 5s) {
        asio::co_spawn(io, visit(std::move(name), stay, patience), [](const std::exception_ptr&) {});
    }
};

net::Task<> visit_and_send(Room& room, std::string other) {
    co_await room.visit("a", 20ms, 5s);
    room.said.clear();
    room.send(std::move(other));
}

net::Task<> visit_politely(Room& room, std::shared_ptr<net::Wakeup> bell) {
    // Not in the call itself: GCC 12 destroys such a temporary of a co_await twice.
    net::Turn::GiveWay give_way{bell, [] { return true; }};
    const auto held = co_await room.turn.take(net::deadline_in(5s), false, std::move(give_way));
    const bool rung = co_await bell->wait(net::deadline_in(300ms));
    room.said.push_back(rung ? "b gives way" : "b stays");
}

}  // namespace

TEST_CASE("first come, first served, one at a time") {
    Room room;
    for (const auto* name : {"a", "b", "c"}) room.send(name);
    room.io.run();
    CHECK(room.said == std::vector<std::string>{"a in", "a out", "b in", "b out", "c in", "c out"});
}

TEST_CASE("who gives up is passed over") {
    Room room;
    room.send("a", 60ms);
    room.send("b", 5ms, 10ms);
    room.send("c");
    room.io.run();
    CHECK(room.said == std::vector<std::string>{"a in", "b gave up", "a out", "c in", "c out"});
}

TEST_CASE("who is cancelled, waiting or inside, passes the turn on") {
    Room room;
    asio::cancellation_signal inside;
    asio::cancellation_signal waiting;
    const auto ignore = [](const std::exception_ptr&) {};
    asio::co_spawn(room.io, room.visit("a", 5s, 5s), asio::bind_cancellation_slot(inside.slot(), ignore));
    asio::co_spawn(room.io, room.visit("b", 5s, 5s), asio::bind_cancellation_slot(waiting.slot(), ignore));
    room.send("c");
    room.io.poll();
    waiting.emit(asio::cancellation_type::terminal);
    inside.emit(asio::cancellation_type::terminal);
    room.io.run_for(1s);
    REQUIRE(room.said.size() >= 2);
    CHECK(room.said.front() == "a in");
    CHECK(room.said.back() == "c out");
}

TEST_CASE("a turn that was passed to somebody who is cancelled in that moment is passed on again") {
    Room room;
    asio::cancellation_signal waiting;
    room.send("a", 20ms);
    asio::co_spawn(room.io, room.visit("b", 5s, 5s),
                   asio::bind_cancellation_slot(waiting.slot(), [](const std::exception_ptr&) {}));
    room.send("c");
    while (room.said.size() < 2) room.io.run_one();  // a is out: b has the turn and has not run yet
    waiting.emit(asio::cancellation_type::terminal);
    room.io.run_for(1s);
    CHECK(room.said.back() == "c out");
}

TEST_CASE("who was passed the turn and has not run yet gives way to an urgent one, too") {
    Room room;
    asio::co_spawn(room.io, visit_and_send(room, "c"), [](const std::exception_ptr&) {});
    asio::co_spawn(room.io, visit_politely(room, std::make_shared<net::Wakeup>(room.io.get_executor())),
                   [](const std::exception_ptr&) {});
    room.io.run();
    CHECK(room.said == std::vector<std::string>{"b gives way", "c in", "c out"});
}
