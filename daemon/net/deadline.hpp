// Time limits for coroutines. Every request has one absolute deadline that is passed down; after a timeout
// the stream that was used is dead.
#pragma once
#include <time.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/net/stream.hpp"

namespace vmha::net {

// CLOCK_BOOTTIME: it also counts the time the node was suspended, so a node that wakes sees that its
// decisions are old. Asio arms its timers with a monotonic timer descriptor, so one that is pending over a
// suspend fires when the remaining running time is over; comparing with now() is right at once.
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept {
        timespec t{};
        ::clock_gettime(CLOCK_BOOTTIME, &t);
        return time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
    }
};

using Deadline = BootClock::time_point;
using Timer = boost::asio::basic_waitable_timer<BootClock>;

inline Deadline deadline_in(BootClock::duration span) {
    return BootClock::now() + span;
}

// Returns false when it was cancelled before the time came.
inline Task<bool> sleep_until(Deadline at) {
    Timer timer(co_await boost::asio::this_coro::executor, at);
    auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_return !error;
}

// Runs the task and turns whatever it throws into an Error, so that it can be raced.
template <class T>
Task<Result<T>> contained(Task<Result<T>> task) {
    std::optional<Result<T>> result;
    try {
        result.emplace(co_await std::move(task));
    } catch (const boost::system::system_error& thrown) {
        const bool cancelled = thrown.code() == boost::asio::error::operation_aborted;
        result.emplace(Error{cancelled ? Errc::closed : Errc::io,
                             cancelled ? std::string("cancelled") : thrown.code().message()});
    } catch (const std::exception& thrown) {
        result.emplace(Error{Errc::io, thrown.what()});
    }
    co_return std::move(*result);
}

namespace detail {

template <class T>
Task<> store(Task<Result<T>> task, std::optional<Result<T>>& into) {
    into.emplace(co_await contained(std::move(task)));
}

Task<> wait_until(Deadline at, bool& expired);

}  // namespace detail

// The task's own result if it comes in time, else it is cancelled, waited for, and Errc::timeout is returned
// with the message "cannot <what>: no answer in time". `operation || timer` waits for the first *success*
// (asio issue 900), so an operation that threw would lose to the timer: here nothing can throw. A
// cancellation from outside ends the task and is seen by the caller at its next co_await. Never for name
// resolution: it cannot be cancelled.
template <class T>
Task<Result<T>> with_deadline(Task<Result<T>> task, Deadline at, std::string what) {
    using namespace boost::asio::experimental::awaitable_operators;
    std::optional<Result<T>> result;
    bool expired = false;
    co_await (detail::store(std::move(task), result) || detail::wait_until(at, expired));
    // Both can be ready in the same turn: what has been achieved counts.
    if (result && (!expired || result->has_value())) co_return std::move(*result);
    if (expired) co_return Error{Errc::timeout, "cannot " + what + ": no answer in time"};
    co_return Error{Errc::closed, "cannot " + what + ": cancelled"};
}

}  // namespace vmha::net
