// What a host tells of itself besides its VMs: licence, rights, port groups, autostart, unmounted volumes,
// tasks.
#include "tests/simulator/api_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;
using namespace std::chrono_literals;

namespace {

Answered read(TestHost& host, const std::string& type, const std::string& id, const std::string& path) {
    return host.call("RetrievePropertiesEx", "PropertyCollector", "ha-property-collector",
                     "<specSet><propSet><type>" + type + "</type><pathSet>" + path +
                         "</pathSet></propSet><objectSet><obj type=\"" + type + "\">" + id +
                         "</obj></objectSet></specSet><options/>");
}

pugi::xml_node value(const Answered& answered) {
    return answered.at({"returnval", "objects", "propSet", "val"});
}

std::vector<std::string> items(const pugi::xml_node& list) {
    std::vector<std::string> all;
    for (const auto& item : list.children()) all.push_back(item.text().get());
    return all;
}

std::vector<std::string> networks_of(TestHost& host, const std::string& type, const std::string& id) {
    const Answered answered = read(host, type, id, "network");
    return items(value(answered));
}

}  // namespace

TEST_CASE("with the free licence every write is refused at once, and every read is answered") {
    TestHost host;
    host.registered("vm1");
    host.site.set_licence(0, site::Licence::free);
    const std::string id = "1";
    for (const auto* method :
         {"PowerOnVM_Task", "PowerOffVM_Task", "ShutdownGuest", "UnregisterVM", "AnswerVM"})
        CHECK(host.call(method, "VirtualMachine", id).fault() == "RestrictedVersion");
    for (const auto* method : {"RescanHba", "RescanAllHba", "RescanVmfs"})
        CHECK(host.call(method, "HostStorageSystem", "storageSystem").fault() == "RestrictedVersion");
    CHECK(host.call("RegisterVM_Task", "Folder", "ha-folder-vm").fault() == "RestrictedVersion");
    CHECK(std::string(value(read(host, "VirtualMachine", id, "name")).text().get()) == "vm1");
    CHECK(host.call("QueryUnresolvedVmfsVolume", "HostStorageSystem", "storageSystem").status() == 200);
    host.site.set_licence(0, site::Licence::full);
    CHECK(host.call("UnregisterVM", "VirtualMachine", id).status() == 200);
}

TEST_CASE("the licence is told with its edition, an expired evaluation with its hours") {
    TestHost host;
    const auto license = [&host](const char* what) {
        const Answered answered = read(host, "LicenseManager", "ha-license-manager", "licenses");
        return std::string(xml::child(value(answered).first_child(), what).text().get());
    };
    const auto hours = [&host] {
        const Answered answered = read(host, "LicenseManager", "ha-license-manager", "evaluation");
        for (const auto& row : value(answered).children())
            if (std::string_view(row.child_value("key")) == "expirationHours")
                return std::string(row.child_value("value"));
        return std::string();
    };
    CHECK(license("editionKey") == "esx.standard.cpuPackage");
    CHECK(hours().empty());
    host.site.set_licence(0, site::Licence::free);
    CHECK(license("editionKey") == "esxBasic");
    CHECK(license("name") == "vSphere 7 Hypervisor");
    host.site.set_licence(0, site::Licence::expired);
    CHECK(license("editionKey") == "eval");
    CHECK(hours() == "0");
}

TEST_CASE("after the evaluation a power-on is refused, a power-off is not") {
    TestHost host;
    host.registered("vm1");
    host.power(1, site::Verb::power_on);
    host.site.set_licence(0, site::Licence::expired);
    host.power(1, site::Verb::power_off);
    CHECK(host.site.vm(0, 1)->power == site::Power::powered_off);
    const std::string task = host.call("PowerOnVM_Task", "VirtualMachine", "1").text({"returnval"});
    const Answered error = read(host, "Task", task, "info.error");
    CHECK(xml::type_of(xml::child(value(error), "fault"))->local == "NotEnoughLicenses");
}

