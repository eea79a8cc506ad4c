// Facts of the host itself, its tasks, its inventory's file, and the locks of files.
#include "daemon/shell/text/host_facts.hpp"

#include "daemon/shell/text/frames.hpp"
#include "daemon/shell/text/inventory_file.hpp"
#include "daemon/shell/text/lock.hpp"
#include "daemon/shell/text/tasks.hpp"
#include "tests/support/print.hpp"

namespace vmha::shell::text {

namespace {

using Words = std::vector<std::string>;

constexpr const char* exclusive =
    "Lock [type 10c00001 offset 138997760 v 589, hb offset 3907584\n"
    "gen 4851, mode 1, owner 4fbbf995-325ce3c2-e7ee-BCAEC58AD83D mtime 730751 nHld 0 nOvf 0]\n"
    "Addr <4, 310, 46>, gen 584, links 1, type reg, flags 0, uid 0, gid 0, mode 600\n";

std::string lock(int mode, const std::string& owner, const std::string& tail = "]") {
    return "Lock [type 10c00001 offset 1 v 2, hb offset 3\ngen 4, mode " + std::to_string(mode) + ", owner " +
           owner + " mtime 5\nnum 2 gblnum 0 gblgen 0 gblbrk 0" + tail +
           "\nAddr <4, 310, 46>, gen 584, links 1, type reg, flags 0, uid 0, gid 0, mode 600\n";
}

constexpr const char* nobody = "00000000-00000000-0000-000000000000";

}  // namespace

TEST_CASE("the version is one line") {
    CHECK(read_version(
              "   Product: VMware ESXi\n   Version: 8.0.2\n   Build: Releasebuild-22380479\n   Update: 2\n"
              "   Patch: 0\n")
              .value() == "VMware ESXi 8.0.2 build-22380479");
    CHECK_FALSE(read_version(""));
    CHECK_FALSE(read_version("   Product: VMware ESXi\n"));
    CHECK_FALSE(read_version("Errors: no\n"));
}

TEST_CASE("the maintenance mode is one word") {
    CHECK(read_maintenance("Enabled\n").value());
    CHECK_FALSE(read_maintenance("Disabled\n").value());
    CHECK_FALSE(read_maintenance("").has_value());
    CHECK_FALSE(read_maintenance("Failed to login\n").has_value());
}

TEST_CASE("adapters are told by their MAC addresses, port groups by name") {
    CHECK(read_nics("Name    PCI Device    Driver  Admin Status  Link Status  Speed  Duplex  MAC Address     "
                    "    MTU  Description\n"
                    "------  ------------  ------  ------------  -----------  -----  ------  "
                    "-----------------  ----  -----------\n"
                    "vmnic0  0000:02:00.0  ntg3    Up            Up            1000  Full    "
                    "BC:AE:C5:8A:D8:3D  1500  Broadcom\n")
              .value() == Words{"bc:ae:c5:8a:d8:3d"});
    CHECK(read_port_groups("Name                Virtual Switch  Active Clients  VLAN ID\n"
                           "------------------  --------------  --------------  -------\n"
                           "Management Network  vSwitch0                     1        0\n"
                           "VM Network          vSwitch0                     3        0\n")
              .value() == Words{"Management Network", "VM Network"});
    CHECK_FALSE(read_nics("no adapters"));
    CHECK_FALSE(read_nics("Name\n------\nvmnic0\n"));
}

TEST_CASE("the autostart sequence names those that are powered on") {
    const char* sequence =
        "(vim.host.AutoStartManager.AutoPowerInfo) [\n   (vim.host.AutoStartManager.AutoPowerInfo) {\n"
        "      key = 'vim.VirtualMachine:1',\n      startOrder = 1,\n      startAction = \"PowerOn\",\n   "
        "},\n"
        "   (vim.host.AutoStartManager.AutoPowerInfo) {\n      key = 'vim.VirtualMachine:2',\n"
        "      startAction = \"None\",\n   }\n]\n";
    CHECK(read_autostart(sequence).value() == Words{"1"});
    CHECK(read_autostart("(vim.host.AutoStartManager.AutoPowerInfo) []\n").value().empty());
    CHECK_FALSE(read_autostart(""));
    CHECK(read_autostart_enabled("(vim.host.AutoStartManager.SystemDefaults) {\n   enabled = true,\n}\n")
              .value());
    CHECK_FALSE(read_autostart_enabled("(vim.host.AutoStartManager.SystemDefaults) {\n}\n").has_value());
}

TEST_CASE("days of the evaluation are begun ones, and none where there is a licence") {
    CHECK(read_evaluation_days("serial: 00000-00000\nvmodl key: eval\nname: Evaluation Mode\nProperties:\n"
                               "  [expirationHours] = 25\n  [expirationMinutes] = 0\n")
              .value() == 2);
    CHECK_FALSE(read_evaluation_days("serial: X\nvmodl key: esx.enterprisePlus.cpuPackage\nname: vSphere 8\n")
                    .value());
    CHECK_FALSE(read_evaluation_days("Failed to login\n").has_value());
}

TEST_CASE("free memory is what the host has less what it uses") {
    CHECK(read_free_memory_mb(
              "(vim.host.Summary) {\n   hardware = (vim.host.Summary.HardwareSummary) {\n"
              "      memorySize = 34359738368,\n   },\n   quickStats = (vim.host.Summary.QuickStats) {\n"
              "      overallMemoryUsage = 5000,\n   },\n}\n")
              .value() == 27768);
}

TEST_CASE("tasks are told by id, and by what they do") {
    const char* id = "haTask-496-vim.VirtualMachine.powerOn-3072";
    CHECK(read_task_list(
              "(ManagedObjectReference) [\n   'vim.Task:haTask-496-vim.VirtualMachine.powerOn-3072'\n]\n")
              .value() == Words{id});
    CHECK(read_task_list("(ManagedObjectReference) []\n").value().empty());
    CHECK(read_task_list("(ManagedObjectReference) [\n   'vim.Task:a; reboot'\n]\n").value().empty());
    CHECK_FALSE(read_task_list(""));
    const auto info =
        read_task("(vim.TaskInfo) {\n   key = \"" + std::string(id) +
                      "\",\n   descriptionId = \"VirtualMachine.powerOn\",\n   state = \"running\",\n"
                      "   cancelable = true,\n}\n",
                  id);
    REQUIRE(info);
    CHECK(info->under_way);
    CHECK(info->task == core::RunningTask{id, "vim.VirtualMachine.powerOn", true});
    CHECK_FALSE(read_task("(vim.TaskInfo) {\n   key = \"other\",\n   state = \"running\",\n}\n", id));
}

TEST_CASE("the inventory's file tells the paths of invalid entries") {
    const auto told = read_inventory_file(
        "<ConfigRoot>\n  <ConfigEntry id=\"0000\">\n    <objID>16</objID>\n    <secDomain>23</secDomain>\n"
        "    <vmxCfgPath>/vmfs/volumes/5bc7459f-967eeb48/vm1/vm1.vmx</vmxCfgPath>\n  </ConfigEntry>\n"
        "  <ConfigEntry "
        "id=\"0001\"><objID>x</objID><vmxCfgPath>/vmfs/volumes/a/b.vmx</vmxCfgPath></ConfigEntry>\n"
        "  <ConfigEntry><objID>17</objID><vmxCfgPath>b.vmx</vmxCfgPath></ConfigEntry>\n"
        "</ConfigRoot>\n");
    REQUIRE(told);
    CHECK(told->size() == 2);
    CHECK(told->at("17") == std::nullopt);
    CHECK(told->at("16") == *core::parse_vmx_path("/vmfs/volumes/5bc7459f-967eeb48/vm1/vm1.vmx"));
    CHECK_FALSE(read_inventory_file(""));
    CHECK_FALSE(read_inventory_file("<ConfigRoot><ConfigEntry>"));
    CHECK_FALSE(read_inventory_file("<other/>"));
}

TEST_CASE("an exclusive lock names the adapter of its holder") {
    const auto told = read_lock(exclusive);
    REQUIRE(told);
    CHECK(told->mode == core::LockMode::exclusive);
    CHECK(told->owners == Words{"bc:ae:c5:8a:d8:3d"});
}

TEST_CASE("a lock of nobody is free") {
    CHECK(read_lock(lock(0, nobody))->mode == core::LockMode::free);
    CHECK(read_lock(lock(1, nobody))->mode == core::LockMode::free);
    CHECK(read_lock(lock(1, nobody))->owners.empty());
}

TEST_CASE("a shared lock names all its holders") {
    const auto readers =
        read_lock(lock(2, nobody,
                       "]\nRO Owner[0] HB Offset 3907584 4fbbf995-325ce3c2-e7ee-bcaec58ad83d\n"
                       "RO Owner[1] HB Offset 3907585 4fbbf995-325ce3c2-e7ee-bcaec58ad83e\n"));
    REQUIRE(readers);
    CHECK(readers->mode == core::LockMode::read_only);
    CHECK(readers->owners == Words{"bc:ae:c5:8a:d8:3d", "bc:ae:c5:8a:d8:3e"});
    const auto writers =
        read_lock(lock(3, nobody, "]\nMW Owner[0] HB Offset 3907584 4fbbf995-325ce3c2-e7ee-bcaec58ad83d\n"));
    REQUIRE(writers);
    CHECK(writers->mode == core::LockMode::multi_writer);
    CHECK(writers->owners == Words{"bc:ae:c5:8a:d8:3d"});
}

TEST_CASE("the mode of the file is not the mode of its lock") {
    CHECK_FALSE(read_lock("Addr <4, 310, 46>, gen 584, links 1, type reg, flags 0, uid 0, gid 0, mode 1\n"));
    CHECK_FALSE(read_lock("Lock [type 1\nAddr <4, 310, 46>, mode 1\n"));
    CHECK_FALSE(read_lock(""));
    CHECK_FALSE(read_lock("Could not open /vmfs/volumes/x: Device or resource busy\n"));
    CHECK_FALSE(read_lock(lock(7, nobody)));
}

TEST_CASE("an exclusive lock outweighs all others") {
    const core::DiskLock free{core::LockMode::free, {}, ""}, one{core::LockMode::exclusive, {}, ""},
        readers{core::LockMode::read_only, {}, ""}, writers{core::LockMode::multi_writer, {}, ""};
    CHECK(outweighs(one, writers));
    CHECK(outweighs(writers, readers));
    CHECK(outweighs(readers, free));
    CHECK_FALSE(outweighs(free, free));
}

TEST_CASE("frames hold what their commands printed, and the status") {
    const auto frames = read_frames(
        "motd\nM begin a\none\ntwo\n\nM end a 0\nM begin b\nno line end\nM end b 127\nM begin c\n\nM end c "
        "1\nM done\n",
        "M begin a\nwarning\n\nM end a 0\nM begin b", "M");
    REQUIRE(frames);
    CHECK(frames->at("a").out == "one\ntwo\n");
    CHECK(frames->at("a").err == "warning\n");
    CHECK(frames->at("a").status == 0);
    CHECK(frames->at("b").out == "no line end");
    CHECK(frames->at("b").status == 127);
    CHECK(frames->at("c").out.empty());
}

TEST_CASE("a script that did not come to its end has no frames") {
    CHECK_FALSE(read_frames("", "", "M"));
    CHECK_FALSE(read_frames("M begin a\nx\n\nM end a 0\n", "", "M"));
    CHECK_FALSE(read_frames("M begin a\nx\nM done\n", "", "M"));
    CHECK_FALSE(read_frames("M begin a\nx\nM end b 0\nM done\n", "", "M"));
    CHECK_FALSE(read_frames("M begin a\nx\nM end a\nM done\n", "", "M"));
    CHECK_FALSE(read_frames("M begin a\nM begin b\nM end b 0\nM end a 0\nM done\n", "", "M"));
}

}  // namespace vmha::shell::text
