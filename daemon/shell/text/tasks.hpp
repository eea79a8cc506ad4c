// "vim-cmd vmsvc/get.tasklist ID" and "vim-cmd vimsvc/task_info TASK": what a host is doing with a VM.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/facts.hpp"

namespace vmha::shell::text {

// Ids of recent tasks, ended ones among them: "haTask-496-vim.VirtualMachine.powerOn-3072".
Result<std::vector<std::string>> read_task_list(std::string_view text);

struct TaskInfo {
    core::RunningTask task;
    bool under_way = false;  // running or queued
};

// Of exactly this task.
Result<TaskInfo> read_task(std::string_view text, std::string_view id);

}  // namespace vmha::shell::text
