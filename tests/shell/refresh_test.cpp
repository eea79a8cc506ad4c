// Refreshes and looks: whole or not at all, one script each, and never older than what was told before.
#include "tests/shell/reads_lab.hpp"

namespace vmha::test {

namespace {

using core::Connection;
using core::Power;

constexpr const char* asked =
    "(vim.vm.QuestionInfo) {\n         id = \"_vmx1\",\n         text = \"moved or copied?\",\n"
    "         choice = (vim.option.ChoiceOption) {\n            choiceInfo = (vim.ElementDescription) [\n"
    "               (vim.ElementDescription) {\n                  label = \"I Moved It\",\n                  "
    "key = \"1\"\n"
    "               }\n            ]\n         }\n      }";

}  // namespace

TEST_CASE("a refresh tells the processes, then everything") {
    ReadsLab lab;
    lab.begin();
    const auto read = lab.first_read();
    REQUIRE(lab.all<core::ProcessesTold>().size() == 1);
    const auto processes = lab.all<core::ProcessesTold>()[0].processes;
    REQUIRE(processes);
    CHECK(processes->at(0).world_id == "77");
    CHECK(read.full);
    CHECK(read.host == HostName("esxi1"));
    CHECK(read.entries.size() == 3);
    const auto* vm1 = entry_in(read, "12");
    REQUIRE(vm1 != nullptr);
    CHECK(vm1->power == Power::on);
    CHECK(vm1->connection == Connection::connected);
    CHECK(vm1->heartbeat == core::Heartbeat::green);
    CHECK(vm1->path == core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx"));
    CHECK(vm1->booted);
    REQUIRE(read.datastores.size() == 1);
    CHECK(read.datastores[0].accessible);
    CHECK(read.datastores[0].extents == std::vector<std::string>{"naa.6001405aaa"});
    REQUIRE(read.facts);
    CHECK(read.facts->paths == std::vector<core::StoragePath>{{"vmhba65", "naa.6001405aaa", true}});
    CHECK(read.facts->product == "VMware ESXi 8.0.2 build-1");
    CHECK(read.facts->nics == std::vector<std::string>{"bc:ae:c5:8a:d8:3d"});
    CHECK_FALSE(read.facts->in_maintenance);
    CHECK(read.good_for >= 3 * lab.config.interval);
    CHECK(read.asked <= lab.world.clock());
}

TEST_CASE("a refresh that shows nothing new is one script, and strangers are read once") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    const int before = lab.host.runs;
    const auto read = lab.refresh();
    CHECK(lab.host.runs == before + 1);
    CHECK(lab.host.asked("vim-cmd vmsvc/get.summary 3") == 1);
    CHECK(lab.host.asked("vim-cmd vmsvc/get.summary 12") == 2);
    CHECK(lab.host.asked("vim-cmd vmsvc/message") == 0);
    CHECK(lab.host.asked("esxcli system version get") == 1);
    CHECK(lab.host.asked("esxcli system maintenanceMode get") == 2);
    CHECK(entry_in(read, "3")->instance_uuid == "52a1-3");
    CHECK(entry_in(read, "3")->power == Power::unknown);
}

TEST_CASE("a stranger with the instance uuid of one of ours is read each time") {
    ReadsLab lab;
    lab.summary({.vmid = "4", .path = "[local] ec2/ec2.vmx", .uuid = "52a1-12"});
    lab.begin();
    lab.first_read();
    const auto read = lab.refresh();
    CHECK(lab.host.asked("vim-cmd vmsvc/get.summary 4") == 2);
    CHECK(entry_in(read, "4")->power == Power::on);
}

TEST_CASE(
    "a hostd that does not answer is no empty host, is told once, and is a new session when it is back") {
    ReadsLab lab;
    lab.begin();
    const auto before = lab.first_read();
    lab.host.says("vim-cmd vmsvc/getallvms", "", 1, "Failed to login: Connection reset by peer\n");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return !lab.cannot_read.empty(); }));
    CHECK(lab.cannot_read[0] ==
          "hostd on esxi1 does not answer vim-cmd: Failed to login: Connection reset by peer");
    const int asked = lab.host.asked("vim-cmd vmsvc/getallvms");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return lab.host.asked("vim-cmd vmsvc/getallvms") > asked; }));
    CHECK(lab.all<core::Read>().size() == 1);
    lab.list("12     vm1     [EC_iSCSI] vm1/vm1.vmx   otherGuest   vmx-19\n");
    const auto after = lab.refresh();
    CHECK(after.session > before.session);
    CHECK(lab.cannot_read.size() == 1);
}

