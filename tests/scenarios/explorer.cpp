#include "tests/scenarios/explorer.hpp"

#include <algorithm>
#include <random>

#include "daemon/core/operation.hpp"
#include "daemon/core/view.hpp"
#include "tests/scenarios/world.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

const VmName vm1("vm1");
constexpr Duration tick = milliseconds(100);
constexpr Duration trouble_time = seconds(600);
constexpr Duration calm_time = seconds(150);
// The view of a host may be that old: freshness_s and the way there.
constexpr Duration view_age = seconds(8);

class Schedule {
public:
    Schedule(uint64_t seed, const std::function<void(const std::string&)>& on_line)
        : random_(seed), world_(make_config()) {
        world_.on_line = on_line;
        world_.on_shim_end = [this](const ShimEnd& end) { check_end(end); };
        world_.on_lost = [this](const std::string& node, const core::Write& write, bool carried_out) {
            if (!carried_out) lost_[node] = write;
        };
        world_.on_wrong = [this](const std::string& what) { violated(what); };
        world_.on_write = [this](const std::string& node, const core::Write& write) {
            check_write(node, write);
        };
    }

    Explored run() {
        world_.run(seconds(pick(1, 40)));
        const Time end = world_.now() + trouble_time;
        while (world_.now() < end && violation_.empty()) {
            if (chance(0.04)) make_trouble();
            if (chance(0.02)) ask_something();
            advance();
        }
        if (violation_.empty()) settle();
        return {violation_, world_.steps()};
    }

private:
    WorldConfig make_config() {
        WorldConfig config;
        config.site = site::default_site();
        config.site.seed = random_();
        config.site.vms.resize(1);
        site::VmConfig& vm = config.site.vms.front();
        vm.files.tools = chance(0.8);
        vm.files.boot = seconds(pick(0, 60));
        vm.files.shutdown = chance(0.8) ? std::optional<site::Time>(seconds(pick(0, 60))) : std::nullopt;
        if (chance(0.5)) vm.registered_on = chance(0.5) ? "esxi1" : "esxi2";
        vm.powered_on = !vm.registered_on.empty() && chance(0.5);
        config.site.lock_break = seconds(pick(0, 20));
        for (const auto verb : {site::Verb::register_vm, site::Verb::power_on, site::Verb::power_off})
            config.site.task_times[verb] = milliseconds(chance(0.5) ? pick(0, 50) : pick(0, 12000));
        for (auto& host : config.site.hosts) host.boot = seconds(pick(0, 30));
        config.late_inventory = seconds(chance(0.5) ? pick(0, 20) : 0);
        const bool refuse = chance(0.2);
        config.tune = [refuse](core::Settings& settings) {
            if (refuse) settings.vms.at(vm1).on_running_elsewhere = core::OnRunningElsewhere::refuse;
        };
        return config;
    }

    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
    std::string some_node() { return chance(0.5) ? "ec1" : "ec2"; }
    site::HostId id(const std::string& host) { return *world_.site.find_host(host); }

    // --- trouble

    void make_trouble() {
        const std::string node = some_node();
        const std::string host = world_.host_of(node);
        const std::string other = host == "esxi1" ? "esxi2" : "esxi1";
        switch (pick(0, 13)) {
            case 0: return power(node, host, false);
            case 1:
            case 2: return power(node, host, true);
            case 3:
                return world_.site.host_network(id(host),
                                                chance(0.5) ? site::Network::cut : site::Network::stalled);
            case 4:
            case 5: return world_.site.host_network(id(host), site::Network::up);
            case 6: return world_.cut(node, chance(0.5) ? host : other, chance(0.4));
            case 7: return world_.kill_daemon(node);
            case 8: return world_.start_daemon(node);
            case 9: return world_.lose_replies(host, pick(1, 2));
            case 10: return crash(host);
            case 11: return maintenance(host, chance(0.3));
            case 12: return world_.kill_shims(node);
            case 13: return question(host);
        }
    }

    // The node runs inside its host and dies with it.
    void power(const std::string& node, const std::string& host, bool on) {
        disturbed_[host] = world_.now();
        world_.site.host_power(id(host), on);
        world_.node_power(node, on);
    }

    void crash(const std::string& host) {
        for (const auto& [vmid, vm] : world_.site.host(id(host)).vms)
            if (vm.power == site::Power::powered_on) {
                disturbed_[host] = world_.now();
                return world_.site.crash(id(host), vmid);
            }
    }

