#include "daemon/core/disk_lock.hpp"

#include <algorithm>

#include "daemon/core/processes.hpp"

namespace vmha::core {
namespace {

constexpr Duration ask_pause = seconds(5);
constexpr Duration explains_for = seconds(60);

const HostView* who_can_tell(const State& state) {
    const HostView& local = state.hosts.at(state.local);
    if (shell_up(local)) return &local;
    for (const auto& [name, host] : state.hosts)
        if (shell_up(host)) return &host;
    return nullptr;
}

}  // namespace

void want_disk_lock(Turn& turn, VmState& vm) {
    if (vm.disk_lock_asked && turn.now < *vm.disk_lock_asked + ask_pause) return;
    const HostView* host = who_can_tell(turn.state);
    if (host == nullptr) return;
    vm.disk_lock_asked = turn.now;
    turn.out.actions.emplace_back(AskLock{vm.name, host->name, vm.settings.vmx});
}

void apply(Turn& turn, const LockTold& told, std::set<VmName>& dirty) {
    const auto found = turn.state.vms.find(told.vm);
    if (found == turn.state.vms.end()) return;
    VmState& vm = found->second;
    const auto text = [&](const LockSeen& seen) {
        return seen.lock ? lock_text(turn.state, *seen.lock) : "";
    };
    const std::string before = vm.disk_lock ? text(*vm.disk_lock) : "";
    vm.disk_lock = LockSeen{told.host, told.asked, told.lock, told.why};
    dirty.insert(vm.name);
    const bool blocks = vm.op && vm.op->fault && vm.op->fault->kind == FaultKind::lock_held;
    if (blocks && told.lock && text(*vm.disk_lock) != before)
        turn.note(vm, told.host, Level::warning,
                  "the files of " + vm.name.str() + ", as " + told.host.str() +
                      " sees them: " + text(*vm.disk_lock) + " (" + told.lock->file + ")");
}

std::vector<std::string> holders_of(const State& state, const DiskLock& lock) {
    std::vector<std::string> holders;
    for (const auto& mac : lock.owners) {
        std::string holder = "a host with the network adapter " + mac;
        for (const auto& [name, host] : state.hosts)
            if (std::ranges::find(host.facts.nics, mac) != host.facts.nics.end()) holder = name.str();
        if (std::ranges::find(holders, holder) == holders.end()) holders.push_back(std::move(holder));
    }
    return holders;
}

std::string_view word(LockMode mode) {
    switch (mode) {
        case LockMode::free: return "free";
        case LockMode::exclusive: return "exclusive";
        case LockMode::read_only: return "read-only";
        case LockMode::multi_writer: return "multi-writer";
    }
    return "?";
}

std::string lock_text(const State& state, const DiskLock& lock) {
    if (lock.mode == LockMode::free) return "free";
    std::string who;
    for (const auto& holder : holders_of(state, lock)) who += (who.empty() ? "" : " and ") + holder;
    return "locked by " + (who.empty() ? "a host that it does not tell" : who) + " (" +
           std::string(word(lock.mode)) + ")";
}

std::optional<std::string> lock_explained(const State& state, const VmState& vm, Time now) {
    if (!vm.disk_lock || !vm.disk_lock->lock || now > vm.disk_lock->asked + explains_for) return std::nullopt;
    return lock_text(state, *vm.disk_lock->lock);
}

}  // namespace vmha::core
