#include "tests/scenarios/schedule.hpp"

#include <algorithm>

#include "daemon/core/operation.hpp"
#include "daemon/core/view.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

constexpr Duration tick = milliseconds(100);
constexpr Duration trouble_time = seconds(600);
constexpr Duration calm_time = seconds(150);
constexpr Duration cluster_calm_time = seconds(1500);
constexpr Duration busy_patience = seconds(61);  // of a start behind a stop
constexpr Duration tick_slack = milliseconds(1500);

Duration confirm_of(const core::ConfirmTimes& confirm, Reason reason) {
    switch (reason) {
        case Reason::powered_off: return confirm.powered_off;
        case Reason::suspended: return confirm.suspended;
        case Reason::not_registered:
        case Reason::vmx_moved: return confirm.not_registered;
        case Reason::invalid: return confirm.invalid;
        case Reason::inaccessible: return confirm.inaccessible;
        case Reason::datastore_lost:
        case Reason::volume_unresolved: return confirm.datastore_lost;
        case Reason::question_pending: return confirm.question_pending;
        case Reason::heartbeat_red: return confirm.heartbeat_red;
        default: return Duration::zero();
    }
}

}  // namespace

Explored explore(uint64_t seed, const std::function<void(const std::string&)>& on_line,
                 const Exploring& how) {
    return Schedule(seed, on_line, how).run();
}

Schedule::Schedule(uint64_t seed, const std::function<void(const std::string&)>& on_line,
                   const Exploring& how)
    : random_(seed),
      transport_(how.transport),
      reloads_(how.reloads),
      people_(how.people),
      view_age(how.transport == "api" ? api_view_age : ssh_view_age),
      ssh_random_(static_cast<unsigned>(seed)),
      reload_random_(static_cast<unsigned>(seed * 48271u + 11u)),
      people_random_(static_cast<unsigned>(seed * 69621u + 23u)),
      with_cluster_(chance(0.5)),
      world_(make_config(seed)) {
    world_.on_line = [this, on_line](const std::string& line) {
        check_line(line);
        on_line(line);
    };
    for (const auto& host : site().config().hosts) all_secrets_.insert(host.accounts.front().password);
    world_.on_shim_end = [this](const ShimEnd& end) { check_end(end); };
    world_.on_lost = [this](const std::string& node, const core::Write& write, bool carried_out) {
        if (!carried_out) lost_[node] = write;
    };
    world_.on_wrong = [this](const std::string& what) { violated(what); };
    world_.on_step = [this](const std::string& node) { check_turned(node); };
    world_.on_write = [this](const std::string& node, const core::Write& write) { check_write(node, write); };
    world_.on_login = [this](const std::string& node, const std::string& host, bool right) {
        check_login(node, host, right);
    };
    site().on_corruption = [this](site::HostId host, const std::string& path) {
        check_corruption(host, path);
    };
    if (with_cluster_) cluster_.emplace(world_, make_cluster());
}

Explored Schedule::run() {
    run_for(seconds(pick(1, 40)));
    const Time end = world_.now() + trouble_time;
    while (world_.now() < end && violation_.empty()) {
        if (chance(0.04)) make_trouble();
        if (chance(0.02)) ask_something();
        if (transport_ != "api") trouble_with_ssh();
        if (reloads_) trouble_with_reloads();
        if (people_) trouble_with_people();
        advance();
    }
    if (violation_.empty()) wait_for_third_login();
    if (violation_.empty()) settle();
    return {violation_, world_.steps()};
}

// --- the site

