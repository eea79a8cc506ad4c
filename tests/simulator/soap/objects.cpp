// Which objects and types there are, and the small ones of the inventory.
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

Value entity_name(const World& world, const Ref& ref) {
    if (ref == well_known::root) return Value::text("ha-folder-root");
    if (ref == well_known::vm_folder) return Value::text("vm");
    if (ref == well_known::host_folder) return Value::text("host");
    if (ref == well_known::datastore_folder) return Value::text("datastore");
    if (ref == well_known::network_folder) return Value::text("network");
    if (ref == well_known::pool) return Value::text("Resources");
    if (ref == well_known::compute || ref == well_known::host) return Value::text(world.host().config.name);
    if (ref.type == "Network") return Value::text(network_name(ref));
    if (const auto id = vm_id(ref)) return Value::text(world.vm(*id)->name);
    if (ref.type == "Datastore") return Value::text(world.site.disk_of(world.id)->datastore());
    return Value::text(ref.id);
}

Value entity_parent(const World&, const Ref& ref) {
    static const std::map<std::string, Ref> parents{
        {"Datacenter", well_known::root},          {"ComputeResource", well_known::host_folder},
        {"HostSystem", well_known::compute},       {"ResourcePool", well_known::compute},
        {"VirtualMachine", well_known::vm_folder}, {"Datastore", well_known::datastore_folder},
        {"Network", well_known::network_folder}};
    if (ref == well_known::root) return {};
    const auto found = parents.find(ref.type);
    return Value::ref(found == parents.end() ? well_known::datacenter : found->second);
}

Value status(const World&, const Ref&) {
    return green();
}

Value no_alarms(const World&, const Ref&) {
    return Value::boolean(true);
}
Value no_methods(const World&, const Ref&) {
    return Value::list("xsd:string");
}

Value roles(const World&, const Ref&) {
    return Value::list("xsd:int", {Value::integer(-1)});
}

Value child_types(const World&, const Ref& ref) {
    std::vector<Value> types;
    if (ref == well_known::root) types = {Value::text("Datacenter")};
    if (ref == well_known::vm_folder) types = {Value::text("VirtualMachine")};
    if (ref == well_known::host_folder) types = {Value::text("ComputeResource")};
    if (ref == well_known::datastore_folder) types = {Value::text("Datastore")};
    if (ref == well_known::network_folder) types = {Value::text("Network")};
    return Value::list("xsd:string", types);
}

Value children(const World& world, const Ref& ref) {
    if (ref == well_known::root) return Value::refs({well_known::datacenter});
    if (ref == well_known::vm_folder) return all_vms(world, ref);
    if (ref == well_known::host_folder) return Value::refs({well_known::compute});
    if (ref == well_known::datastore_folder) return all_datastores(world, ref);
    return Value::refs(network_refs(world));
}

Value datacenter_configuration(const World&, const Ref&) {
    return Value::object("DatacenterConfigInfo", {});
}

Value only_host(const World&, const Ref&) {
    return Value::refs({well_known::host});
}

Value compute_summary(const World&, const Ref&) {
    return Value::object("ComputeResourceSummary", {{"totalCpu", Value::integer(cpu_mhz * cpu_cores)},
                                                    {"totalMemory", Value::integer64(memory_bytes)},
                                                    {"numCpuCores", Value::integer16(cpu_cores)},
                                                    {"numCpuThreads", Value::integer16(cpu_cores)},
                                                    {"effectiveCpu", Value::integer(cpu_mhz * cpu_cores)},
                                                    {"effectiveMemory", Value::integer64(memory_bytes >> 20)},
                                                    {"numHosts", Value::integer(1)},
                                                    {"numEffectiveHosts", Value::integer(1)},
                                                    {"overallStatus", green()}});
}

Value compute_configuration(const World&, const Ref&) {
    return Value::object("ComputeResourceConfigInfo", {{"vmSwapPlacement", Value::text("vmDirectory")}});
}

