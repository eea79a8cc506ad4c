// Writes: what was done, what was refused, and what nobody can tell; and nothing is sent twice.
#include "tests/shell/reads_lab.hpp"

namespace vmha::test {

namespace {

using core::FaultKind;
using core::Outcome;
using core::Verb;

core::Write order(Verb verb) {
    core::Write write;
    write.verb = verb;
    write.vmid = "12";
    return write;
}

core::Write register_order(const char* path = "[EC_iSCSI] vm1/vm1.vmx") {
    core::Write write;
    write.verb = Verb::register_vm;
    write.path = *core::parse_vmx_path(path);
    return write;
}

core::Write kill_order(const std::string& world, const char* path, core::Kill kill = core::Kill::soft) {
    core::Write write;
    write.verb = Verb::kill_process;
    write.world_id = world;
    write.path = *core::parse_vmx_path(path);
    write.kill = kill;
    return write;
}

core::Write answer_order(const std::string& key) {
    auto write = order(Verb::answer_question);
    write.question_id = "_vmx1";
    write.choice_key = key;
    return write;
}

constexpr const char* question =
    "Virtual machine message _vmx1:\nThis virtual machine might have been moved or copied.\n"
    "   0. button.uuid.cancel (Cancel)\n   1. button.uuid.movedTheVM (I Moved It)\n"
    "   2. button.uuid.copiedTheVM (I Copied It) [default]\n";

void ask(ReadsLab& lab, const std::string& text = question) {
    lab.summary({.vmid = "12", .path = "[EC_iSCSI] vm1/vm1.vmx", .question = "<unset>"});
    lab.host.says("vim-cmd vmsvc/message 12", text);
}

std::string fault(const std::string& name, const std::string& fields = "") {
    return "(" + name + ") {\n" + fields + "   msg = \"no\"\n}\n";
}

constexpr const char* power_on = "vim-cmd vmsvc/power.on 12";

}  // namespace

TEST_CASE("a question is answered by the id that vim-cmd has for it, whatever the summary calls it") {
    ReadsLab lab;
    lab.begin(false);
    lab.summary({.vmid = "12",
                 .path = "[EC_iSCSI] vm1/vm1.vmx",
                 .question =
                     "(vim.vm.QuestionInfo) {\n         id = \"_vmx1\",\n         text = \"moved?\",\n"
                     "         choice = (vim.option.ChoiceOption) {\n            choiceInfo = "
                     "(vim.ElementDescription) [\n               (vim.ElementDescription) {\n"
                     "                  label = \"I Moved It\",\n                  key = \"1\"\n"
                     "               }\n            ]\n         }\n      }"});
    lab.host.says("vim-cmd vmsvc/message 12",
                  "Virtual machine message 1:\nmoved?\n   1. I Moved It (I Moved It) [default]\n");
    lab.host.says("vim-cmd vmsvc/message 12 1 1", "");
    CHECK(lab.write(answer_order("1")).outcome == Outcome::ok);
    CHECK(lab.host.asked("vim-cmd vmsvc/message 12 1 1") == 1);
}

TEST_CASE("a register answers with the new id, whatever its path holds") {
    ReadsLab lab;
    lab.begin(false);
    lab.host.says("vim-cmd solo/registervm /vmfs/volumes/EC_iSCSI/it's vm 1/vm1.vmx", "51\n");
    const auto done = lab.write(register_order("[EC_iSCSI] it's vm 1/vm1.vmx"));
    CHECK(done.id == 41);
    CHECK(done.outcome == Outcome::ok);
    CHECK(done.vmid == "51");
}

TEST_CASE("a register's refusals and odd answers") {
    ReadsLab lab;
    lab.begin(false);
    const std::string command = "vim-cmd solo/registervm /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx";
    lab.host.says(command, fault("vim.fault.AlreadyExists", "   name = \"51\",\n"), 0);
    auto done = lab.write(register_order());
    CHECK(done.outcome == Outcome::refused);
    CHECK(done.fault.kind == FaultKind::already_exists);
    CHECK(done.fault.existing == "51");
    lab.host.says(command, fault("vim.fault.NotFound"), 1);
    CHECK(lab.write(register_order()).fault.kind == FaultKind::not_found);
    lab.host.says(command, "");  // a very old host
    CHECK(lab.write(register_order()).outcome == Outcome::ok);
    lab.host.says(command, "done?\n");
    CHECK(lab.write(register_order()).outcome == Outcome::unanswered);
}

TEST_CASE("a write that hostd did not hear is unsent, one that it may have heard is unanswered") {
    ReadsLab lab;
    lab.begin(false);
    const char* off = "vim-cmd vmsvc/power.off 12";
    lab.host.says(off, "Powering off VM:\n");
    CHECK(lab.write(order(Verb::power_off)).outcome == Outcome::ok);
    lab.host.says(off, "", 1, "Failed to login: Connection reset by peer\n");
    CHECK(lab.write(order(Verb::power_off)).outcome == Outcome::unsent);
    lab.host.says(off, "Powering off VM:\nKilled\n", 137);
    CHECK(lab.write(order(Verb::power_off)).outcome == Outcome::unanswered);
    lab.host.says(off, "<unset>");
    CHECK(lab.write(order(Verb::power_off)).outcome == Outcome::unanswered);
    lab.host.says(off, "Powering off VM:\nPower off failed\n", 0);
    CHECK(lab.write(order(Verb::power_off)).outcome == Outcome::refused);
    lab.host.lost_with = "power.off";
    CHECK(lab.write(order(Verb::power_off)).outcome == Outcome::unanswered);
    CHECK(lab.host.asked(off) == 6);
    lab.host.connected = false;
    CHECK(lab.write(order(Verb::power_off)).outcome == Outcome::unsent);
    CHECK(lab.host.asked(off) == 6);
}

TEST_CASE("an unregister of an entry that is not there says so") {
    ReadsLab lab;
    lab.begin(false);
    lab.host.says("vim-cmd vmsvc/unregister 12", ReadsLab::gone("12"), 1);
    CHECK(lab.write(order(Verb::unregister)).fault.kind == FaultKind::object_gone);
    lab.host.says("vim-cmd vmsvc/unregister 12", "");
    CHECK(lab.write(order(Verb::unregister)).outcome == Outcome::ok);
}

TEST_CASE("a guest without Tools refuses to shut down") {
    ReadsLab lab;
    lab.begin(false);
    lab.host.says("vim-cmd vmsvc/power.shutdown 12", fault("vim.fault.ToolsUnavailable"), 1);
    CHECK(lab.write(order(Verb::shutdown_guest)).fault.kind == FaultKind::tools_unavailable);
}

TEST_CASE("a write whose time is over, or comes before its turn, is not sent") {
    ReadsLab lab;
    lab.begin(false);
    lab.host.says("vim-cmd vmsvc/power.off 12", "");
    lab.begin_write(order(Verb::power_off), -core::seconds(1));
    CHECK(lab.next<core::WriteDone>(0).outcome == Outcome::unsent);
    lab.host.hold("vim-cmd vmsvc/unregister 12");
    lab.begin_write(order(Verb::unregister), core::seconds(2));
    REQUIRE(lab.until([&] { return lab.host.asked("vim-cmd vmsvc/unregister") == 1; }));
    lab.begin_write(order(Verb::power_off), core::milliseconds(100));
    CHECK(lab.next<core::WriteDone>(1).outcome == Outcome::unsent);
    CHECK(lab.next<core::WriteDone>(2).outcome == Outcome::unanswered);
    CHECK(lab.host.asked("vim-cmd vmsvc/power.off") == 0);
}

TEST_CASE("a question is answered by its key") {
    ReadsLab lab;
    ask(lab);
    lab.begin();
    lab.first_read();
    lab.host.says("vim-cmd vmsvc/message 12 _vmx1 1", "");
    CHECK(lab.write(answer_order("1")).outcome == Outcome::ok);
    CHECK(lab.host.asked("vim-cmd vmsvc/message 12 _vmx1 1") == 1);
}

TEST_CASE("a question that is not the one of the choice any more gets no answer") {
    ReadsLab lab;
    ask(lab);
    lab.begin();
    lab.first_read();
    SECTION("none is asked") {
        lab.host.says("vim-cmd vmsvc/message 12", "No message.\n");
    }
    SECTION("another one is asked") {
        lab.host.says("vim-cmd vmsvc/message 12",
                      "Virtual machine message _vmx2:\nx\n   0. a (A)\n   1. b (B)\n");
    }
    SECTION("its choices are in another order") {
        lab.host.says("vim-cmd vmsvc/message 12",
                      "Virtual machine message _vmx1:\nx\n   0. a (I Moved It)\n   1. b (I Copied It)\n");
    }
    SECTION("the VM is gone") {
        lab.host.says("vim-cmd vmsvc/get.summary 12", ReadsLab::gone("12"), 1);
    }
    const auto done = lab.write(answer_order("1"));
    CHECK(done.outcome == Outcome::refused);
    CHECK(done.fault.kind == FaultKind::answered_already);
    CHECK(lab.host.asked("vim-cmd vmsvc/message 12 _vmx1") == 0);
}

TEST_CASE("a power-on ends when its command does") {
    ReadsLab lab;
    lab.one_channel = GENERATE(false, true);
    lab.begin(false);
    lab.host.says(power_on, "Powering on VM:\n");
    CHECK(lab.write(order(Verb::power_on)).outcome == Outcome::ok);
    lab.host.says(
        power_on,
        "Powering on VM:\nPower on failed: (vim.fault.GenericVmConfigFault) {\n   reason = \"Failed to lock "
        "the file\",\n   msg = \"\"\n}\n",
        0);
    CHECK(lab.write(order(Verb::power_on)).fault.kind == FaultKind::lock_held);
    CHECK(lab.host.asked(power_on) == 2);
    CHECK(std::filesystem::is_empty(lab.host.root() / "tmp"));
}

TEST_CASE("a power-on that waits for a question is watched, and blocks nothing") {
    ReadsLab lab;
    lab.one_channel = GENERATE(false, true);
    lab.begin();
    const auto session = lab.first_read().session;
    lab.host.says(power_on, "Powering on VM:\n");
    lab.host.hold(power_on);
    lab.begin_write(order(Verb::power_on));
    ask(lab);
    const auto looked = lab.next<core::Looked>(0);
    CHECK(looked.look == 0);
    CHECK(looked.session == session);
    REQUIRE(looked.entry);
    REQUIRE(looked.entry->question);
    CHECK(looked.entry->question->id == "_vmx1");
    REQUIRE(looked.entry->task);
    CHECK(looked.entry->task->what == "vim.VirtualMachine.powerOn");
    lab.host.says("vim-cmd vmsvc/message 12 _vmx1 1", "");
    CHECK(lab.write(answer_order("1")).outcome == Outcome::ok);
    lab.host.release(power_on);
    CHECK(lab.next<core::WriteDone>(1).outcome == Outcome::ok);
    CHECK(lab.host.asked(power_on) == 1);
    lab.summary({"12", "[EC_iSCSI] vm1/vm1.vmx"});
    CHECK_FALSE(entry_in(lab.refresh(), "12")->task);
}

TEST_CASE("a power-on that turns out to hold the only channel gives it back, and is unanswered") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    lab.host.says(power_on, "Powering on VM:\n");
    lab.host.hold(power_on);
    lab.begin_write(order(Verb::power_on));
    REQUIRE(lab.until([&] { return lab.host.asked(power_on) == 1; }));
    lab.one_channel = true;
    CHECK(lab.next<core::WriteDone>(0).outcome == Outcome::unanswered);
    lab.host.release(power_on);
}

