// Datastore, storage adapters, LUNs and paths.
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

constexpr const char* target = "iqn.1996-10.com.ec:1";
constexpr const char* target_address = "172.31.254.10:3260";

// The LUN that the host sees, mounted or not: the one that the network brings now, else the one that it lost.
const site::Disk* lun_of(const World& world) {
    const auto& host = world.host();
    const auto& seen = host.offered ? host.offered : host.disk;
    return seen ? &world.site.disks()[*seen] : nullptr;
}
bool path_works(const World& world) {
    return world.host().offered.has_value();
}

std::string adapter_key(const World& world) {
    return "key-vim.host.InternetScsiHba-" + world.host().config.iscsi_adapter;
}
std::string disk_key(const World& world) {
    return "key-vim.host.ScsiDisk-" + lun_of(world)->device();
}
std::string unit_key(const World& world) {
    return "key-vim.host.MultipathInfo.LogicalUnit-" + lun_of(world)->device();
}

Value iscsi_adapter(const World& world) {
    const auto no = [] { return Value::boolean(false); };
    Value discovery_can =
        Value::object("HostInternetScsiHbaDiscoveryCapabilities", {{"iSnsDiscoverySettable", no()},
                                                                   {"slpDiscoverySettable", no()},
                                                                   {"staticTargetDiscoverySettable", no()},
                                                                   {"sendTargetsDiscoverySettable", no()}});
    Value discovery = Value::object("HostInternetScsiHbaDiscoveryProperties",
                                    {{"iSnsDiscoveryEnabled", no()},
                                     {"slpDiscoveryEnabled", no()},
                                     {"staticTargetDiscoveryEnabled", Value::boolean(true)},
                                     {"sendTargetsDiscoveryEnabled", Value::boolean(true)}});
    Value chap_can = Value::object("HostInternetScsiHbaAuthenticationCapabilities",
                                   {{"chapAuthSettable", Value::boolean(true)},
                                    {"krb5AuthSettable", no()},
                                    {"srpAuthSettable", no()},
                                    {"spkmAuthSettable", no()}});
    Value ip_can =
        Value::object("HostInternetScsiHbaIPCapabilities", {{"addressSettable", no()},
                                                            {"ipConfigurationMethodSettable", no()},
                                                            {"subnetMaskSettable", no()},
                                                            {"defaultGatewaySettable", no()},
                                                            {"primaryDnsServerAddressSettable", no()},
                                                            {"alternateDnsServerAddressSettable", no()}});
    Value static_target =
        Value::object("HostInternetScsiHbaStaticTarget", {{"address", Value::text("172.31.254.10")},
                                                          {"port", Value::integer(3260)},
                                                          {"iScsiName", Value::text(target)}});
    return Value::object(
               "HostInternetScsiHba",
               {{"key", Value::text(adapter_key(world))},
                {"device", Value::text(world.host().config.iscsi_adapter)},
                {"bus", Value::integer(0)},
                {"status", Value::text("online")},
                {"model", Value::text("iSCSI Software Adapter")},
                {"driver", Value::text("iscsi_vmk")},
                {"isSoftwareBased", Value::boolean(true)},
                {"discoveryCapabilities", std::move(discovery_can)},
                {"discoveryProperties", std::move(discovery)},
                {"authenticationCapabilities", std::move(chap_can)},
                {"authenticationProperties",
                 Value::object("HostInternetScsiHbaAuthenticationProperties", {{"chapAuthEnabled", no()}})},
                {"ipCapabilities", std::move(ip_can)},
                {"ipProperties",
                 Value::object("HostInternetScsiHbaIPProperties", {{"dhcpConfigurationEnabled", no()}})},
                {"iScsiName", Value::text("iqn.1998-01.com.vmware:" + world.host().config.name)},
                {"iScsiAlias", Value::text("")},
                {"configuredSendTarget", {}},
                {"configuredStaticTarget", Value::list("HostInternetScsiHbaStaticTarget", {static_target})}})
        .derived();
}

