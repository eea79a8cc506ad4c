// with_deadline() returns what the operation returned, in time, whatever way the operation ends.
#include "daemon/net/deadline.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <stdexcept>

#include "daemon/net/tcp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run_task.hpp"

using namespace vmha;
using namespace vmha::net;
using std::chrono::milliseconds;
namespace asio = boost::asio;

namespace {

Task<Result<int>> throws() {
    co_await asio::post(asio::use_awaitable);
    throw std::runtime_error("broken");
}

Task<Result<int>> slow(milliseconds time, bool* cancelled = nullptr) {
    const bool done = co_await sleep_until(deadline_in(time));
    if (cancelled) *cancelled = !done;
    if (!done) co_return Error{Errc::closed, "cancelled"};
    co_return 7;
}

Task<Result<int>> refuses_at_once() {
    co_return Error{Errc::unreachable, "refused"};
}

milliseconds since(Deadline start) {
    return std::chrono::duration_cast<milliseconds>(BootClock::now() - start);
}

}  // namespace

TEST_CASE("an operation that throws does not lose to the timer") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        const auto start = BootClock::now();
        const auto result = co_await with_deadline(throws(), deadline_in(milliseconds(2000)), "try");
        REQUIRE(!result);
        CHECK(result.error().code == Errc::io);
        CHECK(result.error().message == "broken");
        CHECK(since(start) < milliseconds(1000));
    }());
}

TEST_CASE("a refusal is returned at once and as it is") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        const auto result = co_await with_deadline(refuses_at_once(), deadline_in(milliseconds(2000)), "try");
        REQUIRE(!result);
        CHECK(result.error().code == Errc::unreachable);
    }());
}

TEST_CASE("a refused TCP connection is unreachable, not a timeout") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        const auto executor = co_await asio::this_coro::executor;
        auto free_port = TcpListener::bind(executor, *tcp_endpoint("127.0.0.1", 0));
        REQUIRE(free_port);
        const auto endpoint = free_port->endpoint();
        free_port->close();
        const auto start = BootClock::now();
        const auto stream = co_await connect_tcp(endpoint, deadline_in(milliseconds(2000)));
        REQUIRE(!stream);
        CHECK(stream.error().code == Errc::unreachable);
        CHECK(since(start) < milliseconds(1000));
    }());
}

TEST_CASE("a slow operation is cancelled at its deadline") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        bool cancelled = false;
        const auto start = BootClock::now();
        const auto result = co_await with_deadline(slow(milliseconds(5000), &cancelled),
                                                   deadline_in(milliseconds(50)), "wait");
        REQUIRE(!result);
        CHECK(result.error().code == Errc::timeout);
        CHECK(result.error().message == "cannot wait: no answer in time");
        CHECK(cancelled);
        CHECK(since(start) >= milliseconds(50));
        CHECK(since(start) < milliseconds(2000));
    }());
}

TEST_CASE("a deadline that has passed already still ends the operation") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        const auto result =
            co_await with_deadline(slow(milliseconds(5000)), BootClock::now() - milliseconds(1), "wait");
        REQUIRE(!result);
        CHECK(result.error().code == Errc::timeout);
    }());
}

TEST_CASE("a quick operation returns its value") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        const auto result =
            co_await with_deadline(slow(milliseconds(1)), deadline_in(milliseconds(5000)), "wait");
        REQUIRE(result);
        CHECK(*result == 7);
    }());
}

TEST_CASE("a cancellation from outside ends the operation long before its deadline") {
    asio::io_context context{1};
    asio::cancellation_signal stop;
    bool inner_cancelled = false;
    bool ended = false;
    const auto start = BootClock::now();
    asio::co_spawn(
        context,
        [](bool* cancelled) -> Task<> {
            co_await with_deadline(slow(milliseconds(8000), cancelled), deadline_in(milliseconds(8000)),
                                   "wait");
        }(&inner_cancelled),
        asio::bind_cancellation_slot(stop.slot(), [&ended](const std::exception_ptr&) { ended = true; }));
    run_task(context, [](asio::cancellation_signal* signal) -> Task<> {
        co_await sleep_until(deadline_in(milliseconds(20)));
        signal->emit(asio::cancellation_type::terminal);
        co_await sleep_until(deadline_in(milliseconds(20)));
    }(&stop));
    CHECK(ended);
    CHECK(inner_cancelled);
    CHECK(since(start) < milliseconds(3000));
}
