// Volumes, extents, paths and processes, as esxcli prints them.
#include "daemon/shell/text/storage.hpp"

#include "daemon/shell/text/processes.hpp"
#include "tests/support/print.hpp"

namespace vmha::shell::text {

namespace {

constexpr const char* filesystems =
    "Mount Point                                        Volume Name  UUID                                 "
    "Mounted  Type             Size           Free\n"
    "-------------------------------------------------  -----------  -----------------------------------  "
    "-------  ------  ------------  -------------\n"
    "/vmfs/volumes/5bc7459f-967eeb48-b3f7-20677cd9a16c  My éèàü      5bc7459f-967eeb48-b3f7-20677cd9a16c     "
    "true  VMFS-6  999922073600  998414942208\n"
    "/vmfs/volumes/nfs-1                                store        nfs-1                                  "
    "false  NFS                0             0\n"
    "                                                   away         5bc7459f-967eeb48-b3f7-20677cd9a16d    "
    "false  VMFS-6             0             0\n"
    "/vmfs/volumes/4f2a-77                              BOOTBANK1    4f2a-77                                 "
    "true  vfat       4293591040    4110680064\n"
    "/vmfs/volumes/4f2a-78                                           4f2a-78                                 "
    "true  VMFSOS     4293591040    4110680064\n";

}  // namespace

TEST_CASE("filesystems on which VMs can lie are told by name, uuid and whether they are mounted") {
    const auto told = read_filesystems(filesystems);
    REQUIRE(told);
    REQUIRE(told->size() == 2);
    CHECK((*told)[0].name == "My éèàü");
    CHECK((*told)[0].uuid == "5bc7459f-967eeb48-b3f7-20677cd9a16c");
    CHECK((*told)[0].id == "5bc7459f-967eeb48-b3f7-20677cd9a16c");
    CHECK((*told)[0].accessible);
    CHECK((*told)[1].name == "store");
    CHECK_FALSE((*told)[1].accessible);
}

TEST_CASE("a list of filesystems without its header is none") {
    CHECK_FALSE(read_filesystems(""));
    CHECK_FALSE(read_filesystems("Failed to connect to hostd\n"));
    CHECK_FALSE(read_filesystems("/vmfs/volumes/a  a  a  true  VMFS-6  1  1\n"));
    CHECK_FALSE(read_filesystems("A  B\n-  -\nx  y\n"));
    const std::string whole = filesystems;
    CHECK_FALSE(read_filesystems(whole.substr(0, whole.find("true"))));
}

TEST_CASE("extents are cut by the line of dashes") {
    const auto told = read_extents(
        "Volume Name  VMFS UUID                            Extent Number  Device Name                        "
        "   Partition\n"
        "-----------  -----------------------------------  -------------  "
        "------------------------------------  ---------\n"
        "VMs          5bc7459f-967eeb48-b3f7-20677cd9a16c              0  "
        "naa.600508b1001cf76cb54a0dec4acc6459          3\n"
        "two words    5bc7459f-967eeb48-b3f7-20677cd9a16d              0  "
        "naa.600508b1001cf76cb54a0dec4acc6460          1\n");
    REQUIRE(told);
    CHECK(*told ==
          std::vector<Extent>{
              {"VMs", "5bc7459f-967eeb48-b3f7-20677cd9a16c", "naa.600508b1001cf76cb54a0dec4acc6459"},
              {"two words", "5bc7459f-967eeb48-b3f7-20677cd9a16d", "naa.600508b1001cf76cb54a0dec4acc6460"}});
}

TEST_CASE("no extents are no text, and text without dashes is an error") {
    CHECK(read_extents("").value().empty());
    CHECK_FALSE(read_extents("Connect to localhost failed: Connection failure\n"));
    CHECK_FALSE(read_extents("a  b\n-----  -----\nabcdefghijk\n"));
}

TEST_CASE("paths are told by adapter, device and state") {
    const std::string block =
        "iqn.1998-01.com.vmware:e1-4f2a-00023d000001,iqn.2026-11.ec:t,t,1-naa.6001405aaaa:\n"
        "   UID: iqn.1998-01.com.vmware:e1-4f2a-00023d000001,iqn.2026-11.ec:t,t,1-naa.6001405aaaa\n"
        "   Runtime Name: vmhba38:C0:T1:L1\n   Device: naa.6001405aaaa\n"
        "   Device Display Name: LIO-ORG iSCSI Disk (naa.6001405aaaa)\n   Adapter: vmhba38\n   Channel: 0\n"
        "   Target: 1\n   LUN: 1\n   Plugin: NMP\n   State: active\n   Transport: iscsi\n"
        "   Target Transport Details: IQN=iqn.2026-11.ec:t Alias= Session=00023d000001 PortalTag=0\n"
        "   Maximum IO Size: 131072\n";
    std::string dead = block;
    dead.replace(dead.find("State: active"), 13, "State: dead");
    const auto told = read_paths(block + "\n" + dead);
    REQUIRE(told);
    CHECK(*told == std::vector<core::StoragePath>{{"vmhba38", "naa.6001405aaaa", true},
                                                  {"vmhba38", "naa.6001405aaaa", false}});
    CHECK(read_paths("").value().empty());
    CHECK_FALSE(read_paths("Unknown device naa.1\n"));
    CHECK_FALSE(read_paths(block.substr(0, block.find("   State"))));
}

TEST_CASE("volumes that are seen as snapshots are told once each") {
    const std::string one =
        "4f2a0001-11112222-3333-444455556666\n   Volume Name: VMFS_1\n   VMFS UUID: "
        "4f2a0001-11112222-3333-444455556666\n"
        "   Can mount: true\n   Reason for un-mountability: \n   Can resignature: true\n";
    CHECK(read_unresolved(one + one).value() == std::vector<std::string>{"VMFS_1"});
    CHECK(read_unresolved("").value().empty());
    CHECK_FALSE(read_unresolved("Error\n"));
}

TEST_CASE("processes are told by world and .vmx") {
    const auto told = read_processes(
        "vm 1\n   World ID: 603996\n   Process ID: 0\n   VMX Cartel ID: 603995\n   UUID: 56 4d 11 22\n"
        "   Display Name: vm 1\n   Config File: /vmfs/volumes/5bc7459f-967eeb48/vm1/vm1.vmx\n\n"
        "crx\n   World ID: 7\n   Config File: /var/run/crx/infra/i.vmx\n");
    REQUIRE(told);
    REQUIRE(told->size() == 2);
    CHECK((*told)[0].world_id == "603996");
    CHECK((*told)[0].path == core::parse_vmx_path("/vmfs/volumes/5bc7459f-967eeb48/vm1/vm1.vmx"));
    CHECK((*told)[1].path.volume.empty());
}

TEST_CASE("no process is no text, and a list that is not whole proves nothing") {
    CHECK(read_processes("").value().empty());
    CHECK_FALSE(read_processes("vm 1\n"));
    CHECK_FALSE(read_processes("vm 1\n   World ID: 603996\n   Process ID: 0\n"));
    CHECK_FALSE(read_processes("Connect to localhost failed: Connection failure\n"));
    CHECK_FALSE(read_processes("vm 1\n   World ID: x\n   Config File: /vmfs/volumes/a/b/c.vmx\n"));
    CHECK_FALSE(read_processes("vm 1\n   World ID: 5\n   Config File: b/c.vmx\n"));
}

TEST_CASE("a name that holds the lines of another VM's process makes the list none") {
    CHECK_FALSE(
        read_processes("x\n   World ID: 7\n   Config File: /vmfs/volumes/a/vm1/vm1.vmx\n   World ID: 5\n"
                       "   Config File: /vmfs/volumes/a/x/x.vmx\n"));
    CHECK_FALSE(
        read_processes("x\n   World ID: 5\n   Display Name: x\n   Config File: /vmfs/volumes/a/1/1.vmx\n"
                       "   Config File: /vmfs/volumes/a/x/x.vmx\n"));
}

}  // namespace vmha::shell::text
