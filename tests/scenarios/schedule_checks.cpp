#include <algorithm>

#include "daemon/core/known.hpp"
#include "daemon/core/operation.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/view.hpp"
#include "tests/scenarios/schedule.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

constexpr Duration rescan_interval = seconds(5);      // rule 9
constexpr Duration second_login_after = seconds(59);  // rule 8
constexpr Duration resolved_after = seconds(25);      // a partition: the cluster manager decides by then

bool ends_a_vm(core::Verb verb) {
    return verb == core::Verb::power_off || verb == core::Verb::shutdown_guest ||
           verb == core::Verb::kill_process;
}

// A copy with its instance uuid that runs from another path, as far as this view tells.
bool runs_under_another_path(const core::State& state, const core::HostView& host, const core::VmState& vm,
                             Time now) {
    if (!core::fresh(state, host, now) || host.where.contains(vm.name)) return false;
    const auto of_it = [&](const std::string& uuid) {
        return std::ranges::any_of(state.hosts, [&](const auto& item) {
            const auto known = item.second.remembered.find(vm.name);
            return known != item.second.remembered.end() && known->second.instance_uuid == uuid;
        });
    };
    return std::ranges::any_of(host.entries, [&](const auto& item) {
        const core::VmEntry& entry = item.second.entry;
        return entry.path && entry.path->file != vm.settings.vmx.file && entry.power == core::Power::on &&
               !entry.instance_uuid.empty() && of_it(entry.instance_uuid);
    });
}

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

bool Schedule::long_since(const std::map<std::string, Time>& since, const std::string& host) const {
    const auto found = since.find(host);
    return found != since.end() && world_.now() - found->second > view_age;
}

// It neither stands still nor has just woken.
bool Schedule::rested(const std::string& node) const {
    return world_.now() > world_.stunned_until(node) + seconds(3);
}

// --- what is said

// Rule 10.
void Schedule::check_line(const std::string& line) {
    for (const auto& secret : all_secrets_)
        if (line.find(secret) != std::string::npos) violated("a secret is told: " + line);
}

// --- answers

void Schedule::check_end(const ShimEnd& end) {
    const bool stood_still = world_.stunned_until(end.node) > world_.now() - end.took;
    if (end.took > end.allowed + seconds(3) && !stood_still) violated("an answer after the deadline");
    check_line(end.detail);
    if (end.kind == core::Kind::stop && end.reason == Reason::superseded)
        violated("a stop on " + end.node + " gives way to a start");
    if (end.ending != core::Ending::ok) return;
    const std::string host = world_.host_of(end.node);
    if (end.kind == core::Kind::stop) check_stopped(end, host);
    if (end.kind == core::Kind::start) check_started(end, host);
}

void Schedule::check_stopped(const ShimEnd& end, const std::string& host) {
    const std::string what = "a stop on " + end.node + " succeeded while the VM ";
    if (meddled(host)) return;
    if (entry_at(host)) violated(what + "is registered on " + host);
    const core::State* state = world_.state(end.node);
    const auto taken_out = taken_out_.find(end.node);
    // By this operation, which may be older than this caller.
    const bool was_taken_out = taken_out != taken_out_.end() && taken_out->second >= began_[end.node].since;
    if (state && !was_taken_out &&
        runs_under_another_path(*state, state->hosts.at(state->local), state->vms.at(vm1), world_.now()))
        violated(what + "runs on " + host + " under another path");
    if (state && late_register(*state)) violated(what + "may still be registered by an unanswered write");
    if (state && state->hosts.at(state->local).left_unproved.contains(vm1) && !seen_on_a_peer(*state) &&
        !no_process_seen(*state))
        violated(what + "left " + host + " while nothing proves it off");
    if (!world_.runs_at(host, vm1)) return;
    if (state && core::shell_up(state->hosts.at(state->local)) && !disturbed(host))
        violated(what + "runs on " + host + ", as its processes tell");
    // Over the API alone an invalid entry cannot be proved off; that it runs on a peer must do (rule 2).
    const auto& strays = world_.site.host(id(host)).strays;
    const auto stray = strays.find(world_.path_of(vm1));
    const std::string other = host == "esxi1" ? "esxi2" : "esxi1";
    // A peer that has just died or been cut off is believed as long as its view is fresh.
    const bool seen_there = state && seen_on_a_peer(*state) && world_.now() - ran_[other] < view_age;
    if (stray == strays.end() || !(world_.runs_at(other, vm1) || seen_there))
        violated(what + "runs on " + host);
}