Value pool_usage(int64_t all) {
    return Value::object("ResourcePoolResourceUsage", {{"reservationUsed", Value::integer64(0)},
                                                       {"reservationUsedForVm", Value::integer64(0)},
                                                       {"unreservedForPool", Value::integer64(all)},
                                                       {"unreservedForVm", Value::integer64(all)},
                                                       {"overallUsage", Value::integer64(0)},
                                                       {"maxUsage", Value::integer64(all)}});
}

Value pool_runtime(const World&, const Ref&) {
    return Value::object("ResourcePoolRuntimeInfo", {{"memory", pool_usage(memory_bytes)},
                                                     {"cpu", pool_usage(cpu_mhz * cpu_cores)},
                                                     {"overallStatus", green()}});
}

Value allocation(int64_t all) {
    return Value::object(
        "ResourceAllocationInfo",
        {{"reservation", Value::integer64(all)},
         {"expandableReservation", Value::boolean(false)},
         {"limit", Value::integer64(all)},
         {"shares", Value::object("SharesInfo", {{"shares", Value::integer(1000)},
                                                 {"level", Value::leaf("SharesLevel", "custom")}})}});
}

Value pool_config(const World&, const Ref&) {
    return Value::object("ResourceConfigSpec", {{"entity", Value::ref(well_known::pool)},
                                                {"cpuAllocation", allocation(cpu_mhz * cpu_cores)},
                                                {"memoryAllocation", allocation(memory_bytes >> 20)}});
}

Value pool_summary(const World& world, const Ref& ref) {
    return Value::object("ResourcePoolSummary", {{"name", Value::text("Resources")},
                                                 {"config", pool_config(world, ref)},
                                                 {"runtime", pool_runtime(world, ref)}});
}

Value network_summary(const World& world, const Ref& ref) {
    const std::string name = network_name(ref);
    return Value::object("NetworkSummary", {{"network", Value::ref(ref)},
                                            {"name", Value::text(name)},
                                            {"accessible", Value::boolean(has_network(world, name))},
                                            {"ipPoolName", Value::text("")}});
}

Value network_hosts(const World& world, const Ref& ref) {
    return has_network(world, network_name(ref)) ? Value::refs({well_known::host}) : Value::refs({});
}

Value network_vms(const World& world, const Ref& ref) {
    return network_name(ref) == vms_network ? all_vms(world, ref) : Value::refs({});
}

Value datastore_capabilities(const World&, const Ref&) {
    return Value::object("HostDatastoreSystemCapabilities",
                         {{"nfsMountCreationRequired", Value::boolean(true)},
                          {"nfsMountCreationSupported", Value::boolean(true)},
                          {"localDatastoreSupported", Value::boolean(false)},
                          {"vmfsExtentExpansionSupported", Value::boolean(true)}});
}

const Types& inventory_types() {
    using namespace well_known;
    static const Types table{
        {"VirtualMachine", vm_properties()},
        {"Task", task_properties()},
        {"HostSystem", host_properties()},
        {"Datastore", datastore_properties()},
        {"HostStorageSystem", storage_system_properties()},
        {"Folder", entity_properties({{"childType", child_types}, {"childEntity", children}})},
        {"Datacenter", entity_properties({{"vmFolder", the<vm_folder>},
                                          {"hostFolder", the<host_folder>},
                                          {"datastoreFolder", the<datastore_folder>},
                                          {"networkFolder", the<network_folder>},
                                          {"datastore", all_datastores},
                                          {"network", all_networks},
                                          {"configuration", datacenter_configuration}})},
        {"ComputeResource", entity_properties({{"resourcePool", the<pool>},
                                               {"host", only_host},
                                               {"datastore", all_datastores},
                                               {"network", all_networks},
                                               {"summary", compute_summary},
                                               {"environmentBrowser", the<environment>},
                                               {"configurationEx", compute_configuration}})},
        {"ResourcePool", entity_properties({{"summary", pool_summary},
                                            {"runtime", pool_runtime},
                                            {"owner", the<compute>},
                                            {"resourcePool", no_refs},
                                            {"vm", all_vms},
                                            {"config", pool_config},
                                            {"childConfiguration", unset}})},
        {"Network",
         entity_properties({{"summary", network_summary}, {"host", network_hosts}, {"vm", network_vms}})},
        {"HostDatastoreSystem", {{"datastore", all_datastores}, {"capabilities", datastore_capabilities}}},
        {"HostNetworkSystem",
         {{"value", unset},
          {"availableField", unset},
          {"capabilities", unset},
          {"networkInfo", network_info},
          {"offloadCapabilities", unset},
          {"networkConfig", unset},
          {"dnsConfig", unset},
          {"ipRouteConfig", unset},
          {"consoleIpRouteConfig", unset}}},
        {"HostAutoStartManager", {{"config", autostart_config}}},
        {"HostDatastoreBrowser", {{"datastore", all_datastores}, {"supportedType", unset}}},
        {"EnvironmentBrowser", {{"datastoreBrowser", the<browser>}}}};
    return table;
}

