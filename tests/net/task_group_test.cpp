// A group's tasks are cancelled and waited for as one, and none of them can take the program down.
#include "daemon/net/task_group.hpp"

#include <stdexcept>

#include "daemon/net/wakeup.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run_task.hpp"

using namespace vmha;
using namespace vmha::net;
using std::chrono::milliseconds;
namespace asio = boost::asio;

namespace {

Task<> sleeper(int* ended) {
    co_await sleep_until(deadline_in(std::chrono::seconds(60)));
    ++*ended;
}

// Does not listen to cancellation.
Task<> stubborn(milliseconds time) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await sleep_until(deadline_in(time));
}

Task<> thrower() {
    co_await asio::post(asio::use_awaitable);
    throw std::runtime_error("broken");
}

}  // namespace

TEST_CASE("cancel ends every task and join waits for the last one") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        TaskGroup group(co_await asio::this_coro::executor);
        int ended = 0;
        for (int i = 0; i < 10; ++i) group.spawn("sleeper", sleeper(&ended));
        CHECK(group.size() == 10);
        group.cancel();
        const bool all = co_await group.join(deadline_in(milliseconds(2000)));
        CHECK(all);
        CHECK(ended == 10);
        CHECK(group.size() == 0);
    }());
}

TEST_CASE("join says who did not end in time") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        TaskGroup group(co_await asio::this_coro::executor);
        group.spawn("stubborn", stubborn(milliseconds(200)));
        int ended = 0;
        group.spawn("sleeper", sleeper(&ended));
        group.cancel();
        const bool early = co_await group.join(deadline_in(milliseconds(20)));
        CHECK(!early);
        CHECK(group.running() == std::vector<std::string>{"stubborn"});
        const bool late = co_await group.join(deadline_in(milliseconds(2000)));
        CHECK(late);
    }());
}

TEST_CASE("a task that throws is reported by name and ends alone") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        std::string said;
        TaskGroup group(co_await asio::this_coro::executor,
                        [&said](std::string_view task, std::string_view what) {
                            said = std::string(task) + ": " + std::string(what);
                        });
        int ended = 0;
        group.spawn("sleeper", sleeper(&ended));
        group.spawn("thrower", thrower());
        while (group.size() == 2) co_await asio::post(asio::use_awaitable);
        CHECK(said == "thrower: broken");
        CHECK(group.running() == std::vector<std::string>{"sleeper"});
        group.cancel();
        const bool rest = co_await group.join(deadline_in(milliseconds(2000)));
        CHECK(rest);
    }());
}

TEST_CASE("after cancel a new task is not started") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        TaskGroup group(co_await asio::this_coro::executor);
        group.cancel();
        int ended = 0;
        group.spawn("sleeper", sleeper(&ended));
        CHECK(group.size() == 0);
    }());
}

TEST_CASE("a ring before the wait is not lost") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        Wakeup bell(co_await asio::this_coro::executor);
        bell.ring();
        const bool rung = co_await bell.wait(deadline_in(milliseconds(2000)));
        CHECK(rung);
        const bool again = co_await bell.wait(deadline_in(milliseconds(5)));
        CHECK(!again);
    }());
}