TEST_CASE("whatever is missing, nothing is told of the host") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    SECTION("the end of the output") {
        lab.host.cut_at = " end maintenance";
    }
    SECTION("the list's header") {
        lab.host.says("vim-cmd vmsvc/getallvms", "");
    }
    SECTION("the list's status") {
        lab.host.says("vim-cmd vmsvc/getallvms", std::string(ReadsLab::header), 1);
    }
    SECTION("the state of one of ours") {
        lab.host.says("vim-cmd vmsvc/get.summary 12",
                      "(vim.vm.Summary) {\n   vm = 'vim.VirtualMachine:12',\n");
    }
    SECTION("the filesystems") {
        lab.host.says("esxcli storage filesystem list", "", 1, "Error\n");
    }
    SECTION("the extents") {
        lab.host.says("esxcli storage vmfs extent list", "what?\n");
    }
    SECTION("its paths, without a reason") {
        lab.host.says("esxcli storage core path list -d naa.6001405aaa", "what?\n");
    }
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return !lab.cannot_read.empty(); }));
    CHECK(lab.cannot_read[0].find("esxi1") != std::string::npos);
    CHECK(lab.all<core::Read>().size() == 1);
}

TEST_CASE("a VM of ours that hostd cannot tell of is unknown, and no other") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.says("vim-cmd vmsvc/get.summary 12", "(vmodl.fault.SystemError) {\n   msg = \"no\"\n}\n", 1);
    const auto read = lab.refresh();
    REQUIRE(entry_in(read, "12") != nullptr);
    CHECK(entry_in(read, "12")->power == Power::unknown);
    CHECK(entry_in(read, "12")->connection == Connection::unknown);
    CHECK(entry_in(read, "12")->path == core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx"));
}

TEST_CASE("an entry that hostd skips is invalid, and its path comes from the inventory's file") {
    ReadsLab lab;
    lab.list("Skipping invalid VM '16'\n3      ec1     [local] ec1/ec1.vmx      otherGuest   vmx-19\n");
    lab.host.file(
        "/etc/vmware/hostd/vmInventory.xml",
        std::string("<ConfigRoot><ConfigEntry id=\"0000\"><objID>16</objID><vmxCfgPath>/vmfs/volumes/") +
            volume_uuid + "/vm1/vm1.vmx</vmxCfgPath></ConfigEntry></ConfigRoot>");
    lab.begin();
    const auto read = lab.first_read();
    const auto* entry = entry_in(read, "16");
    REQUIRE(entry != nullptr);
    CHECK(entry->connection == Connection::invalid);
    CHECK(entry->power == Power::unknown);
    CHECK(entry->path == core::VmxPath{volume_uuid, "vm1/vm1.vmx"});
    const int runs = lab.host.runs;
    CHECK(entry_in(lab.refresh(), "16")->path);
    CHECK(lab.host.runs == runs + 1);
}

TEST_CASE("an annotation that looks like a word about an invalid entry makes none of a good one") {
    ReadsLab lab;
    lab.list(
        "3      ec1     [local] ec1/ec1.vmx      otherGuest   vmx-19    note:\n"
        "Skipping invalid VM '12'\n"
        "12     vm1     [EC_iSCSI] vm1/vm1.vmx   otherGuest   vmx-19\n");
    lab.begin();
    const auto read = lab.first_read();
    REQUIRE(entry_in(read, "12") != nullptr);
    CHECK(entry_in(read, "12")->connection == Connection::connected);
}

TEST_CASE("what hostd skips is in its file: a number that only an annotation names is no entry") {
    ReadsLab lab;
    lab.list(
        "3      ec1     [local] ec1/ec1.vmx      otherGuest   vmx-19    note:\n"
        "Skipping invalid VM '16'\nSkipping invalid VM '17'\n");
    lab.host.file(
        "/etc/vmware/hostd/vmInventory.xml",
        "<ConfigRoot><ConfigEntry><objID>17</objID><vmxCfgPath>?</vmxCfgPath></ConfigEntry></ConfigRoot>");
    lab.begin();
    const auto read = lab.first_read();
    CHECK(entry_in(read, "16") == nullptr);
    REQUIRE(entry_in(read, "17") != nullptr);
    CHECK(entry_in(read, "17")->connection == Connection::invalid);
    CHECK_FALSE(entry_in(read, "17")->path);
}