bool Schedule::late_register(const core::State& state) const {
    const auto& registers = state.vms.at(vm1).late_register;
    const auto late = registers.find(state.local);
    return late != registers.end() && world_.now() < late->second;
}

// Rule 2: what proves it over SSH.
bool Schedule::no_process_seen(const core::State& state) const {
    const auto& told = state.hosts.at(state.local).processes;
    return told && world_.now() - told->asked <= view_age &&
           std::ranges::none_of(told->list, [&](const core::VmProcess& process) {
               return process.path.file == world_.path_of(vm1);
           });
}

// Rule 2: all that proves an invalid VM off over the API alone.
bool Schedule::seen_on_a_peer(const core::State& state) const {
    return std::ranges::any_of(state.hosts, [&](const auto& item) {
        const core::HostView& host = item.second;
        const core::Seen* seen = core::entry_of(host, state.vms.at(vm1));
        return item.first != state.local && core::fresh(state, host, world_.now()) && seen &&
               seen->entry.power == core::Power::on && seen->entry.connection == core::Connection::connected;
    });
}

void Schedule::check_started(const ShimEnd& end, const std::string& host) {
    const site::Vm* vm = entry_at(host);
    const std::string what = "a start on " + end.node + " succeeded ";
    // The other node may have taken it over in the same moment; then it runs there.
    if ((!vm || !vm->process) && !disturbed(host) && world_.now() - not_here_[host] > view_age)
        violated(what + "while the VM does not run on " + host);
    check_vouched(end.node);
    if (!vm || !vm->process || disturbed(host)) return;
    const site::VmFiles* files = world_.site.files(id(host), *vm);
    if (files && world_.site.writes_on(id(host), vm->path) && files->history != vm->memory)
        violated(what + "with a guest on " + host + " that has another copy's memory");
    if (vm->lock_lost) violated(what + "with a guest on " + host + " that has lost its lock");
}

// A copy that was running here before the mark was set, and that this node did not power on since, is left
// over while a peer runs one too.
void Schedule::check_vouched(const std::string& node) {
    const core::State* state = world_.state(node);
    const std::string host = world_.host_of(node);
    const Time marked = unmarked_[node];
    const bool was_running = not_here_[host] + view_age < marked && powered_on_[node] < marked;
    if (state && was_running && seen_on_a_peer(*state))
        violated("a start on " + node + " succeeded with a copy that nothing vouches for");
}

// --- writes

void Schedule::check_write(const std::string& node, const core::Write& write) {
    const core::State& state = *world_.state(node);
    const core::VmState& vm = state.vms.at(write.vm);
    if (!(write.vm == vm1)) violated("a write about a VM that is not configured");
    check_target(write);
    check_moved(state, vm, write);
    check_looked(state, vm, write);
    check_tidy(node, vm, write);
    check_rescan(node, write);
    if (write.host.str() != world_.host_of(node)) check_peer_write(node, write);
    if (write.verb == core::Verb::unregister && write.host == state.local) taken_out_[node] = world_.now();
    if (!vm.lock_held) violated("a write without the lock among engines");
    if (vm.op && vm.op->kind == core::Kind::start && vm.op->alone_since &&
        world_.now() - *vm.op->alone_since > seconds(10))
        violated("a write for a start that nobody has waited for since long");
    check_replay(node, write);
    check_way(state, write);
    if (write.verb == core::Verb::kill_process) check_kill(vm, write);
    if (write.verb == core::Verb::answer_question) check_answer(state, vm, write);
    if (write.verb == core::Verb::power_on) {
        check_power_on(state, vm, write);
        powered_on_[node] = world_.now();
    }
}

// Rule 4: the entry that it is about is ours.
void Schedule::check_target(const core::Write& write) {
    if (write.vmid.empty() || world_.site.host(id(write.host.str())).loading_until > world_.now() - epoch)
        return;
    const site::Vm* target = world_.site.vm(id(write.host.str()), std::stoi(write.vmid));
    if (target && target->path != world_.path_of(vm1))
        violated("a write about a stranger's entry: " + core::doing(write));
}

// Rule 4: ours under another path, nothing is touched. What this operation took out itself was the VM.
void Schedule::check_moved(const core::State& state, const core::VmState& vm, const core::Write& write) {
    const bool begins = write.verb == core::Verb::register_vm || write.verb == core::Verb::power_on;
    if (!begins || !vm.op || vm.op->kind != core::Kind::start) return;
    for (const auto& [name, host] : state.hosts)
        if (!vm.op->taken_out.contains(name) && runs_under_another_path(state, host, vm, world_.now()))
            violated("started beside itself, which runs on " + name.str() + " under another path");
}

