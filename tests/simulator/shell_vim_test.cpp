// vim-cmd as a host prints it: the texts that published transcripts show, over the model's state.
#include "tests/simulator/shell_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;
using namespace std::chrono_literals;
using site::registered;
using site::running;

TEST_CASE("an empty inventory is a header alone") {
    Hosts hosts;
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/getallvms").out ==
          "Vmid   Name   File   Guest OS   Version   Annotation\n");
    REQUIRE(hosts.one.texts().set("header_only_blanks", "on"));
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/getallvms").out ==
          "Vmid   Name   File   Guest OS   Version   Annotation   \n\n");
}

TEST_CASE("rows are in the order of ids as text, and as wide as their data") {
    auto config = site::default_site();
    config.vms.clear();
    for (int i = 1; i <= 10; ++i) config.vms.push_back(site::plain_vm("v" + std::to_string(i)));
    Hosts hosts(std::move(config));
    for (int i = 1; i <= 10; ++i) {
        const std::string name = "v" + std::to_string(i);
        registered(hosts.site, esxi1, "[EC_iSCSI] " + name + "/" + name + ".vmx");
    }
    const Heard heard = hosts.on(hosts.one, "vim-cmd vmsvc/getallvms");
    CHECK(heard.out.starts_with(
        "Vmid   Name   File                     Guest OS          Version   Annotation\n"
        "1      v1     [EC_iSCSI] v1/v1.vmx     centos8_64Guest   vmx-19    \n"
        "10     v10    [EC_iSCSI] v10/v10.vmx   centos8_64Guest   vmx-19    \n"
        "2      v2 "));
}

TEST_CASE("an annotation of several lines and a system VM are in the table as on real hosts") {
    Hosts hosts;
    registered(hosts.site, esxi1);
    REQUIRE(hosts.one.texts().set("annotation.vm1", "one\n2      two"));
    REQUIRE(hosts.one.texts().set("system_vm", "on"));
    const Heard heard = hosts.on(hosts.one, "vim-cmd vmsvc/getallvms");
    CHECK(heard.has("vmx-19    one\n2      two\n"));
    CHECK(heard.has("[] /var/run/crx/infra/crxSys1Guest.vmx"));
}

TEST_CASE("a VM whose configuration cannot be read is skipped, has no config and says off") {
    Hosts hosts;
    const std::string id = std::to_string(running(hosts.site, esxi1));
    hosts.site.set_connection(esxi1, 1, site::Connection::invalid);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/getallvms").out ==
          "Skipping invalid VM '1'\nVmid   Name   File   Guest OS   Version   Annotation\n");
    REQUIRE(hosts.one.texts().set("skipping", "after"));
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/getallvms")
              .out.ends_with("Annotation\nSkipping invalid VM '1'\n"));
    const Heard summary = hosts.on(hosts.one, "vim-cmd vmsvc/get.summary " + id);
    CHECK(summary.has("   config = (vim.vm.Summary.ConfigSummary) null,\n"));
    CHECK(summary.has("      connectionState = \"invalid\",\n"));
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/power.getstate 1").out ==
          "Retrieved runtime info\nPowered off\n");
}

TEST_CASE("a question is in the summary with its id, its text and its choices") {
    Hosts hosts;
    running(hosts.site, esxi1);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/get.summary 1")
              .has("      question = (vim.vm.QuestionInfo) null,\n"));
    hosts.site.ask(esxi1, 1, "msg.hbacommon.outofspace", "Full: \"vm1.vmdk\"");
    const Heard heard = hosts.on(hosts.one, "vim-cmd vmsvc/get.summary 1");
    CHECK(
        heard.has("      question = (vim.vm.QuestionInfo) {\n         id = \"_vmx1\",\n"
                  "         text = \"Full: \"vm1.vmdk\"\",\n"));
    CHECK(
        heard.has("                  label = \"button.cancel\",\n                  summary = \"Cancel\",\n"
                  "                  key = \"1\"\n"));
    CHECK(heard.has("               id = \"msg.hbacommon.outofspace\",\n"));
}

TEST_CASE("older hosts print a dynamicType and a blank behind each comma") {
    Hosts hosts;
    registered(hosts.site, esxi1);
    REQUIRE(hosts.one.texts().set("fields", "old"));
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/get.summary 1")
              .has("(vim.vm.Summary) {\n   dynamicType = <unset>, \n   vm = 'vim.VirtualMachine:1', \n"));
}

