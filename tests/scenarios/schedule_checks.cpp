#include <algorithm>

#include "daemon/core/operation.hpp"
#include "daemon/core/view.hpp"
#include "tests/scenarios/schedule.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

}  // namespace

void Schedule::violated(const std::string& what) {
    if (violation_.empty())
        violation_ = what + " at " + std::to_string(core::to_ms(world_.now() - epoch)) + " ms";
}

const site::Vm* Schedule::entry_at(const std::string& host) const {
    return world_.site.vm_by_path(id(host), world_.path_of(vm1));
}

bool Schedule::disturbed(const std::string& host) const {
    const auto when = disturbed_.find(host);
    return when != disturbed_.end() && world_.now() - when->second < view_age;
}

// --- answers

void Schedule::check_end(const ShimEnd& end) {
    const bool stood_still = world_.stunned_until(end.node) > world_.now() - end.took;
    if (end.took > end.allowed + seconds(3) && !stood_still) violated("an answer after the deadline");
    if (end.ending != core::Ending::ok) return;
    const std::string host = world_.host_of(end.node);
    if (end.kind == core::Kind::stop) check_stopped(end, host);
    if (end.kind == core::Kind::start) check_started(end, host);
}

void Schedule::check_stopped(const ShimEnd& end, const std::string& host) {
    const std::string what = "a stop on " + end.node + " succeeded while the VM ";
    if (entry_at(host)) violated(what + "is registered on " + host);
    if (!world_.runs_at(host, vm1)) return;
    // Over the API alone an invalid entry cannot be proved off; that it runs on a peer must do (rule 2).
    const auto& strays = world_.site.host(id(host)).strays;
    const auto stray = strays.find(world_.path_of(vm1));
    const std::string other = host == "esxi1" ? "esxi2" : "esxi1";
    if (stray == strays.end() || !world_.runs_at(other, vm1)) violated(what + "runs on " + host);
}

void Schedule::check_started(const ShimEnd& end, const std::string& host) {
    const site::Vm* vm = entry_at(host);
    const std::string what = "a start on " + end.node + " succeeded ";
    // The other node may have taken it over in the same moment; then it runs there.
    if ((!vm || !vm->process) && !disturbed(host) && world_.now() - not_here_[host] > view_age)
        violated(what + "while the VM does not run on " + host);
    if (!vm || !vm->process || disturbed(host)) return;
    const site::VmFiles* files = world_.site.files(id(host), *vm);
    if (files && world_.site.writes_on(id(host), vm->path) && files->history != vm->memory)
        violated(what + "with a guest on " + host + " that has another copy's memory");
    if (vm->lock_lost) violated(what + "with a guest on " + host + " that has lost its lock");
}

// --- writes

void Schedule::check_write(const std::string& node, const core::Write& write) {
    const core::State& state = *world_.state(node);
    const core::VmState& vm = state.vms.at(write.vm);
    if (!(write.vm == vm1)) violated("a write about a VM that is not configured");
    check_target(write);
    if (write.host.str() != world_.host_of(node)) check_peer_write(node, write);
    if (!vm.lock_held) violated("a write without the lock among engines");
    if (vm.op && vm.op->kind == core::Kind::start && vm.op->alone_since &&
        world_.now() - *vm.op->alone_since > seconds(10))
        violated("a write for a start that nobody has waited for since long");
    check_replay(node, write);
    if (write.verb == core::Verb::answer_question) {
        check_answer(write);
    }
    if (write.verb == core::Verb::power_on) check_power_on(state, vm, write);
}

// Rule 4: the entry that it is about is ours.
void Schedule::check_target(const core::Write& write) {
    if (write.vmid.empty() || world_.site.host(id(write.host.str())).loading_until > world_.now() - epoch)
        return;
    const site::Vm* target = world_.site.vm(id(write.host.str()), std::stoi(write.vmid));
    if (target && target->path != world_.path_of(vm1))
        violated("a write about a stranger's entry: " + core::doing(write));
}

