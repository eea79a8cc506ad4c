// HostSystem.
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

constexpr const char* cpu_model = "Intel(R) Xeon(R) Silver 4214R CPU @ 2.40GHz";
constexpr int64_t cpu_hz = int64_t{cpu_mhz} * 1000000;

Value hardware_summary(const World& world) {
    return Value::object("HostHardwareSummary", {{"vendor", Value::text("Simulated")},
                                                 {"model", Value::text("esxsim")},
                                                 {"uuid", Value::text(world.host().uuid)},
                                                 {"memorySize", Value::integer64(host_memory_bytes(world))},
                                                 {"cpuModel", Value::text(cpu_model)},
                                                 {"cpuMhz", Value::integer(cpu_mhz)},
                                                 {"numCpuPkgs", Value::integer16(1)},
                                                 {"numCpuCores", Value::integer16(cpu_cores)},
                                                 {"numCpuThreads", Value::integer16(cpu_cores)},
                                                 {"numNics", Value::integer(1)},
                                                 {"numHBAs", Value::integer(1)}});
}

Value summary(const World& world, const Ref& ref) {
    Value config = Value::object("HostConfigSummary", {{"name", Value::text(world.host().config.name)},
                                                       {"port", Value::integer(443)},
                                                       {"product", about(world)},
                                                       {"vmotionEnabled", Value::boolean(false)},
                                                       {"faultToleranceEnabled", Value::boolean(false)}});
    Value quick = Value::object("HostListSummaryQuickStats",
                                {{"overallCpuUsage", Value::integer(100)},
                                 {"overallMemoryUsage", Value::integer(memory_used_mb(world))},
                                 {"uptime", Value::integer(0)}});
    return Value::object("HostListSummary", {{"host", Value::ref(ref)},
                                             {"hardware", hardware_summary(world)},
                                             {"runtime", host_runtime(world, ref)},
                                             {"config", std::move(config)},
                                             {"quickStats", std::move(quick)},
                                             {"overallStatus", green()},
                                             {"rebootRequired", Value::boolean(false)},
                                             {"customValue", {}},
                                             {"managementServerIp", {}},
                                             {"maxEVCModeKey", {}},
                                             {"currentEVCModeKey", {}}});
}

Value cpu_features() {
    // Level 0x80000001 with bit 29 of edx: a 64-bit CPU, which is what virsh capabilities looks for.
    const auto row = [](int64_t level, const char* edx) {
        return Value::object("HostCpuIdInfo",
                             {{"level", Value::integer(level)},
                              {"eax", Value::text("0000:0000:0000:0000:0000:0000:0000:0000")},
                              {"ebx", Value::text("0000:0000:0000:0000:0000:0000:0000:0000")},
                              {"ecx", Value::text("0000:0000:0000:0000:0000:0000:0000:0000")},
                              {"edx", Value::text(edx)}});
    };
    return Value::list("HostCpuIdInfo", {row(1, "1011:1111:1110:1011:1111:1011:1111:1111"),
                                         row(-2147483647, "0010:1100:0001:0000:0000:1000:0000:0000")});
}

Value hardware(const World& world, const Ref&) {
    std::vector<Value> threads;
    for (int i = 0; i < cpu_cores; ++i) threads.push_back(Value::integer16(i));
    Value package = Value::object("HostCpuPackage", {{"index", Value::integer16(0)},
                                                     {"vendor", Value::text("intel")},
                                                     {"hz", Value::integer64(cpu_hz)},
                                                     {"busHz", Value::integer64(100000000)},
                                                     {"description", Value::text(cpu_model)},
                                                     {"threadId", Value::list("xsd:short", threads)},
                                                     {"cpuFeature", cpu_features()}});
    return Value::object(
        "HostHardwareInfo",
        {{"systemInfo", Value::object("HostSystemInfo", {{"vendor", Value::text("Simulated")},
                                                         {"model", Value::text("esxsim")},
                                                         {"uuid", Value::text(world.host().uuid)}})},
         {"cpuPowerManagementInfo", {}},
         {"cpuInfo", Value::object("HostCpuInfo", {{"numCpuPackages", Value::integer16(1)},
                                                   {"numCpuCores", Value::integer16(cpu_cores)},
                                                   {"numCpuThreads", Value::integer16(cpu_cores)},
                                                   {"hz", Value::integer64(cpu_hz)}})},
         {"cpuPkg", Value::list("HostCpuPackage", {package})},
         {"memorySize", Value::integer64(host_memory_bytes(world))},
         {"numaInfo", {}},
         {"smcPresent", Value::boolean(false)},
         {"pciDevice", {}},
         {"cpuFeature", cpu_features()},
         {"biosInfo", {}}});
}

