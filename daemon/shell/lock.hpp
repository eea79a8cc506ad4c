// Who holds a VM's files, by "vmkfstools -D" (KB 314365).
#pragma once
#include "daemon/shell/host.hpp"
#include "daemon/shell/runner.hpp"

namespace vmha::shell {

// Answers the order by exactly one LockTold, in at most 10 s. Off the vim-cmd turn: a lock is asked for just
// when hostd may hang. Only cancellation throws. The referenced objects outlive the task.
net::Task<> tell_lock(const HostWorld& world, Runner& runner, core::AskLock order);

}  // namespace vmha::shell
