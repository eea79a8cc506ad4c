// Proves the mirror: what enters, changes, is unset and leaves, and that a Read holds whole entries.
#include "daemon/esx/inventory.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::esx;
using namespace std::chrono_literals;

namespace {

// The reply to WaitForUpdatesEx with these objectSets.
struct News {
    Parsed parsed;
    UpdateSet set;
    explicit News(const std::string& objects) {
        parsed = parse_response(
            200,
            R"(<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" )"
            R"(xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><e:Body>)"
            R"(<WaitForUpdatesExResponse xmlns="urn:vim25"><returnval><version>1</version><filterSet>)"
            R"(<filter type="PropertyFilter">f</filter>)" +
                objects + "</filterSet></returnval></WaitForUpdatesExResponse></e:Body></e:Envelope>",
            "WaitForUpdatesEx", "esxi1");
        REQUIRE(parsed.reply);
        set = updates_of(*parsed.reply);
    }
};

Inventory::Applied feed(Inventory& inventory, const std::string& objects) {
    const News news(objects);
    Inventory::Applied applied;
    for (const auto& one : news.set.objects) inventory.apply(one, applied);
    return applied;
}

std::string vm(const std::string& kind, const std::string& id, const std::string& changes) {
    return "<objectSet><kind>" + kind + "</kind><obj type=\"VirtualMachine\">" + id + "</obj>" + changes +
           "</objectSet>";
}

std::string set(const std::string& path, const std::string& value) {
    return "<changeSet><name>" + path + "</name><op>assign</op><val>" + value + "</val></changeSet>";
}

std::string op(const std::string& path, const std::string& what) {
    return "<changeSet><name>" + path + "</name><op>" + what + "</op></changeSet>";
}

std::string objects(const std::string& type, const std::string& kind, const std::string& id,
                    const std::string& changes) {
    return "<objectSet><kind>" + kind + "</kind><obj type=\"" + type + "\">" + id + "</obj>" + changes +
           "</objectSet>";
}

std::string network(const std::string& kind, const std::string& id, const std::string& changes) {
    return objects("Network", kind, id, changes);
}

std::string host(const std::string& changes) {
    return objects("HostSystem", "enter", "ha-host", changes);
}

std::string ref(const std::string& id) {
    return "<ManagedObjectReference type=\"Network\">" + id + "</ManagedObjectReference>";
}

std::string task(const std::string& kind, const std::string& id, const std::string& vmid,
                 const std::string& state) {
    return objects("Task", kind, id,
                   "<changeSet><name>info.entity</name><op>assign</op><val type=\"VirtualMachine\">" + vmid +
                       "</val></changeSet>" + set("info.state", state) +
                       set("info.descriptionId", "VirtualMachine.createSnapshot") +
                       set("info.cancelable", "true"));
}

const std::string vm1 =
    vm("enter", "16",
       set("name", "vm one") + set("config.files.vmPathName", "[EC iSCSI] a (1)/b.vmx") +
           set("runtime.powerState", "poweredOn") + set("runtime.connectionState", "connected") +
           set("guestHeartbeatStatus", "green") + set("guest.toolsRunningStatus", "guestToolsRunning") +
           set("config.instanceUuid", "52ab") + set("runtime.bootTime", "2026-11-22T08:00:00Z") +
           set("runtime.question", "<id>3</id><text>?</text>"));

const ClockPair clock_pair{*time_of("2026-11-22T08:10:00Z"), core::Time(5000s)};

}  // namespace

TEST_CASE("an entry that enters is told whole") {
    Inventory inventory(clock_pair);
    const auto applied = feed(inventory, vm1);
    CHECK(applied.entries == std::set<std::string>{"16"});
    const auto entry = *inventory.entry("16");
    CHECK(entry.vmid == "16");
    CHECK(entry.name == "vm one");
    CHECK(entry.path == core::VmxPath{"EC iSCSI", "a (1)/b.vmx"});
    CHECK(entry.power == core::Power::on);
    CHECK(entry.connection == core::Connection::connected);
    CHECK(entry.heartbeat == core::Heartbeat::green);
    CHECK(entry.tools_running == true);
    CHECK(entry.instance_uuid == "52ab");
    CHECK(entry.booted == core::Time(4400s));
    CHECK(entry.question->id == "3");
}

TEST_CASE("a change of one property is told with all the others") {
    Inventory inventory(clock_pair);
    feed(inventory, vm1);
    const auto applied = feed(inventory, vm("modify", "16", set("runtime.powerState", "poweredOff")));
    core::Read read;
    inventory.fill(read, applied);
    REQUIRE(read.entries.size() == 1);
    CHECK(read.entries[0].power == core::Power::off);
    CHECK(read.entries[0].name == "vm one");
    CHECK_FALSE(read.full);
}