TEST_CASE("an annotation that looks like an entry of ours is none") {
    ReadsLab lab;
    lab.list(
        "3      ec1     [local] ec1/ec1.vmx      otherGuest   vmx-19    moved here were:\n"
        "12     vm1     [EC_iSCSI] vm1/vm1.vmx   otherGuest   vmx-19\n"
        "4      vm1     [EC_iSCSI] vm1/vm1.vmx   otherGuest   vmx-19\n"
        "4      ec2     [local] ec2/ec2.vmx      otherGuest   vmx-19\n");
    lab.host.says("vim-cmd vmsvc/get.summary 12", ReadsLab::gone("12"), 1);
    lab.begin();
    auto read = lab.first_read();
    CHECK(entry_in(read, "12") == nullptr);
    CHECK(entry_in(read, "4")->path == core::parse_vmx_path("[local] ec2/ec2.vmx"));
    read = lab.refresh();
    CHECK(entry_in(read, "12") == nullptr);
    CHECK(entry_in(read, "4")->path == core::parse_vmx_path("[local] ec2/ec2.vmx"));
}

TEST_CASE(
    "an entry of ours whose name has a line end is there, in each refresh, and no number of an annotation "
    "is") {
    ReadsLab lab;
    lab.list(
        "12     first\nsecond   [EC_iSCSI] vm1/vm1.vmx   otherGuest   vmx-19\n"
        "3      ec1     [local] ec1/ec1.vmx      otherGuest   vmx-19    disks:\n99     GB\n"
        "4      ec2     [local] ec2/ec2.vmx      otherGuest   vmx-19\n");
    lab.host.says("vim-cmd vmsvc/get.summary 99", ReadsLab::gone("99"), 1);
    lab.begin();
    for (auto read = lab.first_read(); lab.all<core::Read>().size() < 3; read = lab.refresh()) {
        CHECK(read.entries.size() == 3);
        REQUIRE(entry_in(read, "12") != nullptr);
        CHECK(entry_in(read, "12")->path == core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx"));
        CHECK(entry_in(read, "12")->power == core::Power::on);
    }
}

TEST_CASE("an entry of ours whose name looks like a stranger's row is read in each refresh") {
    ReadsLab lab;
    lab.list(
        "12     [local] x/x.vmx   otherGuest   vmx-19\nsecond   [EC_iSCSI] vm1/vm1.vmx   otherGuest   "
        "vmx-19\n");
    lab.begin();
    CHECK(entry_in(lab.first_read(), "12")->power == core::Power::on);
    lab.summary({.vmid = "12", .path = "[EC_iSCSI] vm1/vm1.vmx", .power = "poweredOff"});
    const auto read = lab.refresh();
    CHECK(entry_in(read, "12")->path == core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx"));
    CHECK(entry_in(read, "12")->power == core::Power::off);
}

TEST_CASE("an inventory that has gone as a whole is a new session: it may not be loaded yet") {
    ReadsLab lab;
    lab.begin();
    const auto before = lab.first_read();
    lab.list("");
    CHECK(lab.refresh().session > before.session);
}

TEST_CASE("a hostd with another process number is a new session") {
    ReadsLab lab;
    lab.host.file("/var/run/vmware/vmware-hostd.PID", "2098\n");
    lab.begin();
    const auto before = lab.first_read();
    CHECK(lab.refresh().session == before.session);
    lab.host.file("/var/run/vmware/vmware-hostd.PID", "3111\n");
    CHECK(lab.refresh().session > before.session);
}

TEST_CASE("a list is not believed where hostd was started anew while it was asked for") {
    ReadsLab lab;
    lab.host.file("/var/run/vmware/vmware-hostd.PID", "2098\n");
    lab.begin();
    const auto before = lab.first_read();
    lab.host.hold("esxcli storage core path list -d naa.6001405aaa");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return lab.host.asked("esxcli storage core path list") == 2; }));
    lab.host.file("/var/run/vmware/vmware-hostd.PID", "3111\n");
    lab.list("");
    lab.host.release("esxcli storage core path list -d naa.6001405aaa");
    REQUIRE(lab.until([&] { return !lab.cannot_read.empty(); }));
    CHECK(lab.all<core::Read>().size() == 1);
    CHECK(lab.refresh().session > before.session);
}