TEST_CASE("a power-on that does not end by its limit is unanswered, and leaves nothing behind") {
    ReadsLab lab;
    lab.one_channel = GENERATE(false, true);
    lab.begin(false);
    lab.host.says(power_on, "Powering on VM:\n");
    lab.host.hold(power_on);
    lab.begin_write(order(Verb::power_on), core::milliseconds(400));
    CHECK(lab.next<core::WriteDone>(0).outcome == Outcome::unanswered);
    CHECK(std::filesystem::is_empty(lab.host.root() / "tmp"));
    lab.host.release(power_on);
}

TEST_CASE("a process is killed while its world is one of this .vmx, in either spelling of its volume") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    for (const auto* kind : {"soft", "hard", "force"})
        lab.host.says(std::string("esxcli vm process kill --type=") + kind + " --world-id=77", "");
    CHECK(lab.write(kill_order("77", "[EC_iSCSI] vm1/vm1.vmx")).outcome == Outcome::ok);
    const std::string by_uuid = std::string("[") + volume_uuid + "] vm1/vm1.vmx";
    CHECK(lab.write(kill_order("77", by_uuid.c_str(), core::Kill::hard)).outcome == Outcome::ok);
    CHECK(lab.write(kill_order("77", by_uuid.c_str(), core::Kill::force)).outcome == Outcome::ok);
    CHECK(lab.host.asked("esxcli vm process kill --type=soft --world-id=77") == 1);
    CHECK(lab.host.asked("esxcli vm process kill --type=hard --world-id=77") == 1);
    CHECK(lab.host.asked("esxcli vm process kill --type=force --world-id=77") == 1);
}

