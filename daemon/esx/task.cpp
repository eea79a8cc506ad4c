#include "daemon/esx/task.hpp"

#include <algorithm>

#include "daemon/esx/faults.hpp"

namespace vmha::esx {

namespace {

pugi::xml_node info_of(const Retrieved& retrieved) {
    for (const auto& news : retrieved.objects)
        for (const auto& change : news.changes)
            if (change.path == "info") return change.value;
    return {};
}

// A call that failed on its way may be made again: it is a read.
bool may_ask_again(const Called& called) {
    return called.error && called.error->code != Errc::not_authenticated;
}

}  // namespace

std::optional<TaskInfo> task_info_of(const Retrieved& retrieved) {
    const auto info = info_of(retrieved);
    if (!info) return std::nullopt;
    TaskInfo result;
    const std::string_view state = text_of(info, "state");
    if (state == "success") result.state = TaskInfo::State::success;
    if (state == "error") {
        result.state = TaskInfo::State::error;
        result.fault = fault_of_localized(xml::child(info, "error"));
    }
    return result;
}

Task<TaskEnd> follow(Caller& caller, const ServiceContent& content, Moref task, net::Wakeup& news,
                     const Limits& limits, Deadline limit) {
    TaskEnd end;
    const auto request = request::read_one(content, task, "info");
    auto pause = limits.task_poll_first;
    for (;;) {
        auto called = co_await caller.call(request, limit);
        if (called) {
            const auto retrieved = retrieved_of(*called.reply);
            const auto info = task_info_of(retrieved);
            if (!info) {
                end.why = "the task cannot be read any more";
                co_return end;
            }
            if (info->state == TaskInfo::State::error) {
                end.state = TaskEnd::State::error;
                end.fault = info->fault;
                co_return end;
            }
            if (info->state == TaskInfo::State::success) {
                end.state = TaskEnd::State::success;
                end.result = xml::child(info_of(retrieved), "result");
                end.reply = std::move(called.reply);
                co_return end;
            }
        } else if (!may_ask_again(called)) {
            end.why = called.why();
            co_return end;
        }
        const auto now = net::BootClock::now();
        if (now >= limit) {
            end.why = called ? "the task has not ended in time" : called.why();
            co_return end;
        }
        const bool rung = co_await news.wait(std::min(limit, now + pause));
        pause = rung ? limits.task_poll_first : std::min(pause * 3 / 2, limits.task_poll_most);
    }
}

}  // namespace vmha::esx
