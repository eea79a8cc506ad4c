#include "tests/scenarios/cluster.hpp"

#include <algorithm>

namespace vmha::scenario {
namespace {

constexpr Duration pulse = core::seconds(1);

}  // namespace

Cluster::Cluster(World& world, const ClusterConfig& config) : world_(world), config_(config) {
    for (const auto& name : world.node_names()) {
        Member& member = members_[name];
        member.name = name;
        member.host = world.host_of(name);
        member.copy = *world.site.find_host(member.host);
        member.up = true;
        member.heard = world.now();
    }
    wanted_ = members_.begin()->first;
    world_.tell_cluster = [this](const ShimEnd& end) { script_ended(end); };
    offer_targets();
    world_.after(pulse, [this] { tick(); });
}

Cluster::Member& Cluster::other_of(const Member& member) {
    return member.name == members_.begin()->first ? members_.rbegin()->second : members_.begin()->second;
}

bool Cluster::hears(const Member& member, const Member& other) const {
    return member.up && other.up && !world_.stunned(other.name) &&
           world_.network.linked(Net::heartbeat, member.name, other.name);
}

bool Cluster::resting() const {
    return std::ranges::none_of(members_, [](const auto& item) {
        return item.second.group == Group::activating || item.second.group == Group::deactivating;
    });
}

std::string Cluster::status() const {
    static const char* const words[] = {"offline", "activating", "online", "deactivating", "failed"};
    std::string text;
    for (const auto& [name, member] : members_)
        text += (text.empty() ? "" : "; ") + name + ": " +
                (member.up ? words[static_cast<int>(member.group)] : "down") +
                (member.exports ? ", exports" : "") + (member.mirror_fresh ? "" : ", its copy is old") +
                (member.gave_up ? ", gave up" : "");
    return text;
}

void Cluster::tick() {
    for (auto& [name, member] : members_) watch_power(member);
    for (auto& [name, member] : members_) {
        if (!member.up || world_.stunned(name)) continue;
        Member& other = other_of(member);
        listen(member, other);
        if (member.up) decide(member, other);
        if (member.up) monitor(member, other);
    }
    offer_targets();
    tend_mirror();
    world_.after(pulse, [this] { tick(); });
}

void Cluster::watch_power(Member& member) {
    const bool powered = world_.powered(member.name);
    if (powered == member.up) return;
    member.up = powered;
    member.heard = world_.now();
    member.exports = false;
    member.group = Group::offline;
    member.gave_up = false;
    ++member.turn;
    member.shims.clear();
}

void Cluster::listen(Member& member, Member& other) {
    if (!hears(member, other)) return;
    member.heard = world_.now();
    if (member.exports && other.exports && member.group != Group::deactivating) dual_active(member, other);
}

// "group active on more than one server (both are shut down)" (rc/92), or the second one alone.
void Cluster::dual_active(Member& member, Member& other) {
    const bool is_second = member.name > other.name;
    Member& first = is_second ? other : member;
    Member& second = is_second ? member : other;
    wanted_ = first.name;
    go_down(second, "the group is active on both nodes");
    if (config_.both_go_down) go_down(first, "the group is active on both nodes");
}

void Cluster::decide(Member& member, Member& other) {
    if (member.group != Group::offline || member.exports || member.gave_up) return;
    const bool alone = world_.now() - member.heard >= config_.heartbeat_timeout;
    if (!alone && !hears(member, other)) return;
    if (!alone && (other.exports || other.group == Group::activating || other.group == Group::deactivating))
        return;
    if (wanted_.empty() || (!alone && wanted_ != member.name)) return;
    if (!member.mirror_fresh) {
        if (hears(member, other) && other.mirror_fresh) wanted_ = other.name;
        return;
    }
    if (alone && wanted_ != member.name) wanted_ = member.name;
    activate(member, alone ? "starts the group: the other node is not heard" : "starts the group");
}

void Cluster::monitor(Member& member, Member& other) {
    if (member.group != Group::online || world_.now() < member.next_monitor) return;
    member.next_monitor = world_.now() + config_.monitor_interval;
    const bool bad = std::ranges::any_of(
        config_.vms, [&](const VmName& vm) { return world_.monitor(member.name, vm) != ExitCode::ok; });
    member.bad_monitors = bad ? member.bad_monitors + 1 : 0;
    if (member.bad_monitors <= config_.monitor_retries) return;
    member.bad_monitors = 0;
    if (!hears(member, other) || !other.mirror_fresh || other.gave_up) return;
    say(member, "the monitor finds an error: fails over to " + other.name);
    wanted_ = other.name;
    deactivate(member, "GROUPFAILOVER");
}

void Cluster::activate(Member& member, const std::string& why) {
    say(member, why);
    member.group = Group::activating;
    member.tries = 0;
    const unsigned turn = ++member.turn;
    world_.after(config_.activation, [this, &member, turn] {
        if (!member.up || member.turn != turn) return;
        member.exports = true;
        tend_mirror();
        offer_targets();
        run_scripts(member, core::Kind::start);
    });
}

void Cluster::run_scripts(Member& member, core::Kind kind) {
    ++member.tries;
    member.shim_failed = false;
    for (const auto& vm : config_.vms) {
        const auto caller =
            world_.shim(member.name, kind, vm, config_.stop_timeout, kind == core::Kind::stop ? factor_ : "");
        if (!caller) return;
        member.shims.insert(caller);
        world_.after(config_.script_timeout, [this, &member, caller, turn = member.turn] {
            if (member.turn != turn || !member.shims.contains(caller)) return;
            say(member, "kills a script at its limit");
            world_.kill_shim(caller);
            ShimEnd end;
            end.caller = caller;
            end.node = member.name;
            end.ending = core::Ending::timeout;
            script_ended(end);
        });
    }
}

void Cluster::script_ended(const ShimEnd& end) {
    Member& member = members_.at(end.node);
    if (member.shims.erase(end.caller) == 0) return;
    member.shim_failed = member.shim_failed || end.ending != core::Ending::ok;
    if (!member.shims.empty()) return;
    // Not inside the daemon's step.
    world_.after(Duration(1), [this, &member, turn = member.turn] {
        if (member.turn == turn && member.up)
            scripts_ended(member, member.group == Group::activating ? core::Kind::start : core::Kind::stop);
    });
}

void Cluster::scripts_ended(Member& member, core::Kind kind) {
    Member& other = other_of(member);
    if (kind == core::Kind::start) {
        if (!member.shim_failed) {
            member.group = Group::online;
            member.bad_monitors = 0;
            member.next_monitor = world_.now() + config_.monitor_interval;
            return say(member, "the group is online");
        }
        if (member.tries <= config_.start_retries) return run_scripts(member, kind);
        member.gave_up = true;
        if (!hears(member, other) || !other.mirror_fresh || other.gave_up) {
            member.group = Group::failed;
            return say(member, "the group's VMs cannot be started here, and there is no other node");
        }
        say(member, "the group cannot be started here: fails over to " + other.name);
        wanted_ = other.name;
        return deactivate(member, "GROUPFAILOVER");
    }
    if (member.shim_failed && member.tries <= config_.stop_retries) return run_scripts(member, kind);
    if (member.shim_failed) return go_down(member, "a resource cannot be stopped");
    member.exports = false;
    member.group = Group::offline;
    ++member.turn;
    offer_targets();
    say(member, "the group is stopped");
}

void Cluster::deactivate(Member& member, const std::string& factor) {
    member.group = Group::deactivating;
    member.tries = 0;
    ++member.turn;
    member.shims.clear();
    factor_ = factor;
    run_scripts(member, core::Kind::stop);
}

void Cluster::go_down(Member& member, const std::string& why) {
    say(member, why + ": the node goes down");
    ++member.turn;
    member.shims.clear();
    member.exports = false;
    member.group = Group::offline;
    member.up = false;
    world_.node_power(member.name, false);
    offer_targets();
    if (!config_.revives) return;
    world_.after(config_.node_boot, [this, &member] {
        if (!world_.powered(member.name) && world_.site.host(member.copy).powered)
            world_.node_power(member.name, true);
    });
}

void Cluster::tend_mirror() {
    Member& a = members_.begin()->second;
    Member& b = members_.rbegin()->second;
    const bool linked = a.up && b.up && world_.network.linked(Net::mirror, a.name, b.name);
    using Mirror = site::Site::Mirror;
    if ((!linked || (a.exports && b.exports)) && world_.site.mirror() != Mirror::apart) {
        world_.site.mirror_break();
        // Who hears that the other one goes on alone knows that its own copy is old from now on.
        for (Member* member : {&a, &b})
            if (hears(*member, other_of(*member)) && other_of(*member).exports && !member->exports)
                member->mirror_fresh = false;
    }
    if (linked && world_.site.mirror() == Mirror::apart && a.exports != b.exports) {
        Member& source = a.exports ? a : b;
        other_of(source).mirror_fresh = false;
        world_.site.mirror_recover(source.copy);
        say(source, "recovers the mirror from here");
    }
    if (linked && world_.site.mirror() == Mirror::in_sync) a.mirror_fresh = b.mirror_fresh = true;
}

// Which node's target each host reaches. One that it uses goes on until it is gone.
void Cluster::offer_targets() {
    for (const auto& [name, member] : members_) {
        const site::HostId host = member.copy;
        std::optional<site::DiskId> chosen;
        for (const auto& [other, exporter] : members_) {
            if (!exporter.exports || !world_.powered(other) || world_.stunned(other) ||
                !world_.network.linked(Net::storage, other, member.host))
                continue;
            if (!chosen || world_.site.host(host).disk == exporter.copy) chosen = exporter.copy;
        }
        if (chosen != world_.site.host(host).offered || (chosen && !world_.site.host(host).accessible))
            world_.site.offer(host, chosen);
    }
}

// --- a person

void Cluster::move(const std::string& to) {
    Member& target = members_.at(to);
    Member& source = other_of(target);
    if (source.group != Group::online || !hears(source, target) || !target.mirror_fresh) return;
    wanted_ = to;
    target.gave_up = false;
    say(source, "moves the group to " + to);
    deactivate(source, "GROUPMOVE");
}

void Cluster::stop_group() {
    wanted_.clear();
    for (auto& [name, member] : members_)
        if (member.group == Group::online || member.group == Group::failed) deactivate(member, "GROUPSTOP");
}

void Cluster::start_group(const std::string& on) {
    for (auto& [name, member] : members_) {
        member.gave_up = false;
        // Somebody has looked at both copies, and chose this one.
        if (members_.at(on).mirror_fresh || !other_of(members_.at(on)).mirror_fresh)
            members_.at(on).mirror_fresh = true;
        if (member.group == Group::failed) deactivate(member, "GROUPSTOP");
    }
    wanted_ = on;
}

}  // namespace vmha::scenario
