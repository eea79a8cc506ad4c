// VirtualMachine and Task.
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

const site::Vm& vm_of(const World& world, const Ref& ref) {
    return *world.vm(*vm_id(ref));
}

// nullptr when the configuration cannot be read: then config is unset (pyvmomi docs/vim/VirtualMachine.rst).
const site::VmFiles* config_of(const World& world, const Ref& ref) {
    const site::Vm& vm = vm_of(world, ref);
    return vm.connection == site::Connection::connected ? world.site.files(world.id, vm) : nullptr;
}

Value color(site::Color color) {
    return Value::leaf("ManagedEntityStatus", site::to_word(color));
}

std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/') + 1);
}

Value question(const site::Vm& vm) {
    if (!vm.question) return {};
    std::vector<Value> choices;
    for (const auto& choice : vm.question->choices)
        choices.push_back(Value::object("ElementDescription", {{"label", Value::text(choice.label)},
                                                               {"summary", Value::text(choice.summary)},
                                                               {"key", Value::text(choice.key)}})
                              .derived());
    const Value message = Value::object(
        "VirtualMachineMessage",
        {{"id", Value::text(vm.question->message_id)}, {"text", Value::text(vm.question->text)}});
    return Value::object(
        "VirtualMachineQuestionInfo",
        {{"id", Value::text(vm.question->id)},
         {"text", Value::text(vm.question->text)},
         {"choice",
          Value::object("ChoiceOption", {{"choiceInfo", Value::list("ElementDescription", choices)},
                                         {"defaultIndex", Value::integer(vm.question->default_index)}})},
         {"message", Value::list("VirtualMachineMessage", {message})}});
}

Value runtime(const World& world, const Ref& ref) {
    const site::Vm& vm = vm_of(world, ref);
    const bool on = vm.power == site::Power::powered_on;
    return Value::object(
        "VirtualMachineRuntimeInfo",
        {{"device", {}},
         {"host", Value::ref(well_known::host)},
         {"connectionState", Value::leaf("VirtualMachineConnectionState", site::to_word(vm.connection))},
         {"powerState", Value::leaf("VirtualMachinePowerState", site::to_word(vm.power))},
         {"faultToleranceState", Value::leaf("VirtualMachineFaultToleranceState", "notConfigured")},
         {"dasVmProtection", {}},
         {"toolsInstallerMounted", Value::boolean(false)},
         {"suspendTime", {}},
         {"bootTime", vm.booted ? world.time(*vm.booted) : Value{}},
         {"suspendInterval", Value::integer64(0)},
         {"question", question(vm)},
         {"memoryOverhead", {}},
         {"maxCpuUsage", on ? Value::integer(cpu_mhz) : Value{}},
         {"maxMemoryUsage", on ? Value::integer(1024) : Value{}},
         {"numMksConnections", Value::integer(0)},
         {"recordReplayState", Value::leaf("VirtualMachineRecordReplayState", "inactive")},
         {"cleanPowerOff", {}},
         {"needSecondaryReason", {}},
         {"onlineStandby", Value::boolean(false)},
         {"minRequiredEVCModeKey", {}},
         {"consolidationNeeded", Value::boolean(false)},
         {"offlineFeatureRequirement", {}},
         {"featureRequirement", {}},
         {"vFlashCacheAllocation", {}},
         {"paused", Value::boolean(false)},
         {"snapshotInBackground", Value::boolean(false)}});
}