TEST_CASE("a list is not believed where hostd has no process any more that had one") {
    ReadsLab lab;
    lab.host.file("/var/run/vmware/vmware-hostd.PID", "2098\n");
    lab.begin();
    const auto before = lab.first_read();
    lab.host.hold("esxcli storage core path list -d naa.6001405aaa");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return lab.host.asked("esxcli storage core path list") == 2; }));
    lab.host.file("/var/run/vmware/vmware-hostd.PID", "");
    lab.list("");
    lab.host.release("esxcli storage core path list -d naa.6001405aaa");
    REQUIRE(lab.until([&] { return !lab.cannot_read.empty(); }));
    CHECK(lab.all<core::Read>().size() == 1);
    lab.host.file("/var/run/vmware/vmware-hostd.PID", "3111\n");
    CHECK(lab.refresh().session > before.session);
}

TEST_CASE("a device that is not there any more has no active path, and its volume keeps its extent") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.says("esxcli storage core path list -d naa.6001405aaa", "", 1,
                  "Unknown device naa.6001405aaa\n");
    lab.host.says("esxcli storage vmfs extent list", "");
    const auto read = lab.refresh();
    CHECK(read.facts->paths == std::vector<core::StoragePath>{{"", "naa.6001405aaa", false}});
    CHECK(read.datastores[0].extents == std::vector<std::string>{"naa.6001405aaa"});
}

TEST_CASE("a list of paths that fails for another reason says nothing of them") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.says("esxcli storage core path list -d naa.6001405aaa", "", 1, "Busy, try again\n");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return !lab.cannot_read.empty(); }));
    CHECK(lab.all<core::Read>().size() == 1);
    CHECK(lab.cannot_read.front().find("Busy, try again") != std::string::npos);
}

TEST_CASE("where our volume is not mounted, those seen as snapshots are asked for") {
    ReadsLab lab;
    lab.host.says("esxcli storage filesystem list",
                  "Mount Point  Volume Name  UUID  Mounted  Type  Size  Free\n"
                  "-----------  -----------  ----  -------  ----  ----  ----\n");
    lab.host.says("esxcli storage vmfs extent list", "");
    lab.host.says("esxcli storage vmfs snapshot list",
                  "4f2a\n   Volume Name: EC_iSCSI\n   Can mount: true\n");
    lab.begin();
    const auto read = lab.first_read();
    CHECK(read.datastores.empty());
    CHECK(read.facts->unresolved_volumes == std::vector<std::string>{"EC_iSCSI"});
}

TEST_CASE("a connection anew is a session anew, and nothing is read without one") {
    ReadsLab lab;
    lab.begin();
    const auto before = lab.first_read();
    lab.host.connected = false;
    lab.reader->connected(false);
    lab.look(5, "12");
    lab.next<core::LookFailed>(0);
    lab.host.connected = true;
    lab.reader->connected(true);
    CHECK(lab.next<core::Read>(1).session > before.session);
    CHECK(lab.cannot_read.empty());
}

TEST_CASE("a look reads one VM, with the task that runs on it") {
    ReadsLab lab;
    lab.begin();
    const auto read = lab.first_read();
    lab.summary({.vmid = "12", .path = "[EC_iSCSI] vm1/vm1.vmx", .power = "poweredOff"});
    const std::string task = "haTask-12-vim.VirtualMachine.createSnapshot-9";
    lab.host.says("vim-cmd vmsvc/get.tasklist 12",
                  "(ManagedObjectReference) [\n   'vim.Task:" + task + "'\n]\n");
    lab.host.says(
        "vim-cmd vimsvc/task_info " + task,
        "(vim.TaskInfo) {\n   key = \"" + task + "\",\n   state = \"running\",\n   cancelable = true,\n}\n");
    lab.look(5, "12");
    const auto looked = lab.next<core::Looked>(0);
    CHECK(looked.look == 5);
    CHECK(looked.session == read.session);
    CHECK(looked.vmid == "12");
    REQUIRE(looked.entry);
    CHECK(looked.entry->power == Power::off);
    CHECK(looked.entry->task == core::RunningTask{task, "vim.VirtualMachine.createSnapshot", true});
    // The next refresh sees it end.
    lab.host.says("vim-cmd vimsvc/task_info " + task,
                  "(vim.TaskInfo) {\n   key = \"" + task + "\",\n   state = \"success\",\n}\n");
    CHECK_FALSE(entry_in(lab.refresh(), "12")->task);
    lab.refresh();
    CHECK(lab.host.asked("vim-cmd vimsvc/task_info") == 2);
}