WorldConfig Schedule::make_config(uint64_t seed) {
    WorldConfig config;
    config.site = site::default_site();
    site::SiteConfig& site = config.site;
    site.seed = random_();
    site.vms.resize(2);  // vm2 is nobody's business
    make_vm(site);
    make_stranger(site);
    site.mirror = with_cluster_;
    site.recovery = seconds(pick(0, 30));
    site.apd_timeout = seconds(pick(20, 140));
    site.lost_lock = static_cast<site::LostLock>(pick(0, 2));
    site.invalid_for = seconds(pick(1, 40));
    if (chance(0.2)) site.invalid_after_register = seconds(pick(0, 10));
    site.rescan_needed = chance(0.3);
    site.lock_break = seconds(pick(0, 20));
    for (const auto verb : {site::Verb::register_vm, site::Verb::power_on, site::Verb::power_off})
        site.task_times[verb] = milliseconds(chance(0.5) ? pick(0, 50) : pick(0, 12000));
    for (auto& host : site.hosts) host.boot = seconds(pick(0, 30));
    site.late_inventory = seconds(chance(0.5) ? pick(0, 20) : 0);
    choose_transports(config, seed);
    refuses_ = chance(0.2);
    config.tune = [refuse = refuses_](core::Settings& settings) {
        std::erase_if(settings.vms, [](const auto& item) { return !(item.first == vm1); });
        if (refuse) settings.vms.at(vm1).on_running_elsewhere = core::OnRunningElsewhere::refuse;
    };
    return config;
}

// Drawn apart, so that a seed is the same schedule whatever carries the calls.
void Schedule::choose_transports(WorldConfig& config, uint64_t seed) const {
    static const std::vector<std::string> all = {"api", "ssh", "api+ssh"};
    std::minstd_rand random(static_cast<unsigned>(seed * 2654435761u));
    for (const auto& host : config.site.hosts)
        config.transports[host.name] = transport_ == "mixed" ? all[random() / 7 % all.size()] : transport_;
}

void Schedule::make_vm(site::SiteConfig& site) {
    site::VmConfig& vm = site.vms.front();
    vm.files.tools = chance(0.8);
    vm.files.keep_uuid = chance(0.7);
    vm.files.boot = seconds(pick(0, 60));
    vm.files.shutdown = chance(0.8) ? std::optional<site::Time>(seconds(pick(0, 60))) : std::nullopt;
    if (!with_cluster_ && chance(0.5)) vm.registered_on = chance(0.5) ? "esxi1" : "esxi2";
    vm.powered_on = !vm.registered_on.empty() && chance(0.5);
}

// It may look like ours: a path that ends the same, or a copy that somebody made with our instance uuid.
void Schedule::make_stranger(site::SiteConfig& site) {
    site::VmFiles& files = site.vms.back().files;
    const int kind = pick(0, 4);
    if (kind < 3) return;
    files.path = path_that_ends_the_same;
    if (kind == 4) files.instance_uuid = site.vms.front().files.instance_uuid;
}

ClusterConfig Schedule::make_cluster() {
    ClusterConfig cluster;
    cluster.vms = {vm1};
    cluster.heartbeat_timeout = seconds(pick(10, 50));
    cluster.activation = seconds(pick(0, 5));
    cluster.monitor_interval = seconds(pick(5, 30));
    cluster.stop_timeout = seconds(pick(100, 600));
    cluster.script_timeout = cluster.stop_timeout + seconds(pick(-60, 60));
    cluster.both_go_down = chance(0.3);
    cluster.node_boot = seconds(pick(5, 60));
    return cluster;
}

// --- the course of things

void Schedule::advance() {
    world_.run(tick);
    check_state();
}

void Schedule::run_for(Duration duration) {
    for (const Time end = world_.now() + duration; world_.now() < end && violation_.empty();) advance();
}

void Schedule::repair_host(const std::string& node) {
    const std::string host = world_.host_of(node);
    world_.host_power(host, true);
    site().host_network(id(host), site::Network::up);
    site().see_snapshot(id(host), false);
    site().set_autostart(id(host), world_.path_of(vm1), false);
    site().fail_unregister(id(host), 0);
    site().lie_about_power_on(id(host), 0);
    if (!with_cluster_) site().offer(id(host), 0);
    if (const site::Vm* vm = entry_at(host); vm && vm->heartbeat == site::Color::red)
        site().set_heartbeat(id(host), vm->id, site::Color::green);
    maintenance(host, false);
    free_licence(host, false);
    no_memory(host, false);
    world_.lose_replies(host, 0);
    world_.mute(host, false);
}

// A stranger's entry that is unreadable or carries our uuid might be ours: somebody takes care of it.
void Schedule::take_strangers_out() {
    for (const auto& node : world_.node_names()) {
        const site::HostId host = id(world_.host_of(node));
        const site::Vm* vm = site().vm_by_path(host, stranger());
        if (!vm) continue;
        site().set_connection(host, vm->id, site::Connection::connected);
        site().crash(host, vm->id);
        site().unregister_vm(host, vm->id);
    }
}