    void question(const std::string& host) {
        static const char* const ids[] = {"msg.uuid.altered", "msg.hbacommon.locklost",
                                          "msg.hbacommon.outofspace", "msg.serial.file.open"};
        for (const auto& [vmid, vm] : world_.site.host(id(host)).vms)
            if (vm.power == site::Power::powered_on && !vm.question) {
                disturbed_[host] = world_.now();  // its answer may end the VM
                return world_.site.ask(id(host), vmid, ids[pick(0, 3)], "");
            }
    }

    void maintenance(const std::string& host, bool on) {
        world_.site.host_maintenance(id(host), on);
        if (on)
            maintenance_since_.emplace(host, world_.now());
        else
            maintenance_since_.erase(host);
    }

    void ask_something() {
        if (world_.shims_running() > 3) return;
        world_.shim(some_node(), chance(0.5) ? core::Kind::start : core::Kind::stop, vm1,
                    seconds(pick(5, 200)), chance(0.3) ? "GROUPFAILOVER" : "");
    }

    // --- what must hold

    void violated(const std::string& what) {
        if (violation_.empty())
            violation_ = what + " at " + std::to_string(core::to_ms(world_.now() - epoch)) + " ms";
    }

    bool disturbed(const std::string& host) const {
        const auto when = disturbed_.find(host);
        return when != disturbed_.end() && world_.now() - when->second < view_age;
    }

    void check_end(const ShimEnd& end) {
        const std::string host = world_.host_of(end.node);
        if (end.took > end.allowed + seconds(3)) violated("an answer after the deadline");
        if (end.ending != core::Ending::ok) return;
        if (end.kind == core::Kind::stop && (world_.runs_at(host, vm1) || world_.registered_at(host, vm1)))
            violated("a stop on " + end.node + " succeeded while the VM runs or is registered on " + host);
        // The other node may have taken it over in the same moment; then it runs there.
        if (end.kind == core::Kind::start && !world_.runs_at(host, vm1) && !disturbed(host) &&
            world_.now() - stopped_at_[host] > view_age)
            violated("a start on " + end.node + " succeeded while the VM does not run on " + host);
    }

    void check_write(const std::string& node, const core::Write& write) {
        const core::State& state = *world_.state(node);
        const core::VmState& vm = state.vms.at(write.vm);
        const std::string local = world_.host_of(node);
        const bool peer = write.host.str() != local;
        if (!(write.vm == vm1)) violated("a write about a VM that is not configured");
        if (peer && (!vm.op || vm.op->kind != core::Kind::start))
            violated("a write to a peer that no start asked for: " + core::doing(write));
        const auto maintained = maintenance_since_.find(local);
        if (peer && vm.op && !vm.op->powered_on && maintained != maintenance_since_.end() &&
            world_.now() - maintained->second > view_age)
            violated("something is done to a peer though the preflight fails: " + core::doing(write));
        const auto known = core::known_as_of(state.hosts.at(write.host), vm);
        if (peer && (!known || world_.now() - *known > milliseconds(2500)))
            violated("a write to a peer without a look just before: " + core::doing(write));
        if (!vm.lock_held) violated("a write without the lock among engines");
        if (vm.op && vm.op->kind == core::Kind::start && vm.op->alone_since &&
            world_.now() - *vm.op->alone_since > seconds(10))
            violated("a write for a start that nobody has waited for since long");
        check_replay(node, write);
        if (write.verb == core::Verb::answer_question) check_answer(write);
        if (write.verb != core::Verb::power_on) return;
        for (const auto& [name, host] : state.hosts) {
            const core::Seen* seen = name == write.host ? nullptr : core::entry_of(host, vm);
            if (seen && core::fresh(state, host, world_.now()) && seen->entry.power == core::Power::on)
                violated("powered on on " + write.host.str() + " while a fresh view shows it on " +
                         name.str());
        }
    }

    // A write that never arrived may still be on its way for all that the daemon knows.
    void check_replay(const std::string& node, const core::Write& write) {
        const auto lost = lost_.find(node);
        if (lost == lost_.end() || lost->second.verb != write.verb || !(lost->second.host == write.host))
            return;
        const bool at_most_once = write.verb == core::Verb::register_vm || write.verb == core::Verb::power_on;
        if (at_most_once && world_.now() < lost->second.limit)
            violated("replayed blindly: " + core::doing(write));
    }

