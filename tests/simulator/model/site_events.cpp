// What happens to the site from outside, and the questions that come of it.
#include <utility>

#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/model/questions.hpp"
#include "tests/simulator/model/site.hpp"

namespace vmha::site {

void Site::host_power(HostId id, bool on) {
    Host& host = at(id);
    if (host.powered == on) return;
    if (!on) {
        crash_everything(id);
        host.powered = host.answering = host.restarting = false;
        return changed(id, Change::What::host);
    }
    ++host.boots;
    host.powered = true;
    host.booted = now_;
    const bool sees_disk = host.offered && !host.unresolved;
    host.disk = sees_disk ? host.offered : std::nullopt;
    host.accessible = true;
    host.trouble.clear();
    for (auto& [number, vm] : host.vms)
        vm.connection = sees_disk ? Connection::connected : Connection::inaccessible;
    host.answering = false;
    if (host.config.boot <= Time{}) return host_is_up(id);
    plan(now_ + host.config.boot, {.what = Due::What::host_up, .host = id});
    changed(id, Change::What::host);
}

void Site::host_is_up(HostId id) {
    Host& host = at(id);
    const bool booted = !std::exchange(host.restarting, false);
    host.answering = true;
    host.up_since = now_;
    host.loading_until = now_ + config_.late_inventory;
    if (config_.late_inventory > Time{}) plan(host.loading_until, {.what = Due::What::loaded, .host = id});
    changed(id, Change::What::host);
    if (booted) autostart(id);
}

// Its inventory shows, unless hostd has restarted once more meanwhile.
void Site::inventory_is_loaded(HostId id) {
    if (now_ < at(id).loading_until) return;
    for (const auto& [number, vm] : at(id).vms) changed(id, Change::What::inventory, number);
}

// HostAutoStartManager: a second way to start a VM, behind the cluster's back (facts C7).
void Site::autostart(HostId id) {
    for (auto& [number, vm] : at(id).vms)
        if (at(id).autostart.contains(vm.path) && vm.connection == Connection::connected &&
            !start_process(id, vm))
            powered_on(id, vm);
}

// The processes of VMs do not need hostd; what it was doing ends, and nobody hears how.
void Site::hostd_restarts(HostId id, Time time) {
    Host& host = at(id);
    if (!host.powered || !host.answering) return;
    std::vector<std::string> running;
    for (const auto& [name, task] : host.tasks)
        if (task.state == TaskState::running) running.push_back(name);
    host.answering = false;
    host.restarting = true;
    for (const auto& name : running) finish(id, name);
    host.tasks.clear();
    host.recent_tasks.clear();
    for (auto& [number, vm] : host.vms) {
        vm.task.clear();
        vm.recent_tasks.clear();
    }
    host.sessions.clear();
    changed(id, Change::What::sessions);
    plan(now_ + time, {.what = Due::What::host_up, .host = id});
    changed(id, Change::What::host);
}

void Site::crash_everything(HostId id) {
    Host& host = at(id);
    // The locks stay behind: nobody is left to release them.
    if (Disk* on = disk(id); on && host.accessible) {
        on->heartbeat_stopped(id, now_);
        written(*host.disk);
    }
    host.strays.clear();
    for (auto& [number, vm] : host.vms) {
        ++vm.life;
        vm.process = vm.lock_lost = false;
        if (vm.power == Power::powered_on) vm.power = Power::powered_off;
        vm.heartbeat = Color::gray;
        vm.tools_running = false;
        vm.booted.reset();
        vm.question.reset();
        vm.task.clear();
        vm.recent_tasks.clear();
        vm_changed(id, vm);
    }
    host.tasks.clear();
    host.recent_tasks.clear();
    host.sessions.clear();
    changed(id, Change::What::sessions);
}

void Site::host_network(HostId id, Network network) {
    at(id).network = network;
    changed(id, Change::What::host);
}

void Site::host_maintenance(HostId id, bool on) {
    at(id).maintenance = on;
    changed(id, Change::What::host);
}

void Site::crash(HostId id, int number) {
    Vm* vm = find(id, number);
    if (!vm || (vm->power != Power::powered_on && !vm->question && !vm->process)) return;
    const std::string task = vm->task;
    stop_process(id, *vm, Power::powered_off);
    const auto found = at(id).tasks.find(task);
    if (found != at(id).tasks.end())
        end_task(id, found->second, faults::invalid_state("The process has ended."));
}

void Site::set_deaf(HostId id, const std::string& path, std::optional<Kill> to) {
    if (to)
        at(id).deaf[path] = *to;
    else
        at(id).deaf.erase(path);
}

// By value: the path may be that of the process that goes.
void Site::kill(HostId id, std::string path, Kill kill) {
    Host& host = at(id);
    const auto deaf = host.deaf.find(path);
    if (deaf != host.deaf.end() && kill <= deaf->second) return;
    const Vm* vm = vm_by_path(id, path);
    if (vm && vm->process) return crash(id, vm->id);
    if (host.strays.erase(path) == 0) return;
    if (Disk* on = disk(id); on && host.accessible) {
        on->release(path, id);
        written(*host.disk);
    }
    if (!host.accessible && host.offered) mount(id);
}

void Site::set_tools(const std::string& path, bool present) {
    for (Disk& disk : disks_)
        if (VmFiles* files = disk.find(path)) files->tools = present;
    for (HostId id = 0; id < hosts_.size(); ++id)
        for (auto& [number, vm] : at(id).vms)
            if (vm.path == path && vm.power == Power::powered_on) guest_booted(id, vm);
}

void Site::set_heartbeat(HostId id, int number, Color color) {
    Vm* vm = find(id, number);
    if (!vm) return;
    vm->heartbeat = color;
    vm_changed(id, *vm);
}

void Site::guest_reboots(HostId id, int number) {
    Vm* vm = find(id, number);
    if (!vm || !vm->process) return;
    vm->heartbeat = Color::gray;
    vm->tools_running = false;
    vm_changed(id, *vm);
    const VmFiles* guest = files(id, *vm);
    plan(now_ + (guest ? guest->boot : Time{}),
         {.what = Due::What::heartbeat, .host = id, .vm = number, .life = vm->life});
}

void Site::backup(HostId id, int number, Time time, bool cancellable) {
    Vm* vm = find(id, number);
    if (!vm || !vm->task.empty() || !at(id).powered) return;
    Task& task = new_task(id, Verb::backup, number, "backup");
    task.cancellable = cancellable;
    config_.task_times[Verb::backup] = time;
    begin(id, task);
}

void Site::set_connection(HostId id, int number, Connection connection) {
    Vm* vm = find(id, number);
    if (!vm) return;
    vm->connection = connection;
    // "Powered off" of an invalid VM whose process lives (facts A2).
    if (connection == Connection::invalid && vm->power == Power::powered_on) vm->power = Power::powered_off;
    if (connection == Connection::connected && vm->process) vm->power = Power::powered_on;
    vm_changed(id, *vm);
}

void Site::invalid_is_over(HostId id, Vm& vm) {
    if (vm.connection != Connection::invalid) return;
    vm.connection = at(id).accessible ? Connection::connected : Connection::inaccessible;
    vm_changed(id, vm);
    crash(id, vm.id);
}

void Site::set_licence(HostId id, Licence licence) {
    at(id).licence = licence;
    at(id).evaluation_days = licence == Licence::expired ? 0 : 60;
    changed(id, Change::What::host);
}

void Site::set_password(HostId id, const std::string& user, const std::string& password) {
    for (auto& account : at(id).config.accounts)
        if (account.user == user) account.password = password;
}

void Site::set_memory(HostId id, std::optional<long> memory_mb) {
    at(id).memory_mb = memory_mb;
    changed(id, Change::What::host);
}

void Site::set_networks(HostId id, std::vector<std::string> networks) {
    at(id).networks = std::move(networks);
    changed(id, Change::What::host);
}

void Site::set_autostart(HostId id, const std::string& path, bool on) {
    if (on)
        at(id).autostart.insert(path);
    else
        at(id).autostart.erase(path);
    changed(id, Change::What::host);
}

void Site::stranger_locks(const std::string& path, bool locks) {
    for (Disk& disk : disks_) disk.stranger_locks(path, locks);
}

void Site::move_files(const std::string& from, const std::string& to) {
    for (Disk& disk : disks_) {
        const VmFiles* old = disk.find(from);
        if (!old) continue;
        VmFiles files = *old;
        files.path = to;
        disk.vms().erase(from);
        disk.vms()[to] = std::move(files);
    }
}

void Site::ask(HostId id, int number, const std::string& message_id, const std::string& text) {
    Vm* vm = find(id, number);
    if (!vm) return;
    vm->question = make_question(message_id, text, vm->name);
    vm->question->id = "_vmx" + std::to_string(++at(id).last_question);
    vm_changed(id, *vm);
}

std::optional<Fault> Site::answer(HostId id, int number, const std::string& asked,
                                  const std::string& choice) {
    Vm& vm = *find(id, number);
    if (!vm.question || vm.question->id != asked) return faults::invalid_argument("questionId");
    const auto effect = consequence(*vm.question, choice);
    if (!effect) return faults::invalid_argument("answerChoice");
    const Question question = *vm.question;
    if (*effect == Consequence::asks_again) {
        ask(id, number, question.message_id, question.text);
        return std::nullopt;
    }
    vm.question.reset();
    const auto task = at(id).tasks.find(vm.task);
    const bool starting = task != at(id).tasks.end() && task->second.verb == Verb::power_on;
    // A hostd that restarted has lost the power-on's task, and the process still waits.
    const bool orphan = vm.process && vm.power == Power::powered_off &&
                        vm.connection == Connection::connected && disk(id) && disk(id)->find(vm.path);
    if (starting && (!disk(id) || !disk(id)->find(vm.path))) {
        stop_process(id, vm, Power::powered_off);
        end_task(id, task->second, faults::file_not_found(datastore_path(id, vm.path)));
        return std::nullopt;
    }
    if (*effect == Consequence::new_uuid) {
        VmFiles& files = *disk(id)->find(vm.path);
        files.uuid = uuid_from(files.uuid + " copied");
    }
    if (*effect == Consequence::ends)
        stop_process(id, vm, Power::powered_off);
    else if (starting || orphan)
        powered_on(id, vm);
    else if (writes_on(id, vm.path))
        guest_writes(id, vm);
    vm_changed(id, vm);
    if (!starting) return std::nullopt;
    const bool ended = *effect == Consequence::ends;
    end_task(id, task->second, ended ? std::optional<Fault>(faults::request_canceled()) : std::nullopt);
    return std::nullopt;
}

}  // namespace vmha::site