TEST_CASE("a property that is unset, in each of the ways to say so, is unknown") {
    for (const auto* how : {"assign", "remove", "indirectRemove"}) {
        Inventory inventory(clock_pair);
        feed(inventory, vm1);
        feed(inventory, vm("modify", "16",
                           op("config.files.vmPathName", how) + op("runtime.powerState", how) +
                               op("runtime.question", how) + op("runtime.bootTime", how) +
                               op("guest.toolsRunningStatus", how) + op("guestHeartbeatStatus", how)));
        const auto entry = *inventory.entry("16");
        CHECK_FALSE(entry.path);
        CHECK(entry.power == core::Power::unknown);
        CHECK_FALSE(entry.question);
        CHECK_FALSE(entry.booted);
        CHECK_FALSE(entry.tools_running);
        CHECK(entry.heartbeat == core::Heartbeat::unknown);
        CHECK(entry.name == "vm one");
    }
}

TEST_CASE("an invalid VM has no path, but keeps its connection state") {
    Inventory inventory(clock_pair);
    feed(inventory,
         vm("enter", "17",
            set("name", "/vmfs/volumes/…") + set("runtime.powerState", "poweredOff") +
                set("runtime.connectionState", "invalid") + op("config.files.vmPathName", "assign")));
    const auto entry = *inventory.entry("17");
    CHECK_FALSE(entry.path);
    CHECK(entry.connection == core::Connection::invalid);
}

TEST_CASE("the summary's path serves where the configuration's is gone") {
    Inventory inventory(clock_pair);
    feed(inventory, vm("enter", "17", set("summary.config.vmPathName", "[ds] a/a.vmx")));
    CHECK(inventory.entry("17")->path == core::VmxPath{"ds", "a/a.vmx"});
    feed(inventory, vm("modify", "17", set("config.files.vmPathName", "[ds] b/b.vmx")));
    CHECK(inventory.entry("17")->path == core::VmxPath{"ds", "b/b.vmx"});
}

TEST_CASE("two changes of one property in one set: the last one counts") {
    Inventory inventory(clock_pair);
    feed(inventory, vm1 + vm("modify", "16", set("runtime.powerState", "poweredOff")) +
                        vm("modify", "16", set("runtime.powerState", "suspended")));
    CHECK(inventory.entry("16")->power == core::Power::suspended);
}

TEST_CASE("an entry that leaves is named, also when it had entered in the same set") {
    Inventory inventory(clock_pair);
    const auto applied = feed(inventory, vm1 + vm("leave", "16", ""));
    CHECK(applied.left == std::set<std::string>{"16"});
    CHECK(applied.entries.empty());
    CHECK_FALSE(inventory.entry("16"));
}

TEST_CASE("news of a part of a property cannot be merged") {
    Inventory inventory(clock_pair);
    feed(inventory, vm1);
    CHECK(feed(inventory, vm("modify", "16", set("runtime.question.text", "x"))).out_of_step);
    CHECK_FALSE(feed(inventory, vm("modify", "16", set("name", "x"))).out_of_step);
}

TEST_CASE("a datastore is told with its VMFS uuid, its extents and its trouble") {
    Inventory inventory(clock_pair);
    const std::string head = "<objectSet><kind>enter</kind><obj type=\"Datastore\">d1</obj>";
    auto applied =
        feed(inventory,
             head + set("name", "EC_iSCSI") + set("summary.accessible", "false") +
                 set("summary.url", "ds:///vmfs/volumes/url-uuid/") +
                 set("info",
                     "<vmfs><uuid>5bc7</uuid><extent><diskName>naa.6001</diskName><partition>1</partition>"
                     "</extent></vmfs>") +
                 set("host",
                     "<DatastoreHostMount><key type=\"HostSystem\">ha-host</key><mountInfo><accessible>false"
                     "</accessible><inaccessibleReason>AllPathsDown_Start</inaccessibleReason></mountInfo>"
                     "</DatastoreHostMount>") +
                 "</objectSet>");
    CHECK(applied.datastores == std::set<std::string>{"d1"});
    const auto* datastore = inventory.datastore("EC_iSCSI");
    REQUIRE(datastore != nullptr);
    CHECK(*datastore == core::Datastore{"d1", "EC_iSCSI", "5bc7", false, "AllPathsDown_Start", {"naa.6001"}});
    CHECK(inventory.datastore("5bc7") == datastore);
    CHECK(inventory.datastore("nope") == nullptr);
}

