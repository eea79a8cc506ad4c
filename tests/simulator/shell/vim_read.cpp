// vim-cmd: what only looks.
#include <algorithm>

#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/shell/print.hpp"
#include "tests/simulator/shell/shell.hpp"

namespace vmha::sim {
namespace {

using Row = std::vector<std::string>;

// Widths follow the data, three blanks between columns; the annotation is as it is, line ends and all.
std::string print_rows(const std::vector<Row>& rows) {
    std::vector<size_t> widths(rows.front().size());
    for (const Row& row : rows)
        for (size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], row[at].size());
    std::string out;
    for (const Row& row : rows) {
        for (size_t at = 0; at + 1 < row.size(); ++at)
            out += row[at] + std::string(widths[at] + 3 - row[at].size(), ' ');
        out += row.back() + "\n";
    }
    return out;
}

Block question_block(const site::Question& question) {
    std::vector<Block> choices;
    for (const auto& choice : question.choices)
        choices.push_back(Block("vim.ElementDescription")
                              .text("label", choice.label)
                              .text("summary", choice.summary)
                              .text("key", choice.key));
    Block choice("vim.option.ChoiceOption");
    choice.unset("valueIsReadonly")
        .list("choiceInfo", "vim.ElementDescription", std::move(choices))
        .word("defaultIndex", static_cast<long>(question.default_index));
    Block message("vim.vm.Message");
    message.text("id", question.message_id).unset("argument").text("text", question.text);
    return Block("vim.vm.QuestionInfo")
        .text("id", question.id)
        .text("text", question.text)
        .object("choice", std::move(choice))
        .list("message", "vim.vm.Message", {std::move(message)});
}

Block runtime_block(const site::Vm& vm, const std::string& boot_time) {
    Block block("vim.vm.RuntimeInfo");
    block.unset("device")
        .ref("host", "vim.HostSystem:ha-host")
        .text("connectionState", site::to_word(vm.connection))
        .text("powerState", site::to_word(vm.power))
        .text("faultToleranceState", "notConfigured")
        .null("dasVmProtection", "vim.vm.RuntimeInfo.DasProtectionState")
        .word("toolsInstallerMounted", false)
        .unset("suspendTime");
    if (vm.booted)
        block.text("bootTime", boot_time);
    else
        block.unset("bootTime");
    block.word("suspendInterval", 0L);
    if (vm.question)
        block.object("question", question_block(*vm.question));
    else
        block.null("question", "vim.vm.QuestionInfo");
    return block.unset("memoryOverhead")
        .unset("maxCpuUsage")
        .unset("maxMemoryUsage")
        .word("numMksConnections", 0L)
        .text("recordReplayState", "inactive")
        .unset("cleanPowerOff")
        .unset("needSecondaryReason")
        .word("onlineStandby", false)
        .unset("minRequiredEVCModeKey")
        .word("consolidationNeeded", false);
}

Block guest_block(const site::Vm& vm, const site::VmFiles* files) {
    const bool has_tools = files && files->tools;
    Block block("vim.vm.Summary.GuestSummary");
    block.unset("guestId")
        .unset("guestFullName")
        .text("toolsStatus", !has_tools         ? "toolsNotInstalled"
                             : vm.tools_running ? "toolsOk"
                                                : "toolsNotRunning")
        .text("toolsVersionStatus", has_tools ? "guestToolsUnmanaged" : "guestToolsNotInstalled")
        .text("toolsVersionStatus2", has_tools ? "guestToolsUnmanaged" : "guestToolsNotInstalled")
        .text("toolsRunningStatus", vm.tools_running ? "guestToolsRunning" : "guestToolsNotRunning");
    if (vm.tools_running)
        block.text("hostName", vm.name);
    else
        block.unset("hostName");
    return block.unset("ipAddress");
}

}  // namespace

Shell::Outcome Shell::getallvms(const Argv&) {
    std::vector<Row> rows{{"Vmid", "Name", "File", "Guest OS", "Version", "Annotation"}};
    std::string skipping;
    std::map<std::string, const site::Vm*> by_text;  // rows are in the order of ids as text: 1, 10, 2
    for (const auto& [id, vm] : vms()) by_text[std::to_string(id)] = &vm;
    for (const auto& [id, vm] : by_text) {
        const site::VmFiles* files = config(*vm);
        if (files)
            rows.push_back({id, vm->name, datastore_path(vm->path), files->guest_id, "vmx-19",
                            texts_.annotation(vm->name)});
        else
            skipping += "Skipping invalid VM '" + id + "'\n";
    }
    if (texts_.is("system_vm", "on"))
        rows.push_back(
            {"9000", "crxSys1Guest", "[] /var/run/crx/infra/crxSys1Guest.vmx", "crxSys1Guest", "vmx-21", ""});
    std::string table = print_rows(rows);
    if (rows.size() == 1 && texts_.is("header_only_blanks", "on")) table.insert(table.size() - 1, "   \n");
    return Printed{texts_.is("skipping", "before") ? skipping + table : table + skipping, "", 0};
}

