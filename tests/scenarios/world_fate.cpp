// What people, the cluster manager and fate do to the world, and what came of it.
#include <algorithm>
#include <cstdio>

#include "daemon/core/operation.hpp"
#include "tests/scenarios/world.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

constexpr Duration post_retry = milliseconds(300);

}  // namespace

// --- people, the cluster manager, fate

void World::start_daemon(const std::string& name) {
    Node& node = nodes_.at(name);
    if (!node.powered || node.state) return;
    ++node.life;
    core::Remembered remembered;
    remembered.active = node.marks;
    for (const auto& [vm, item] : node.flying) remembered.flying.push_back(item);
    for (const auto& [vm, item] : node.answering) remembered.answering.push_back(item);
    remembered.known = node.known;
    remembered.judgements = node.judgements;
    node.state = core::make_state(settings_of(node), remembered, now_);
    node.wake = now_;
    node.breaker = std::make_unique<esx::Breaker>(*node.breaker_text);
    for (const auto& [host, view] : node.state->hosts) begin_links(node, host);
    line(name, "vmhad starts");
}

void World::kill_daemon(const std::string& name) {
    Node& node = nodes_.at(name);
    if (!node.state) return;
    node.state.reset();
    ++node.life;
    line(name, "vmhad is killed");
}

void World::node_power(const std::string& name, bool on) {
    Node& node = nodes_.at(name);
    if (node.powered == on) return;
    node.powered = on;
    if (on) return start_daemon(name);
    node.state.reset();
    ++node.life;
    node.marks.clear();  // /run ends with the node
    node.stunned_until = {};
    std::erase_if(shims_, [&](const Shim& shim) { return shim.node == name; });
    line(name, "the node is down");
}

void World::host_power(const std::string& host, bool on) {
    site.host_power(id_of(HostName(host)), on);
    for (const auto& [name, node] : nodes_)
        if (node.host.str() == host && !on) node_power(name, false);
    if (!on) return;
    // Its VM starts when the host is up; what starts it, the host's autostart or a person, is not our
    // subject.
    const auto boot = config_.site.hosts[id_of(HostName(host))].boot;
    at(now_ + boot, [this, host] {
        if (!site.host(id_of(HostName(host))).powered) return;
        for (const auto& [name, node] : nodes_)
            if (node.host.str() == host) node_power(name, true);
    });
}

void World::stun(const std::string& name, Duration duration) {
    Node& node = nodes_.at(name);
    if (!node.powered) return;
    node.stunned_until = now_ + duration;
    line(name, "the node stands still");
}

void World::secret(const std::string& node, const std::string& host, const std::string& text) {
    nodes_.at(node).secrets[HostName(host)] = text;
}

void World::retry_login(const std::string& node, const std::string& host) {
    if (nodes_.at(node).breaker) nodes_.at(node).breaker->grant(host);
}

void World::pause(const std::string& name, const VmName& vm, bool paused) {
    Node& node = nodes_.at(name);
    if (!node.state) return;
    core::Step out;
    core::set_paused(*node.state, vm, paused, now_, out);
    for (const auto& action : out.actions) perform(node, action);
}

ExitCode World::monitor(const std::string& node, const VmName& vm) const {
    const auto& state = nodes_.at(node).state;
    // Without a daemon the oneshot asks; where it cannot know, it ends 0.
    if (!state || stunned(node)) return ExitCode::ok;
    const auto found = state->vms.find(vm);
    return found == state->vms.end() ? ExitCode::usage : found->second.health.exit_code;
}

void World::mute(const std::string& host, bool on) {
    if (on)
        mute_.insert(HostName(host));
    else
        mute_.erase(HostName(host));
}

void World::lose_replies(const std::string& host, int count) {
    losses_[HostName(host)] = count;
}

core::CallerId World::shim(const std::string& node, core::Kind kind, const VmName& vm, Duration timeout,
                           const std::string& factor) {
    if (!nodes_.at(node).powered) return 0;
    shims_.push_back({node, vm, kind, now_, now_ + timeout, factor, ++last_caller_});
    post(shims_.back());
    return last_caller_;
}

