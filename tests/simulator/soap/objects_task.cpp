// Task and what its result can be.
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

struct VerbWords {
    const char* name;         // TaskInfo.name, a method's managed name
    const char* description;  // TaskInfo.descriptionId
};

VerbWords words_of(site::Verb verb) {
    switch (verb) {
        case site::Verb::register_vm: return {"RegisterVM_Task", "Folder.registerVm"};
        case site::Verb::power_on: return {"PowerOnVM_Task", "VirtualMachine.powerOn"};
        case site::Verb::power_off: return {"PowerOffVM_Task", "VirtualMachine.powerOff"};
        case site::Verb::reset: return {"ResetVM_Task", "VirtualMachine.reset"};
        case site::Verb::suspend: return {"SuspendVM_Task", "VirtualMachine.suspend"};
        case site::Verb::backup: return {"CreateSnapshot_Task", "VirtualMachine.createSnapshot"};
        case site::Verb::search: return {"SearchDatastore_Task", "host.DatastoreBrowser.search"};
        case site::Verb::enter_maintenance:
            return {"EnterMaintenanceMode_Task", "HostSystem.enterMaintenanceMode"};
        case site::Verb::exit_maintenance:
            return {"ExitMaintenanceMode_Task", "HostSystem.exitMaintenanceMode"};
    }
    return {};
}

Ref entity_of(const site::Task& task) {
    switch (task.verb) {
        case site::Verb::register_vm: return well_known::vm_folder;
        case site::Verb::search:
        case site::Verb::enter_maintenance:
        case site::Verb::exit_maintenance: return well_known::host;
        default: return vm_ref(task.vm);
    }
}

Value file_info(const World& world, const std::string& name) {
    const bool disk = name.ends_with(".vmdk");
    const char* type = disk                                  ? "VmDiskFileInfo"
                       : name.ends_with(".vmx")              ? "VmConfigFileInfo"
                       : name.ends_with(".log")              ? "VmLogFileInfo"
                       : name.find('.') == std::string::npos ? "FolderFileInfo"
                                                             : "FileInfo";
    std::vector<Value::Field> fields{{"path", Value::text(name)},
                                     {"fileSize", Value::integer64(disk ? int64_t{4} << 30 : 4096)},
                                     {"modification", world.time({})}};
    if (disk) {
        fields.push_back({"diskType", Value::text("VirtualDiskFlatVer2BackingInfo")});
        fields.push_back({"capacityKb", Value::integer64(16777216)});
        fields.push_back({"hardwareVersion", Value::integer(19)});
        fields.push_back({"controllerType", Value::text("ParaVirtualSCSIController")});
        fields.push_back({"thin", Value::boolean(true)});
    }
    return Value::object_of(type, std::move(fields));
}

Value folder_result(const World& world, const std::string& folder, const std::vector<std::string>& names) {
    std::vector<Value> files;
    for (const auto& name : names) files.push_back(file_info(world, name).derived());
    const auto datastore = datastore_ref(world);
    return Value::object("HostDatastoreBrowserSearchResults",
                         {{"datastore", datastore ? Value::ref(*datastore) : Value{}},
                          {"folderPath", Value::text(folder)},
                          {"file", Value::list("FileInfo", std::move(files))}});
}

Value result(const World& world, const site::Task& task) {
    if (task.state != site::TaskState::success) return {};
    if (task.verb == site::Verb::register_vm) return Value::ref(vm_ref(task.result_vm)).derived();
    if (task.verb != site::Verb::search) return {};
    std::vector<Value> folders;
    for (const auto& [folder, names] : task.found) folders.push_back(folder_result(world, folder, names));
    if (!task.below) return std::move(folders.at(0)).derived();
    return Value::list("HostDatastoreBrowserSearchResults", std::move(folders)).derived();
}

Value info(const World& world, const Ref& ref) {
    const site::Task& task = world.host().tasks.at(ref.id);
    const auto* vm = task.vm != 0 ? world.vm(task.vm) : nullptr;
    const bool running = task.state == site::TaskState::running;
    return Value::object(
        "TaskInfo",
        {{"key", Value::text(task.id)},
         {"task", Value::ref(ref)},
         {"description", {}},
         {"name", Value::text(words_of(task.verb).name)},
         {"descriptionId", Value::text(words_of(task.verb).description)},
         {"entity", Value::ref(entity_of(task))},
         {"entityName", Value::text(vm ? vm->name : entity_of(task).id)},
         {"locked", {}},
         {"state", Value::leaf("TaskInfoState", site::to_word(task.state))},
         {"cancelled", Value::boolean(task.cancelled)},
         {"cancelable", Value::boolean(task.verb == site::Verb::search || task.cancellable)},
         {"error", task.fault ? localized(*task.fault) : Value{}},
         {"result", result(world, task)},
         {"progress", running ? Value::integer(task.progress) : Value{}},
         {"reason", Value::object("TaskReasonUser", {{"userName", Value::text(task.user)}}).derived()},
         {"queueTime", world.time(task.queued)},
         {"startTime", task.started ? world.time(*task.started) : Value{}},
         {"completeTime", task.completed ? world.time(*task.completed) : Value{}},
         {"eventChainId", Value::integer(0)},
         {"changeTag", {}},
         {"parentTaskKey", {}},
         {"rootTaskKey", {}}});
}

}  // namespace

const Properties& task_properties() {
    static const Properties rows{{"info", info}};
    return rows;
}

}  // namespace vmha::sim
