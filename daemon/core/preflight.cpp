// Could the VM be started here at all? Asked before anything is done to a peer. What a host cannot tell does
// not block.
#include "daemon/core/decide.hpp"
#include "daemon/core/known.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/via.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {

std::optional<Trouble> writing_trouble(const HostView& host) {
    const HostFacts& facts = host.facts;
    const std::string name = host.name.str();
    if (facts.in_maintenance) return Trouble{Reason::maintenance_mode, name + " is in maintenance mode"};
    if (facts.api_writes == false && !shell_up(host))
        return Trouble{Reason::license_restricted,
                       no_way_to_write(host).value_or("the licence of " + name +
                                                      " does not allow writes through the API")};
    // Running VMs go on, but none is powered on any more (facts D1).
    if (facts.evaluation_days && *facts.evaluation_days <= 0)
        return Trouble{Reason::license_restricted,
                       "the evaluation period of " + name + " is over: it powers on no VM without a licence"};
    if (facts.privileged == false && !shell_up(host))
        return Trouble{
            Reason::no_privilege,
            no_way_to_write(host).value_or("the account on " + name + " lacks a privilege that vmhad needs")};
    return std::nullopt;
}

std::optional<Trouble> memory_trouble(const State& state, const VmState& vm, const HostView& host) {
    const auto needed = memory_of(state, vm);
    const auto free = host.facts.memory_free_mb;
    if (!needed || !free || *needed <= *free) return std::nullopt;
    return Trouble{Reason::no_capacity, vm.name.str() + " needs " + std::to_string(*needed) +
                                            " MB of memory, " + host.name.str() + " has " +
                                            std::to_string(*free) + " MB free"};
}

}  // namespace vmha::core

namespace vmha::core::decisions {

std::optional<Decision> preflight(const HostView& host) {
    if (const auto trouble = writing_trouble(host)) return fail(host, trouble->reason, trouble->text);
    return std::nullopt;
}

std::optional<Decision> preflight_memory(const State& state, const VmState& vm, const HostView& host) {
    if (const auto trouble = memory_trouble(state, vm, host))
        return fail(host, trouble->reason, trouble->text);
    return std::nullopt;
}

// Nothing is done to a peer before we know that we could start the VM here.
std::optional<Decision> preflight_takeover(const VmState& vm, const HostView& local, const HostView& peer,
                                           Time now) {
    if (auto decision = await_way_to_write(peer, now)) return decision;
    if (peer.facts.api_writes == false && !shell_up(peer))
        return fail(peer, Reason::license_restricted,
                    "the licence of " + peer.name.str() + " does not allow to stop the VM there");
    if (peer.facts.privileged == false && !shell_up(peer))
        return fail(peer, Reason::no_privilege,
                    "the account on " + peer.name.str() +
                        " lacks a privilege, so that the VM cannot be stopped there");
    if (!vm.op->vmx_asked) {
        Decision decision =
            wait(Stage::checking, local, Reason::deadline, "before it is stopped on " + peer.name.str());
        decision.what = Decision::What::check_vmx;
        return decision;
    }
    if (!vm.op->vmx) return wait(Stage::checking, local, Reason::host_unreachable, "is the .vmx file there?");
    if (*vm.op->vmx == Presence::missing)
        return fail(local, Reason::vmx_missing,
                    file_path(vm.settings.vmx) + " does not exist on " + local.name.str());
    return std::nullopt;
}

std::optional<Decision> check_moved(const State& state, const VmState& vm, Time now) {
    const HostView& local = state.hosts.at(state.local);
    const bool ours_is_here = entry_of(local, vm) != nullptr;
    for (const auto& [name, host] : state.hosts) {
        if (!fresh(state, host, now) || vm.op->taken_out.contains(name)) continue;
        const Seen* moved = moved_entry(state, host, vm);
        if (!moved) continue;
        // A replica that lies still on a peer is no move while the VM itself stands where it belongs.
        if (ours_is_here && moved->entry.power == Power::off &&
            moved->entry.connection == Connection::connected)
            continue;
        return fail(host, Reason::vmx_moved, moved_text(host, vm, *moved));
    }
    return std::nullopt;
}

}  // namespace vmha::core::decisions
