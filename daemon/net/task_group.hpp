// Coroutines that belong together: spawned, cancelled and waited for as one.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/deadline.hpp"

namespace vmha::net {

// Owned by the room that spawns; used on the one thread of its executor. A task that throws ends alone and is
// reported to on_exception. Destroying the group cancels what still runs but does not wait: join() first.
class TaskGroup {
public:
    using OnException = std::function<void(std::string_view task, std::string_view what)>;

    explicit TaskGroup(boost::asio::any_io_executor executor, OnException on_exception = {});
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    // After cancel() a new task is not started: it is destroyed at once.
    void spawn(std::string name, Task<> task);

    // Asks every task to end. Each ends at its next (or present) co_await.
    void cancel();

    // Waits until all have ended; false when some still run at the deadline (see running()).
    Task<bool> join(Deadline until);

    size_t size() const;
    std::vector<std::string> running() const;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace vmha::net