TEST_CASE("a VM that hostd does not know is gone only when no list holds it") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.says("vim-cmd vmsvc/get.summary 12", ReadsLab::gone("12"), 1);
    lab.look(5, "12");
    CHECK(lab.next<core::LookFailed>(0).look == 5);
    lab.list("3      ec1     [local] ec1/ec1.vmx      otherGuest   vmx-19\n");
    lab.look(6, "12");
    const auto looked = lab.next<core::Looked>(0);
    CHECK(looked.look == 6);
    CHECK_FALSE(looked.entry);
}

TEST_CASE("nothing is gone on a hostd that does not list") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.says("vim-cmd vmsvc/get.summary 12", ReadsLab::gone("12"), 1);
    lab.host.says("vim-cmd vmsvc/getallvms", "Failed to login: Connection reset by peer\n", 1);
    lab.look(5, "12");
    lab.next<core::LookFailed>(0);
    CHECK(lab.all<core::Looked>().empty());
}

TEST_CASE("a question is told by both formats") {
    ReadsLab lab;
    SECTION("the summary's") {
        lab.summary({.vmid = "12", .path = "[EC_iSCSI] vm1/vm1.vmx", .question = asked});
    }
    SECTION("the message's") {
        lab.summary({.vmid = "12", .path = "[EC_iSCSI] vm1/vm1.vmx", .question = "<unset>"});
        lab.host.says("vim-cmd vmsvc/message 12",
                      "Virtual machine message _vmx1:\nmoved or copied?\n   0. button.x (No)\n   1. button.y "
                      "(I Moved It)\n");
    }
    lab.begin();
    const auto read = lab.first_read();
    REQUIRE(entry_in(read, "12")->question);
    CHECK(entry_in(read, "12")->question->id == "_vmx1");
    CHECK(entry_in(read, "12")->question->choices.back() == core::Choice{"1", "I Moved It"});
}

TEST_CASE("a look at everything is a refresh, and an answer to the look") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.look(9, "");
    const auto plain = lab.next<core::Read>(1);
    const auto answer = lab.next<core::Read>(2);
    CHECK_FALSE(plain.look);
    CHECK(answer.look == 9);
    CHECK(answer.full);
    CHECK(answer.entries.size() == 3);
}

TEST_CASE("who asks for everything while another one waits for it is answered by the same refresh") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.ahead = 3 * lab.config.interval;  // what runs is not given up
    lab.host.hold("esxcli storage filesystem list");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return lab.host.asked("esxcli storage filesystem list") == 2; }));
    for (core::LookId id = 21; id <= 40; ++id) lab.look(id, "");
    CHECK_FALSE(lab.until([&] { return lab.all<core::Read>().size() > 1; }, 50));
    lab.host.release("esxcli storage filesystem list");
    // The first, the one that ran, one more, and an answer to each.
    lab.next<core::Read>(22);
    const auto reads = lab.all<core::Read>();
    REQUIRE(reads.size() == 23);
    for (core::LookId id = 21; id <= 40; ++id) CHECK(reads[id - 18].look == id);
    CHECK(reads[2].asked > reads[1].asked);
    CHECK(lab.host.asked("vim-cmd vmsvc/getallvms") == 3);
}

TEST_CASE("everybody who asked for everything hears that it failed") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.says("vim-cmd vmsvc/getallvms", "garbage\n");
    for (const core::LookId id : {31, 32, 33}) lab.look(id, "");
    REQUIRE(lab.until([&] { return lab.all<core::LookFailed>().size() == 3; }));
    CHECK(lab.all<core::Read>().size() == 1);
}

