// How a command line gets to its own function, and the commands that wait.
#include "tests/simulator/shell/shell.hpp"

#include <charconv>
#include <ctime>

#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/shell/print.hpp"

namespace vmha::sim {

Shell::Shell(site::Site& site, site::HostId host, Outside outside)
    : site_(site), id_(host), outside_(std::move(outside)) {
    for (const auto& [key, value] : site.config().ssh_texts) texts_.set(key, value);
}

const std::map<std::string, Shell::Command>& Shell::vim_commands() {
    static const std::map<std::string, Command> table{
        {"vmsvc/getallvms", {&Shell::getallvms}},
        {"vmsvc/get.summary", {&Shell::get_summary, 1}},
        {"vmsvc/get.config", {&Shell::get_config, 1}},
        {"vmsvc/power.getstate", {&Shell::power_getstate, 1}},
        {"vmsvc/power.on", {&Shell::power_on, 1, "PowerOnVM_Task"}},
        {"vmsvc/power.off", {&Shell::power_off, 1, "PowerOffVM_Task"}},
        {"vmsvc/power.reset", {&Shell::power_reset, 1, "ResetVM_Task"}},
        {"vmsvc/power.suspend", {&Shell::power_suspend, 1, "SuspendVM_Task"}},
        {"vmsvc/power.shutdown", {&Shell::power_shutdown, 1, "ShutdownGuest"}},
        {"vmsvc/power.reboot", {&Shell::power_reboot, 1, "RebootGuest"}},
        {"vmsvc/message", {&Shell::message, 1, "AnswerVM"}},
        {"vmsvc/unregister", {&Shell::unregister, 1, "UnregisterVM"}},
        {"vmsvc/get.tasklist", {&Shell::get_tasklist, 1}},
        {"solo/registervm", {&Shell::register_vm, 1, "RegisterVM_Task"}},
        {"vimsvc/task_info", {&Shell::task_info, 1}},
        {"vimsvc/task_cancel", {&Shell::task_cancel, 1, "CancelTask"}},
        {"vimsvc/license", {&Shell::license}},
        {"hostsvc/hostsummary", {&Shell::host_summary}},
        {"hostsvc/autostartmanager/get_autostartseq", {&Shell::autostart_sequence}},
        {"hostsvc/autostartmanager/get_defaults", {&Shell::autostart_defaults}},
    };
    return table;
}

const std::map<std::string, Shell::Command>& Shell::esxcli_commands() {
    static const std::map<std::string, Command> table{
        {"storage/vmfs/extent/list", {&Shell::extent_list}},
        {"storage/vmfs/snapshot/list", {&Shell::snapshot_list}},
        {"storage/core/path/list", {&Shell::path_list}},
        {"storage/core/adapter/list", {&Shell::adapter_list}},
        {"storage/core/adapter/rescan", {&Shell::adapter_rescan, 0, "RescanHba"}},
        {"storage/filesystem/list", {&Shell::filesystem_list}},
        {"storage/filesystem/rescan", {&Shell::filesystem_rescan, 0, "RescanVmfs"}},
        {"vm/process/list", {&Shell::process_list}},
        {"vm/process/kill", {&Shell::process_kill}},
        {"network/nic/list", {&Shell::nic_list}},
        {"network/vswitch/standard/portgroup/list", {&Shell::portgroup_list}},
        {"system/version/get", {&Shell::version_get}},
        {"system/maintenanceMode/get", {&Shell::maintenance_get}},
        {"system/hostname/get", {&Shell::hostname_get}},
        {"hardware/memory/get", {&Shell::memory_get}},
    };
    return table;
}

// "storage/core/path/list": the words before the first option.
std::string Shell::esxcli_name(const Argv& argv) {
    std::string name;
    for (size_t at = 1; at < argv.size() && !argv[at].starts_with('-'); ++at)
        name += (name.empty() ? "" : "/") + argv[at];
    return name;
}

std::vector<std::string> Shell::rule_names(const Argv& argv) {
    const bool esxcli = argv[0] == "esxcli" || argv[0] == "localcli";
    if (!esxcli && argv[0] != "vim-cmd" && argv[0] != "vmkfstools") return {argv[0]};
    const std::string name = esxcli ? esxcli_name(argv) : argv.size() > 1 ? argv[1] : "";
    std::vector<std::string> names{argv[0] + (name.empty() ? "" : ":" + name)};
    if (argv[0] == "vmkfstools") return names;
    const auto& commands = esxcli ? esxcli_commands() : vim_commands();
    const auto found = commands.find(name);
    if (found == commands.end() || !found->second.method) return names;
    // A look at the question is not an answer to it.
    if (name == "vmsvc/message" && argv.size() < 5) return names;
    names.emplace_back(found->second.method);
    return names;
}

std::string Shell::rule_object(const Argv& argv) {
    const bool of_vm = argv[0] == "vim-cmd" && argv.size() > 2 && argv[1].starts_with("vmsvc/");
    return of_vm ? argv[2] : "";
}

bool Shell::needs_hostd(const Argv& argv) const {
    return argv[0] == "vim-cmd" || argv[0] == "esxcli";
}

Shell::Outcome Shell::start(const Argv& argv) {
    if (needs_hostd(argv) && host().restarting) return hostd_is_away();
    if (argv[0] == "vim-cmd") return vim_cmd(argv);
    if (argv[0] == "esxcli" || argv[0] == "localcli") return esxcli(argv);
    if (argv[0] == "vmkfstools") return vmkfstools(argv);
    if (argv[0] == "cat") return cat(argv);
    if (argv[0] == "ls") return ls(argv);
    if (argv[0] == "test") return test(argv);
    if (argv[0] == "folder") return folder(argv);
    if (argv[0] == "SSH") return ssh_service(argv);
    return Printed{"", argv[0] + ": not found\n", 127};
}

Shell::Outcome Shell::vim_cmd(const Argv& argv) {
    const auto found = argv.size() > 1 ? vim_commands().find(argv[1]) : vim_commands().end();
    if (found == vim_commands().end())
        return Printed{"Invalid command '" + (argv.size() > 1 ? argv[1] : "") + "'.\n", "", 1};
    const Argv arguments(argv.begin() + 2, argv.end());
    if (arguments.size() < found->second.arguments) return Printed{"Insufficient arguments.\n", "", 1};
    return (this->*found->second.run)(arguments);
}

Shell::Outcome Shell::esxcli(const Argv& argv) {
    const std::string name = esxcli_name(argv);
    const auto found = esxcli_commands().find(name);
    if (found == esxcli_commands().end())
        return Printed{"Error: Unknown command or namespace " + name + "\n", "", 1};
    size_t words = 1;
    while (words < argv.size() && !argv[words].starts_with('-')) ++words;
    return (this->*found->second.run)(Argv(argv.begin() + static_cast<long>(words), argv.end()));
}

Shell::Ticket Shell::run(const Argv& argv, OnPrint on_print) {
    Outcome outcome = argv.empty() ? Outcome(Printed{"", "", 127}) : start(argv);
    if (const auto* printed = std::get_if<Printed>(&outcome)) {
        on_print(*printed);
        return 0;
    }
    Wait wait{++last_ticket_, std::move(std::get<Pending>(outcome)), std::move(on_print)};
    wait.on_print({wait.pending.printed, "", std::nullopt});
    waits_.push_back(std::move(wait));
    const Ticket ticket = last_ticket_;
    publish();
    return waits_.empty() || waits_.back().ticket != ticket ? 0 : ticket;
}

void Shell::drop(Ticket ticket) {
    waits_.remove_if([ticket](const Wait& wait) { return wait.ticket == ticket; });
}

void Shell::publish() {
    for (auto at = waits_.begin(); at != waits_.end();) {
        const auto task = host().tasks.find(at->pending.task);
        const bool forgotten = task == host().tasks.end();
        const bool ended = !forgotten && (task->second.state == site::TaskState::success ||
                                          task->second.state == site::TaskState::error);
        if (!forgotten && !ended) {
            ++at;
            continue;
        }
        const Wait wait = std::move(*at);
        at = waits_.erase(at);
        wait.on_print(wait.pending.end(forgotten ? nullptr : &task->second));
    }
}

void Shell::forget_everything() {
    waits_.clear();
}

const std::map<int, site::Vm>& Shell::vms() const {
    static const std::map<int, site::Vm> none;
    return site_.now() < host().loading_until ? none : host().vms;
}

const site::Vm* Shell::vm(const std::string& number) const {
    int id = 0;
    const char* end = number.data() + number.size();
    const auto [stopped, error] = std::from_chars(number.data(), end, id);
    const auto found = error == std::errc{} && stopped == end ? vms().find(id) : vms().end();
    return found == vms().end() ? nullptr : &found->second;
}

const site::VmFiles* Shell::config(const site::Vm& vm) const {
    return vm.connection == site::Connection::connected ? site_.files(id_, vm) : nullptr;
}

std::string Shell::volume_path(const std::string& path) const {
    const auto& disk = *(site_.disk_of(id_) ? site_.disk_of(id_) : &site_.disks()[0]);
    return "/vmfs/volumes/" + (texts_.is("volume", "uuid") ? disk.vmfs_uuid() : disk.datastore()) + "/" +
           path;
}

std::string Shell::wall(site::Time time) const {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(
        outside_.began + std::chrono::duration_cast<std::chrono::system_clock::duration>(time));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

Printed Shell::fault(const site::Fault& fault, const std::string& before) const {
    const std::string text = print_fault(fault, old());
    const int status = texts_.is("fault_status", "1") ? 1 : 0;
    if (texts_.is("fault_stream", "err")) return {before, text, status};
    return {before + text, "", status};
}

Printed Shell::no_vm(const std::string& number) const {
    return {"Unable to find a VM corresponding to \"" + number + "\"\n", "",
            texts_.is("fault_status", "1") ? 1 : 0};
}

Printed Shell::refused(const Argv& argv, const site::Fault& why) const {
    if (argv[0] == "vim-cmd") {
        const std::string name = argv.size() > 1 ? argv[1] : "";
        return fault(why, name == "vmsvc/power.on"    ? "Powering on VM:\n"
                          : name == "vmsvc/power.off" ? "Powering off VM:\n"
                                                      : "");
    }
    return {why.message + "\n", "", 1};
}

Printed Shell::hostd_is_away() const {
    const std::string& how = texts_.get("hostd_down");
    if (how == "crash")
        return {"",
                "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  "
                "std::bad_alloc\nAborted\n",
                134};
    if (how == "connect") return {"Connect to localhost failed: Connection failure\n", "", 1};
    if (how == "ssl") return {"Failed to login: SSL Exception: Unexpected EOF\n", "", 1};
    return {"Failed to login: Connection reset by peer\n", "", 1};
}

}  // namespace vmha::sim
