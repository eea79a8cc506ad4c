// A scripted cluster manager over the world: it hears its other node or does not, moves the group, runs the
// shims with its own limits and retries, watches with the monitor, fails over, shuts a node down after a
// failed stop, goes dual-active in a partition and resolves it. Where the group runs is its decision alone.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/scenarios/world.hpp"

namespace vmha::scenario {

struct ClusterConfig {
    std::vector<VmName> vms;  // of the one group; empty: no cluster manager
    Duration heartbeat_timeout = core::seconds(50);
    Duration activation = core::seconds(4);  // of address, mirror and target, before the VMs
    Duration monitor_interval = core::seconds(30);
    int monitor_retries = 1;
    Duration script_timeout = core::seconds(660);
    Duration stop_timeout = core::seconds(600);  // what the shims are given
    int start_retries = 1, stop_retries = 1;
    bool both_go_down = false;               // on dual activation; else the second node
    Duration node_boot = core::seconds(40);  // of a node that went down by itself, once it is started
    bool revives = true;                     // the other node starts it (genw-remote-node)
};

// Not owned by the world; must outlive its last event. Never fails: what goes wrong is a state of the group.
class Cluster {
public:
    Cluster(World& world, const ClusterConfig& config);
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    void move(const std::string& to);  // a person moves the group
    void stop_group();
    void start_group(const std::string& on);
    bool online(const std::string& node) const { return members_.at(node).group == Group::online; }
    std::string status() const;  // "ec1: online, exports; ec2: offline"
    bool resting() const;        // no start or stop under way

private:
    enum class Group { offline, activating, online, deactivating, failed };
    struct Member {
        std::string name, host;
        site::DiskId copy = 0;
        bool up = false;
        Time heard{};
        bool mirror_fresh = true;  // its copy may be used
        bool exports = false;
        Group group = Group::offline;
        unsigned turn = 0;  // counts activations and deactivations
        std::set<core::CallerId> shims;
        bool shim_failed = false;
        int tries = 0;
        int bad_monitors = 0;
        Time next_monitor{};
        bool gave_up = false;  // it failed here; not again without a person
    };

    void tick();
    void watch_power(Member& member);
    void listen(Member& member, Member& other);
    void decide(Member& member, Member& other);
    void monitor(Member& member, Member& other);
    void activate(Member& member, const std::string& why);
    void run_scripts(Member& member, core::Kind kind);
    void script_ended(const ShimEnd& end);
    void scripts_ended(Member& member, core::Kind kind);
    void deactivate(Member& member, const std::string& factor);
    void go_down(Member& member, const std::string& why);
    void dual_active(Member& member, Member& other);
    void tend_mirror();
    void offer_targets();
    bool hears(const Member& member, const Member& other) const;
    Member& other_of(const Member& member);

    void say(const Member& member, const std::string& text) { world_.line(member.name, "cluster: " + text); }

    World& world_;
    ClusterConfig config_;
    std::map<std::string, Member> members_;
    std::string wanted_;  // where the group shall run; empty: nowhere
    std::string factor_;
};

}  // namespace vmha::scenario