Value config_manager(const World&, const Ref&) {
    using namespace well_known;
    return Value::object("HostConfigManager", {{"cpuScheduler", {}},
                                               {"datastoreSystem", Value::ref(datastores)},
                                               {"memoryManager", {}},
                                               {"storageSystem", Value::ref(storage)},
                                               {"networkSystem", Value::ref(network_system)},
                                               {"vmotionSystem", {}},
                                               {"virtualNicManager", {}},
                                               {"serviceSystem", {}},
                                               {"firewallSystem", {}},
                                               {"advancedOption", {}},
                                               {"diagnosticSystem", {}},
                                               {"autoStartManager", Value::ref(autostart)},
                                               {"licenseManager", Value::ref(licenses)},
                                               {"iscsiManager", {}}});
}

Value config(const World& world, const Ref& ref) {
    return Value::object("HostConfigInfo", {{"host", Value::ref(ref)},
                                            {"product", about(world)},
                                            {"deploymentInfo", {}},
                                            {"hyperThread", {}},
                                            {"storageDevice", storage_device_info(world, ref)},
                                            {"multipathState", {}},
                                            {"fileSystemVolume", file_system_volume_info(world, ref)},
                                            {"systemFile", {}},
                                            {"network", network_info(world, ref)},
                                            {"vmotion", {}},
                                            {"virtualNicManagerInfo", {}},
                                            {"capabilities", {}},
                                            {"service", {}},
                                            {"firewall", {}},
                                            {"autoStart", autostart_config(world, ref)},
                                            {"option", {}},
                                            {"dateTimeInfo", {}},
                                            {"lockdownMode", {}},
                                            {"certificate", {}}});
}

Value licensable(const World&, const Ref&) {
    Value cpus = Value::object(
        "KeyAnyValue", {{"key", Value::text("numCpuPackages")}, {"value", Value::integer(1).derived()}});
    return Value::object("HostLicensableResourceInfo", {{"resource", Value::list("KeyAnyValue", {cpus})}});
}

}  // namespace

int64_t host_memory_bytes(const World& world) {
    const auto& for_vms = world.host().memory_mb;
    return for_vms ? (*for_vms + host_memory_mb) << 20 : memory_bytes;
}

int64_t memory_used_mb(const World& world) {
    int64_t used = host_memory_mb;
    if (!world.host().memory_mb) return used;
    for (const auto& [id, vm] : world.host().vms)
        if (const auto* files = world.site.files(world.id, vm); vm.process && files) used += files->memory_mb;
    return used;
}

Value about(const World&) {
    return Value::object("AboutInfo", {{"name", Value::text("VMware ESXi")},
                                       {"fullName", Value::text("VMware ESXi 7.0.3 build-20328353")},
                                       {"vendor", Value::text("VMware, Inc.")},
                                       {"version", Value::text("7.0.3")},
                                       {"build", Value::text("20328353")},
                                       {"localeVersion", Value::text("INTL")},
                                       {"localeBuild", Value::text("000")},
                                       {"osType", Value::text("vmnix-x86")},
                                       {"productLineId", Value::text("embeddedEsx")},
                                       {"apiType", Value::text("HostAgent")},
                                       {"apiVersion", Value::text("7.0.3.0")},
                                       {"licenseProductName", Value::text("VMware ESX Server")},
                                       {"licenseProductVersion", Value::text("7.0")}});
}

Value host_runtime(const World& world, const Ref&) {
    const auto& host = world.host();
    return Value::object("HostRuntimeInfo",
                         {{"connectionState", Value::leaf("HostSystemConnectionState", "connected")},
                          {"powerState", Value::leaf("HostSystemPowerState", "poweredOn")},
                          {"standbyMode", Value::text("none")},
                          {"inMaintenanceMode", Value::boolean(host.maintenance)},
                          {"inQuarantineMode", Value::boolean(false)},
                          {"bootTime", world.time(host.booted)},
                          {"healthSystemRuntime", {}},
                          {"dasHostState", {}},
                          {"networkRuntimeInfo", {}},
                          {"hostMaxVirtualDiskCapacity", Value::integer64(68169720922112)},
                          {"cryptoState", Value::text("incapable")}});
}

const Properties& host_properties() {
    static const Properties rows = entity_properties({{"runtime", host_runtime},
                                                      {"summary", summary},
                                                      {"hardware", hardware},
                                                      {"capability", unset},
                                                      {"licensableResource", licensable},
                                                      {"configManager", config_manager},
                                                      {"config", config},
                                                      {"vm", all_vms},
                                                      {"datastore", all_datastores},
                                                      {"network", all_networks},
                                                      {"datastoreBrowser", the<well_known::browser>},
                                                      {"systemResources", unset}});
    return rows;
}

}  // namespace vmha::sim
