// A task of the host, followed to its end.
#pragma once
#include "daemon/esx/caller.hpp"
#include "daemon/esx/limits.hpp"
#include "daemon/esx/requests.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::esx {

// TaskInfo.
struct TaskInfo {
    enum class State { under_way, success, error };
    State state = State::under_way;
    std::optional<SoapFault> fault;  // error: why
};
std::optional<TaskInfo> task_info_of(const Retrieved& retrieved);

struct TaskEnd {
    enum class State { success, error, not_learned };
    State state = State::not_learned;
    std::optional<SoapFault> fault;  // error
    std::string why;                 // not learned: why not
    std::optional<Reply> reply;      // success: holds what `result` points into
    pugi::xml_node result;           // success: TaskInfo.result, null if there is none
};

// Reads the task at once (one that takes no time is over already), then whenever `news` rings, and in between
// at growing intervals. Reads only: a lost reply is asked for again. A task that waits for the answer to a
// question is simply not over. Ends at the limit at the latest, and when the session is gone.
Task<TaskEnd> follow(Caller& caller, const ServiceContent& content, Moref task, net::Wakeup& news,
                     const Limits& limits, Deadline limit);

}  // namespace vmha::esx
