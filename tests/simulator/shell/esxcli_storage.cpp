// esxcli storage: volumes, extents, paths, rescans.
#include "tests/simulator/shell/options.hpp"
#include "tests/simulator/shell/print.hpp"

namespace vmha::sim {
namespace {

constexpr const char* target = "iqn.1996-10.com.ec:1";
constexpr const char* local_device = "t10.ATA_____SATADOM2DSV_3SE__________________________2017050400A1";

// The LUN that the host sees, mounted or not: the one that the network brings now, else the one that it lost.
const site::Disk* lun_of(const site::Site& site, const site::Host& host) {
    const auto& seen = host.offered ? host.offered : host.disk;
    return seen ? &site.disks()[*seen] : nullptr;
}

struct Path {
    std::string id, name, device, display, adapter, channel, lun, state, transport, details;
};

std::string print_path(const Path& path) {
    const auto line = [](const char* name, const std::string& value) {
        return "   " + std::string(name) + ": " + value + "\n";
    };
    return path.id + ":\n" + line("UID", path.id) + line("Runtime Name", path.name) +
           line("Device", path.device) + line("Device Display Name", path.display) +
           line("Adapter", path.adapter) + line("Channel", path.channel) + line("Target", "0") +
           line("LUN", path.lun) + line("Plugin", "NMP") + line("State", path.state) +
           line("Transport", path.transport) + line("Adapter Identifier", path.adapter + ".id") +
           line("Target Identifier", path.transport + ".target") + line("Adapter Transport Details", "-") +
           line("Target Transport Details", path.details) + line("Maximum IO Size", "131072");
}

}  // namespace

Shell::Outcome Shell::extent_list(const Argv&) {
    Table table(
        {{"Volume Name"}, {"VMFS UUID"}, {"Extent Number", true}, {"Device Name"}, {"Partition", true}});
    if (const auto* disk = site_.disk_of(id_))
        table.add({disk->datastore(), disk->vmfs_uuid(), "0", disk->device(), "1"});
    return Printed{table.print(), "", 0};
}

Shell::Outcome Shell::snapshot_list(const Argv&) {
    const site::Disk* lun = lun_of(site_, host());
    if (!host().unresolved || !host().offered || !lun) return Printed{"", "", 0};
    return Printed{lun->vmfs_uuid() + "\n   Volume Name: " + lun->datastore() +
                       "\n   VMFS UUID: " + lun->vmfs_uuid() +
                       "\n   Can mount: true\n   Reason for un-mountability: \n   Can resignature: true\n   "
                       "Reason for non-resignaturability: \n   Unresolved Extent Count: 1\n",
                   "", 0};
}

Shell::Outcome Shell::path_list(const Argv& words) {
    const auto wanted = option(words, "device", 'd');
    std::vector<Path> paths;
    const std::string& adapter = host().config.iscsi_adapter;
    if (const site::Disk* lun = lun_of(site_, host()))
        paths.push_back({"iqn.1998-01.com.vmware:" + host().config.name + "-00023d000001," + target +
                             ",t,1-" + lun->device(),
                         adapter + ":C0:T0:L0", lun->device(), "LIO-ORG iSCSI Disk (" + lun->device() + ")",
                         adapter, "0", "0", host().offered ? "active" : "dead", "iscsi",
                         "IQN=" + std::string(target) + " Alias= Session=00023d000001 PortalTag=1"});
    paths.push_back({"sata.vmhba0-sata.0:0-" + std::string(local_device), "vmhba0:C0:T0:L0", local_device,
                     "Local ATA Disk (" + std::string(local_device) + ")", "vmhba0", "0", "0", "active",
                     "sata", "-"});
    std::string out;
    for (const Path& path : paths)
        if (!wanted || *wanted == path.device) out += (out.empty() ? "" : "\n") + print_path(path);
    if (out.empty() && wanted) return Printed{"Unable to find paths for device " + *wanted + "\n", "", 1};
    return Printed{out, "", 0};
}

Shell::Outcome Shell::adapter_list(const Argv&) {
    Table table({{"HBA Name"}, {"Driver"}, {"Link State"}, {"UID"}, {"Capabilities"}, {"Description"}});
    table.add({"vmhba0", "vmw_ahci", "link-n/a", "sata.vmhba0", "",
               "(0000:00:1f.2) Intel Corporation SATA AHCI Controller"});
    table.add({host().config.iscsi_adapter, "iscsi_vmk", "online",
               "iqn.1998-01.com.vmware:" + host().config.name, "Second Level Lun ID",
               "iSCSI Software Adapter"});
    return Printed{table.print(), "", 0};
}

Shell::Outcome Shell::adapter_rescan(const Argv& words) {
    const auto adapter = option(words, "adapter", 'A');
    const bool all = has_flag(words, "all", 'a');
    if (!adapter && !all)
        return Printed{"Error: Missing required parameter -A|--adapter or -a|--all\n", "", 1};
    if (!all && *adapter != host().config.iscsi_adapter && *adapter != "vmhba0")
        return Printed{"Error: Unable to find adapter " + *adapter + "\n", "", 1};
    site_.rescan(id_);
    return Printed{"", "", 0};
}

Shell::Outcome Shell::filesystem_list(const Argv&) {
    Table table({{"Mount Point"},
                 {"Volume Name"},
                 {"UUID"},
                 {"Mounted", true},
                 {"Type"},
                 {"Size", true},
                 {"Free", true}});
    if (const auto* disk = site_.disk_of(id_)) {
        // A volume that has lost its device stays in the list, as one that cannot be read.
        const bool good = host().accessible;
        table.add({"/vmfs/volumes/" + disk->vmfs_uuid(), disk->datastore(), disk->vmfs_uuid(),
                   good ? "true" : "false", good ? "VMFS-6" : "VMFS-unknown version",
                   good ? "1099243192320" : "0", good ? "824633720832" : "0"});
    }
    const auto own = [this, &table](const std::string& name, const char* type, const char* size,
                                    const char* free) {
        const std::string hash = site::uuid_from(name + host().uuid);
        const std::string uuid = hash.substr(0, 8) + "-" + hash.substr(9, 4) + hash.substr(14, 4) + "-" +
                                 hash.substr(19, 4) + "-" + hash.substr(24);
        table.add({"/vmfs/volumes/" + uuid, name, uuid, "true", type, size, free});
    };
    own("OSDATA-" + host().uuid.substr(0, 8), "VMFSOS", "128580583424", "124872818688");
    own("BOOTBANK1", "vfat", "4293591040", "4021747712");
    own("BOOTBANK2", "vfat", "4293591040", "4293525504");
    own("", "vfat", "299712512", "117448704");
    return Printed{table.print(), "", 0};
}

Shell::Outcome Shell::filesystem_rescan(const Argv&) {
    site_.rescan(id_);
    return Printed{"", "", 0};
}

}  // namespace vmha::sim
