// A change on a host, and what is kept of it until it is answered.
#pragma once
#include <cstdint>
#include <string>

#include "common/ids.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/vmx_path.hpp"

namespace vmha::core {

using WriteId = uint64_t;

enum class Verb {
    register_vm,
    unregister,
    power_on,
    power_off,
    shutdown_guest,
    answer_question,
    rescan_storage,
    cancel_task,   // of somebody else's task that is in the way
    kill_process,  // SSH only
};

// What carries a write.
enum class Via { api, ssh };

// In this order (esxcli vm process kill): the guest's processor stops at once with all of them.
enum class Kill { soft, hard, force };

// A change on a host. The app stores State's flying writes before it sends one (rule 6).
struct Write {
    WriteId id = 0;
    VmName vm;
    HostName host;
    Verb verb = Verb::power_on;
    std::string vmid;         // all but register_vm and rescan_storage
    VmxPath path;             // register_vm, kill_process
    std::string question_id;  // answer_question
    std::string choice_key;   // answer_question
    std::string adapter;      // rescan_storage; empty: all adapters
    std::string task;         // cancel_task
    std::string world_id;     // kill_process; its .vmx must be `path` at the moment of the kill
    Kill kill = Kill::soft;   // kill_process
    Via via = Via::api;
    Time limit{};  // no answer by then counts as unanswered
};

// A write that nobody has answered yet. Outlives its operation, and (stored by the app) the daemon.
struct Flying {
    Write write;
    Time sent{};
    bool unanswered = false;  // the connection was lost: only a look or the limit can tell
    uint64_t op = 0;          // the operation that sent it; 0: one of an earlier daemon
};

}  // namespace vmha::core
