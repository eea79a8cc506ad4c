#include "daemon/net/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <list>

#include "daemon/net/wakeup.hpp"

namespace asio = boost::asio;

namespace vmha::net {

struct TaskGroup::Shared {
    struct Running {
        std::string name;
        asio::cancellation_signal stop;
    };

    Shared(asio::any_io_executor on, OnException report)
        : executor(std::move(on)), on_exception(std::move(report)), ended(executor) {}

    asio::any_io_executor executor;
    OnException on_exception;
    Wakeup ended;
    std::list<Running> running;
    bool cancelled = false;
};

namespace {

std::string what_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        // A cancelled task ends by this exception: that is its regular end.
        return error.code() == asio::error::operation_aborted ? std::string() : error.what();
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor, OnException on_exception)
    : shared_(std::make_shared<Shared>(std::move(executor), std::move(on_exception))) {}

TaskGroup::~TaskGroup() {
    shared_->on_exception = {};
    cancel();
}

void TaskGroup::spawn(std::string name, Task<> task) {
    if (shared_->cancelled) return;
    auto& list = shared_->running;
    const auto self = list.emplace(list.end());
    self->name = std::move(name);
    asio::co_spawn(shared_->executor, std::move(task),
                   asio::bind_cancellation_slot(
                       self->stop.slot(), [shared = shared_, self](const std::exception_ptr& thrown) {
                           const std::string what = thrown ? what_of(thrown) : std::string();
                           if (!what.empty() && shared->on_exception) shared->on_exception(self->name, what);
                           shared->running.erase(self);
                           shared->ended.ring();
                       }));
}

void TaskGroup::cancel() {
    shared_->cancelled = true;
    // Posted, not called: the canceller may be one of the tasks, and emitting runs completions that end
    // others.
    asio::post(shared_->executor, [shared = shared_] {
        for (auto next = shared->running.begin(); next != shared->running.end();) {
            auto& stop = (next++)->stop;
            stop.emit(asio::cancellation_type::terminal);
        }
    });
}

Task<bool> TaskGroup::join(Deadline until) {
    const auto shared = shared_;
    while (!shared->running.empty() && BootClock::now() < until) co_await shared->ended.wait(until);
    co_return shared->running.empty();
}

size_t TaskGroup::size() const {
    return shared_->running.size();
}

std::vector<std::string> TaskGroup::running() const {
    std::vector<std::string> names;
    for (const auto& task : shared_->running) names.push_back(task.name);
    return names;
}

}  // namespace vmha::net