TEST_CASE("a question is shown in the format of newer and of older hosts") {
    Hosts hosts;
    running(hosts.site, esxi1);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/message 1").out == "No message.\n");
    hosts.site.ask(esxi1, 1, "msg.uuid.altered", "Moved?");
    CHECK(
        hosts.on(hosts.one, "vim-cmd vmsvc/message 1").out ==
        "Virtual machine message _vmx1:\nMoved?\n\n   0. button.uuid.cancel (Cancel)\n"
        "   1. button.uuid.movedTheVM (I Moved It)\n   2. button.uuid.copiedTheVM (I Copied It) [default]\n");
    REQUIRE(hosts.one.texts().set("question", "old"));
    REQUIRE(hosts.one.texts().set("question_id", "number"));
    CHECK(
        hosts.on(hosts.one, "vim-cmd vmsvc/message 1").out ==
        "Virtual machine message 1:\nmsg.uuid.altered:This virtual machine may have been moved or copied.\n\n"
        "0. Cancel (Cancel)\n1. I _moved it (I _moved it)\n2. I _copied it (I _copied it) [default]\n");
}

TEST_CASE("an answer counts for the question that is asked, by the id as it is shown") {
    Hosts hosts;
    running(hosts.site, esxi1);
    hosts.site.ask(esxi1, 1, "msg.serial.file.open", "");
    hosts.site.ask(esxi1, 1, "msg.hbacommon.locklost", "");
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/message 1 _vmx1 0").has("(vmodl.fault.InvalidArgument) {"));
    REQUIRE(hosts.site.vm(esxi1, 1)->question);
    REQUIRE(hosts.one.texts().set("question_id", "number"));
    const Heard answered = hosts.on(hosts.one, "vim-cmd vmsvc/message 1 2 0");
    CHECK(answered.out.empty());
    CHECK(answered.status == 0);
    CHECK(hosts.site.vm(esxi1, 1)->power == site::Power::powered_off);
}

TEST_CASE("a power-on blocks as long as its task takes, and its first line comes at once") {
    Hosts hosts;
    hosts.site.set_task_time(site::Verb::power_on, 2s);
    registered(hosts.site, esxi1);
    Heard heard;
    REQUIRE(hosts.begin(hosts.one, "vim-cmd vmsvc/power.on 1", heard) != 0);
    CHECK(heard.out == "Powering on VM:\n");
    hosts.run_until(1s);
    CHECK_FALSE(heard.status);
    hosts.run_until(2s);
    CHECK(heard.status == 0);
    CHECK(heard.out == "Powering on VM:\n");
}

TEST_CASE("a failed power-on is told with its fault or without, with status 1 or 0") {
    Hosts hosts;
    running(hosts.site, esxi2);
    registered(hosts.site, esxi1);
    const Heard body = hosts.on(hosts.one, "vim-cmd vmsvc/power.on 1");
    CHECK(body.has("Power on failed: (vim.fault.FileLocked) {\n"));
    CHECK(body.has("   msg = \"Failed to lock the file\"\n}\n"));
    CHECK(body.status == 1);
    REQUIRE(hosts.one.texts().set("power_on_failed", "bare"));
    REQUIRE(hosts.one.texts().set("fault_status", "0"));
    const Heard bare = hosts.on(hosts.one, "vim-cmd vmsvc/power.on 1");
    CHECK(bare.out == "Powering on VM:\nPower on failed\n");
    CHECK(bare.status == 0);
}

TEST_CASE("a power-on that lies says that it failed though the VM runs") {
    Hosts hosts;
    registered(hosts.site, esxi1);
    hosts.site.lie_about_power_on(esxi1, 1);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/power.on 1").has("Power on failed"));
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/power.getstate 1").has("Powered on"));
}

TEST_CASE("a power-off is refused while a question waits, and the fault names the question's id") {
    Hosts hosts;
    running(hosts.site, esxi1);
    hosts.site.ask(esxi1, 1, "msg.hbacommon.outofspace", "There is no more space");
    const Heard heard = hosts.on(hosts.one, "vim-cmd vmsvc/power.off 1");
    CHECK(heard.has("Powering off VM:\n(vim.fault.QuestionPending) {\n"));
    CHECK(heard.has("   text = \"msg.hbacommon.outofspace:There is no more space\",\n"));
}

TEST_CASE("a shutdown without Tools is refused, with them it is silent and comes later") {
    auto config = site::default_site();
    config.vms[0].files.shutdown = 5s;
    Hosts hosts(std::move(config));
    running(hosts.site, esxi1);
    const Heard heard = hosts.on(hosts.one, "vim-cmd vmsvc/power.shutdown 1");
    CHECK(heard.out.empty());
    CHECK(heard.status == 0);
    CHECK(hosts.site.vm(esxi1, 1)->power == site::Power::powered_on);
    hosts.run_until(5s);
    CHECK(hosts.site.vm(esxi1, 1)->power == site::Power::powered_off);
    hosts.site.set_tools("vm1/vm1.vmx", false);
    site::did(hosts.site, esxi1, 1, site::Verb::power_on);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/power.shutdown 1").has("(vim.fault.ToolsUnavailable) {"));
}

TEST_CASE(
    "a register prints the id, and its faults are those of a path that is not there or is there already") {
    Hosts hosts;
    CHECK(hosts.on(hosts.one, "vim-cmd solo/registervm /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx").out == "1\n");
    CHECK(hosts.on(hosts.one, "vim-cmd solo/registervm /vmfs/volumes/EC_iSCSI/none/none.vmx")
              .has("(vim.fault.NotFound) {"));
    CHECK(hosts.on(hosts.one, "vim-cmd solo/registervm /vmfs/volumes/other/vm1.vmx")
              .has("(vim.fault.NotFound) {"));
    const Heard twice = hosts.on(hosts.one, "vim-cmd solo/registervm [EC_iSCSI]~vm1/vm1.vmx");
    CHECK(twice.has("(vim.fault.AlreadyExists) {\n"));
    CHECK(twice.has("   name = \"1\",\n"));
}

TEST_CASE("what waits when hostd restarts fails, and vim-cmd fails until it is back") {
    Hosts hosts;
    hosts.site.set_task_time(site::Verb::power_on, 10s);
    registered(hosts.site, esxi1);
    Heard heard;
    REQUIRE(hosts.begin(hosts.one, "vim-cmd vmsvc/power.on 1", heard) != 0);
    hosts.site.hostd_restarts(esxi1, 5s);
    hosts.one.publish();
    CHECK(heard.status == 1);
    CHECK(heard.has("Failed to login: "));
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/getallvms").out ==
          "Failed to login: Connection reset by peer\n");
    REQUIRE(hosts.one.texts().set("hostd_down", "crash"));
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/getallvms").status == 134);
    hosts.run_until(5s);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/getallvms").status == 0);
}

TEST_CASE("a task can be followed from beside") {
    Hosts hosts;
    hosts.site.set_task_time(site::Verb::power_on, 10s);
    registered(hosts.site, esxi1);
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/get.tasklist 1").out == "(ManagedObjectReference) []\n");
    hosts.on(hosts.one, "vim-cmd vmsvc/power.on 1");
    const std::string task = hosts.site.vm(esxi1, 1)->task;
    CHECK(hosts.on(hosts.one, "vim-cmd vmsvc/get.tasklist 1").out ==
          "(ManagedObjectReference) [\n   'vim.Task:" + task + "'\n]\n");
    const Heard info = hosts.on(hosts.one, "vim-cmd vimsvc/task_info " + task);
    CHECK(info.has("   name = \"vim.VirtualMachine.powerOn\",\n"));
    CHECK(info.has("   entity = 'vim.VirtualMachine:1',\n"));
    CHECK(info.has("   state = \"running\",\n"));
    CHECK(hosts.on(hosts.one, "vim-cmd vimsvc/task_cancel " + task).has("NotSupported"));
}

TEST_CASE("rules know a command by its own name and by the API's method") {
    using Names = std::vector<std::string>;
    CHECK(Shell::rule_names({"vim-cmd", "vmsvc/power.on", "1"}) ==
          Names{"vim-cmd:vmsvc/power.on", "PowerOnVM_Task"});
    CHECK(Shell::rule_names({"vim-cmd", "vmsvc/message", "1"}) == Names{"vim-cmd:vmsvc/message"});
    CHECK(Shell::rule_names({"vim-cmd", "vmsvc/message", "1", "_vmx1", "0"}) ==
          Names{"vim-cmd:vmsvc/message", "AnswerVM"});
    CHECK(Shell::rule_names({"esxcli", "storage", "core", "adapter", "rescan", "--all"}) ==
          Names{"esxcli:storage/core/adapter/rescan", "RescanHba"});
    CHECK(Shell::rule_names({"cat", "/etc/vmware/hostd/vmInventory.xml"}) == Names{"cat"});
    CHECK(Shell::rule_object({"vim-cmd", "vmsvc/power.on", "7"}) == "7");
}