TEST_CASE("a datastore whose news say nothing new is not told") {
    Inventory inventory(clock_pair);
    const auto store = [](const std::string& kind, const std::string& changes) {
        return "<objectSet><kind>" + kind + "</kind><obj type=\"Datastore\">d1</obj>" + changes +
               "</objectSet>";
    };
    feed(inventory, store("enter", set("name", "EC") + set("summary.accessible", "true")));
    CHECK(feed(inventory, store("modify", set("info", "<timestamp>2026-11-22T08:02:09Z</timestamp>")))
              .datastores.empty());
    CHECK(feed(inventory, store("modify", set("summary.accessible", "false"))).datastores.size() == 1);
    CHECK(feed(inventory, store("leave", "")).datastores_left == std::set<std::string>{"d1"});
}

TEST_CASE("paths are told with adapter and device") {
    Inventory inventory(clock_pair, "VMware ESXi 7.0.3 build-1");
    const std::string lun =
        "<lun><key>k</key><lun>key-ScsiDisk-1</lun>"
        "<path><name>vmhba65:C0:T0:L0</name><pathState>active</pathState><state>dead</state>"
        "<adapter>key-vim.host.InternetScsiHba-vmhba65</adapter></path>"
        "<path><state>active</state><adapter>key-vim.host.InternetScsiHba-vmhba66</adapter></path></lun>";
    const auto applied =
        feed(inventory, "<objectSet><kind>enter</kind><obj type=\"HostSystem\">ha-host</obj>" +
                            set("name", "esxi1") + set("runtime.inMaintenanceMode", "true") +
                            set("config.storageDevice.multipathInfo", lun) +
                            set("config.storageDevice.scsiLun",
                                "<ScsiLun><key>key-ScsiDisk-1</key><canonicalName>naa.6001</canonicalName>"
                                "</ScsiLun>") +
                            set("summary.hardware.memorySize", "8589934592") +
                            set("summary.quickStats.overallMemoryUsage", "1000") + "</objectSet>");
    CHECK(applied.facts);
    CHECK(inventory.has_sentinel());
    core::Read read;
    inventory.fill(read);
    CHECK(read.full);
    REQUIRE(read.facts);
    CHECK(read.facts->product == "VMware ESXi 7.0.3 build-1");
    CHECK(read.facts->in_maintenance);
    CHECK(read.facts->memory_free_mb == 8192 - 1000);
    CHECK(read.facts->paths ==
          std::vector<core::StoragePath>{{"vmhba65", "naa.6001", false}, {"vmhba66", "naa.6001", true}});
}

TEST_CASE("a VM's memory is told, and its networks by their names, whatever comes first") {
    Inventory inventory(clock_pair);
    feed(inventory, vm("enter", "16",
                       set("name", "vm one") + set("summary.config.memorySizeMB", "2048") +
                           set("network", ref("HaNetwork-a") + ref("n2"))));
    CHECK(inventory.entry("16")->memory_mb == 2048);
    // An object that was not told: its id says its name where it is ESXi's.
    CHECK(inventory.entry("16")->networks == std::vector<std::string>{"a", "n2"});
    const auto applied = feed(inventory, network("enter", "n2", set("name", "VM Network")));
    CHECK(applied.entries == std::set<std::string>{"16"});
    CHECK(inventory.entry("16")->networks == std::vector<std::string>{"a", "VM Network"});
    CHECK(feed(inventory, network("modify", "n2", set("name", "VM Network"))).entries.empty());
    feed(inventory, vm("modify", "16", op("network", "remove")));
    CHECK(inventory.entry("16")->networks.empty());
}

TEST_CASE("the host's port groups are those that it still has") {
    Inventory inventory(clock_pair);
    core::Read read;
    inventory.fill(read);
    CHECK_FALSE(read.facts->networks);
    feed(inventory,
         host(set("name", "esxi1") + set("network", ref("n1") + ref("n2"))) +
             network("enter", "n1", set("name", "a") + set("summary", "<accessible>true</accessible>")) +
             network("enter", "n2", set("name", "b") + set("summary", "<accessible>true</accessible>")));
    inventory.fill(read);
    CHECK(read.facts->networks == std::vector<std::string>{"a", "b"});
    CHECK(feed(inventory, network("modify", "n2", set("summary", "<accessible>false</accessible>"))).facts);
    inventory.fill(read);
    CHECK(read.facts->networks == std::vector<std::string>{"a"});
}

