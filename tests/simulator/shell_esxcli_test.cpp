// esxcli, vmkfstools and the files of a host, over the model's state.
#include "tests/simulator/shell_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;
using site::registered;
using site::running;

namespace {

std::string world_of(Hosts& hosts, Shell& shell) {
    const std::string text = hosts.on(shell, "esxcli vm process list").out;
    const auto at = text.find("World ID: ");
    return at == std::string::npos ? "" : text.substr(at + 10, text.find('\n', at) - at - 10);
}

}  // namespace

TEST_CASE("a process shows with its .vmx, also when its entry is gone, under the same world id") {
    Hosts hosts;
    const int id = running(hosts.site, esxi1);
    const std::string world = world_of(hosts, hosts.one);
    REQUIRE_FALSE(world.empty());
    CHECK(hosts.on(hosts.one, "esxcli vm process list")
              .out.starts_with("vm1\n   World ID: " + world + "\n   Process ID: 0\n   VMX Cartel ID: "));
    hosts.site.set_connection(esxi1, id, site::Connection::invalid);
    REQUIRE_FALSE(hosts.site.unregister_vm(esxi1, id));
    CHECK(world_of(hosts, hosts.one) == world);
    registered(hosts.site, esxi1);
    CHECK(world_of(hosts, hosts.one) == world);
}

TEST_CASE("a process that is killed is gone, and its lock is free, with an entry or without") {
    Hosts hosts;
    const int id = running(hosts.site, esxi1);
    hosts.site.set_connection(esxi1, id, site::Connection::invalid);
    REQUIRE_FALSE(hosts.site.unregister_vm(esxi1, id));
    REQUIRE(hosts.site.disks()[0].lock("vm1/vm1.vmx"));
    CHECK(hosts.on(hosts.one, "esxcli vm process kill --type=soft --world-id=" + world_of(hosts, hosts.one))
              .status == 0);
    CHECK(hosts.on(hosts.one, "esxcli vm process list").out.empty());
    CHECK_FALSE(hosts.site.disks()[0].lock("vm1/vm1.vmx"));
    const int again = running(hosts.site, esxi1);
    CHECK(hosts.on(hosts.one, "esxcli vm process kill -t force -w " + world_of(hosts, hosts.one)).status ==
          0);
    CHECK(hosts.site.vm(esxi1, again)->power == site::Power::powered_off);
}

TEST_CASE("a process that is deaf to a kind of kill ends by a stronger one only") {
    Hosts hosts;
    running(hosts.site, esxi1);
    hosts.site.set_deaf(esxi1, "vm1/vm1.vmx", site::Kill::hard);
    const std::string world = world_of(hosts, hosts.one);
    for (const char* type : {"soft", "hard"})
        hosts.on(hosts.one, "esxcli vm process kill -w " + world + " -t " + type);
    CHECK(world_of(hosts, hosts.one) == world);
    hosts.on(hosts.one, "esxcli vm process kill -w " + world + " -t force");
    CHECK(world_of(hosts, hosts.one).empty());
}

TEST_CASE("the free licence refuses what comes by the API, and lets vim-cmd write") {
    Hosts hosts;
    hosts.site.set_licence(esxi1, site::Licence::free);
    const auto task = hosts.site.register_vm(esxi1, site::vm1, "", "root");
    CHECK(site::fault_of(hosts.site, esxi1, task) == "RestrictedVersion");
    CHECK(hosts.on(hosts.one, "vim-cmd solo/registervm /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx").out == "1\n");
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/power.on 1").status == 0);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/power.shutdown 1").status == 0);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/unregister 1").status == 0);
    CHECK(hosts.site.host(esxi1).vms.empty());
}