TEST_CASE("an account's rights are told to a session that exists, for entities that exist") {
    TestHost host;
    const Answered current = read(host, "SessionManager", "ha-sessionmgr", "currentSession");
    const std::string key = xml::child(value(current), "key").text().get();
    const auto ask = [&host](const std::string& session, const std::string& entity) {
        return host.call("HasPrivilegeOnEntities", "AuthorizationManager", "ha-authmgr",
                         "<entity type=\"Folder\">ha-folder-root</entity><entity type=\"Folder\">" + entity +
                             "</entity><sessionId>" + session +
                             "</sessionId><privId>VirtualMachine.Interact.PowerOn</privId>");
    };
    const Answered granted = ask(key, "ha-folder-vm");
    CHECK(granted.text({"returnval", "entity"}) == "ha-folder-root");
    CHECK(granted.text({"returnval", "privAvailability", "privId"}) == "VirtualMachine.Interact.PowerOn");
    CHECK(granted.text({"returnval", "privAvailability", "isGranted"}) == "true");
    CHECK(ask("nobody", "ha-folder-vm").fault() == "NotFound");
    CHECK(ask(key, "nowhere").fault() == "ManagedObjectNotFound");
}

TEST_CASE("port groups are the host's, and a VM keeps the one that the host has no longer") {
    TestHost host;
    host.registered("vm1");
    host.site.set_networks(0, {"VM Network", "backup"});
    CHECK(networks_of(host, "HostSystem", "ha-host") ==
          std::vector<std::string>{"HaNetwork-VM Network", "HaNetwork-backup"});
    CHECK(networks_of(host, "VirtualMachine", "1") == std::vector<std::string>{"HaNetwork-VM Network"});
    CHECK(std::string(value(read(host, "Network", "HaNetwork-backup", "name")).text().get()) == "backup");
    host.site.set_networks(0, {"backup"});
    CHECK(networks_of(host, "HostSystem", "ha-host") == std::vector<std::string>{"HaNetwork-backup"});
    CHECK(networks_of(host, "VirtualMachine", "1") == std::vector<std::string>{"HaNetwork-VM Network"});
    const auto accessible = [&host](const std::string& id) {
        return std::string(value(read(host, "Network", id, "summary.accessible")).text().get());
    };
    CHECK(accessible("HaNetwork-VM Network") == "false");
    CHECK(accessible("HaNetwork-backup") == "true");
    CHECK(host.call("UnregisterVM", "VirtualMachine", "1").status() == 200);
    CHECK(read(host, "Network", "HaNetwork-VM Network", "name").fault() == "ManagedObjectNotFound");
}

TEST_CASE("a port group that is taken away leaves a view, and the host's list is told") {
    TestHost host;
    const std::string view =
        host.call("CreateContainerView", "ViewManager", "ViewManager",
                  "<container type=\"Folder\">ha-folder-root</container><type>Network</type>"
                  "<recursive>true</recursive>")
            .text({"returnval"});
    host.call(
        "CreateFilter", "PropertyCollector", "ha-property-collector",
        "<spec><propSet><type>Network</type><pathSet>summary.accessible</pathSet></propSet><objectSet><obj "
        "type=\"ContainerView\">" +
            view +
            "</obj><skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><type>ContainerView</type>"
            "<path>view</path></selectSet></objectSet></spec><partialUpdates>false</partialUpdates>");
    const Answered first = host.poll("");
    CHECK(kinds(first) == "enter HaNetwork-VM Network");
    host.site.set_networks(0, {});
    host.api.publish();
    CHECK(kinds(host.poll(first.text({"returnval", "version"}))) == "leave HaNetwork-VM Network");
}

TEST_CASE("autostart names the entries of the VMs that the host starts") {
    TestHost host;
    const auto read_config = [&host] { return read(host, "HostSystem", "ha-host", "config.autoStart"); };
    host.registered("vm2");
    CHECK(std::string(value(read_config()).child("defaults").child_value("enabled")) == "false");
    host.site.set_autostart(0, "vm1/vm1.vmx", true);
    CHECK_FALSE(value(read_config()).child("powerInfo"));
    host.registered("vm1");
    const Answered answered = read_config();
    const auto config = value(answered);
    CHECK(std::string(config.child("defaults").child_value("enabled")) == "true");
    CHECK(std::string(config.child("powerInfo").child_value("key")) == "2");
    CHECK(std::string(config.child("powerInfo").child_value("startAction")) == "powerOn");
    const Answered manager = read(host, "HostAutoStartManager", "ha-autostart-mgr", "config.powerInfo");
    CHECK(std::string(value(manager).first_child().child_value("key")) == "2");
}