void Schedule::repair() {
    world_.network.heal();
    for (const auto& node : world_.node_names()) repair_host(node);
    person_ends_questions();
    for (const auto& node : world_.node_names()) {
        if (!with_cluster_) world_.kill_shims(node);
        if (site().host(id(world_.host_of(node))).answering) world_.node_power(node, true);
        world_.start_daemon(node);
        for (const auto& other : world_.node_names()) {
            const std::string host = world_.host_of(other);
            world_.secret(node, host, site().host(id(host)).config.accounts.front().password);
            logins_.clear();
            world_.retry_login(node, host);
        }
    }
}

void Schedule::settle() {
    repair();
    take_strangers_out();
    run_for(seconds(40));
    for (const auto& node : world_.node_names()) {
        world_.start_daemon(node);
        free_lost_device(node);
    }
    take_strangers_out();
    run_for(seconds(10));
    if (with_cluster_)
        settle_cluster();
    else
        settle_requests();
}

// The cluster brings the group up on one node, where it may run on the other: a stop there comes first.
void Schedule::settle_requests() {
    run_for(calm_time);
    const std::string node = some_node();
    const std::string other = node == "ec1" ? "ec2" : "ec1";
    expect(other, core::Kind::stop);
    expect(node, core::Kind::start);
    run_for(calm_time);
    if (violation_.empty() && !healthy_at(node))
        violated("after all trouble " + node +
                 " does not find the VM healthy: " + world_.state(node)->vms.at(vm1).health.detail);
    expect(node, core::Kind::stop);
}

bool Schedule::healthy_at(const std::string& node) const {
    const core::State* state = world_.state(node);
    return state && state->vms.at(vm1).health.verdict == core::Verdict::healthy;
}

// The group comes up on one node by itself, or once a person starts it; then it moves.
void Schedule::settle_cluster() {
    const auto online = [&]() -> std::string {
        const bool one = cluster_->online("ec1"), two = cluster_->online("ec2");
        if (one == two || !cluster_->resting()) return "";
        const std::string node = one ? "ec1" : "ec2";
        return healthy_at(node) ? node : "";
    };
    const auto wait_for = [&](const std::string& node, Duration limit) {
        for (const Time end = world_.now() + limit; world_.now() < end && violation_.empty();) {
            if (!online().empty() && (node.empty() || online() == node)) return true;
            run_for(seconds(1));
        }
        return false;
    };
    if (!wait_for("", cluster_calm_time)) {
        if (refuses_) person_stops_copies("ec1");
        cluster_->start_group("ec1");
        person_ends_questions();
        if (!wait_for("", cluster_calm_time))
            return violated("after all trouble the group does not come up (" + cluster_->status() + ")");
    }
    run_for(calm_time);
    const std::string from = online();
    const std::string to = from == "ec1" ? "ec2" : "ec1";
    if (from.empty()) return;  // a monitor may just have moved it: seen again in another schedule
    cluster_->move(to);
    if (!wait_for(to, cluster_calm_time))
        return violated("after all trouble the group does not move to " + to + " (" + cluster_->status() +
                        ")");
    run_for(calm_time);
    if (violation_.empty() && entry_at(world_.host_of(from)))
        violated("after all trouble an entry is left on " + world_.host_of(from));
}

void Schedule::expect(const std::string& node, core::Kind kind) {
    if (!violation_.empty()) return;
    core::CallerId caller = 0;
    std::optional<ShimEnd> ended;
    world_.on_shim_end = [&](const ShimEnd& end) {
        check_end(end);
        if (end.caller == caller) ended = end;
    };
    caller = world_.shim(node, kind, vm1, seconds(600));
    for (int i = 0; i < 6100 && !ended && violation_.empty(); ++i) advance();
    world_.on_shim_end = [this](const ShimEnd& end) { check_end(end); };
    if (!violation_.empty()) return;
    const std::string what = "after all trouble a " + std::string(core::word(kind)) + " on " + node;
    if (!ended)
        violated(what + " does not end");
    else if (ended->ending != core::Ending::ok)
        violated(what + " fails: " + ended->detail);
}

// --- every tick

