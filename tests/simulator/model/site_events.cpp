// What happens to the site from outside, and the questions that come of it.
#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/model/questions.hpp"
#include "tests/simulator/model/site.hpp"

namespace vmha::site {

void Site::host_power(HostId id, bool on) {
    Host& host = at(id);
    if (host.powered == on) return;
    if (!on) {
        crash_everything(id);
        host.powered = false;
        host.answering = false;
        return changed(id, Change::What::host);
    }
    ++host.boots;
    host.powered = true;
    host.booted = now_;
    host.answering = host.config.boot <= Time{};
    if (!host.answering) plan(now_ + host.config.boot, {.what = Due::What::host_up, .host = id});
    changed(id, Change::What::host);
}

void Site::crash_everything(HostId id) {
    Host& host = at(id);
    // The locks stay behind: nobody is left to release them.
    if (Disk* on = disk(id)) on->heartbeat_stopped(id, now_);
    for (auto& [number, vm] : host.vms) {
        ++vm.life;
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
    if (!vm || (vm->power != Power::powered_on && !vm->question)) return;
    const std::string task = vm->task;
    stop_process(id, *vm, Power::powered_off);
    const auto found = at(id).tasks.find(task);
    if (found != at(id).tasks.end())
        end_task(id, found->second, faults::invalid_state("The process has ended."));
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
    if (*effect == Consequence::new_uuid) {
        VmFiles& files = *disk(id)->find(vm.path);
        files.uuid = uuid_from(files.uuid + " copied");
    }
    if (*effect == Consequence::ends)
        stop_process(id, vm, Power::powered_off);
    else if (starting)
        powered_on(id, vm);
    vm_changed(id, vm);
    if (!starting) return std::nullopt;
    const bool ended = *effect == Consequence::ends;
    end_task(id, task->second, ended ? std::optional<Fault>(faults::request_canceled()) : std::nullopt);
    return std::nullopt;
}

}  // namespace vmha::site