Value scsi_disk(const World& world) {
    const std::string& device = lun_of(world)->device();
    return Value::object(
               "HostScsiDisk",
               {{"deviceName", Value::text("/vmfs/devices/disks/" + device)},
                {"deviceType", Value::text("disk")},
                {"key", Value::text(disk_key(world))},
                {"uuid", Value::text("0200000000" + device.substr(device.find('.') + 1) + "4c494f2d4f52")},
                {"canonicalName", Value::text(device)},
                {"displayName", Value::text("LIO-ORG iSCSI Disk (" + device + ")")},
                {"lunType", Value::text("disk")},
                {"vendor", Value::text("LIO-ORG ")},
                {"model", Value::text("ec_iscsi        ")},
                {"revision", Value::text("4.0 ")},
                {"scsiLevel", Value::integer(5)},
                {"serialNumber", Value::text("unavailable")},
                {"operationalState",
                 Value::list("xsd:string", {Value::text(path_works(world) ? "ok" : "lostCommunication")})},
                {"capacity",
                 Value::object("HostDiskDimensionsLba", {{"blockSize", Value::integer(512)},
                                                         {"block", Value::integer64(volume_bytes / 512)}})},
                {"devicePath", Value::text("/vmfs/devices/disks/" + device)}})
        .derived();
}

Value multipath_info(const World& world) {
    if (!lun_of(world)) return Value::object("HostMultipathInfo", {{"lun", {}}});
    const bool working = path_works(world);
    const std::string name = world.host().config.iscsi_adapter + ":C0:T0:L0";
    Value transport = Value::object("HostInternetScsiTargetTransport",
                                    {{"iScsiName", Value::text(target)},
                                     {"iScsiAlias", Value::text("")},
                                     {"address", Value::list("xsd:string", {Value::text(target_address)})}});
    Value path = Value::object("HostMultipathInfoPath",
                               {{"key", Value::text("key-vim.host.MultipathInfo.Path-" + name)},
                                {"name", Value::text(name)},
                                {"pathState", Value::text(working ? "active" : "dead")},
                                {"state", Value::text(working ? "active" : "dead")},
                                {"isWorkingPath", Value::boolean(working)},
                                {"adapter", Value::text(adapter_key(world))},
                                {"lun", Value::text(unit_key(world))},
                                {"transport", std::move(transport).derived()}});
    Value unit = Value::object(
        "HostMultipathInfoLogicalUnit",
        {{"key", Value::text(unit_key(world))},
         {"id", Value::text(lun_of(world)->device())},
         {"lun", Value::text(disk_key(world))},
         {"path", Value::list("HostMultipathInfoPath", {path})},
         {"policy", Value::object("HostMultipathInfoFixedLogicalUnitPolicy",
                                  {{"policy", Value::text("VMW_PSP_FIXED")}, {"prefer", Value::text(name)}})
                        .derived()},
         {"storageArrayTypePolicy", Value::object("HostMultipathInfoLogicalUnitStorageArrayTypePolicy",
                                                  {{"policy", Value::text("VMW_SATP_ALUA")}})}});
    return Value::object("HostMultipathInfo", {{"lun", Value::list("HostMultipathInfoLogicalUnit", {unit})}});
}

Value mount_fields(const World& world, const std::string& path) {
    const bool accessible = world.host().accessible;
    return Value::object("HostMountInfo",
                         {{"path", Value::text(path)},
                          {"accessMode", Value::text("readWrite")},
                          {"mounted", Value::boolean(true)},
                          {"accessible", Value::boolean(accessible)},
                          {"inaccessibleReason", accessible ? Value{} : Value::text(world.host().trouble)}});
}

const site::Disk& disk_of(const World& world) {
    return *world.site.disk_of(world.id);
}

Value datastore_info(const World& world, const Ref&) {
    return Value::object("VmfsDatastoreInfo", {{"name", Value::text(disk_of(world).datastore())},
                                               {"url", Value::text(datastore_url(world))},
                                               {"freeSpace", Value::integer64(volume_free_bytes)},
                                               {"maxFileSize", Value::integer64(70368744177664)},
                                               {"maxVirtualDiskCapacity", {}},
                                               {"maxMemoryFileSize", Value::integer64(70368744177664)},
                                               {"timestamp", world.time({})},
                                               {"containerId", {}},
                                               {"maxPhysicalRDMFileSize", Value::integer64(70368744177664)},
                                               {"maxVirtualRDMFileSize", Value::integer64(68169720922112)},
                                               {"vmfs", vmfs_volume(world)}});
}