// A write goes where it can be carried out: not to an API that is not there or is known to refuse.
void Schedule::check_way(const core::State& state, const core::Write& write) {
    const core::HostView& host = state.hosts.at(write.host);
    const bool over_ssh = write.via == core::Via::ssh;
    if (write.verb == core::Verb::kill_process && !over_ssh)
        violated("a process is to be ended through the API, which knows none: " + core::doing(write));
    if (over_ssh ? !host.settings.ssh : !host.settings.api)
        violated("a write that goes a way that is not there: " + core::doing(write));
    if (!over_ssh && host.settings.ssh && host.facts.api_writes == false)
        violated("a write through an API that is known to refuse it: " + core::doing(write));
}

// Rule 4, and the order in which a process is told to end.
void Schedule::check_kill(const core::VmState& vm, const core::Write& write) {
    const site::Host& host = site().host(id(write.host.str()));
    for (const auto& [number, entry] : host.vms)
        if (entry.process && std::to_string(entry.world) == write.world_id &&
            entry.path != world_.path_of(vm1))
            violated("a stranger's process is ended: " + core::doing(write));
    if (!vm.op) return violated("a process is ended for no operation: " + core::doing(write));
    const std::string key = write.host.str() + " " + std::to_string(vm.op->id);
    const auto last = killed_.find(key);
    if (last == killed_.end() ? write.kill != core::Kill::soft
                              : static_cast<int>(write.kill) > static_cast<int>(last->second) + 1)
        violated("a process is ended harder than it has to be: " + core::doing(write));
    killed_[key] = write.kill;
}

// Rule 6: what a write did is looked at before the next one. Only an answer goes beside another write.
void Schedule::check_looked(const core::State& state, const core::VmState& vm, const core::Write& write) {
    if (write.verb == core::Verb::answer_question) return;
    for (const auto& [name, after] : vm.look_after) {
        const core::HostView& host = state.hosts.at(name);
        const auto known = core::known_as_of(host, vm);
        if (core::fresh(state, host, world_.now()) && (!known || *known < after))
            violated("a write before a look at what the last one did: " + core::doing(write));
    }
}

// Tidied up is only what the cluster did not start here and what runs on a peer.
void Schedule::check_tidy(const std::string& node, const core::VmState& vm, const core::Write& write) {
    if (!vm.op || vm.op->kind != core::Kind::tidy) return;
    if (vm.active) violated("tidied up though the cluster started it here: " + core::doing(write));
    for (const auto& other : world_.node_names())
        if (other != node && world_.now() - ran_[world_.host_of(other)] > view_age)
            violated("tidied up though it does not run on a peer: " + core::doing(write));
}

// Rule 9.
void Schedule::check_rescan(const std::string& node, const core::Write& write) {
    if (write.verb != core::Verb::rescan_storage) return;
    const std::string key = node + " " + write.host.str();
    const auto last = rescanned_.find(key);
    if (last != rescanned_.end() && world_.now() - last->second < rescan_interval)
        violated("a rescan less than 5 s after the last one: " + core::doing(write));
    rescanned_[key] = world_.now();
}

void Schedule::check_peer_write(const std::string& node, const core::Write& write) {
    const core::State& state = *world_.state(node);
    const core::VmState& vm = state.vms.at(write.vm);
    const auto known = core::known_as_of(state.hosts.at(write.host), vm);
    if (!known || world_.now() - *known > milliseconds(2500))
        violated("a write to a peer without a look just before: " + core::doing(write));
    if (!vm.op || vm.op->kind != core::Kind::start)
        return violated("a write to a peer that no start asked for: " + core::doing(write));
    if (!vm.op->powered_on) check_preflight(node, vm, write);
    if (ends_a_vm(write.verb)) check_takeover(node, vm, write);
}

// Rule 6: nothing is done to a peer while the start cannot succeed here, nor where it cannot be done there.
void Schedule::check_preflight(const std::string& node, const core::VmState& vm, const core::Write& write) {
    const core::State& state = *world_.state(node);
    const std::string local = world_.host_of(node);
    const bool fresh = core::fresh(state, state.hosts.at(state.local), world_.now());
    const bool no_memory = long_since(no_memory_since_, local) && core::memory_of(state, vm);
    const bool cannot_write = long_since(free_since_, local) && !state.hosts.at(state.local).settings.ssh;
    if (fresh && (long_since(maintenance_since_, local) || cannot_write || no_memory))
        violated("something is done to a peer though the preflight fails: " + core::doing(write));
    const auto free_there = free_since_.find(write.host.str());
    const auto began = takeovers_.find(node);
    const Time since =
        began != takeovers_.end() && began->second.op == vm.op->id ? began->second.since : world_.now();
    if (free_there != free_since_.end() && since - free_there->second > view_age &&
        !state.hosts.at(write.host).settings.ssh)
        violated("a takeover though nothing can be written there: " + core::doing(write));
}