TEST_CASE("a look does not wait for a refresh, and the refresh comes after it") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.hold("esxcli storage filesystem list");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return lab.host.asked("esxcli storage filesystem list") == 2; }));
    lab.look(5, "12");
    lab.next<core::Looked>(0);
    CHECK(lab.all<core::Read>().size() == 1);
    lab.host.release("esxcli storage filesystem list");
    const auto read = lab.next<core::Read>(1);
    CHECK(read.session == lab.first_read().session);
    CHECK(lab.cannot_read.empty());
}

TEST_CASE("a refresh that is overdue is not given up for a look, which has its own time afterwards") {
    ReadsLab lab;
    lab.config.limits.look = core::milliseconds(1500);
    lab.begin();
    lab.first_read();
    lab.host.hold("esxcli storage filesystem list");
    lab.reader->refresh_soon();
    REQUIRE(lab.until([&] { return lab.host.asked("esxcli storage filesystem list") == 2; }));
    lab.ahead = 3 * lab.config.interval;
    lab.look(5, "12");
    CHECK_FALSE(lab.until([&] { return !lab.all<core::Looked>().empty(); }, 1700));
    CHECK(lab.all<core::LookFailed>().empty());
    lab.host.release("esxcli storage filesystem list");
    lab.next<core::Looked>(0);
    CHECK(lab.all<core::Read>().size() == 2);
}

TEST_CASE("a refresh that takes long is not overdue for that, and gives way to a look") {
    ReadsLab lab;
    lab.config.interval = core::milliseconds(50);
    lab.host.hold("esxcli storage filesystem list");
    lab.begin();
    REQUIRE(lab.until([&] { return lab.host.asked("esxcli storage filesystem list") == 1; }));
    lab.until([] { return false; }, 1500);
    lab.host.release("esxcli storage filesystem list");
    lab.first_read();
    lab.host.hold("esxcli storage filesystem list");
    lab.until([] { return false; }, 300);
    const auto reads = lab.all<core::Read>().size();
    lab.look(5, "12");
    lab.next<core::Looked>(0);
    CHECK(lab.all<core::Read>().size() == reads);
    lab.host.release("esxcli storage filesystem list");
}

TEST_CASE("a refresh may take as long as its VMs need, one after the other") {
    ReadsLab lab;
    lab.config.limits.refresh = core::milliseconds(200);
    lab.config.limits.refresh_vm = core::seconds(8);
    lab.host.hold("vim-cmd vmsvc/get.summary 12");
    lab.begin();
    REQUIRE(lab.until([&] { return lab.host.asked("vim-cmd vmsvc/get.summary 12") == 1; }));
    lab.until([] { return false; }, 400);
    lab.host.release("vim-cmd vmsvc/get.summary 12");
    CHECK(lab.first_read().entries.size() == 3);
    CHECK(lab.cannot_read.empty());
}

TEST_CASE("processes are asked without hostd where it does not answer") {
    ReadsLab lab;
    lab.begin(false);
    const auto ask = [&] {
        lab.tasks.spawn("ask", lab.reader->ask_processes({VmName("vm1"), lab.config.name}));
        return lab.next<core::ProcessesTold>(lab.all<core::ProcessesTold>().size());
    };
    CHECK(ask().processes->size() == 1);
    lab.host.says("esxcli vm process list", "", 1, "Connect to localhost failed: Connection failure\n");
    CHECK_FALSE(ask().processes);
    lab.host.says("localcli vm process list", "");
    const auto told = ask();
    REQUIRE(told.processes);
    CHECK(told.processes->empty());
}

TEST_CASE("a .vmx is missing only where its volume is there") {
    ReadsLab lab;
    lab.begin(false);
    const auto check = [&](const char* path) {
        lab.tasks.spawn("check",
                        lab.reader->check_vmx({VmName("vm1"), lab.config.name, *core::parse_vmx_path(path)}));
        return lab.next<core::VmxChecked>(lab.all<core::VmxChecked>().size()).presence;
    };
    lab.host.file("/vmfs/volumes/EC_iSCSI/it's vm 1/vm1.vmx");
    CHECK(check("[EC_iSCSI] it's vm 1/vm1.vmx") == core::Presence::present);
    CHECK(check("[EC_iSCSI] vm2/vm2.vmx") == core::Presence::missing);
    CHECK(check("[away] vm1/vm1.vmx") == core::Presence::cannot_tell);
    lab.host.connected = false;
    CHECK(check("[EC_iSCSI] vm2/vm2.vmx") == core::Presence::cannot_tell);
}

}  // namespace vmha::test