    void check_answer(const core::Write& write) {
        const auto* vm = world_.site.vm(id(write.host.str()), std::stoi(write.vmid));
        if (!vm || !vm->question || vm->question->id != write.question_id) return;
        std::string label;
        for (const auto& choice : vm->question->choices)
            if (choice.key == write.choice_key) label = choice.label;
        const std::string& asked = vm->question->message_id;
        const bool known = asked == "msg.uuid.altered" || asked == "msg.hbacommon.locklost" ||
                           asked == "msg.hbacommon.outofspace";
        if (!known) violated("an unknown question is answered: " + asked);
        if (asked == "msg.uuid.altered" && label.find("opied") != std::string::npos)
            violated("moved-or-copied is answered with copied");
    }

    // Called every tick.
    void check_state() {
        const bool here = world_.runs_at("esxi1", vm1), there = world_.runs_at("esxi2", vm1);
        if (here && there) violated("two copies run on one disk");
        for (const auto& host : {std::string("esxi1"), std::string("esxi2")}) {
            if (!world_.runs_at(host, vm1)) stopped_at_[host] = world_.now();
        }
        for (const auto& node : world_.node_names()) check_monitor(node);
    }

    void check_monitor(const std::string& node) {
        const core::State* state = world_.state(node);
        if (!state) return;
        const core::VmState& vm = state->vms.at(vm1);
        const core::Health& health = vm.health;
        const bool nonzero = health.exit_code != ExitCode::ok;
        if (nonzero && health.verdict != core::Verdict::unhealthy)
            violated("a monitor on " + node + " ends other than 0 without an unhealthy VM");
        const bool asked = health.reason == Reason::lock_lost || health.reason == Reason::question_pending;
        if (!nonzero || !vm.active || asked || health.reason == Reason::left_over) return;
        const std::string host = world_.host_of(node);
        // It has been running there all the time that the view may be old.
        if (world_.now() - stopped_at_[host] > view_age && !disturbed(host))
            violated("a monitor on " + node + " cries wolf: " + health.detail);
    }

    void advance() {
        world_.run(tick);
        check_state();
    }

    void run_for(Duration duration) {
        for (const Time end = world_.now() + duration; world_.now() < end && violation_.empty();) advance();
    }

    // --- after the trouble

    void settle() {
        for (const auto& node : world_.node_names()) {
            const std::string host = world_.host_of(node);
            world_.kill_shims(node);
            world_.site.host_power(id(host), true);
            world_.site.host_network(id(host), site::Network::up);
            maintenance(host, false);
            world_.lose_replies(host, 0);
            for (const auto& [vmid, vm] : world_.site.host(id(host)).vms)
                if (vm.question) {  // a person ends what only a person may answer
                    world_.site.crash(id(host), vmid);
                    break;
                }
            for (const auto& other : {"esxi1", "esxi2"}) world_.cut(node, other, false);
            world_.node_power(node, true);
            world_.start_daemon(node);
        }
        run_for(calm_time);
        // The cluster brings the group up on one node, where it may run on the other: a stop there comes
        // first.
        const std::string node = some_node();
        const std::string other = node == "ec1" ? "ec2" : "ec1";
        expect(other, core::Kind::stop);
        expect(node, core::Kind::start);
        run_for(calm_time);
        const core::Health& health = world_.state(node)->vms.at(vm1).health;
        if (violation_.empty() && health.verdict != core::Verdict::healthy)
            violated("after all trouble " + node + " does not find the VM healthy: " + health.detail);
        expect(node, core::Kind::stop);
    }

    void expect(const std::string& node, core::Kind kind) {
        if (!violation_.empty()) return;
        std::optional<ShimEnd> ended;
        world_.on_shim_end = [&](const ShimEnd& end) {
            check_end(end);
            ended = end;
        };
        world_.shim(node, kind, vm1, seconds(600));
        for (int i = 0; i < 6100 && !ended && violation_.empty(); ++i) advance();
        world_.on_shim_end = [this](const ShimEnd& end) { check_end(end); };
        if (!violation_.empty()) return;
        if (!ended)
            violated("after all trouble a " + std::string(core::word(kind)) + " on " + node +
                     " does not end");
        else if (ended->ending != core::Ending::ok)
            violated("after all trouble a " + std::string(core::word(kind)) + " on " + node +
                     " fails: " + ended->detail);
    }

    std::mt19937_64 random_;
    World world_;
    std::string violation_;
    std::map<std::string, core::Write> lost_;        // by node: the last write that never arrived
    std::map<std::string, Time> disturbed_;          // by host: the VM was killed there by fate
    std::map<std::string, Time> stopped_at_;         // by host: when the VM was last seen not running there
    std::map<std::string, Time> maintenance_since_;  // by host
};

}  // namespace

Explored explore(uint64_t seed, const std::function<void(const std::string&)>& on_line) {
    return Schedule(seed, on_line).run();
}

}  // namespace vmha::scenario