Value devices(const World& world, const site::VmFiles& files, const std::string& base) {
    const auto described = [](const char* label, const std::string& summary) {
        return Value::object("Description",
                             {{"label", Value::text(label)}, {"summary", Value::text(summary)}});
    };
    const auto datastore = datastore_ref(world);
    Value controller =
        Value::object("ParaVirtualSCSIController",
                      {{"key", Value::integer(1000)},
                       {"deviceInfo", described("SCSI controller 0", "VMware paravirtual SCSI")},
                       {"busNumber", Value::integer(0)},
                       {"device", Value::list("xsd:int", {Value::integer(2000)})},
                       {"hotAddRemove", Value::boolean(true)},
                       {"sharedBus", Value::leaf("VirtualSCSISharing", "noSharing")}});
    Value backing =
        Value::object("VirtualDiskFlatVer2BackingInfo",
                      {{"fileName", Value::text(world.site.datastore_path(world.id, base + ".vmdk"))},
                       {"datastore", datastore ? Value::ref(*datastore) : Value{}},
                       {"diskMode", Value::text("persistent")},
                       {"thinProvisioned", Value::boolean(true)}});
    Value disk = Value::object("VirtualDisk", {{"key", Value::integer(2000)},
                                               {"deviceInfo", described("Hard disk 1", "16,777,216 KB")},
                                               {"backing", std::move(backing).derived()},
                                               {"controllerKey", Value::integer(1000)},
                                               {"unitNumber", Value::integer(0)},
                                               {"capacityInKB", Value::integer64(16777216)}});
    Value network = Value::object(
        "VirtualEthernetCardNetworkBackingInfo",
        {{"deviceName", Value::text(vms_network)}, {"network", Value::ref(network_ref(vms_network))}});
    const std::string& id = files.uuid;
    const std::string mac = "00:0c:29:" + id.substr(24, 2) + ":" + id.substr(26, 2) + ":" + id.substr(28, 2);
    Value card = Value::object("VirtualVmxnet3", {{"key", Value::integer(4000)},
                                                  {"deviceInfo", described("Network adapter 1", vms_network)},
                                                  {"backing", std::move(network).derived()},
                                                  {"addressType", Value::text("generated")},
                                                  {"macAddress", Value::text(mac)}});
    return Value::list("VirtualDevice", {std::move(controller).derived(), std::move(disk).derived(),
                                         std::move(card).derived()});
}

Value config(const World& world, const Ref& ref) {
    const site::VmFiles* files = config_of(world, ref);
    if (!files) return {};
    const site::Vm& vm = vm_of(world, ref);
    const std::string folder = world.site.datastore_path(world.id, folder_of(vm.path));
    const std::string base = vm.path.substr(0, vm.path.rfind(".vmx"));
    return Value::object(
        "VirtualMachineConfigInfo",
        {{"changeVersion", world.time({})},
         {"modified", Value::leaf("xsd:dateTime", "1970-01-01T00:00:00Z")},
         {"name", Value::text(vm.name)},
         {"guestFullName", Value::text("CentOS 8 (64-bit)")},
         {"version", Value::text("vmx-19")},
         {"uuid", Value::text(files->uuid)},
         {"createDate", {}},
         {"instanceUuid", Value::text(files->instance_uuid)},
         {"locationId", {}},
         {"template", Value::boolean(false)},
         {"guestId", Value::text(files->guest_id)},
         {"alternateGuestName", Value::text("")},
         {"annotation", Value::text("")},
         {"files", Value::object("VirtualMachineFileInfo",
                                 {{"vmPathName", Value::text(world.site.datastore_path(world.id, vm.path))},
                                  {"snapshotDirectory", Value::text(folder)},
                                  {"suspendDirectory", Value::text(folder)},
                                  {"logDirectory", Value::text(folder)}})},
         {"tools",
          Value::object("ToolsConfigInfo", {{"toolsVersion", Value::integer(files->tools ? 11365 : 0)}})},
         {"flags", Value::object("VirtualMachineFlagInfo", {{"enableLogging", Value::boolean(true)}})},
         {"consolePreferences", {}},
         {"defaultPowerOps",
          Value::object("VirtualMachineDefaultPowerOpInfo", {{"powerOffType", Value::text("soft")},
                                                             {"suspendType", Value::text("hard")},
                                                             {"resetType", Value::text("soft")},
                                                             {"standbyAction", Value::text("checkpoint")}})},
         {"hardware", Value::object("VirtualHardware", {{"numCPU", Value::integer(files->cpus)},
                                                        {"numCoresPerSocket", Value::integer(1)},
                                                        {"memoryMB", Value::integer(files->memory_mb)},
                                                        {"virtualICH7MPresent", Value::boolean(false)},
                                                        {"virtualSMCPresent", Value::boolean(false)},
                                                        {"device", devices(world, *files, base)}})},
         {"cpuAllocation", {}},
         {"memoryAllocation", {}},
         {"memoryHotAddEnabled", Value::boolean(false)},
         {"cpuHotAddEnabled", Value::boolean(false)},
         {"extraConfig",
          Value::list("OptionValue",
                      {Value::object("OptionValue",
                                     {{"key", Value::text("uuid.action")},
                                      {"value", Value::text(files->keep_uuid ? "keep" : "").derived()}})})},
         {"datastoreUrl", {}},
         {"swapPlacement", Value::text("inherit")},
         {"bootOptions", {}},
         {"ftInfo", {}},
         {"vAppConfig", {}},
         {"changeTrackingEnabled", Value::boolean(false)},
         {"firmware", Value::text("bios")},
         {"managedBy", {}}});
}