// A reason counts only after it has been seen for its time; it cannot have been seen before it was so.
void Schedule::check_confirmed(const std::string& node, const core::VmState& vm) {
    const std::string host = world_.host_of(node);
    // Somebody makes it well again while the last view, in which it is not, is still fresh.
    if (meddled(host)) return;
    const Duration needed = confirm_of(vm.settings.confirm, vm.health.reason);
    // Well for less than the pause between two reads over SSH is not seen.
    const bool seen_well = world_.state(node)->hosts.at(HostName(host)).settings.api ||
                           well_[host] - well_since_[host] > seconds(11);
    if (seen_well && world_.now() - well_[host] + tick_slack < needed)
        violated("a monitor on " + node + " ends for a reason that is not confirmed: " + vm.health.detail);
}

bool Schedule::runs_well(const std::string& host) const {
    const site::Vm* vm = entry_at(host);
    return vm && vm->process && !vm->question && vm->connection == site::Connection::connected &&
           vm->heartbeat != site::Color::red && world_.site.writes_on(id(host), vm->path);
}

void Schedule::check_state() {
    const std::string path = world_.path_of(vm1);
    const auto one = world_.site.writes_on(0, path), two = world_.site.writes_on(1, path);
    if (one && one == two) violated("two copies write on one disk");
    for (const auto& host : {std::string("esxi1"), std::string("esxi2")}) {
        (world_.runs_at(host, vm1) ? ran_ : not_here_)[host] = world_.now();
        if (runs_well(host) && not_well_[host] > well_since_[host]) well_since_[host] = world_.now();
        (runs_well(host) ? well_ : not_well_)[host] = world_.now();
    }
    for (const auto& node : world_.node_names()) {
        check_daemon(node);
        check_monitor(node);
    }
}

void Schedule::check_daemon(const std::string& node) {
    if (!world_.active(node, vm1)) unmarked_[node] = world_.now();
    const core::State* state = world_.state(node);
    if (!state) {
        std::erase_if(rescanned_, [&](const auto& item) { return item.first.starts_with(node + " "); });
        return;
    }
    const core::VmState& vm = state->vms.at(vm1);
    const uint64_t taking_over = vm.op && vm.op->taking_over ? vm.op->id : 0;
    if (takeovers_[node].op != taking_over) takeovers_[node] = {taking_over, world_.now()};
    if (vm.op && began_[node].op != vm.op->id) began_[node] = {vm.op->id, vm.op->began};
    // What an earlier daemon left is looked at without the lock, until something is to be written.
    for (const auto* flying : {&vm.flying, &vm.answering})
        if (*flying && (*flying)->op != 0 && !vm.lock_held)
            violated("the lock among engines is given back while this is not answered: " +
                     core::doing((*flying)->write));
    for (const auto& [caller, since] : vm.waiting_since)
        if (world_.now() - since > busy_patience && rested(node))
            violated("a start on " + node + " waits for a stop without a bound");
}

void Schedule::check_monitor(const std::string& node) {
    const core::State* state = world_.state(node);
    if (!state || world_.stunned(node)) return;
    const core::VmState& vm = state->vms.at(vm1);
    const core::Health& health = vm.health;
    const bool nonzero = health.exit_code != ExitCode::ok;
    if (nonzero && health.verdict != core::Verdict::unhealthy)
        violated("a monitor on " + node + " ends other than 0 without an unhealthy VM");
    const bool judged = health.verdict != core::Verdict::unknown && health.reason != Reason::paused;
    const core::HostView& local = state->hosts.at(state->local);
    const Time confirmed = local.confirmed.value_or(Time{});
    const Duration counts = local.settings.api ? state->settings.freshness : ssh_view_age;
    if (judged && rested(node) && world_.now() - confirmed > counts + seconds(1))
        violated("a verdict on " + node + " stands on a view that is not fresh");
    if (nonzero && vm.flying) violated("a verdict on " + node + " while a write is not answered");
    if (!nonzero || !vm.active || health.reason == Reason::left_over) return;
    const std::string host = world_.host_of(node);
    // It has been running well there all the time that the view may be old.
    if (world_.now() - not_well_[host] > view_age && !disturbed(host))
        violated("a monitor on " + node + " cries wolf: " + health.detail);
}

}  // namespace vmha::scenario