void Schedule::check_peer_write(const std::string& node, const core::Write& write) {
    const core::State& state = *world_.state(node);
    const core::VmState& vm = state.vms.at(write.vm);
    if (!vm.op || vm.op->kind != core::Kind::start)
        violated("a write to a peer that no start asked for: " + core::doing(write));
    const auto since = cannot_start_since_.find(world_.host_of(node));
    const core::HostView& local = state.hosts.at(state.local);
    if (vm.op && !vm.op->powered_on && !vm.op->taking_over && since != cannot_start_since_.end() &&
        world_.now() - since->second > view_age && core::fresh(state, local, world_.now()))
        violated("something is done to a peer though the preflight fails: " + core::doing(write));
    const auto known = core::known_as_of(state.hosts.at(write.host), vm);
    if (!known || world_.now() - *known > milliseconds(2500))
        violated("a write to a peer without a look just before: " + core::doing(write));
}

void Schedule::check_power_on(const core::State& state, const core::VmState& vm, const core::Write& write) {
    for (const auto& [name, host] : state.hosts) {
        const core::Seen* seen = name == write.host ? nullptr : core::entry_of(host, vm);
        if (seen && core::fresh(state, host, world_.now()) && seen->entry.power == core::Power::on)
            violated("powered on on " + write.host.str() + " while a fresh view shows it on " + name.str());
    }
}

// A write that never arrived may still be on its way for all that the daemon knows.
void Schedule::check_replay(const std::string& node, const core::Write& write) {
    const auto lost = lost_.find(node);
    if (lost == lost_.end() || lost->second.verb != write.verb || !(lost->second.host == write.host)) return;
    const bool at_most_once = write.verb == core::Verb::register_vm || write.verb == core::Verb::power_on;
    if (at_most_once && world_.now() < lost->second.limit)
        violated("replayed blindly: " + core::doing(write));
}

void Schedule::check_answer(const core::Write& write) {
    const auto* vm = world_.site.vm(id(write.host.str()), std::stoi(write.vmid));
    if (!vm || !vm->question || vm->question->id != write.question_id) return;
    std::string label;
    for (const auto& choice : vm->question->choices)
        if (choice.key == write.choice_key) label = choice.label;
    const std::string& asked = vm->question->message_id;
    if (!vm->process || asked != "msg.uuid.altered") answered_[write.host.str()] = world_.now();
    const bool known = asked == "msg.uuid.altered" || asked == "msg.hbacommon.locklost" ||
                       asked == "msg.hbacommon.outofspace";
    if (!known) violated("an unknown question is answered: " + asked);
    if (asked == "msg.uuid.altered" && label.find("opied") != std::string::npos)
        violated("moved-or-copied is answered with copied");
}

// Fate corrupts a disk where the cluster lets two copies run; it must not be our answer that lets a guest go
// on.
void Schedule::check_corruption(site::HostId host) {
    const std::string name = world_.site.host(host).config.name;
    const auto answered = answered_.find(name);
    if (answered != answered_.end() && world_.now() - answered->second < seconds(3))
        violated("a guest on " + name + " writes with another copy's memory because a question was answered");
}

// Rule 8: of four wrong logins by two nodes none locks the account.
void Schedule::check_login(const std::string& node, const std::string& host, bool right) {
    if (right) return;
    const std::string key = node + " " + host + " " + secrets_[node + host];
    if (++wrong_logins_[key] > 2) violated("a third wrong login of " + node + " at " + host);
}

// --- every tick

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
        if (!world_.runs_at(host, vm1)) not_here_[host] = world_.now();
        if (!runs_well(host)) not_well_[host] = world_.now();
    }
    for (const auto& node : world_.node_names()) check_monitor(node);
}

void Schedule::check_monitor(const std::string& node) {
    const core::State* state = world_.state(node);
    if (!state || world_.stunned(node)) return;
    const core::VmState& vm = state->vms.at(vm1);
    const core::Health& health = vm.health;
    const bool nonzero = health.exit_code != ExitCode::ok;
    if (nonzero && health.verdict != core::Verdict::unhealthy)
        violated("a monitor on " + node + " ends other than 0 without an unhealthy VM");
    if (!nonzero || !vm.active || health.reason == Reason::left_over) return;
    const std::string host = world_.host_of(node);
    // It has been running well there all the time that the view may be old.
    if (world_.now() - not_well_[host] > view_age && !disturbed(host))
        violated("a monitor on " + node + " cries wolf: " + health.detail);
}

}  // namespace vmha::scenario