Value summary_config(const World& world, const Ref& ref) {
    const site::VmFiles* files = config_of(world, ref);
    const site::Vm& vm = vm_of(world, ref);
    return Value::object("VirtualMachineConfigSummary",
                         {{"name", Value::text(vm.name)},
                          {"template", Value::boolean(false)},
                          {"vmPathName", Value::text(world.site.datastore_path(world.id, vm.path))},
                          {"memorySizeMB", files ? Value::integer(files->memory_mb) : Value{}},
                          {"cpuReservation", files ? Value::integer(0) : Value{}},
                          {"memoryReservation", files ? Value::integer(0) : Value{}},
                          {"numCpu", files ? Value::integer(files->cpus) : Value{}},
                          {"numEthernetCards", files ? Value::integer(1) : Value{}},
                          {"numVirtualDisks", files ? Value::integer(1) : Value{}},
                          {"uuid", files ? Value::text(files->uuid) : Value{}},
                          {"instanceUuid", files ? Value::text(files->instance_uuid) : Value{}},
                          {"guestId", files ? Value::text(files->guest_id) : Value{}},
                          {"guestFullName", files ? Value::text("CentOS 8 (64-bit)") : Value{}},
                          {"annotation", files ? Value::text("") : Value{}},
                          {"product", {}},
                          {"managedBy", {}}});
}

Value tools_status(const World& world, const Ref& ref) {
    const site::VmFiles* files = config_of(world, ref);
    const char* word = !files || !files->tools           ? "toolsNotInstalled"
                       : vm_of(world, ref).tools_running ? "toolsOk"
                                                         : "toolsNotRunning";
    return Value::leaf("VirtualMachineToolsStatus", word);
}

Value tools_running(const site::Vm& vm) {
    return Value::text(vm.tools_running ? "guestToolsRunning" : "guestToolsNotRunning");
}

Value tools_version(const World& world, const Ref& ref) {
    const site::VmFiles* files = config_of(world, ref);
    return Value::text(files && files->tools ? "guestToolsUnmanaged" : "guestToolsNotInstalled");
}