Value datastore_summary(const World& world, const Ref& ref) {
    return Value::object("DatastoreSummary", {{"datastore", Value::ref(ref)},
                                              {"name", Value::text(disk_of(world).datastore())},
                                              {"url", Value::text(datastore_url(world))},
                                              {"capacity", Value::integer64(volume_bytes)},
                                              {"freeSpace", Value::integer64(volume_free_bytes)},
                                              {"uncommitted", Value::integer64(0)},
                                              {"accessible", Value::boolean(world.host().accessible)},
                                              {"multipleHostAccess", Value::boolean(false)},
                                              {"type", Value::text("VMFS")},
                                              {"maintenanceMode", Value::text("normal")}});
}

Value datastore_hosts(const World& world, const Ref&) {
    return Value::list("DatastoreHostMount",
                       {Value::object("DatastoreHostMount", {{"key", Value::ref(well_known::host)},
                                                             {"mountInfo", host_mount_info(world)}})});
}

Value datastore_capability(const World&, const Ref&) {
    const auto yes = [] { return Value::boolean(true); };
    return Value::object("DatastoreCapability", {{"directoryHierarchySupported", yes()},
                                                 {"rawDiskMappingsSupported", yes()},
                                                 {"perFileThinProvisioningSupported", yes()},
                                                 {"storageIORMSupported", yes()},
                                                 {"nativeSnapshotSupported", Value::boolean(false)}});
}

}  // namespace

std::string datastore_url(const World& world) {
    return "/vmfs/volumes/" + disk_of(world).vmfs_uuid();
}

Value host_mount_info(const World& world) {
    return mount_fields(world, datastore_url(world));
}

Value vmfs_volume(const World& world) {
    Value extent = Value::object("HostScsiDiskPartition", {{"diskName", Value::text(disk_of(world).device())},
                                                           {"partition", Value::integer(1)}});
    return Value::object("HostVmfsVolume", {{"type", Value::text("VMFS")},
                                            {"name", Value::text(disk_of(world).datastore())},
                                            {"capacity", Value::integer64(volume_bytes)},
                                            {"blockSizeMb", Value::integer(1)},
                                            {"blockSize", Value::integer(1024)},
                                            {"unmapGranularity", Value::integer(1024)},
                                            {"unmapPriority", Value::text("low")},
                                            {"maxBlocks", Value::integer(63963136)},
                                            {"majorVersion", Value::integer(6)},
                                            {"version", Value::text("6.82")},
                                            {"uuid", Value::text(disk_of(world).vmfs_uuid())},
                                            {"extent", Value::list("HostScsiDiskPartition", {extent})},
                                            {"vmfsUpgradable", Value::boolean(false)},
                                            {"forceMountedInfo", {}},
                                            {"ssd", Value::boolean(false)},
                                            {"local", Value::boolean(false)}});
}

Value storage_device_info(const World& world, const Ref&) {
    const bool seen = lun_of(world) != nullptr;
    return Value::object(
        "HostStorageDeviceInfo",
        {{"hostBusAdapter", Value::list("HostHostBusAdapter", {iscsi_adapter(world)})},
         {"scsiLun", seen ? Value::list("ScsiLun", {scsi_disk(world)}) : Value::list("ScsiLun")},
         {"scsiTopology", {}},
         {"multipathInfo", multipath_info(world)},
         {"plugStoreTopology", {}},
         {"softwareInternetScsiEnabled", Value::boolean(true)}});
}

Value file_system_volume_info(const World& world, const Ref&) {
    std::vector<Value> mounts;
    if (world.site.disk_of(world.id))
        mounts.push_back(Value::object("HostFileSystemMountInfo",
                                       {{"mountInfo", host_mount_info(world)},
                                        {"volume", vmfs_volume(world).derived()},
                                        {"vStorageSupport", Value::text("vStorageSupported")}}));
    return Value::object(
        "HostFileSystemVolumeInfo",
        {{"volumeTypeList", Value::list("xsd:string", {Value::text("VMFS"), Value::text("NFS")})},
         {"mountInfo", Value::list("HostFileSystemMountInfo", std::move(mounts))}});
}

