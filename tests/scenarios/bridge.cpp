#include "tests/scenarios/bridge.hpp"

#include "tests/simulator/model/faults.hpp"

#include <stdexcept>

namespace vmha::scenario {
namespace {

core::Power power_of(site::Power power) {
    switch (power) {
        case site::Power::powered_on: return core::Power::on;
        case site::Power::powered_off: return core::Power::off;
        case site::Power::suspended: return core::Power::suspended;
    }
    return core::Power::unknown;
}

core::Connection connection_of(site::Connection connection) {
    switch (connection) {
        case site::Connection::connected: return core::Connection::connected;
        case site::Connection::disconnected: return core::Connection::disconnected;
        case site::Connection::inaccessible: return core::Connection::inaccessible;
        case site::Connection::invalid: return core::Connection::invalid;
        case site::Connection::orphaned: return core::Connection::orphaned;
    }
    return core::Connection::unknown;
}

core::Heartbeat heartbeat_of(site::Color color) {
    switch (color) {
        case site::Color::gray: return core::Heartbeat::gray;
        case site::Color::green: return core::Heartbeat::green;
        case site::Color::yellow: return core::Heartbeat::yellow;
        case site::Color::red: return core::Heartbeat::red;
    }
    return core::Heartbeat::unknown;
}

std::string what_of(site::Verb verb) {
    switch (verb) {
        case site::Verb::power_on: return "vim.VirtualMachine.powerOn";
        case site::Verb::power_off: return "vim.VirtualMachine.powerOff";
        case site::Verb::backup: return "vim.VirtualMachine.createSnapshot";
        default: return "vim.VirtualMachine." + site::to_word(verb);
    }
}

core::Question question_of(const site::Question& question) {
    core::Question out{question.id, question.text, {question.message_id}, {}};
    for (const auto& choice : question.choices) out.choices.push_back({choice.key, choice.label});
    return out;
}

core::FaultKind kind_of(const site::Fault& fault) {
    using core::FaultKind;
    if (fault.message_id == "msg.fileio.lock") return FaultKind::lock_held;
    static const std::map<std::string, FaultKind> kinds = {
        {"FileLocked", FaultKind::lock_held},
        {"AlreadyExists", FaultKind::already_exists},
        {"NotFound", FaultKind::not_found},
        {"FileNotFound", FaultKind::not_found},
        {"ManagedObjectNotFound", FaultKind::object_gone},
        {"InvalidPowerState", FaultKind::invalid_power_state},
        {"InvalidState", FaultKind::invalid_state},
        {"TaskInProgress", FaultKind::task_in_progress},
        {"QuestionPending", FaultKind::question_pending},
        {"ToolsUnavailable", FaultKind::tools_unavailable},
        {"InvalidArgument", FaultKind::answered_already},
        {"RestrictedVersion", FaultKind::restricted_version},
        {"NotEnoughLicenses", FaultKind::not_enough_licenses},
        {"InsufficientMemoryResourcesFault", FaultKind::no_capacity},
        {"NotSupported", FaultKind::not_supported},
    };
    const auto found = kinds.find(fault.name);
    return found == kinds.end() ? FaultKind::other : found->second;
}

core::WriteDone outcome(const core::Write& write, const std::optional<site::Fault>& fault) {
    if (!fault) return {write.id, core::Outcome::ok, {}, ""};
    return {write.id, core::Outcome::refused, fault_of(*fault), ""};
}

}  // namespace

core::VmEntry entry_of(const site::Site& site, site::HostId host, const site::Vm& vm) {
    core::VmEntry entry;
    entry.vmid = std::to_string(vm.id);
    entry.name = vm.name;
    entry.power = power_of(vm.power);
    entry.connection = connection_of(vm.connection);
    entry.heartbeat = heartbeat_of(vm.heartbeat);
    entry.tools_running = vm.tools_running;
    if (vm.connection == site::Connection::connected)
        entry.path = core::parse_vmx_path(site.datastore_path(host, vm.path));
    if (const auto* files = site.files(host, vm)) entry.instance_uuid = files->instance_uuid;
    if (vm.question) entry.question = question_of(*vm.question);
    if (vm.booted) entry.booted = epoch + *vm.booted;
    if (const auto* files = site.files(host, vm)) entry.memory_mb = files->memory_mb;
    entry.networks = {"VM Network"};
    const auto task = site.host(host).tasks.find(vm.task);
    if (task != site.host(host).tasks.end())
        entry.task = core::RunningTask{task->first, what_of(task->second.verb), task->second.cancellable};
    return entry;
}

core::VmEntry shell_entry_of(const site::Site& site, site::HostId host, const site::Vm& vm) {
    core::VmEntry entry = entry_of(site, host, vm);
    entry.task.reset();
    if (entry.question) entry.question->message_ids.clear();
    if (vm.connection == site::Connection::connected) return entry;
    core::VmEntry invalid;
    invalid.vmid = entry.vmid;
    invalid.connection = core::Connection::invalid;
    invalid.path = core::parse_vmx_path(site.datastore_path(host, vm.path));  // vmInventory.xml
    return invalid;
}

core::Datastore datastore_of(const site::Site& site, site::HostId host) {
    const auto& config = site.config();
    return {config.vmfs_uuid,           config.datastore,        config.vmfs_uuid,
            site.host(host).accessible, site.host(host).trouble, {config.device}};
}

core::HostFacts facts_of(const site::Site& site, site::HostId id) {
    const site::Host& host = site.host(id);
    core::HostFacts facts;
    facts.product = "site model";
    facts.in_maintenance = host.maintenance;
    if (host.licence == site::Licence::free) facts.api_writes = false;
    if (host.licence == site::Licence::expired) facts.evaluation_days = host.evaluation_days;
    const bool active = site.disk_of(id) != nullptr && host.accessible;
    facts.paths = {{host.config.iscsi_adapter, site.config().device, active}};
    if (host.memory_mb) {
        long used = 0;
        for (const auto& [number, vm] : host.vms)
            if (const auto* files = site.files(id, vm); vm.process && files) used += files->memory_mb;
        facts.memory_free_mb = *host.memory_mb - used;
    }
    facts.networks = host.networks;
    facts.nics = {host.mac};
    for (const auto& [number, vm] : host.vms)
        if (host.autostart.contains(vm.path)) facts.autostart.push_back(std::to_string(number));
    if (host.unresolved) facts.unresolved_volumes = {site.config().datastore};
    return facts;
}

core::Fault fault_of(const site::Fault& fault) {
    core::Fault out{kind_of(fault), fault.name, fault.message, ""};
    if (out.kind == core::FaultKind::already_exists)
        for (const auto& field : fault.fields)
            if (field.name == "name") out.existing = field.text;
    return out;
}

std::variant<std::string, core::WriteDone> carry_out(site::Site& site, site::HostId host,
                                                     const core::Write& write) {
    const int vm = write.vmid.empty() ? 0 : std::stoi(write.vmid);
    const auto through = write.via == core::Via::ssh ? site::Through::shell : site::Through::api;
    // It left while the call was on its way.
    if (vm && !site.vm(host, vm))
        return outcome(write, site::faults::no_such_object("VirtualMachine", write.vmid));
    switch (write.verb) {
        case core::Verb::register_vm:
            return site.register_vm(host, core::datastore_path(write.path), "", "root", through);
        case core::Verb::power_on: return site.power(host, vm, site::Verb::power_on, "root", through);
        case core::Verb::power_off: return site.power(host, vm, site::Verb::power_off, "root", through);
        case core::Verb::unregister: return outcome(write, site.unregister_vm(host, vm, through));
        case core::Verb::shutdown_guest: return outcome(write, site.shutdown_guest(host, vm, through));
        case core::Verb::answer_question:
            return outcome(write, site.answer(host, vm, write.question_id, write.choice_key));
        case core::Verb::rescan_storage: site.rescan(host); return outcome(write, std::nullopt);
        case core::Verb::cancel_task: return outcome(write, site.cancel_task(host, write.task));
        case core::Verb::kill_process:
            site.kill(host, write.path.file, static_cast<site::Kill>(write.kill));
            return outcome(write, std::nullopt);
    }
    throw std::logic_error("a write without a verb");
}

}  // namespace vmha::scenario