// Posts, and posts again with the remaining time whenever the daemon has gone.
void World::post(Shim& shim) {
    Node& node = nodes_.at(shim.node);
    const core::CallerId caller = shim.caller;
    at(now_ + post_retry, [this, caller] {
        const auto found = std::ranges::find(shims_, caller, &Shim::caller);
        if (found == shims_.end()) return;
        if (now_ < nodes_.at(found->node).stunned_until + seconds(3)) return post(*found);
        if (now_ >= found->deadline + seconds(2)) {
            const Node& target = nodes_.at(found->node);
            if (target.state && found->life == target.life) on_wrong("a shim got no answer by its deadline");
            const ShimEnd end{caller,      found->node,           found->vm,
                              found->kind, core::Ending::timeout, Reason::daemon_unreachable,
                              "no vmhad",  now_ - found->began,   found->deadline - found->began};
            shims_.erase(found);
            on_shim_end(end);
            return tell_cluster(end);
        }
        post(*found);
    });
    if (!node.state || stunned(shim.node) || shim.life == node.life || now_ >= shim.deadline) return;
    shim.life = node.life;
    core::Ask ask{shim.caller, shim.vm, shim.kind, shim.deadline - now_, {}};
    if (!shim.factor.empty()) ask.context["CLP_FACTOR"] = shim.factor;
    to(shim.node, node.life, Duration::zero(), ask);
}

void World::kill_shims(const std::string& name) {
    for (const auto& shim : shims_)
        if (shim.node == name)
            to(name, nodes_.at(name).life, Duration::zero(), core::CallerGone{shim.caller});
    std::erase_if(shims_, [&](const Shim& shim) { return shim.node == name; });
}

void World::kill_shim(core::CallerId caller) {
    const auto found = std::ranges::find(shims_, caller, &Shim::caller);
    if (found == shims_.end()) return;
    to(found->node, nodes_.at(found->node).life, Duration::zero(), core::CallerGone{caller});
    shims_.erase(found);
}

void World::end_shim(const Node& node, const core::Answer& answer) {
    const auto found = std::ranges::find(shims_, answer.caller, &Shim::caller);
    if (found == shims_.end()) return;
    const ShimEnd end{answer.caller, found->node,         found->vm,
                      found->kind,   answer.ending,       answer.reason,
                      answer.detail, now_ - found->began, found->deadline - found->began};
    shims_.erase(found);
    const char* word = end.ending == core::Ending::ok       ? "ok"
                       : end.ending == core::Ending::failed ? "FAILED"
                                                            : "TIMEOUT";
    line(node.name, std::string(core::word(end.kind)) + " of " + end.vm.str() + " ends: " + word + " " +
                        std::string(vmha::word(end.reason)));
    on_shim_end(end);
    tell_cluster(end);
}

// --- what came of it

void World::line(const std::string& who, const std::string& text) {
    char stamp[32];
    const auto ms = core::to_ms(now_ - epoch);
    std::snprintf(stamp, sizeof stamp, "%6ld.%03ld", static_cast<long>(ms / 1000),
                  static_cast<long>(ms % 1000));
    on_line(std::string(stamp) + " " + who + " " + text);
}

const core::State* World::state(const std::string& node) const {
    const auto& state = nodes_.at(node).state;
    return state ? &*state : nullptr;
}

bool World::active(const std::string& node, const VmName& vm) const {
    return nodes_.at(node).marks.contains(vm);
}

bool World::registered_at(const std::string& host, const VmName& name) const {
    return site.vm_by_path(id_of(HostName(host)), path_of(name)) != nullptr;
}

bool World::runs_at(const std::string& host, const VmName& name) const {
    return site.has_process(id_of(HostName(host)), path_of(name));
}

std::string World::path_of(const VmName& name) const {
    for (const auto& vm : config_.site.vms)
        if (vm.files.name == name.str()) return vm.files.path;
    return {};
}

std::vector<std::string> World::node_names() const {
    std::vector<std::string> names;
    for (const auto& [name, node] : nodes_) names.push_back(name);
    return names;
}

std::string World::host_of(const std::string& node) const {
    return nodes_.at(node).host.str();
}

}  // namespace vmha::scenario