Shell::Outcome Shell::get_summary(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    const site::VmFiles* files = config(*entry);
    Block block("vim.vm.Summary");
    block.ref("vm", "vim.VirtualMachine:" + words[0])
        .object("runtime", runtime_block(*entry, entry->booted ? wall(*entry->booted) : ""))
        .object("guest", guest_block(*entry, files));
    if (files) {
        block.object("config", Block("vim.vm.Summary.ConfigSummary")
                                   .text("name", entry->name)
                                   .word("template", false)
                                   .text("vmPathName", datastore_path(entry->path))
                                   .word("memorySizeMB", static_cast<long>(files->memory_mb))
                                   .word("cpuReservation", 0L)
                                   .word("memoryReservation", 0L)
                                   .word("numCpu", static_cast<long>(files->cpus))
                                   .word("numEthernetCards", 1L)
                                   .word("numVirtualDisks", 1L)
                                   .text("uuid", files->uuid)
                                   .text("instanceUuid", files->instance_uuid)
                                   .text("guestId", files->guest_id)
                                   .text("guestFullName", "CentOS 8 (64-bit)")
                                   .text("annotation", texts_.annotation(entry->name))
                                   .null("product", "vim.vApp.ProductInfo")
                                   .unset("installBootRequired")
                                   .null("ftInfo", "vim.vm.FaultToleranceConfigInfo")
                                   .null("managedBy", "vim.ext.ManagedByInfo"));
    } else {
        block.null("config", "vim.vm.Summary.ConfigSummary");
    }
    block.object("storage", Block("vim.vm.Summary.StorageSummary")
                                .word("committed", 4294967296L)
                                .word("uncommitted", 12884901888L)
                                .word("unshared", 4294967296L)
                                .text("timestamp", wall({})));
    block.object("quickStats", Block("vim.vm.Summary.QuickStats")
                                   .word("overallCpuUsage", 0L)
                                   .word("guestMemoryUsage", 0L)
                                   .word("hostMemoryUsage", 0L)
                                   .text("guestHeartbeatStatus", site::to_word(entry->heartbeat))
                                   .word("uptimeSeconds", 0L));
    block.text("overallStatus", "green").unset("customValue");
    return Printed{"Listsummary:\n\n" + block.print(old()), "", 0};
}

Shell::Outcome Shell::get_config(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    const site::VmFiles* files = config(*entry);
    if (!files) return Printed{"(vim.vm.ConfigInfo) null\n", "", 0};
    Block block("vim.vm.ConfigInfo");
    block.text("name", entry->name)
        .text("version", "vmx-19")
        .text("uuid", files->uuid)
        .text("instanceUuid", files->instance_uuid)
        .text("guestId", files->guest_id)
        .text("annotation", texts_.annotation(entry->name))
        .object("files", Block("vim.vm.FileInfo").text("vmPathName", datastore_path(entry->path)));
    return Printed{"Configuration:\n\n" + block.print(old()), "", 0};
}

Shell::Outcome Shell::power_getstate(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    const char* state = entry->power == site::Power::powered_on    ? "Powered on"
                        : entry->power == site::Power::powered_off ? "Powered off"
                                                                   : "Suspended";
    return Printed{"Retrieved runtime info\n" + std::string(state) + "\n", "", 0};
}

Shell::Outcome Shell::get_tasklist(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    std::string list;
    for (const auto& task : entry->recent_tasks)
        list += std::string(list.empty() ? "" : ",\n") + "   'vim.Task:" + task + "'";
    return Printed{"(ManagedObjectReference) [" + (list.empty() ? list : "\n" + list + "\n") + "]\n", "", 0};
}

Shell::Outcome Shell::task_info(const Argv& words) {
    const auto found = host().tasks.find(words[0]);
    if (found == host().tasks.end()) return fault(site::faults::no_such_object("Task", words[0]));
    const site::Task& task = found->second;
    // haTask-<object>-vim.VirtualMachine.powerOn-<number>
    const auto begins = task.id.find("-vim.") + 1;
    const std::string name = task.id.substr(begins, task.id.rfind('-') - begins);
    Block block("vim.TaskInfo");
    block.text("key", task.id)
        .ref("task", "vim.Task:" + task.id)
        .null("description", "vmodl.LocalizableMessage")
        .text("name", name)
        .text("descriptionId", name.substr(4));
    if (task.vm != 0)
        block.ref("entity", "vim.VirtualMachine:" + std::to_string(task.vm));
    else
        block.unset("entity");
    const site::Vm* entry = site_.vm(id_, task.vm);
    block.text("entityName", entry ? entry->name : "")
        .text("state", site::to_word(task.state))
        .word("cancelled", task.cancelled)
        .word("cancelable", task.cancellable);
    if (task.fault)
        block.object("error", Block("vim.fault." + task.fault->name).text("msg", task.fault->message));
    else
        block.null("error", "vmodl.MethodFault");
    block.unset("result").word("progress", static_cast<long>(task.progress));
    block.object("reason", Block("vim.TaskReasonUser").text("userName", task.user));
    block.text("queueTime", wall(task.queued));
    if (task.started)
        block.text("startTime", wall(*task.started));
    else
        block.unset("startTime");
    if (task.completed)
        block.text("completeTime", wall(*task.completed));
    else
        block.unset("completeTime");
    return Printed{block.print(old()), "", 0};
}

}  // namespace vmha::sim
