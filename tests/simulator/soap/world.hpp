// One host of the site as its API shows it: managed objects with properties. Reads the model, changes
// nothing.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/model/site.hpp"
#include "tests/simulator/soap/value.hpp"

namespace vmha::sim {

// A ContainerView of one session.
struct View {
    Ref container;
    std::vector<std::string> types;  // empty: every type
    bool recursive = true;
};

// Everything a property may depend on. Owned by the host's API; cheap to copy.
struct World {
    const site::Site& site;
    site::HostId id;
    std::chrono::system_clock::time_point began;  // the wall clock at the site's time 0
    const std::map<std::string, View>& views;
    const site::Session* session = nullptr;  // whose currentSession is read
    uint64_t version = 0;                    // counts changes, for config.changeVersion

    const site::Host& host() const { return site.host(id); }
    // The inventory as hostd shows it: nothing at all while it is still loading.
    const std::map<int, site::Vm>& vms() const;
    const site::Vm* vm(int number) const;
    std::string wall(site::Time time) const;  // 2026-11-22T07:18:02.123456Z
    Value time(site::Time time) const { return Value::leaf("xsd:dateTime", wall(time)); }
};

// The objects that every host has, by their ids on ESXi.
namespace well_known {
inline const Ref root{"Folder", "ha-folder-root"};
inline const Ref datacenter{"Datacenter", "ha-datacenter"};
inline const Ref vm_folder{"Folder", "ha-folder-vm"};
inline const Ref host_folder{"Folder", "ha-folder-host"};
inline const Ref datastore_folder{"Folder", "ha-folder-datastore"};
inline const Ref network_folder{"Folder", "ha-folder-network"};
inline const Ref compute{"ComputeResource", "ha-compute-res"};
inline const Ref pool{"ResourcePool", "ha-root-pool"};
inline const Ref host{"HostSystem", "ha-host"};
inline const Ref service{"ServiceInstance", "ServiceInstance"};
inline const Ref sessions{"SessionManager", "ha-sessionmgr"};
inline const Ref collector{"PropertyCollector", "ha-property-collector"};
inline const Ref tasks{"TaskManager", "ha-taskmgr"};
inline const Ref events{"EventManager", "ha-eventmgr"};
inline const Ref licenses{"LicenseManager", "ha-license-manager"};
inline const Ref search{"SearchIndex", "ha-searchindex"};
inline const Ref view_manager{"ViewManager", "ViewManager"};
inline const Ref storage{"HostStorageSystem", "storageSystem"};
inline const Ref datastores{"HostDatastoreSystem", "ha-datastoresystem"};
inline const Ref network_system{"HostNetworkSystem", "networkSystem"};
inline const Ref autostart{"HostAutoStartManager", "ha-autostart-mgr"};
inline const Ref browser{"HostDatastoreBrowser", "ha-host-datastorebrowser"};
inline const Ref environment{"EnvironmentBrowser", "ha-environment-browser"};
inline const Ref options{"OptionManager", "HostAgentSettings"};
inline const Ref virtual_disks{"VirtualDiskManager", "ha-vdiskmanager"};
inline const Ref permissions{"AuthorizationManager", "ha-authmgr"};
}  // namespace well_known

Ref vm_ref(int id);
std::optional<int> vm_id(const Ref& ref);
Ref network_ref(const std::string& name);
std::string network_name(const Ref& ref);
bool has_network(const World& world, const std::string& name);
// The host's port groups, and those that a VM refers to although the host has them no longer.
std::vector<Ref> network_refs(const World& world);
std::optional<Ref> datastore_ref(const World& world);  // nullopt: no datastore now

bool exists(const World& world, const Ref& ref);

// True for the type itself and its bases, such as ManagedEntity of VirtualMachine.
bool is_a(const std::string& type, const std::string& wanted);

// The names of all properties of a type; empty for a type nobody knows.
std::vector<std::string_view> property_names(const std::string& type);

// A whole top-level property. nullopt: the type has no such property. The object must exist.
std::optional<Value> property(const World& world, const Ref& ref, std::string_view name);

// Which objects show a change of the model.
std::vector<Ref> shown_by(const World& world, const site::Change& change);

// What a view contains now.
std::vector<Ref> contents(const World& world, const View& view);

// A fault as a data object with its own fields; `wrapped` puts it into a LocalizedMethodFault.
Value fault_value(const site::Fault& fault);
Value localized(const site::Fault& fault);

}  // namespace vmha::sim
