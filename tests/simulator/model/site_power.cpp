// Power of VMs: who may start, the lock, the process, the guest in it.
#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/model/questions.hpp"
#include "tests/simulator/model/site.hpp"

namespace vmha::site {
namespace {

Power wanted_by(Verb verb) {
    if (verb == Verb::power_off) return Power::powered_off;
    return verb == Verb::suspend ? Power::suspended : Power::powered_on;
}

}  // namespace

std::string Site::power(HostId id, int number, Verb verb, const std::string& user, Through through) {
    Task& task = new_task(id, verb, number, user);
    task.through = through;
    if (auto fault = refusal(id, *find(id, number), verb, through)) {
        // The task of a refused call belongs to nobody: the VM's own task goes on.
        end_task(id, task, std::move(fault));
        return task.id;
    }
    begin(id, task);
    return task.id;
}

std::optional<Fault> Site::refusal(HostId id, const Vm& vm, Verb verb, Through through) const {
    if (auto fault = barred(id, verb, through)) return fault;
    if (vm.question && verb != Verb::power_on) return faults::question_pending(vm.question->text);
    if (!vm.task.empty()) return faults::task_in_progress(vm.task);
    if (vm.connection != Connection::connected)
        return faults::invalid_state("The operation is not allowed in the current state.");
    const bool on = vm.power == Power::powered_on;
    if (verb == Verb::power_on && hosts_[id].maintenance)
        return faults::invalid_state(
            "The operation is not allowed in the current state of the host: maintenance mode.");
    const bool fits = verb == Verb::power_on    ? !on
                      : verb == Verb::power_off ? vm.power != Power::powered_off
                                                : on;
    if (!fits) return faults::invalid_power_state(wanted_by(verb), vm.power);
    return std::nullopt;
}

std::optional<Fault> Site::barred(HostId id, Verb verb, Through through) const {
    const Host& host = hosts_[id];
    if (host.licence == Licence::free && through == Through::api) return faults::restricted_version();
    if (host.licence == Licence::expired && verb == Verb::power_on) return faults::not_enough_licenses();
    return std::nullopt;
}

void Site::carry_out(HostId id, Task& task) {
    switch (task.verb) {
        case Verb::backup: return end_task(id, task, std::nullopt);
        case Verb::register_vm: return carry_out_register(id, task);
        case Verb::search: return carry_out_search(id, task);
        case Verb::enter_maintenance:
        case Verb::exit_maintenance:
            host_maintenance(id, task.verb == Verb::enter_maintenance);
            return end_task(id, task, std::nullopt);
        default: break;
    }
    Vm* vm = find(id, task.vm);
    if (!vm) return end_task(id, task, faults::no_such_object("VirtualMachine", std::to_string(task.vm)));
    if (task.verb == Verb::power_on) {
        if (auto fault = start_process(id, *vm)) return end_task(id, task, std::move(fault));
        const VmFiles& files = *disk(id)->find(vm->path);
        if (!files.keep_uuid && files.last_host && *files.last_host != id) {
            // The task stays at 95 % until somebody answers (pyvmomi-community-samples#55).
            task.progress = 95;
            changed(id, Change::What::task, 0, task.id);
            return ask(id, vm->id, "msg.uuid.altered", "");
        }
        powered_on(id, *vm);
        if (at(id).power_on_lies > 0) {
            --at(id).power_on_lies;
            return end_task(id, task, faults::generic_vm_config("Power on failed"));
        }
    } else if (task.verb == Verb::reset) {
        powered_on(id, *vm);
    } else {
        stop_process(id, *vm, wanted_by(task.verb));
    }
    end_task(id, task, std::nullopt);
}

Fault Site::lock_fault(HostId id, const Vm& vm) const {
    const std::string base = vm.path.substr(0, vm.path.rfind(".vmx"));
    return faults::file_locked(config_.lock_fault,
                               "/vmfs/volumes/" + disk_of(id)->vmfs_uuid() + "/" + base + ".vmdk");
}

std::optional<Fault> Site::start_process(HostId id, Vm& vm) {
    Disk* on = disk(id);
    if (!on || !at(id).accessible || !on->find(vm.path))
        return faults::file_not_found(datastore_path(id, vm.path));
    if (at(id).memory_mb) {
        long used = on->find(vm.path)->memory_mb;
        for (const auto& [number, other] : at(id).vms)
            if (const VmFiles* files = on->find(other.path); other.process && files) used += files->memory_mb;
        if (used > *at(id).memory_mb) return faults::no_capacity();
    }
    if (!on->take(vm.path, id, at(id).boots, now_, config_.lock_break)) return lock_fault(id, vm);
    written(*at(id).disk);
    vm.process = true;
    vm.world = ++at(id).last_world;
    return std::nullopt;
}

void Site::powered_on(HostId id, Vm& vm) {
    VmFiles& files = *disk(id)->find(vm.path);
    ++vm.life;
    vm.power = Power::powered_on;
    vm.process = true;
    vm.memory = files.history;
    guest_writes(id, vm);
    vm.booted = now_;
    vm.heartbeat = Color::gray;
    vm.tools_running = false;
    files.suspended = false;
    files.last_host = id;
    if (files.boot <= Time{}) return guest_booted(id, vm);
    plan(now_ + files.boot, {.what = Due::What::heartbeat, .host = id, .vm = vm.id, .life = vm.life});
    vm_changed(id, vm);
}

void Site::guest_booted(HostId id, Vm& vm) {
    const VmFiles* found = files(id, vm);
    vm.tools_running = found && found->tools;
    vm.heartbeat = vm.tools_running ? Color::green : Color::gray;
    vm_changed(id, vm);
}

void Site::stop_process(HostId id, Vm& vm, Power power) {
    ++vm.life;
    vm.power = power;
    vm.process = vm.lock_lost = false;
    vm.booted.reset();
    vm.question.reset();
    vm.heartbeat = Color::gray;
    vm.tools_running = false;
    // A host that does not reach the disk cannot free the lock: it goes stale.
    Disk* on = disk(id);
    if (on && at(id).accessible) {
        on->release(vm.path, id);
        if (VmFiles* files = on->find(vm.path)) files->suspended = power == Power::suspended;
        written(*at(id).disk);
    }
    vm_changed(id, vm);
    if (!at(id).accessible && at(id).offered) mount(id);
}

std::optional<Fault> Site::shutdown_guest(HostId id, int number, Through through) {
    Vm& vm = *find(id, number);
    if (auto fault = barred(id, Verb::power_off, through)) return fault;
    if (vm.power != Power::powered_on) return faults::invalid_power_state(Power::powered_on, vm.power);
    if (vm.question) return faults::question_pending(vm.question->text);
    if (!vm.task.empty()) return faults::task_in_progress(vm.task);
    if (!vm.tools_running) return faults::tools_unavailable();
    const VmFiles* guest = files(id, vm);
    // A guest whose disk does not answer cannot shut down.
    if (!guest || !guest->shutdown || !at(id).accessible) return std::nullopt;
    if (*guest->shutdown <= Time{}) {
        stop_process(id, vm, Power::powered_off);
        return std::nullopt;
    }
    plan(now_ + *guest->shutdown, {.what = Due::What::guest_down, .host = id, .vm = vm.id, .life = vm.life});
    return std::nullopt;
}

std::optional<Fault> Site::reboot_guest(HostId id, int number) {
    Vm& vm = *find(id, number);
    if (vm.power != Power::powered_on) return faults::invalid_power_state(Power::powered_on, vm.power);
    if (vm.question) return faults::question_pending(vm.question->text);
    if (!vm.tools_running) return faults::tools_unavailable();
    powered_on(id, vm);
    return std::nullopt;
}

}  // namespace vmha::site