TEST_CASE("the VMs that the host starts by itself are told, unless it starts none at all") {
    const auto power_info = [](const std::string& vmid, const std::string& action) {
        return "<powerInfo><key type=\"VirtualMachine\">" + vmid + "</key><startAction>" + action +
               "</startAction></powerInfo>";
    };
    const auto autostart = [&](const std::string& enabled) {
        Inventory inventory(clock_pair);
        feed(inventory,
             host(set("config.autoStart", "<defaults><enabled>" + enabled + "</enabled></defaults>" +
                                              power_info("1", "powerOn") + power_info("2", "none") +
                                              power_info("3", "PowerOn"))));
        core::Read read;
        inventory.fill(read);
        return read.facts->autostart;
    };
    CHECK(autostart("true") == std::vector<std::string>{"1", "3"});
    CHECK(autostart("false").empty());
}

TEST_CASE("a VM shows the task that runs on it, until it has ended") {
    Inventory inventory(clock_pair);
    feed(inventory, vm1);
    auto applied = feed(inventory, task("enter", "haTask-9", "16", "queued"));
    CHECK(applied.entries == std::set<std::string>{"16"});
    CHECK(inventory.entry("16")->task ==
          core::RunningTask{"haTask-9", "vim.VirtualMachine.createSnapshot", true});
    CHECK(inventory.entry("16")->name == "vm one");
    SECTION("one that runs goes before one that waits") {
        feed(inventory, task("enter", "haTask-91", "16", "running"));
        CHECK(inventory.entry("16")->task->id == "haTask-91");
    }
    SECTION("a step that shows nothing new is not told") {
        CHECK(feed(inventory, objects("Task", "modify", "haTask-9", set("info.state", "running")))
                  .entries.empty());
        CHECK(inventory.entry("16")->task);
    }
    for (const auto* end : {"success", "error"}) {
        DYNAMIC_SECTION("it ends with " << end) {
            applied = feed(inventory, objects("Task", "modify", "haTask-9", set("info.state", end)));
            CHECK(applied.entries == std::set<std::string>{"16"});
            CHECK_FALSE(inventory.entry("16")->task);
            CHECK(feed(inventory, objects("Task", "modify", "haTask-9", set("info.cancelable", "false")))
                      .entries.empty());
            CHECK_FALSE(inventory.entry("16")->task);
        }
    }
    SECTION("it is no longer on the host's list") {
        CHECK(feed(inventory, objects("Task", "leave", "haTask-9", "")).entries.size() == 1);
        CHECK_FALSE(inventory.entry("16")->task);
    }
    SECTION("a direct read, which brings no tasks, has them from the feed") {
        Inventory direct(clock_pair);
        direct.borrow(inventory);
        feed(direct, vm1);
        CHECK(direct.entry("16")->task->id == "haTask-9");
    }
}

TEST_CASE("tasks that had ended, or are no VM's, are nobody's news") {
    Inventory inventory(clock_pair);
    feed(inventory, vm1);
    CHECK(feed(inventory, task("enter", "haTask-1", "16", "success")).entries.empty());
    CHECK(feed(inventory, objects("Task", "enter", "haTask-2",
                                  set("info.state", "running") +
                                      "<changeSet><name>info.entity</name><op>assign</op><val "
                                      "type=\"Folder\">16</val></changeSet>"))
              .entries.empty());
    CHECK(feed(inventory, task("enter", "haTask-3", "99", "running")).entries.empty());
    CHECK_FALSE(inventory.entry("16")->task);
    core::Read read;
    inventory.fill(read, feed(inventory, vm("leave", "16", "")));
    CHECK(read.left.size() == 1);
}

TEST_CASE("without the host itself there is no sentinel") {
    Inventory inventory(clock_pair);
    feed(inventory, vm1);
    CHECK_FALSE(inventory.has_sentinel());
}

TEST_CASE("a session that is lost shows in what is missing") {
    const std::string missing = "<missingSet><path>name</path><fault><fault i:type=\"";
    CHECK(session_lost(
        News(vm("enter", "16", missing + "NotAuthenticated\"/></fault></missingSet>")).set.objects));
    CHECK_FALSE(
        session_lost(News(vm("enter", "16", missing + "NoPermission\"/></fault></missingSet>")).set.objects));
}

TEST_CASE("an optional property can be done without, a needed one cannot") {
    PropertyPlan plan;
    CHECK(plan.drop("runtime.bootTime"));
    CHECK_FALSE(plan.drop("runtime.bootTime"));
    CHECK_FALSE(plan.drop("runtime.powerState"));
    CHECK_FALSE(plan.drop("no.such.path"));
    Request request("M", {"T", "i"});
    plan.write(request);
    CHECK(request.envelope().find("runtime.bootTime") == std::string::npos);
    CHECK(request.envelope().find("runtime.powerState") != std::string::npos);
}