const Properties* rows_of(const std::string& type) {
    for (const Types* table : {&inventory_types(), &service_types()})
        if (const auto found = table->find(type); found != table->end()) return &found->second;
    return nullptr;
}

const std::map<std::string, Ref>& fixed_objects() {
    using namespace well_known;
    static const std::map<std::string, Ref> table = [] {
        std::map<std::string, Ref> made;
        for (const Ref& ref :
             {root,           datacenter, vm_folder, host_folder,  datastore_folder, network_folder,
              compute,        pool,       host,      service,      sessions,         tasks,
              events,         licenses,   search,    view_manager, storage,          datastores,
              network_system, autostart,  browser,   environment,  options,          virtual_disks,
              permissions,    collector})
            made[ref.id] = ref;
        return made;
    }();
    return table;
}

}  // namespace

Properties entity_properties(Properties own) {
    Properties rows{{"value", unset},
                    {"availableField", unset},
                    {"parent", entity_parent},
                    {"customValue", unset},
                    {"overallStatus", status},
                    {"configStatus", status},
                    {"configIssue", unset},
                    {"effectiveRole", roles},
                    {"permission", unset},
                    {"name", entity_name},
                    {"disabledMethod", no_methods},
                    {"recentTask", recent_tasks},
                    {"declaredAlarmState", unset},
                    {"triggeredAlarmState", unset},
                    {"alarmActionsEnabled", no_alarms},
                    {"tag", unset}};
    rows.insert(rows.end(), own.begin(), own.end());
    return rows;
}

bool exists(const World& world, const Ref& ref) {
    if (ref.type == "VirtualMachine") {
        const auto id = vm_id(ref);
        return id && world.vm(*id);
    }
    if (ref.type == "Task") return world.host().tasks.contains(ref.id);
    if (ref.type == "Datastore") return datastore_ref(world) == ref;
    if (ref.type == "Network") {
        for (const Ref& network : network_refs(world))
            if (network == ref) return true;
        return false;
    }
    if (ref.type == "ContainerView") return world.views.contains(ref.id);
    const auto fixed = fixed_objects().find(ref.id);
    return fixed != fixed_objects().end() && fixed->second.type == ref.type;
}

bool is_a(const std::string& type, const std::string& wanted) {
    static const std::vector<std::string> entities{"VirtualMachine", "HostSystem", "Datastore",
                                                   "Folder",         "Datacenter", "ComputeResource",
                                                   "ResourcePool",   "Network"};
    if (type == wanted || wanted == "ManagedObject") return true;
    if (wanted == "View" || wanted == "ManagedObjectView") return type == "ContainerView";
    if (wanted != "ManagedEntity" && wanted != "ExtensibleManagedObject") return false;
    for (const auto& entity : entities)
        if (entity == type) return true;
    return wanted == "ExtensibleManagedObject" &&
           (type == "HostStorageSystem" || type == "HostNetworkSystem");
}

std::vector<std::string_view> property_names(const std::string& type) {
    std::vector<std::string_view> names;
    if (const Properties* rows = rows_of(type))
        for (const auto& row : *rows) names.push_back(row.name);
    return names;
}

std::optional<Value> property(const World& world, const Ref& ref, std::string_view name) {
    if (const Properties* rows = rows_of(ref.type))
        for (const auto& row : *rows)
            if (row.name == name) return row.make(world, ref);
    return std::nullopt;
}

}  // namespace vmha::sim
