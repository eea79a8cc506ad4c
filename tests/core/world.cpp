#include "tests/core/world.hpp"

#include <algorithm>

namespace vmha::core::test {
namespace {

Settings two_hosts_one_vm() {
    Settings settings;
    settings.node = "ec1";
    settings.hosts[HostName("esxi1")] = {"192.0.2.1", true, "vmhba65", seconds(30)};
    settings.hosts[HostName("esxi2")] = {"192.0.2.2", false, "vmhba65", seconds(30)};
    settings.vms[VmName("vm1")].vmx = {"EC_iSCSI", "vm1/vm1.vmx"};
    return settings;
}

}  // namespace

World::World(std::function<void(Settings&)> change) : settings(two_hosts_one_vm()) {
    if (change) change(settings);
    for (const auto& [name, host] : settings.hosts)
        hosts[name.str()].datastores["ds-1"] = {"ds-1", "EC_iSCSI", "5bc7459f-967eeb48", true, "", {}};
    state = make_state(settings, {}, now);
}

Read World::full_read(const std::string& name) {
    const FakeHost& host = hosts.at(name);
    Read read{HostName(name), host.session, now, true, {}, {}, {}, {}, {}, host.facts};
    for (const auto& [vmid, entry] : host.entries) read.entries.push_back(entry);
    for (const auto& [id, datastore] : host.datastores) read.datastores.push_back(datastore);
    return read;
}

void World::connect(const std::string& name) {
    FakeHost& host = hosts.at(name);
    host.answers = true;
    ++host.session;
    happen(LinkChanged{HostName(name), Link::up, Reason::running, "", host.session});
    happen(full_read(name));
    const int daemon = daemon_;
    const uint64_t session = host.session;
    std::function<void()> tick = [this, name, session, daemon, &host] {
        if (daemon != daemon_ || session != host.session) return;
        watch(name);
    };
    at(now + seconds(1), tick);
}

void World::watch(const std::string& name) {
    FakeHost& host = hosts.at(name);
    const int daemon = daemon_;
    const uint64_t session = host.session;
    if (host.answers)
        happen(Read{HostName(name), host.session, now - seconds(1), false, {}, {}, {}, {}, {}, {}});
    at(now + seconds(1), [this, name, session, daemon] {
        if (daemon == daemon_ && session == hosts.at(name).session) watch(name);
    });
}

void World::lose(const std::string& name, Link link) {
    hosts.at(name).answers = false;
    happen(LinkChanged{HostName(name), link, Reason::host_unreachable, "the host does not answer", 0});
}

VmEntry& World::add(const std::string& name, const std::string& vm, Power power) {
    FakeHost& host = hosts.at(name);
    VmEntry entry;
    entry.vmid = std::to_string(host.next_vmid++);
    entry.path = settings.vms.at(VmName(vm)).vmx;
    entry.name = vm;
    entry.power = power;
    entry.connection = Connection::connected;
    entry.heartbeat = Heartbeat::green;
    VmEntry& stored = host.entries[entry.vmid] = entry;
    push(name, entry.vmid);
    return stored;
}

void World::push(const std::string& name, const std::string& vmid) {
    const FakeHost& host = hosts.at(name);
    if (!host.answers || host.session == 0 || state.hosts.at(HostName(name)).session != host.session) return;
    happen(Read{HostName(name), host.session, now, false, {}, {host.entries.at(vmid)}, {}, {}, {}, {}});
}

void World::remove(const std::string& name, std::string vmid) {
    FakeHost& host = hosts.at(name);
    host.entries.erase(vmid);
    if (!host.answers || state.hosts.at(HostName(name)).session != host.session) return;
    happen(Read{HostName(name), host.session, now, false, {}, {}, {vmid}, {}, {}, {}});
}

CallerId World::ask(Kind kind, const std::string& vm, std::optional<Duration> timeout,
                    std::map<std::string, std::string> context) {
    const CallerId caller = ++last_caller_;
    happen(Ask{caller, VmName(vm), kind, timeout, std::move(context)});
    return caller;
}

void World::happen(const Event& event) {
    now += Duration(1);  // two reads are never sent at the same instant
    take(step(state, event, now));
}

void World::take(const Step& out) {
    wake_ = out.wake;
    for (const auto& action : out.actions) perform(action);
}

void World::run(Duration duration) {
    const Time end = now + duration;
    while (true) {
        const Time next = std::min(queue_.empty() ? never : queue_.begin()->first, wake_);
        if (next > end) break;
        now = std::max(now, next);
        if (!queue_.empty() && queue_.begin()->first <= now) {
            auto what = std::move(queue_.begin()->second);
            queue_.erase(queue_.begin());
            what();
        } else {
            wake_ = never;
            happen(Tick{});
        }
    }
    now = std::max(now, end);
}

void World::run_until_answered(CallerId caller, Duration limit) {
    const Time end = now + limit;
    while (now < end && !answer_to(caller)) run(milliseconds(100));
    REQUIRE(answer_to(caller));
}

void World::restart_daemon() {
    ++daemon_;
    std::set<VmName> active;
    for (const auto& [vm, mark] : marks)
        if (mark) active.insert(VmName(vm));
    std::vector<Flying> flying;
    for (const auto& [name, vm] : state.vms)
        if (vm.flying) flying.push_back(*vm.flying);
    Remembered remembered{active, flying, {}};
    for (const auto& [vm, judgement] : judgements) remembered.judgements[VmName(vm)] = judgement;
    for (const auto& [name, vm] : state.vms)
        if (vm.answering) remembered.answering.push_back(*vm.answering);
    for (const auto& [name, host] : state.hosts) remembered.known[name] = host.remembered;
    state = make_state(settings, remembered, now);
    for (auto& [name, host] : hosts)
        if (host.answers) connect(name);
}

const Answer* World::answer_to(CallerId caller) const {
    const auto found = std::ranges::find(answers, caller, &Answer::caller);
    return found == answers.end() ? nullptr : &*found;
}

bool World::runs(const std::string& host, const std::string& vm) const {
    return std::ranges::any_of(hosts.at(host).entries, [&](const auto& item) {
        return item.second.name == vm && item.second.power == Power::on;
    });
}

bool World::registered(const std::string& host, const std::string& vm) const {
    return std::ranges::any_of(hosts.at(host).entries,
                               [&](const auto& item) { return item.second.name == vm; });
}

std::vector<std::string> World::stages() const {
    std::vector<std::string> list;
    for (const auto& say : said)
        if (say.topic == Topic::transition) list.push_back(say.to);
    return list;
}

int World::count(Verb verb, const std::string& host) const {
    return static_cast<int>(std::ranges::count_if(
        writes, [&](const Write& write) { return write.verb == verb && write.host.str() == host; }));
}

void World::perform(const Action& action) {
    if (const auto* write = std::get_if<Write>(&action)) {
        writes.push_back(*write);
        perform_write(*write);
    } else if (const auto* look = std::get_if<Look>(&action)) {
        const Time asked = now;
        const int daemon = daemon_;
        at(now + milliseconds(1), [this, look = *look, asked, daemon] {
            const FakeHost& host = hosts.at(look.host.str());
            if (daemon != daemon_) return;
            if (!host.answers) return happen(LookFailed{look.host, look.id});
            if (look.vmid.empty()) {
                Read read = full_read(look.host.str());
                read.asked = asked;
                read.look = look.id;
                return happen(read);
            }
            Looked looked{look.host, host.session, look.id, asked, look.vmid, {}};
            if (const auto entry = host.entries.find(look.vmid); entry != host.entries.end())
                looked.entry = entry->second;
            happen(looked);
        });
    } else if (const auto* lock = std::get_if<TakeLock>(&action)) {
        const int daemon = daemon_;
        if (lock_is_free)
            at(now, [this, vm = lock->vm, daemon] {
                if (daemon == daemon_) happen(LockTaken{vm, state.vms.at(vm).flying});
            });
    } else if (const auto* check = std::get_if<CheckVmx>(&action)) {
        at(now + milliseconds(1), [this, check = *check] { happen(VmxChecked{check.vm, check.host, vmx}); });
    } else if (const auto* asked = std::get_if<AskProcesses>(&action)) {
        ++process_questions;
        at(now + milliseconds(1), [this, name = asked->host, asked_at = now] {
            happen(ProcessesTold{name, asked_at, hosts.at(name.str()).processes});
        });
    } else if (const auto* wanted = std::get_if<AskLock>(&action)) {
        ++lock_questions;
        at(now + milliseconds(1), [this, wanted = *wanted, asked_at = now] {
            happen(LockTold{wanted.vm, wanted.host, asked_at, disk_lock, disk_lock ? "" : "cannot tell"});
        });
    } else if (const auto* mark = std::get_if<SetMark>(&action)) {
        marks[mark->vm.str()] = mark->active;
    } else if (const auto* remember = std::get_if<Remember>(&action)) {
        judgements[remember->vm.str()] = remember->judgement;
    } else if (const auto* say = std::get_if<Say>(&action)) {
        said.push_back(*say);
    } else if (const auto* answer = std::get_if<Answer>(&action)) {
        answers.push_back(*answer);
    }
}

std::optional<Fault> World::refusal(const Write& write) {
    FakeHost& host = hosts.at(write.host.str());
    if (auto& faults = host.refusals[write.verb]; !faults.empty()) {
        const Fault fault = faults.front();
        faults.pop_front();
        return fault;
    }
    if (write.verb != Verb::power_on) return std::nullopt;
    for (const auto& [name, other] : hosts)
        if (name != write.host.str())
            for (const auto& [vmid, entry] : other.entries)
                if (entry.power == Power::on && entry.name == host.entries.at(write.vmid).name)
                    return Fault{FaultKind::lock_held, "FileLocked", "Failed to lock the file", ""};
    return std::nullopt;
}

void World::carry_out(const Write& write) {
    FakeHost& host = hosts.at(write.host.str());
    switch (write.verb) {
        case Verb::register_vm: {
            VmEntry& entry = add(write.host.str(), write.vm.str(), Power::off);
            if (host.registers_as_invalid) entry.connection = Connection::invalid;
            break;
        }
        case Verb::unregister: remove(write.host.str(), write.vmid); break;
        case Verb::power_on: host.entries.at(write.vmid).power = Power::on; break;
        case Verb::power_off: host.entries.at(write.vmid).power = Power::off; break;
        case Verb::answer_question: host.entries.at(write.vmid).question.reset(); break;
        case Verb::shutdown_guest:
            if (!host.guest_ignores_shutdown)
                at(now + host.guest_shutdown_time, [this, write, &host] {
                    if (!host.entries.contains(write.vmid)) return;
                    host.entries.at(write.vmid).power = Power::off;
                    push(write.host.str(), write.vmid);
                });
            break;
        case Verb::cancel_task: host.entries.at(write.vmid).task.reset(); break;
        case Verb::rescan_storage: break;
        case Verb::kill_process:
            if (write.kill >= host.dies_of) end_process(write.host.str(), write.path);
            break;
    }
}

void World::end_process(const std::string& name, const VmxPath& path) {
    FakeHost& host = hosts.at(name);
    if (host.processes)
        std::erase_if(*host.processes, [&](const auto& process) { return process.path == path; });
    for (auto& [vmid, entry] : host.entries)
        if (entry.path == path && entry.connection == Connection::connected) {
            entry.power = Power::off;
            entry.question.reset();
            push(name, vmid);
        }
}

void World::shell(const std::string& name, Link link) {
    happen(ShellChanged{HostName(name), link, Reason::host_unreachable, ""});
}

void World::perform_write(const Write& write) {
    FakeHost& host = hosts.at(write.host.str());
    const int daemon = daemon_;
    if (!host.answers) {
        at(write.limit, [this, write, daemon] {
            if (daemon == daemon_) happen(WriteDone{write.id, Outcome::unanswered, {}, ""});
        });
        return;
    }
    at(now + host.task_time, [this, write, &host, daemon] {
        WriteDone done{write.id, Outcome::ok, {}, ""};
        if (const auto fault = refusal(write)) {
            done.outcome = Outcome::refused;
            done.fault = *fault;
        } else {
            carry_out(write);
            if (write.verb == Verb::register_vm) done.vmid = std::to_string(host.next_vmid - 1);
        }
        if (daemon != daemon_) return;
        if (host.loses_replies) done = WriteDone{write.id, Outcome::unanswered, {}, ""};
        happen(done);
    });
}

void both_connected(World& world) {
    world.connect("esxi1");
    world.connect("esxi2");
}

bool said(const World& world, std::string_view what) {
    return std::ranges::any_of(world.said,
                               [&](const Say& say) { return say.message.find(what) != std::string::npos; });
}

}  // namespace vmha::core::test
