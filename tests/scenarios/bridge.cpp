#include "tests/scenarios/bridge.hpp"

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

core::Question question_of(const site::Question& question) {
    core::Question out{question.id, question.text, {question.message_id}, {}};
    for (const auto& choice : question.choices) out.choices.push_back({choice.key, choice.label});
    return out;
}

core::FaultKind kind_of(const site::Fault& fault) {
    using core::FaultKind;
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
    return entry;
}

core::Datastore datastore_of(const site::Site& site, site::HostId host) {
    const auto& config = site.config();
    return {config.vmfs_uuid, config.datastore, config.vmfs_uuid, site.host(host).accessible, "",
            {config.device}};
}

core::HostFacts facts_of(const site::Site& site, site::HostId host) {
    core::HostFacts facts;
    facts.product = "site model";
    facts.in_maintenance = site.host(host).maintenance;
    facts.paths = {
        {site.host(host).config.iscsi_adapter, site.config().device, site.disk_of(host) != nullptr}};
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
    switch (write.verb) {
        case core::Verb::register_vm:
            return site.register_vm(host, core::datastore_path(write.path), "", "root");
        case core::Verb::power_on: return site.power(host, vm, site::Verb::power_on, "root");
        case core::Verb::power_off: return site.power(host, vm, site::Verb::power_off, "root");
        case core::Verb::unregister: return outcome(write, site.unregister_vm(host, vm));
        case core::Verb::shutdown_guest: return outcome(write, site.shutdown_guest(host, vm));
        case core::Verb::answer_question:
            return outcome(write, site.answer(host, vm, write.question_id, write.choice_key));
        case core::Verb::rescan_storage: return outcome(write, std::nullopt);
        case core::Verb::cancel_task: return outcome(write, site.cancel_task(host, write.task));
    }
    throw std::logic_error("a write without a verb");
}

}  // namespace vmha::scenario
