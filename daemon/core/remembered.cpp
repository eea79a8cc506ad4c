#include "daemon/core/remembered.hpp"

#include <algorithm>

namespace vmha::core {
namespace {

void recall_ids(HostView& host, const Remembered& remembered, const std::set<VmName>& vms) {
    const auto all = remembered.known.find(host.name);
    if (all == remembered.known.end()) return;
    for (const auto& [vm, known] : all->second) {
        if (!vms.contains(vm)) continue;
        host.remembered[vm] = known;
        // What the host has told in this life counts more.
        host.remembered_vmid.emplace(known.vmid, vm);
    }
}

void recall_writes(State& state, const std::vector<Flying>& writes, const std::set<VmName>& vms,
                   std::optional<Flying> VmState::*slot) {
    for (const auto& item : writes) {
        const auto vm = state.vms.find(item.write.vm);
        if (!vms.contains(item.write.vm) || !state.hosts.contains(item.write.host)) continue;
        state.last_id = std::max(state.last_id, item.write.id);
        Flying left = item;
        left.unanswered = true;
        left.op = 0;
        vm->second.*slot = std::move(left);
    }
}

void recall(State& state, VmState& vm, const Judgement& judgement) {
    const VmName& name = vm.name;
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

void add_host(State& state, const HostName& name, const HostSettings& settings, Time now) {
    HostView& host = state.hosts[name];
    host.name = name;
    host.settings = settings;
    host.link_since = host.shell.since = now;
}

VmState& add_vm(State& state, const VmName& name, const VmSettings& settings) {
    VmState& vm = state.vms[name];
    vm.name = name;
    vm.settings = settings;
    return vm;
}

void recall(State& state, const Remembered& remembered, const std::set<VmName>& vms) {
    for (auto& [name, host] : state.hosts) recall_ids(host, remembered, vms);
    for (const auto& name : vms) state.vms.at(name).active = remembered.active.contains(name);
    recall_writes(state, remembered.flying, vms, &VmState::flying);
    recall_writes(state, remembered.answering, vms, &VmState::answering);
    for (const auto& [name, judgement] : remembered.judgements)
        if (vms.contains(name)) recall(state, state.vms.at(name), judgement);
}

State make_state(const Settings& settings, const Remembered& remembered, Time now) {
    State state;
    state.settings = settings;
    for (const auto& [name, host] : settings.hosts) {
        if (host.local) state.local = name;
        add_host(state, name, host, now);
    }
    std::set<VmName> names;
    for (const auto& [name, vm] : settings.vms) {
        add_vm(state, name, vm);
        state.by_file.emplace(vm.vmx.file, name);
        names.insert(name);
    }
    recall(state, remembered, names);
    return state;
}

}  // namespace vmha::core
