// Tasks: their begin, their time and their end; what a register or a search does when it ends.
#include <algorithm>

#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/model/site.hpp"

namespace vmha::site {
namespace {

constexpr size_t recent_max = 10;   // per VM
constexpr size_t tasks_max = 1000;  // per host; older ones are forgotten, as hostd does after a while

std::string task_name(const Host& host, Verb verb, int vm) {
    const std::string number = std::to_string(host.last_task);
    switch (verb) {
        case Verb::register_vm: return "haTask-ha-folder-vm-vim.Folder.registerVm-" + number;
        case Verb::search: return "haTask--vim.host.DatastoreBrowser.search-" + number;
        case Verb::enter_maintenance: return "haTask-ha-host-vim.HostSystem.enterMaintenanceMode-" + number;
        case Verb::exit_maintenance: return "haTask-ha-host-vim.HostSystem.exitMaintenanceMode-" + number;
        case Verb::power_on: return "haTask-" + std::to_string(vm) + "-vim.VirtualMachine.powerOn-" + number;
        case Verb::power_off:
            return "haTask-" + std::to_string(vm) + "-vim.VirtualMachine.powerOff-" + number;
        case Verb::reset: return "haTask-" + std::to_string(vm) + "-vim.VirtualMachine.reset-" + number;
        case Verb::suspend: return "haTask-" + std::to_string(vm) + "-vim.VirtualMachine.suspend-" + number;
        case Verb::backup:
            return "haTask-" + std::to_string(vm) + "-vim.VirtualMachine.createSnapshot-" + number;
    }
    return {};
}

bool matches(const std::string& name, const std::string& pattern) {
    if (pattern.empty() || pattern == "*") return true;
    if (pattern[0] == '*') return name.ends_with(pattern.substr(1));
    if (pattern.back() == '*') return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return name == pattern;
}

}  // namespace

Task& Site::new_task(HostId id, Verb verb, int vm, const std::string& user) {
    Host& host = at(id);
    ++host.last_task;
    Task task{.id = task_name(host, verb, vm), .verb = verb, .vm = vm, .user = user, .queued = now_};
    host.recent_tasks.push_back(task.id);
    if (host.recent_tasks.size() > tasks_max) {
        host.tasks.erase(host.recent_tasks.front());
        host.recent_tasks.erase(host.recent_tasks.begin());
    }
    return host.tasks[task.id] = task;
}

void Site::begin(HostId id, Task& task) {
    if (Vm* vm = find(id, task.vm)) {
        vm->task = task.id;
        vm->recent_tasks.push_back(task.id);
        if (vm->recent_tasks.size() > recent_max) vm->recent_tasks.erase(vm->recent_tasks.begin());
        vm_changed(id, *vm);
    }
    task.state = TaskState::running;
    task.started = now_;
    const auto time = config_.task_times.find(task.verb);
    if (time == config_.task_times.end() || time->second <= Time{}) return finish(id, task.id);
    changed(id, Change::What::task, 0, task.id);
    plan(now_ + time->second / 2, {.what = Due::What::task_half, .host = id, .task = task.id});
    plan(now_ + time->second, {.what = Due::What::task_done, .host = id, .task = task.id});
}

void Site::end_task(HostId id, Task& task, std::optional<Fault> fault) {
    task.state = fault ? TaskState::error : TaskState::success;
    if (!fault) task.progress = 100;
    task.fault = std::move(fault);
    task.completed = now_;
    if (!task.started) task.started = now_;
    if (Vm* vm = find(id, task.vm); vm && vm->task == task.id) {
        vm->task.clear();
        vm_changed(id, *vm);
    }
    changed(id, Change::What::task, 0, task.id);
}

void Site::finish(HostId id, const std::string& name) {
    const auto found = at(id).tasks.find(name);
    if (found == at(id).tasks.end() || found->second.state != TaskState::running) return;
    carry_out(id, found->second);
}

std::string Site::register_vm(HostId id, const std::string& path, const std::string& name,
                              const std::string& user, Through through) {
    Task& task = new_task(id, Verb::register_vm, 0, user);
    task.through = through;
    task.path = path;
    task.name = name;
    begin(id, task);
    return task.id;
}

void Site::carry_out_register(HostId id, Task& task) {
    if (auto fault = barred(id, task.verb, task.through)) return end_task(id, task, std::move(fault));
    const auto where = path_in_datastore(id, task.path);
    if (const auto* fault = std::get_if<Fault>(&where)) return end_task(id, task, *fault);
    const auto& path = std::get<std::string>(where);
    if (!at(id).accessible) return end_task(id, task, faults::not_found());
    const VmFiles* files = disk(id)->find(path);
    if (!files) return end_task(id, task, faults::not_found());
    if (const Vm* twin = vm_by_path(id, path)) return end_task(id, task, faults::already_exists(twin->id));
    task.result_vm = enter_inventory(id, path, task.name.empty() ? files->name : task.name).id;
    end_task(id, task, std::nullopt);
}

Vm& Site::enter_inventory(HostId id, const std::string& path, const std::string& name) {
    Host& host = at(id);
    const int vm = ++host.last_id;
    const bool suspended = disk(id)->find(path)->suspended;
    host.vms[vm] =
        Vm{.id = vm, .path = path, .name = name, .power = suspended ? Power::suspended : Power::powered_off};
    // A process that outlived its entry shows again.
    if (const auto stray = host.strays.find(path); stray != host.strays.end()) {
        Vm& entry = host.vms[vm];
        entry.process = true;
        entry.power = Power::powered_on;
        entry.world = stray->second.world;
        entry.memory = stray->second.memory;
        entry.lock_lost = stray->second.lock_lost;
        entry.booted = stray->second.booted;
        host.strays.erase(stray);
    }
    if (config_.invalid_after_register > Time{}) {
        set_connection(id, vm, Connection::invalid);
        plan(now_ + config_.invalid_after_register,
             {.what = Due::What::valid, .host = id, .vm = vm, .life = host.vms[vm].life});
    }
    changed(id, Change::What::inventory, vm);
    return host.vms[vm];
}

std::optional<Fault> Site::unregister_vm(HostId id, int vm, Through through) {
    const Vm* entry = find(id, vm);
    if (!entry) return faults::no_such_object("VirtualMachine", std::to_string(vm));
    if (auto fault = barred(id, Verb::power_off, through)) return fault;
    if (at(id).unregister_failures > 0) {
        --at(id).unregister_failures;
        return faults::system_error("A general system error occurred");
    }
    if (!entry->task.empty()) return faults::task_in_progress(entry->task);
    if (entry->power == Power::powered_on)
        return faults::invalid_power_state(Power::powered_off, entry->power);
    if (entry->process) at(id).strays[entry->path] = *entry;
    at(id).vms.erase(vm);
    changed(id, Change::What::inventory, vm);
    return std::nullopt;
}

std::optional<Fault> Site::cancel_task(HostId id, const std::string& name) {
    const auto found = at(id).tasks.find(name);
    if (found == at(id).tasks.end()) return faults::no_such_object("Task", name);
    Task& task = found->second;
    // Power operations and registrations cannot be cancelled (pyvmomi docs/vim/VirtualMachine.rst); a search
    // can.
    if (task.verb != Verb::search && !task.cancellable)
        return faults::not_supported("NotSupported", "The task cannot be canceled.");
    if (task.state != TaskState::running) return faults::invalid_state("The task has already ended.");
    task.cancelled = true;
    end_task(id, task, faults::request_canceled());
    return std::nullopt;
}

std::string Site::search(HostId id, const std::string& folder, const std::string& pattern, bool below,
                         const std::string& user) {
    Task& task = new_task(id, Verb::search, 0, user);
    task.path = folder;
    task.name = pattern;
    task.below = below;
    begin(id, task);
    return task.id;
}

void Site::carry_out_search(HostId id, Task& task) {
    const auto where = path_in_datastore(id, task.path);
    if (const auto* fault = std::get_if<Fault>(&where)) return end_task(id, task, *fault);
    const auto& folder = std::get<std::string>(where);
    const auto names = at(id).accessible ? disk(id)->list(folder) : std::nullopt;
    if (!names) return end_task(id, task, faults::file_not_found(task.path));
    const auto add = [this, id, &task](const std::string& in, const std::vector<std::string>& all) {
        std::vector<std::string> chosen;
        for (const auto& name : all)
            if (matches(name, task.name)) chosen.push_back(name);
        task.found.emplace_back(datastore_path(id, in), std::move(chosen));
    };
    add(folder, *names);
    if (task.below && folder.empty())
        for (const auto& name : *names)
            if (const auto inside = disk(id)->list(name)) add(name, *inside);
    end_task(id, task, std::nullopt);
}

std::string Site::change_maintenance(HostId id, Verb verb, const std::string& user) {
    Task& task = new_task(id, verb, 0, user);
    begin(id, task);
    return task.id;
}

}  // namespace vmha::site
