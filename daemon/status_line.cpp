#include "daemon/status_line.hpp"

#include <optional>
#include <vector>

#include "common/counted.hpp"
#include "daemon/core/operation.hpp"

namespace vmha {
namespace {

constexpr size_t shown_most = 3;

// Comes right by itself, or is a matter of the network: it is told beside the count of connected hosts.
bool mends_itself(core::Link link) {
    return link == core::Link::up || link == core::Link::down || link == core::Link::connecting;
}

std::optional<std::string> concern_of(const core::HostView& host) {
    const std::string name = host.name.str();
    if (!mends_itself(host.link)) return name + " " + std::string(word(host.link));
    const auto announced = host.announced.find("");
    if (host.link != core::Link::up || announced == host.announced.end() || !announced->second.said)
        return std::nullopt;
    return name + " not ready (" + std::string(word(*announced->second.said)) + ")";
}

std::optional<std::string> concern_of(const core::VmState& vm) {
    if (vm.left_over) return vm.name.str() + " left over";
    if (!vm.active || vm.health.verdict != core::Verdict::unhealthy) return std::nullopt;
    return vm.name.str() + " " + std::string(word(vm.health.reason));
}

// " (esxi1: connecting, esxi2: down)"; nothing where all are connected.
std::string not_connected(const core::State& state) {
    std::string text;
    for (const auto& [name, host] : state.hosts)
        if (host.link != core::Link::up && mends_itself(host.link))
            text += (text.empty() ? " (" : ", ") + name.str() + ": " + std::string(word(host.link));
    return text.empty() ? text : text + ")";
}

}  // namespace

std::string status_line(const core::State& state, bool last_good) {
    size_t up = 0;
    std::vector<std::string> concerns;
    for (const auto& [name, host] : state.hosts) {
        up += host.link == core::Link::up;
        if (auto concern = concern_of(host)) concerns.push_back(std::move(*concern));
    }
    for (const auto& [name, vm] : state.vms)
        if (auto concern = concern_of(vm)) concerns.push_back(std::move(*concern));

    std::string line = std::to_string(up) + "/" + counted(state.hosts.size(), "host") + " connected" +
                       not_connected(state) + "; " + counted(state.vms.size(), "VM");
    if (last_good) line += "; THE CONFIGURATION IS BROKEN, the last good one is in use";
    for (size_t i = 0; i < std::min(concerns.size(), shown_most); ++i)
        line += (i == 0 ? "; look at: " : ", ") + concerns[i];
    if (concerns.size() > shown_most)
        line += " and " + std::to_string(concerns.size() - shown_most) + " more";
    return line;
}

}  // namespace vmha