TEST_CASE("no process of another .vmx is killed") {
    ReadsLab lab;
    lab.begin();
    lab.first_read();
    auto done = lab.write(kill_order("77", "[EC_iSCSI] vm2/vm2.vmx"));
    CHECK(done.outcome == Outcome::refused);
    CHECK(done.fault.kind == FaultKind::object_gone);
    CHECK(lab.write(kill_order("78", "[EC_iSCSI] vm1/vm1.vmx")).fault.kind == FaultKind::object_gone);
    lab.host.says("esxcli vm process list",
                  "World ID: 78\n   World ID: 79\n   Display Name: World ID: 78\n"
                  "   Config File: /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx\n");
    CHECK(lab.write(kill_order("78", "[EC_iSCSI] vm1/vm1.vmx")).outcome == Outcome::refused);
    lab.host.says("esxcli vm process list", "", 1, "Connect to localhost failed: Connection failure\n");
    CHECK(lab.write(kill_order("77", "[EC_iSCSI] vm1/vm1.vmx")).outcome == Outcome::unsent);
    CHECK(lab.host.asked("esxcli vm process kill") == 0);
}

TEST_CASE("a rescan asks the adapter, or all where that one is unknown, and then the volumes") {
    ReadsLab lab;
    lab.begin(false);
    auto rescan = order(Verb::rescan_storage);
    rescan.adapter = "vmhba65";
    lab.host.says("vmkfstools -V", "");
    lab.host.says("esxcli storage core adapter rescan --adapter vmhba65", "");
    CHECK(lab.write(rescan).outcome == Outcome::ok);
    lab.host.says("esxcli storage core adapter rescan --adapter vmhba65", "", 1, "Unknown adapter\n");
    CHECK(lab.write(rescan).outcome == Outcome::refused);
    lab.host.says("esxcli storage core adapter rescan --all", "");
    CHECK(lab.write(rescan).outcome == Outcome::ok);
    CHECK(lab.host.asked("esxcli storage core adapter rescan --all") == 2);
    CHECK(lab.host.asked("vmkfstools -V") == 3);
}

TEST_CASE("a task that has ended before it was cancelled is nothing wrong") {
    ReadsLab lab;
    lab.begin(false);
    auto cancel = order(Verb::cancel_task);
    cancel.task = "haTask-12-vim.VirtualMachine.createSnapshot-9";
    lab.host.says("vim-cmd vimsvc/task_cancel " + cancel.task, fault("vmodl.fault.ManagedObjectNotFound"), 1);
    CHECK(lab.write(cancel).fault.kind == FaultKind::answered_already);
    lab.host.says("vim-cmd vimsvc/task_cancel " + cancel.task, "");
    CHECK(lab.write(cancel).outcome == Outcome::ok);
}

}  // namespace vmha::test