TEST_CASE("a volume that is taken for a snapshot is unresolved, and its LUN has a path") {
    TestHost host;
    const auto ask = [&host] {
        return host.call("QueryUnresolvedVmfsVolume", "HostStorageSystem", "storageSystem");
    };
    CHECK_FALSE(ask().at({"returnval"}));
    host.site.see_snapshot(0, true);
    CHECK(ask().text({"returnval", "vmfsLabel"}) == "EC_iSCSI");
    CHECK(ask().text({"returnval", "resolveStatus", "resolvable"}) == "true");
    CHECK(items(value(read(host, "HostSystem", "ha-host", "datastore"))).empty());
    const Answered paths = read(host, "HostSystem", "ha-host", "config.storageDevice.multipathInfo");
    CHECK(std::string(value(paths).child("lun").child("path").child_value("state")) == "active");
    host.site.see_snapshot(0, false);
    CHECK_FALSE(ask().at({"returnval"}));
    CHECK(items(value(read(host, "HostSystem", "ha-host", "datastore"))).size() == 1);
}

TEST_CASE("a rescan mounts what came back") {
    auto config = site::default_site();
    config.rescan_needed = true;
    TestHost host(config);
    host.site.see_snapshot(0, true);
    host.site.offer(0, std::nullopt);
    host.site.see_snapshot(0, false);
    host.site.offer(0, 0);
    CHECK(items(value(read(host, "HostSystem", "ha-host", "datastore"))).empty());
    CHECK(host.call("RescanVmfs", "HostStorageSystem", "storageSystem").status() == 200);
    CHECK(items(value(read(host, "HostSystem", "ha-host", "datastore"))).size() == 1);
}

TEST_CASE("lost storage is told with its reason, and the dead path with it") {
    TestHost host;
    host.site.storage_pdl(0);
    const Answered mounts = read(host, "Datastore", host.site.disks()[0].vmfs_uuid(), "host");
    CHECK(std::string(value(mounts).first_child().child("mountInfo").child_value("inaccessibleReason")) ==
          "PermanentDeviceLoss");
    const Answered paths = read(host, "HostSystem", "ha-host", "config.storageDevice.multipathInfo");
    CHECK(std::string(value(paths).child("lun").child("path").child_value("state")) == "dead");
}

TEST_CASE("scarce memory shows in what the host has left") {
    TestHost host;
    host.site.set_memory(0, 1500);
    host.registered("vm1");
    const auto left = [&host] {
        const Answered all = read(host, "HostSystem", "ha-host", "summary.hardware.memorySize");
        const Answered used = read(host, "HostSystem", "ha-host", "summary.quickStats.overallMemoryUsage");
        return value(all).text().as_llong() / (1 << 20) - value(used).text().as_llong();
    };
    CHECK(left() == 1500);
    host.power(1, site::Verb::power_on);
    CHECK(left() == 1500 - 1024);
}

TEST_CASE("a backup shows as a task that can be cancelled, and enters by the list of recent tasks") {
    TestHost host;
    host.registered("vm1");
    host.call("CreateFilter", "PropertyCollector", "ha-property-collector",
              "<spec><propSet><type>Task</type><pathSet>info.state</pathSet></propSet><objectSet><obj "
              "type=\"TaskManager\">ha-taskmgr</obj><skip>true</skip><selectSet xsi:type=\"TraversalSpec\">"
              "<type>TaskManager</type><path>recentTask</path></selectSet></objectSet></spec>"
              "<partialUpdates>false</partialUpdates>");
    const Answered first = host.poll("");
    host.site.backup(0, 1, 60s, true);
    host.api.publish();
    const Answered news = host.poll(first.text({"returnval", "version"}));
    REQUIRE(kinds(news).starts_with("enter "));
    CHECK(changes(news) == "info.state=running");
    const std::string task = kinds(news).substr(6);
    CHECK(std::string(value(read(host, "Task", task, "info.cancelable")).text().get()) == "true");
    CHECK(std::string(value(read(host, "Task", task, "info.entity")).text().get()) == "1");
    CHECK(host.call("CancelTask", "Task", task).status() == 200);
    CHECK(changes(host.poll(news.text({"returnval", "version"}))) == "info.state=error");
    CHECK(host.call("CancelTask", "Task", task).fault() == "InvalidState");
}