// Rule 3: one takeover a start, none where it is refused, none while a partition is being resolved.
void Schedule::check_takeover(const std::string& node, const core::VmState& vm, const core::Write& write) {
    if (vm.settings.on_running_elsewhere == core::OnRunningElsewhere::refuse)
        violated("a takeover though the policy refuses it: " + core::doing(write));
    if (vm.op->taken_over || vm.op->powered_on) violated("a second takeover: " + core::doing(write));
    const auto began = takeovers_.find(node);
    if (began == takeovers_.end() || began->second.op != vm.op->id) return;
    const core::HostView& peer = world_.state(node)->hosts.at(write.host);
    const Time since = began->second.since;
    if (peer.fresh_since > vm.op->began + core::peer_patience && peer.fresh_since <= since &&
        since < peer.fresh_since + resolved_after)
        violated("a takeover right after a partition: " + core::doing(write));
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

void Schedule::check_answer(const core::State& state, const core::VmState& vm, const core::Write& write) {
    const auto* entry = world_.site.vm(id(write.host.str()), std::stoi(write.vmid));
    if (!entry || !entry->question || entry->question->id != write.question_id) return;
    std::string label;
    for (const auto& choice : entry->question->choices)
        if (choice.key == write.choice_key) label = choice.label;
    const std::string& asked = entry->question->message_id;
    if (!entry->process || asked != "msg.uuid.altered")
        answered_[write.host.str() + " " + entry->path] = world_.now();
    const bool known = asked == "msg.uuid.altered" || asked == "msg.hbacommon.locklost" ||
                       asked == "msg.hbacommon.outofspace";
    if (!known) violated("an unknown question is answered: " + asked);
    if (asked == "msg.uuid.altered" && label.find("opied") != std::string::npos)
        violated("moved-or-copied is answered with copied");
    check_purpose(state, vm, write, asked, label);
}

// By what we are doing: a start answers so that the VM goes on, everything else so that it ends. A start that
// ends a left-over copy may do either.
void Schedule::check_purpose(const core::State& state, const core::VmState& vm, const core::Write& write,
                             const std::string& asked, const std::string& label) {
    const bool starts = vm.op && vm.op->kind == core::Kind::start && write.host == state.local;
    if (starts && vm.op->left_over) return;
    if (starts && asked == "msg.hbacommon.outofspace") violated("a start ends a VM that is out of space");
    if (!starts && asked == "msg.uuid.altered" && label.find("ancel") == std::string::npos)
        violated("moved-or-copied is answered with " + label + " while the VM is to end");
}

// Fate corrupts a disk where the cluster lets two copies run; it must not be our answer that lets a guest go
// on.
void Schedule::check_corruption(site::HostId host, const std::string& path) {
    const std::string name = world_.site.host(host).config.name;
    const auto answered = answered_.find(name + " " + path);
    if (answered != answered_.end() && world_.now() - answered->second < seconds(3))
        violated("a guest on " + name + " writes with another copy's memory because a question was answered");
}

// The first reason counts: what follows it at once was never well in between.
void Schedule::check_turned(const std::string& node) {
    const auto& vms = world_.state(node)->vms;
    const auto vm = vms.find(vm1);
    const bool nonzero = vm != vms.end() && vm->second.health.exit_code != ExitCode::ok;
    if (nonzero && !unhealthy_[node]) check_confirmed(node, vm->second);
    unhealthy_[node] = nonzero;
}

// Rule 8: of four wrong logins by two nodes none locks the account; a secret that never worked has one try.
void Schedule::check_login(const std::string& node, const std::string& host, bool right) {
    Logins& logins = logins_[node + " " + host + " " + secrets_[node + host]];
    if (right) {
        logins.worked = true;
        logins.wrong.clear();
        return;
    }
    logins.wrong.push_back(world_.now());
    const size_t count = logins.wrong.size();
    if (count > 2) violated("a third wrong login of " + node + " at " + host);
    if (count == 2 && !logins.worked)
        violated("a second login of " + node + " at " + host + " with a secret that never worked");
    if (count == 2 && logins.wrong[1] - logins.wrong[0] < second_login_after)
        violated("a second wrong login of " + node + " at " + host + " right after the first");
}

}  // namespace vmha::scenario
