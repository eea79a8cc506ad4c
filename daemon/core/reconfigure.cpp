#include "daemon/core/reconfigure.hpp"

#include <algorithm>

#include "daemon/core/reconfigure_text.hpp"
#include "daemon/core/remembered.hpp"
#include "daemon/core/settle.hpp"
#include "daemon/core/view.hpp"
#include "daemon/core/writes.hpp"

namespace vmha::core {
namespace {

// The same file in another spelling is the same VM, as far as the local host tells that it is.
bool stays(const State& state, const VmState& vm, const VmxPath& vmx) {
    return vm.settings.vmx == vmx || same_path(state.hosts.at(state.local), vm.settings.vmx, vmx);
}

Plan plan_of(const State& state, const Settings& settings) {
    Plan plan;
    for (const auto& [name, vm] : state.vms) {
        const auto after = settings.vms.find(name);
        if (after == settings.vms.end())
            plan.removed.insert(name);
        else if (!stays(state, vm, after->second.vmx))
            plan.repathed.insert(name);
    }
    for (const auto& [name, vm] : settings.vms)
        if (!state.vms.contains(name)) plan.added.insert(name);
    for (const auto& [name, host] : state.hosts)
        if (!settings.hosts.contains(name)) plan.hosts_removed.insert(name);
    for (const auto& [name, host] : settings.hosts)
        if (!state.hosts.contains(name)) plan.hosts_added.insert(name);
    return plan;
}

// --- what may not be

std::optional<std::string> unanswered_write(const VmState& vm) {
    for (const auto* flying : {&vm.flying, &vm.answering})
        if (*flying) return "not answered yet: " + doing((*flying)->write);
    return std::nullopt;
}

bool works(const VmState& vm) {
    return vm.op && vm.op->kind != Kind::tidy;
}

std::string work_of(const VmState& vm) {
    return "a " + std::string(word(vm.op->kind)) + " of " + vm.name.str() + " is under way";
}

// Why the VM may be running on the local host; nothing: it is proved to be neither running nor registered.
std::optional<std::string> may_run_here(const State& state, const VmState& vm, Time now) {
    const HostView& local = state.hosts.at(state.local);
    const std::string on_host = " on " + local.name.str();
    if (auto write = unanswered_write(vm)) return write;
    if (works(vm)) return work_of(vm);
    if (vm.active) return "the cluster started it here";
    if (!fresh(state, local, now)) return local.name.str() + " is not seen now, and so is not known";
    if (const Seen* seen = entry_of(local, vm))
        return (seen->entry.power == Power::on ? "it runs" : "it is registered") + on_host;
    if (local.left_unproved.contains(vm.name)) return "nothing proves that it is off" + on_host;
    if (!absence_proved(state, local, vm, now)) return "nothing proves yet that it is not" + on_host;
    return std::nullopt;
}

std::optional<std::string> vm_refusal(const State& state, const VmState& vm, const std::string& what,
                                      Time now) {
    const std::string begin = "vm '" + vm.name.str() + "' " + what + ": ";
    // Its answer belongs to this VM, whatever a person decides about the monitor; it is over soon (rule 6).
    if (const auto write = unanswered_write(vm)) return begin + *write + "; try again in a minute";
    const auto why = may_run_here(state, vm, now);
    if (!why || vm.paused) return std::nullopt;
    return begin + *why + "; stop it here first, or say that you mean it: vmhactl pause " + vm.name.str();
}

std::optional<std::string> local_host_refusal(const State& state, const HostName& name, Time now) {
    const std::string begin = "host '" + name.str() +
                              "': nothing proves that its new address is that of the same machine (the same "
                              "thumbprint would), and ";
    for (const auto& [vm_name, vm] : state.vms) {
        const auto why = vm.paused ? unanswered_write(vm) : may_run_here(state, vm, now);
        if (why) return begin + "vm '" + vm_name.str() + "' may be running there: " + *why;
    }
    return std::nullopt;
}

// An operation looks at all hosts, and a start writes to them.
std::optional<std::string> peer_refusal(const State& state, const HostName& name, const std::string& what) {
    const std::string begin = "host '" + name.str() + "' " + what + ": ";
    for (const auto& [vm_name, vm] : state.vms) {
        for (const auto* flying : {&vm.flying, &vm.answering})
            if (*flying && (*flying)->write.host == name)
                return begin + "not answered yet: " + doing((*flying)->write) + "; try again in a minute";
        if (works(vm) && (vm.op->kind == Kind::start || vm.op->touched.contains(name)))
            return begin + work_of(vm) + "; try again when it has ended";
    }
    return std::nullopt;
}

std::vector<std::string> refusals(const State& state, const Reconfiguration& with, const Plan& plan,
                                  Time now) {
    std::vector<std::string> all;
    const auto add = [&](const std::optional<std::string>& refusal) {
        if (refusal) all.push_back(*refusal);
    };
    if (with.settings.node != state.settings.node)
        all.push_back("this node would be '" + with.settings.node + "' and is '" + state.settings.node +
                      "': that takes a restart of vmhad");
    const auto local = with.settings.hosts.find(state.local);
    if (local == with.settings.hosts.end() || !local->second.local)
        all.push_back("host '" + state.local.str() +
                      "' would no longer be this node's own: that takes a restart of vmhad");
    for (const auto& name : plan.removed)
        add(vm_refusal(state, state.vms.at(name), "cannot be removed", now));
    for (const auto& name : plan.repathed)
        add(vm_refusal(state, state.vms.at(name), "cannot get another vmx", now));
    for (const auto& name : plan.hosts_removed)
        if (name != state.local) add(peer_refusal(state, name, "cannot be removed"));
    for (const auto& [name, link] : with.links)
        if (link.another_machine)
            add(name == state.local ? local_host_refusal(state, name, now)
                                    : peer_refusal(state, name, "cannot get another address"));
    return all;
}

// --- the change

void say(Turn& turn, const ChangeLine& line) {
    Say say;
    say.vm = line.vm;
    say.host = line.host;
    say.message = say.detail = "reload: " + line.text;
    turn.say(std::move(say));
}

// The mark goes: whoever stops the VM from now on does not tell us, and a mark that nobody clears would vouch
// for whatever is found running here later.
void drop_vm(Turn& turn, const VmName& name, const std::string& why) {
    VmState& vm = turn.state.vms.at(name);
    give_up(turn, vm, why);
    if (vm.lock_held || vm.lock_asked) turn.out.actions.emplace_back(DropLock{name});
    if (vm.active) turn.out.actions.emplace_back(SetMark{name, false});
    if (!(vm.kept == Judgement{})) turn.out.actions.emplace_back(Remember{name, {}});
    for (auto& [host_name, host] : turn.state.hosts) forget_vm(host, name);
    turn.state.wakes.erase({vm.wake, name});
    turn.state.vms.erase(name);
}

// A pause is a person's word about the name, whatever file it stands for.
void repath_vm(Turn& turn, const VmName& name, const VmSettings& settings) {
    const bool paused = turn.state.vms.at(name).paused;
    const auto until = turn.state.vms.at(name).paused_until;
    drop_vm(turn, name, "its vmx was changed in the configuration");
    VmState& vm = add_vm(turn.state, name, settings);
    vm.paused = paused;
    vm.paused_until = until;
}

void forget_host(VmState& vm, const HostName& host) {
    vm.looked.erase(host);
    vm.looking.erase(host);
    vm.processes_asked.erase(host);
    vm.processes_failed.erase(host);
    vm.storage_bad.erase(host);
    vm.storage_gap.erase(host);
    vm.announced.erase(host);
}

// Nothing that was asked over the old link is answered any more.
void end_link(Turn& turn, VmState& vm, const HostView& host) {
    vm.looking.erase(host.name);
    vm.processes_asked.erase(host.name);
    if (vm.op) {
        vm.op->peer_decided.erase(host.name);
        if (!vm.op->vmx) vm.op->vmx_asked = false;
    }
    for (auto* flying : {&vm.flying, &vm.answering}) {
        if (!*flying || (*flying)->unanswered || (*flying)->write.host != host.name) continue;
        (*flying)->unanswered = true;
        turn.note(vm, host.name, Level::warning,
                  "no answer to: " + doing((*flying)->write) + "; looking before anything else is done");
    }
}

// As after the loss of the connection, and at once: what was seen goes on to be known, and is not fresh.
void make_link_anew(Turn& turn, HostView& host, const LinkAnew& link) {
    const Link before = host.link;
    const LinkChanged changed{host.name, Link::connecting, Reason::host_unreachable,
                              "",        host.session,     Via::api};
    if (link.another_machine) {
        HostView blank;
        blank.name = host.name;
        blank.settings = host.settings;
        blank.session = host.session;  // the next one is a later one
        blank.last_rescan = host.last_rescan;
        blank.left_unproved = host.left_unproved;
        host = std::move(blank);
        for (auto& [name, vm] : turn.state.vms) forget_host(vm, host.name);
    }
    std::set<VmName> dirty;  // all are settled at the end
    apply(turn.state, changed, turn.now, dirty);
    host.link_since = turn.now;
    host.confirmed.reset();
    host.shell = {Link::connecting, Reason::host_unreachable, "", turn.now};
    host.processes.reset();
    say_link(turn, changed, before);
    for (auto& [name, vm] : turn.state.vms) end_link(turn, vm, host);
}

void change_hosts(Turn& turn, const Reconfiguration& with, const Plan& plan) {
    State& state = turn.state;
    for (const auto& name : plan.hosts_removed) {
        state.hosts.erase(name);
        for (auto& [vm_name, vm] : state.vms) forget_host(vm, name);
    }
    for (auto& [name, host] : state.hosts) {
        host.settings = with.settings.hosts.at(name);
        if (const auto link = with.links.find(name); link != with.links.end())
            make_link_anew(turn, host, link->second);
    }
    for (const auto& name : plan.hosts_added) add_host(state, name, with.settings.hosts.at(name), turn.now);
}

void change_vms(Turn& turn, const Reconfiguration& with, const Plan& plan) {
    State& state = turn.state;
    for (const auto& name : plan.removed) drop_vm(turn, name, "it was taken out of the configuration");
    for (const auto& name : plan.repathed) repath_vm(turn, name, with.settings.vms.at(name));
    for (const auto& name : plan.added) add_vm(state, name, with.settings.vms.at(name));
    for (auto& [name, vm] : state.vms) {
        // A start that waits has its deadline already.
        for (auto& ask : vm.waiting_starts) ask.timeout = ask.timeout.value_or(vm.settings.start_timeout);
        vm.settings = with.settings.vms.at(name);
    }
    state.by_file.clear();
    for (const auto& [name, vm] : state.vms) state.by_file.emplace(vm.settings.vmx.file, name);
    recall(state, with.remembered, plan.added);
}

// What was read before they were ours was read without them in mind: they are looked for, once for all.
void look_for_new(Turn& turn, const std::set<VmName>& names) {
    for (const auto& [host_name, host] : turn.state.hosts) {
        std::optional<LookId> id;
        for (const auto& name : names) {
            VmState& vm = turn.state.vms.at(name);
            vm.since = turn.now;
            vm.look_after[host_name] = turn.now;
            if (!host.complete || host.link != Link::up) continue;
            if (!id) {
                look(turn, vm, host_name, "");
                id = vm.looking.at(host_name);
            }
            vm.looking[host_name] = *id;
        }
    }
}

}  // namespace

std::vector<std::string> why_refused(const State& state, const Reconfiguration& with, Time now) {
    return refusals(state, with, plan_of(state, with.settings), now);
}

Reconfigured reconfigure(State& state, const Reconfiguration& with, Time now) {
    Reconfigured done;
    const Plan plan = plan_of(state, with.settings);
    done.refused = refusals(state, with, plan, now);
    if (!done.refused.empty()) return done;

    Turn turn{state, now, done.step};
    for (const auto& line : change_lines(state, with, plan)) {
        done.changes.push_back(line.text);
        say(turn, line);
    }
    change_hosts(turn, with, plan);
    change_vms(turn, with, plan);
    state.settings = with.settings;
    std::set<VmName> news = plan.added;
    news.insert(plan.repathed.begin(), plan.repathed.end());
    for (auto& [name, host] : state.hosts) find_entries(state, host, news);
    look_for_new(turn, news);
    for (auto& [name, vm] : state.vms) settle(turn, vm);
    done.step.wake = state.wakes.empty() ? never : state.wakes.begin()->first;
    return done;
}

}  // namespace vmha::core