Value unresolved_volumes(const World& world) {
    if (!world.host().unresolved || !world.host().offered) return {};
    const site::Disk& disk = *lun_of(world);
    Value partition = Value::object("HostScsiDiskPartition", {{"diskName", Value::text(disk.device())},
                                                              {"partition", Value::integer(1)}});
    Value extent = Value::object("HostUnresolvedVmfsExtent",
                                 {{"device", std::move(partition)},
                                  {"devicePath", Value::text("/vmfs/devices/disks/" + disk.device() + ":1")},
                                  {"vmfsUuid", Value::text(disk.vmfs_uuid())},
                                  {"isHeadExtent", Value::boolean(true)},
                                  {"ordinal", Value::integer(0)},
                                  {"startBlock", Value::integer(0)},
                                  {"endBlock", Value::integer(static_cast<int>(volume_bytes >> 20) - 1)},
                                  {"reason", Value::text("diskIdMismatch")}});
    Value status =
        Value::object("HostUnresolvedVmfsVolumeResolveStatus", {{"resolvable", Value::boolean(true)},
                                                                {"incompleteExtents", Value::boolean(false)},
                                                                {"multipleCopies", Value::boolean(false)}});
    return Value::list("HostUnresolvedVmfsVolume",
                       {Value::object("HostUnresolvedVmfsVolume",
                                      {{"extent", Value::list("HostUnresolvedVmfsExtent", {extent})},
                                       {"vmfsLabel", Value::text(disk.datastore())},
                                       {"vmfsUuid", Value::text(disk.vmfs_uuid())},
                                       {"totalBlocks", Value::integer(static_cast<int>(volume_bytes >> 20))},
                                       {"resolveStatus", std::move(status)}})});
}

Value autostart_config(const World& world, const Ref&) {
    std::vector<Value> rows;
    for (const auto& [id, vm] : world.vms())
        if (world.host().autostart.contains(vm.path))
            rows.push_back(Value::object(
                "AutoStartPowerInfo",
                {{"key", Value::ref(vm_ref(id))},
                 {"startOrder", Value::integer(static_cast<int>(rows.size()) + 1)},
                 {"startDelay", Value::integer(-1)},
                 {"waitForHeartbeat", Value::leaf("AutoStartWaitHeartbeatSetting", "systemDefault")},
                 {"startAction", Value::text("powerOn")},
                 {"stopDelay", Value::integer(-1)},
                 {"stopAction", Value::text("systemDefault")}}));
    const bool enabled = !world.host().autostart.empty();
    return Value::object(
        "HostAutoStartManagerConfig",
        {{"defaults", Value::object("AutoStartDefaults", {{"enabled", Value::boolean(enabled)},
                                                          {"startDelay", Value::integer(120)},
                                                          {"stopDelay", Value::integer(120)},
                                                          {"waitForHeartbeat", Value::boolean(false)},
                                                          {"stopAction", Value::text("PowerOff")}})},
         {"powerInfo", Value::list("AutoStartPowerInfo", std::move(rows))}});
}

Value user_session(const World& world, const site::Session& session) {
    return Value::object("UserSession", {{"key", Value::text(session.key)},
                                         {"userName", Value::text(session.user)},
                                         {"fullName", Value::text("Administrator")},
                                         {"loginTime", world.time(session.login)},
                                         {"lastActiveTime", world.time(session.last_active)},
                                         {"locale", Value::text("en")},
                                         {"messageLocale", Value::text("en")},
                                         {"extensionSession", Value::boolean(false)},
                                         {"ipAddress", Value::text(session.address)},
                                         {"userAgent", Value::text(session.agent)},
                                         {"callCount", Value::integer64(session.calls)}});
}

const Properties& datastore_properties() {
    static const Properties rows = entity_properties({{"info", datastore_info},
                                                      {"summary", datastore_summary},
                                                      {"host", datastore_hosts},
                                                      {"vm", all_vms},
                                                      {"browser", the<well_known::browser>},
                                                      {"capability", datastore_capability},
                                                      {"iormConfiguration", unset}});
    return rows;
}

const Properties& storage_system_properties() {
    static const Properties rows{{"value", unset},
                                 {"availableField", unset},
                                 {"storageDeviceInfo", storage_device_info},
                                 {"fileSystemVolumeInfo", file_system_volume_info},
                                 {"systemFile", unset},
                                 {"multipathStateInfo", unset}};
    return rows;
}

}  // namespace vmha::sim