TEST_CASE("an evaluation that is over powers nothing on, over SSH neither") {
    Hosts hosts;
    registered(hosts.site, esxi1);
    hosts.site.set_licence(esxi1, site::Licence::expired);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/power.on 1").has("(vim.fault.NotEnoughLicenses) {"));
}

TEST_CASE("a lock has the mode and the owner of who holds it") {
    Hosts hosts;
    const std::string ask = "vmkfstools -D /vmfs/volumes/EC_iSCSI/vm1/vm1-flat.vmdk";
    CHECK(hosts.on(hosts.two, ask).has("gen 4851, mode 0, owner 00000000-00000000-0000-000000000000 mtime"));
    running(hosts.site, esxi1);
    std::string mac = hosts.site.host(esxi1).mac;
    std::erase(mac, ':');
    const Heard held = hosts.on(hosts.two, ask);
    CHECK(held.has("gen 4851, mode 1, owner "));
    CHECK(held.has("-" + mac + " mtime"));
    hosts.site.stranger_locks("vm2/vm2.vmx", true);
    const std::string other = "vmkfstools -D /vmfs/volumes/" + hosts.site.config().vmfs_uuid + "/vm2/vm2.vmx";
    CHECK(hosts.on(hosts.two, other).has("mode 2, owner 00000000-00000000-0000-000000000000 mtime"));
    CHECK(hosts.on(hosts.two, other).has("\nRO Owner[0] HB Offset 3907584 "));
    REQUIRE(hosts.two.texts().set("stranger_lock", "exclusive"));
    CHECK(hosts.on(hosts.two, other).has("mode 1, owner 5f3c1d2e"));
}

TEST_CASE("a lock's tail is that of older or of newer hosts") {
    Hosts hosts;
    REQUIRE(hosts.one.texts().set("lock_tail", "new"));
    CHECK(hosts.on(hosts.one, "vmkfstools -D /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx")
              .has("nHld 0 nOvf 0 num 2 gblnum 0 gblgen 0 gblbrk 0]\n"));
}

TEST_CASE("a table is as wide as its data, with numbers to the right") {
    Hosts hosts;
    const auto& config = hosts.site.config();
    CHECK(hosts.on(hosts.one, "esxcli storage vmfs extent list").out ==
          "Volume Name  VMFS UUID                            Extent Number  Device Name                      "
          "    "
          " Partition\n"
          "-----------  -----------------------------------  -------------  "
          "------------------------------------ "
          " ---------\n"
          "EC_iSCSI     " +
              config.vmfs_uuid + "              0  " + config.device + "          1\n");
}

TEST_CASE("a volume that is taken for a snapshot is in no list but that of the snapshots") {
    Hosts hosts;
    CHECK(hosts.on(hosts.one, "esxcli storage vmfs snapshot list").out.empty());
    hosts.site.see_snapshot(esxi1, true);
    CHECK(hosts.on(hosts.one, "esxcli storage vmfs snapshot list").has("   Volume Name: EC_iSCSI\n"));
    CHECK_FALSE(hosts.on(hosts.one, "esxcli storage vmfs extent list").has("EC_iSCSI"));
    CHECK_FALSE(hosts.on(hosts.one, "esxcli storage filesystem list").has("EC_iSCSI"));
}

TEST_CASE("what is about the host itself") {
    auto config = site::default_site();
    config.hosts[0].networks = {"VM Network", "DMZ (old)"};
    config.hosts[0].autostart = {"vm1/vm1.vmx"};
    Hosts hosts(std::move(config));
    registered(hosts.site, esxi1);
    CHECK(hosts.on(hosts.one, "esxcli system maintenanceMode get").out == "Disabled\n");
    hosts.site.host_maintenance(esxi1, true);
    CHECK(hosts.on(hosts.one, "esxcli system maintenanceMode get").out == "Enabled\n");
    CHECK(hosts.on(hosts.one, "vim-cmd hostsvc/hostsummary").has("inMaintenanceMode = true,\n"));
    CHECK(hosts.on(hosts.one, "esxcli network nic list").has(hosts.site.host(esxi1).mac));
    CHECK(hosts.on(hosts.one, "esxcli network vswitch standard portgroup list")
              .has("\nDMZ (old)           vSwitch0"));
    CHECK(hosts.on(hosts.one, "vim-cmd hostsvc/autostartmanager/get_autostartseq")
              .has("      key = 'vim.VirtualMachine:1',\n      startOrder = 1,\n"));
}

TEST_CASE("the inventory's file names an invalid entry too, with its path escaped") {
    auto config = site::default_site();
    config.vms[0].files.path = "a & b/a & b.vmx";
    Hosts hosts(std::move(config));
    const int id = registered(hosts.site, esxi1, "[EC_iSCSI] a & b/a & b.vmx");
    hosts.site.set_connection(esxi1, id, site::Connection::invalid);
    const Heard heard = hosts.on(hosts.one, "cat /etc/vmware/hostd/vmInventory.xml");
    CHECK(heard.has("<objID>1</objID>"));
    CHECK(heard.has("/a &amp; b/a &amp; b.vmx</vmxCfgPath>"));
}

TEST_CASE("files are there as long as the storage is") {
    Hosts hosts;
    const std::string vmx = "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx";
    CHECK(hosts.on(hosts.one, "test -r " + vmx).status == 0);
    CHECK(hosts.on(hosts.one, "test -d " + vmx).status == 1);
    CHECK(hosts.on(hosts.one, "test ! -e " + vmx).status == 1);
    CHECK(hosts.on(hosts.one, "cat " + vmx).out == "text of vm1/vm1.vmx");
    CHECK(hosts.on(hosts.one, "ls /vmfs/volumes/EC_iSCSI").out == "vm1\nvm2\nvm3\n");
    hosts.site.offer(esxi1, std::nullopt);
    CHECK(hosts.on(hosts.one, "test -r " + vmx).status == 1);
    CHECK(hosts.on(hosts.one, "cat " + vmx).status == 1);
    CHECK(hosts.on(hosts.one, "ls /vmfs/volumes/EC_iSCSI").status == 1);
    CHECK(hosts.on(hosts.one, "vmkfstools -D " + vmx).status == 255);
}

TEST_CASE("without hostd esxcli fails, localcli does not") {
    Hosts hosts;
    running(hosts.site, esxi1);
    hosts.site.hostd_restarts(esxi1, std::chrono::seconds(5));
    CHECK(hosts.on(hosts.one, "esxcli vm process list").status == 1);
    CHECK(hosts.on(hosts.one, "localcli vm process list").has("Display Name: vm1"));
}

TEST_CASE("texts have known keys and values alone") {
    Texts texts;
    CHECK(texts.set("question", "old"));
    CHECK_FALSE(texts.set("question", "newest"));
    CHECK_FALSE(texts.set("colour", "red"));
    CHECK(texts.set("annotation.vm1", "anything"));
    CHECK(texts.annotation("vm1") == "anything");
    CHECK(texts.annotation("vm2").empty());
}
