// What only SSH can tell and do: does a VMX process of the VM run on the host, whatever the inventory says;
// and end it. "Powered off" of an entry that is not valid proves nothing, an empty process list does (facts
// B3, F22).
#pragma once
#include <optional>
#include <string>

#include "daemon/core/decide.hpp"
#include "daemon/core/operation.hpp"

namespace vmha::core {

bool shell_up(const HostView& host);

enum class ProcessState { unknown, none, running };

struct ProcessFound {
    ProcessState state = ProcessState::unknown;
    std::string world_id;  // running
    VmxPath path;          // running: as the host spells it
};

// unknown: not told in time, or a process there whose volume cannot be named and which may be the VM's.
ProcessFound process_of(const State& state, const HostView& host, const VmState& vm, Time now);

void apply(State& state, const ShellChanged& changed, Time now, std::set<VmName>& dirty);
void apply(State& state, const ProcessesTold& told, Time now, std::set<VmName>& dirty);

// Sends the question, unless one is under way there.
void ask_processes(Turn& turn, VmState& vm, const HostName& host);

namespace decisions {

// Nothing: the processes are known, or cannot be told. Else asks, and waits for it.
std::optional<Decision> await_processes(const State& state, const VmState& vm, const HostView& host,
                                        Time now);

// The process of the VM there has to end by force: soft, hard, force, each with time to work. Nothing: it
// cannot be done, as there is no SSH session or no process.
std::optional<Decision> kill_process(const State& state, const VmState& vm, const HostView& host,
                                     const std::string& why, Time now);

}  // namespace decisions

}  // namespace vmha::core
