// Runs a coroutine to its end on its own event loop, with a limit of time. Header only.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "daemon/net/stream.hpp"

namespace vmha::net {

// What the task throws is thrown here; so is std::runtime_error when it does not end in time. Other work of
// the loop (servers, watchers) is destroyed with `context`.
inline void run_task(boost::asio::io_context& context, Task<> task,
                     std::chrono::seconds limit = std::chrono::seconds(10)) {
    struct End {
        bool ended = false;
        std::exception_ptr thrown;
    };
    const auto end = std::make_shared<End>();  // a task that is late may end after this function
    boost::asio::co_spawn(context, std::move(task), [end, &context](const std::exception_ptr& error) {
        end->ended = true;
        end->thrown = error;
        context.stop();
    });
    context.restart();
    context.run_for(limit);
    if (end->thrown) std::rethrow_exception(end->thrown);
    if (!end->ended) throw std::runtime_error("the task did not end in time");
}

// The task's value; its error is thrown. Use it instead of a co_await inside REQUIRE or CHECK: those macros
// name their expression twice, and GCC 12 runs the co_await twice.
template <class T>
Task<T> must(Task<Result<T>> task) {
    auto result = co_await std::move(task);
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

}  // namespace vmha::net