Value guest(const World& world, const Ref& ref) {
    const site::Vm& vm = vm_of(world, ref);
    return Value::object("GuestInfo",
                         {{"toolsStatus", tools_status(world, ref)},
                          {"toolsVersionStatus", tools_version(world, ref)},
                          {"toolsVersionStatus2", tools_version(world, ref)},
                          {"toolsRunningStatus", tools_running(vm)},
                          {"toolsVersion", Value::text("11365")},
                          {"guestId", {}},
                          {"guestFamily", {}},
                          {"guestFullName", {}},
                          {"hostName", vm.tools_running ? Value::text(vm.name) : Value{}},
                          {"ipAddress", {}},
                          {"net", {}},
                          {"ipStack", {}},
                          {"disk", {}},
                          {"screen", {}},
                          {"guestState", Value::text(vm.tools_running ? "running" : "notRunning")},
                          {"appHeartbeatStatus", Value::text("appStatusGray")},
                          {"guestKernelCrashed", Value::boolean(false)},
                          {"appState", Value::text("none")},
                          {"guestOperationsReady", Value::boolean(vm.tools_running)},
                          {"interactiveGuestOperationsReady", Value::boolean(false)},
                          {"guestStateChangeSupported", Value::boolean(vm.tools_running)}});
}

Value heartbeat(const World& world, const Ref& ref) {
    return color(vm_of(world, ref).heartbeat);
}

Value summary(const World& world, const Ref& ref) {
    const site::Vm& vm = vm_of(world, ref);
    Value guest_summary = Value::object("VirtualMachineGuestSummary",
                                        {{"guestId", {}},
                                         {"guestFullName", {}},
                                         {"toolsStatus", tools_status(world, ref)},
                                         {"toolsVersionStatus", tools_version(world, ref)},
                                         {"toolsVersionStatus2", tools_version(world, ref)},
                                         {"toolsRunningStatus", tools_running(vm)},
                                         {"hostName", vm.tools_running ? Value::text(vm.name) : Value{}},
                                         {"ipAddress", {}}});
    Value storage =
        Value::object("VirtualMachineStorageSummary", {{"committed", Value::integer64(4294967296)},
                                                       {"uncommitted", Value::integer64(12884901888)},
                                                       {"unshared", Value::integer64(4294967296)},
                                                       {"timestamp", world.time({})}});
    Value quick = Value::object("VirtualMachineQuickStats", {{"overallCpuUsage", Value::integer(0)},
                                                             {"guestMemoryUsage", Value::integer(0)},
                                                             {"hostMemoryUsage", Value::integer(0)},
                                                             {"guestHeartbeatStatus", color(vm.heartbeat)},
                                                             {"uptimeSeconds", Value::integer(0)}});
    return Value::object("VirtualMachineSummary", {{"vm", Value::ref(ref)},
                                                   {"runtime", runtime(world, ref)},
                                                   {"guest", std::move(guest_summary)},
                                                   {"config", summary_config(world, ref)},
                                                   {"storage", std::move(storage)},
                                                   {"quickStats", std::move(quick)},
                                                   {"overallStatus", green()},
                                                   {"customValue", {}}});
}

Value layout(const World& world, const Ref& ref) {
    const std::string& path = vm_of(world, ref).path;
    return Value::object(
        "VirtualMachineFileLayout",
        {{"configFile", Value::list("xsd:string", {Value::text(path.substr(path.rfind('/') + 1))})},
         {"logFile", Value::list("xsd:string", {Value::text("vmware.log")})},
         {"disk", {}},
         {"snapshot", {}},
         {"swapFile", {}}});
}

}  // namespace

const Properties& vm_properties() {
    static const Properties rows = entity_properties({{"capability", unset},
                                                      {"config", config},
                                                      {"layout", layout},
                                                      {"layoutEx", unset},
                                                      {"storage", unset},
                                                      {"environmentBrowser", the<well_known::environment>},
                                                      {"resourcePool", the<well_known::pool>},
                                                      {"parentVApp", unset},
                                                      {"resourceConfig", unset},
                                                      {"runtime", runtime},
                                                      {"guest", guest},
                                                      {"summary", summary},
                                                      {"datastore", all_datastores},
                                                      {"network", all_networks},
                                                      {"snapshot", unset},
                                                      {"rootSnapshot", unset},
                                                      {"guestHeartbeatStatus", heartbeat}});
    return rows;
}

}  // namespace vmha::sim
