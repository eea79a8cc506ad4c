#include "daemon/core/readiness.hpp"

#include <algorithm>

#include "daemon/core/known.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

constexpr Duration held_for = seconds(10);
// The target is away for that long whenever a node dies: the other one waits for its heartbeat first.
constexpr Duration storage_held_for = seconds(120);
constexpr int evaluation_warning_days = 14;

using MaybeTrouble = std::optional<Trouble>;

MaybeTrouble storage_trouble(const State& state, const HostView& host, const VmState& vm) {
    const std::string volume = "datastore " + vm.settings.vmx.volume;
    const std::string there = " on " + host.name.str();
    if (volume_unresolved(state, host, vm))
        return Trouble{Reason::volume_unresolved, volume + " is seen as a snapshot and not mounted" + there};
    switch (storage_of(host, vm)) {
        case StorageState::ok: return std::nullopt;
        case StorageState::missing:
            return Trouble{Reason::datastore_lost, volume + " is not mounted" + there};
        case StorageState::no_path:
            return Trouble{Reason::datastore_lost, volume + " has no active path" + there};
        case StorageState::inaccessible: break;
    }
    return Trouble{Reason::datastore_lost, volume + " is not accessible" + there};
}

// "Port-group labels must be equal on both ESXi": else the VM starts without its network (facts E3).
MaybeTrouble network_trouble(const State& state, const HostView& host, const VmState& vm) {
    if (!host.facts.networks) return std::nullopt;
    for (const auto& network : networks_of(state, vm))
        if (std::ranges::find(*host.facts.networks, network) == host.facts.networks->end())
            return Trouble{Reason::network_missing, "port group '" + network + "' of " + vm.name.str() +
                                                        " does not exist on " + host.name.str()};
    return std::nullopt;
}

// What concerns this VM alone.
MaybeTrouble own_trouble(const State& state, const HostView& host, const VmState& vm) {
    if (const Seen* moved = moved_entry(state, host, vm))
        return Trouble{Reason::vmx_moved, moved_text(host, vm, *moved)};
    if (auto trouble = network_trouble(state, host, vm)) return trouble;
    const Seen* seen = entry_of(host, vm);
    if (seen && seen->entry.power == Power::on) return std::nullopt;  // it has its memory
    return memory_trouble(state, vm, host);
}

std::optional<std::string> evaluation_warning(const HostView& host) {
    const auto days = host.facts.evaluation_days;
    if (!days || *days <= 0 || *days > evaluation_warning_days) return std::nullopt;
    return "the evaluation period of " + host.name.str() + " ends in " + std::to_string(*days) +
           (*days == 1 ? " day" : " days") + "; then it powers on no VM without a licence";
}

// Left registered on a host that has crashed, it would be started behind the cluster's back (facts C7).
std::optional<std::string> autostart_warning(const HostView& host, const VmState& vm) {
    const Seen* seen = entry_of(host, vm);
    if (!seen || std::ranges::find(host.facts.autostart, seen->entry.vmid) == host.facts.autostart.end())
        return std::nullopt;
    return host.name.str() + " powers " + vm.name.str() +
           " on by itself when it boots (autostart), without the cluster: switch that off";
}

struct Announcement {
    Announced& announced;
    const VmName vm;        // empty: of the host or a datastore
    std::string not_ready;  // "vm1 is not ready on esxi2"
    std::string ready;      // "vm1 is ready on esxi2 again"
};

void note(Turn& turn, const VmName& vm, const HostView& host, Level level, std::string message,
          About about = About::other, std::optional<Reason> reason = {}) {
    Say say;
    say.about = about;
    say.level = level;
    say.vm = vm;
    say.host = host.name;
    say.reason = reason;
    say.detail = message;
    say.message = std::move(message);
    turn.say(std::move(say));
}

Time announce(Turn& turn, const HostView& host, const Announcement& what, const MaybeTrouble& trouble) {
    Announced& announced = what.announced;
    const auto reason = trouble ? std::optional(trouble->reason) : std::nullopt;
    if (announced.said == reason) {
        announced.next_since.reset();
        return never;
    }
    if (!announced.next_since || announced.next != reason) {
        announced.next = reason;
        announced.next_since = turn.now;
    }
    const bool storage = reason == Reason::datastore_lost;
    const Time held = *announced.next_since + (storage ? storage_held_for : held_for);
    if (turn.now < held) return held;
    announced.said = reason;
    announced.next_since.reset();
    if (trouble)
        note(turn, what.vm, host, Level::warning,
             what.not_ready + " (" + std::string(word(*reason)) + "): " + trouble->text, About::not_ready,
             reason);
    else
        note(turn, what.vm, host, Level::info, what.ready, About::ready_again);
    return never;
}

void warn(Turn& turn, const VmName& vm, const HostView& host, Announced& announced, const char* kind,
          const std::optional<std::string>& text) {
    if (!text)
        announced.warnings.erase(kind);
    else if (announced.warnings.insert(kind).second)
        note(turn, vm, host, Level::warning, *text);
}

Time watch_on(Turn& turn, HostView& host, VmState& vm) {
    const std::string there = " on " + host.name.str();
    Announced& host_wide = host.announced[""];
    Announced& own = vm.announced[host.name];
    Time wake = announce(
        turn, host,
        {host_wide, VmName(), "no VM can be started" + there, "VMs can be started" + there + " again"},
        writing_trouble(host));
    warn(turn, VmName(), host, host_wide, "evaluation", evaluation_warning(host));
    // Where the VM runs for the cluster, its health tells this.
    if (!(host.settings.local && vm.active)) {
        const std::string volume = vm.settings.vmx.volume;
        wake = std::min(wake, announce(turn, host,
                                       {host.announced[volume], VmName(),
                                        "no VM of datastore " + volume + " can be started" + there,
                                        "VMs of datastore " + volume + " can be started" + there + " again"},
                                       storage_trouble(turn.state, host, vm)));
        wake = std::min(wake, announce(turn, host,
                                       {own, vm.name, vm.name.str() + " is not ready" + there,
                                        vm.name.str() + " is ready" + there + " again"},
                                       own_trouble(turn.state, host, vm)));
    }
    warn(turn, vm.name, host, own, "autostart", autostart_warning(host, vm));
    return wake;
}

}  // namespace

Readiness readiness_of(const State& state, const HostView& host, const VmState& vm, Time now) {
    Readiness readiness;
    if (!fresh(state, host, now)) {
        readiness.reason = host.link == Link::up ? Reason::stale : host.link_reason;
        readiness.detail = why_not_fresh(host);
        return readiness;
    }
    if (auto warning = evaluation_warning(host)) readiness.warnings.push_back(std::move(*warning));
    if (auto warning = autostart_warning(host, vm)) readiness.warnings.push_back(std::move(*warning));
    MaybeTrouble trouble = writing_trouble(host);
    if (!trouble) trouble = storage_trouble(state, host, vm);
    if (!trouble) trouble = own_trouble(state, host, vm);
    readiness.ready = !trouble;
    readiness.reason = trouble ? trouble->reason : Reason::running;
    if (trouble) readiness.detail = trouble->text;
    return readiness;
}

Time watch_readiness(Turn& turn, VmState& vm) {
    Time wake = never;
    for (auto& [name, host] : turn.state.hosts) {
        if (fresh(turn.state, host, turn.now)) {
            wake = std::min(wake, watch_on(turn, host, vm));
            continue;
        }
        // The link's own lines tell that; what was held before it is held anew.
        vm.announced[name].next_since.reset();
        for (auto& [what, announced] : host.announced) announced.next_since.reset();
    }
    return wake;
}

}  // namespace vmha::core
