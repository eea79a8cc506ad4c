#include "daemon/core/remembered.hpp"

#include <algorithm>

#include "daemon/core/step.hpp"

namespace vmha::core {
namespace {

void recall_ids(HostView& host, const Remembered& remembered) {
    if (const auto known = remembered.known.find(host.name); known != remembered.known.end())
        for (const auto& [vm, entry] : known->second) host.remembered[vm] = entry;
    for (const auto& [vm, known] : host.remembered) host.remembered_vmid[known.vmid] = vm;
}

void recall_writes(State& state, const std::vector<Flying>& writes, std::optional<Flying> VmState::*slot) {
    for (const auto& item : writes) {
        const auto vm = state.vms.find(item.write.vm);
        if (vm == state.vms.end() || !state.hosts.contains(item.write.host)) continue;
        state.last_id = std::max(state.last_id, item.write.id);
        Flying left = item;
        left.unanswered = true;
        left.op = 0;
        vm->second.*slot = std::move(left);
    }
}

void recall(State& state, const VmName& name, const Judgement& judgement) {
    const auto found = state.vms.find(name);
    if (found == state.vms.end()) return;
    VmState& vm = found->second;
    vm.left_over = judgement.left_over;
    vm.unjudged = judgement.unjudged;
    vm.paused = judgement.paused;
    if (vm.paused) vm.paused_until = judgement.paused_until;
    for (const auto& host : judgement.left_unproved)
        if (state.hosts.contains(host)) state.hosts.at(host).left_unproved.insert(name);
    vm.kept = judgement;
    if (vm.paused_until) {
        vm.wake = *vm.paused_until;
        state.wakes.insert({vm.wake, name});
    }
}

}  // namespace

Judgement judgement_of(const State& state, const VmState& vm) {
    Judgement judgement{vm.left_over, vm.unjudged, {}, vm.paused, vm.paused_until};
    for (const auto& [name, host] : state.hosts)
        if (host.left_unproved.contains(vm.name)) judgement.left_unproved.insert(name);
    return judgement;
}

State make_state(const Settings& settings, const Remembered& remembered, Time now) {
    State state;
    state.settings = settings;
    for (const auto& [name, host] : settings.hosts) {
        if (host.local) state.local = name;
        state.hosts[name].name = name;
        state.hosts[name].settings = host;
        state.hosts[name].link_since = state.hosts[name].shell.since = now;
        recall_ids(state.hosts[name], remembered);
    }
    for (const auto& [name, vm] : settings.vms) {
        state.vms[name].name = name;
        state.vms[name].settings = vm;
        state.vms[name].active = remembered.active.contains(name);
        state.by_file.emplace(vm.vmx.file, name);
    }
    recall_writes(state, remembered.flying, &VmState::flying);
    recall_writes(state, remembered.answering, &VmState::answering);
    for (const auto& [name, judgement] : remembered.judgements) recall(state, name, judgement);
    return state;
}

}  // namespace vmha::core
