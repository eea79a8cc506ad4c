#include "daemon/core/processes.hpp"

#include <algorithm>

#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

// A host that could not tell is asked again then.
constexpr Duration processes_retry = seconds(2);
// A question that was never answered holds nobody up for longer.
constexpr Duration processes_limit = seconds(30);

constexpr Duration soft_patience = seconds(10);
constexpr Duration force_patience = seconds(30);

// What was told before our last write there says nothing about its effect.
bool in_time(const State& state, const HostView& host, const VmState& vm, Time now) {
    if (!host.processes) return false;
    const auto after = vm.look_after.find(host.name);
    if (after != vm.look_after.end() && host.processes->asked < after->second) return false;
    return now - host.processes->asked <= std::max(state.settings.freshness, host.good_for);
}

}  // namespace

bool shell_up(const HostView& host) {
    return host.shell.link == Link::up;
}

ProcessFound process_of(const State& state, const HostView& host, const VmState& vm, Time now) {
    if (!in_time(state, host, vm, now)) return {};
    const VmxPath& vmx = vm.settings.vmx;
    bool may_be_it = false;
    for (const auto& process : host.processes->list) {
        if (process.path.file != vmx.file) continue;
        if (same_path(host, process.path, vmx))
            return {ProcessState::running, process.world_id, process.path};
        // A volume that is away cannot be named: its uuid and its label may be one.
        may_be_it = may_be_it || !volume_of(host, process.path.volume) || !volume_of(host, vmx.volume);
    }
    // What was told before the operation began may be from before a power-on that nobody has told us of yet.
    const bool too_old = vm.op && host.processes->asked < vm.op->began;
    return {may_be_it || too_old ? ProcessState::unknown : ProcessState::none, "", {}};
}

void apply(State& state, const ShellChanged& changed, Time now, std::set<VmName>& dirty) {
    HostView& host = state.hosts.at(changed.host);
    const bool moved = host.shell.link != changed.link;
    host.shell = {changed.link, changed.reason, changed.detail, moved ? now : host.shell.since};
    for (auto& [name, vm] : state.vms) {
        if (changed.link != Link::up) vm.processes_asked.erase(changed.host);
        dirty.insert(name);
    }
}

void apply(State& state, const ProcessesTold& told, Time now, std::set<VmName>& dirty) {
    HostView& host = state.hosts.at(told.host);
    const bool newer = !host.processes || host.processes->asked <= told.asked;
    if (told.processes && newer) host.processes = ProcessesSeen{*told.processes, told.asked};
    for (auto& [name, vm] : state.vms) {
        const auto asked = vm.processes_asked.find(told.host);
        if (asked != vm.processes_asked.end() && asked->second <= told.asked) {
            vm.processes_asked.erase(asked);
            if (told.processes)
                vm.processes_failed.erase(told.host);
            else
                vm.processes_failed[told.host] = now;
        }
        if (vm.op || vm.left_over) dirty.insert(name);
    }
}

void ask_processes(Turn& turn, VmState& vm, const HostName& host) {
    const auto asked = vm.processes_asked.find(host);
    if (asked != vm.processes_asked.end() && turn.now < asked->second + processes_limit) return;
    vm.processes_asked[host] = turn.now;
    turn.out.actions.emplace_back(AskProcesses{vm.name, host});
}

}  // namespace vmha::core

namespace vmha::core::decisions {

std::optional<Decision> await_processes(const State& state, const VmState& vm, const HostView& host,
                                        Time now) {
    if (!shell_up(host)) return std::nullopt;
    // A list that was told in time, but does not name the volume, is not made better by another.
    if (in_time(state, host, vm, now) && host.processes->asked >= vm.op->began) return std::nullopt;
    const auto failed = vm.processes_failed.find(host.name);
    if (failed != vm.processes_failed.end() && now < failed->second + processes_retry) return std::nullopt;
    const Stage stage = vm.op->stage == Stage::powering_off ? Stage::powering_off : Stage::proving;
    Decision decision = wait(stage, host, Reason::unproved, "does a process of it run there? Asked over SSH",
                             now + processes_limit);
    decision.what = Decision::What::ask_processes;
    return decision;
}

std::optional<Decision> kill_process(const State& state, const VmState& vm, const HostView& host,
                                     const std::string& why, Time now) {
    if (!shell_up(host)) return std::nullopt;
    if (auto decision = await_processes(state, vm, host, now)) return decision;
    const ProcessFound found = process_of(state, host, vm, now);
    if (found.state != ProcessState::running) return std::nullopt;
    const auto before = vm.op->kills.find(host.name);
    const int times = before == vm.op->kills.end() ? 0 : before->second.first;
    if (times > 0) {
        const Time due = before->second.second + (times <= 2 ? soft_patience : force_patience);
        if (now < due)
            return wait(Stage::powering_off, host, Reason::power_off_failed,
                        "its process was told to end, and runs on", due);
    }
    static constexpr std::string_view manners[] = {"soft", "hard", "force"};
    const int manner = std::min(times, 2);
    Decision decision = write(Stage::powering_off, host, Verb::kill_process, {},
                              why + ": ends its process (" + std::string(manners[manner]) + ")");
    decision.write.world_id = found.world_id;
    decision.write.kill = static_cast<Kill>(manner);
    decision.write.path = found.path;
    return decision;
}

}  // namespace vmha::core::decisions
