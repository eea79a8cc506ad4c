// Proves what becomes of writes: done, refused, unsent or unanswered, and never two of these.
#include "tests/esx/ready.hpp"

using namespace vmha;
using namespace vmha::test;
using core::FaultKind;
using core::Outcome;
using core::Verb;

namespace {

Answer silence() {
    Answer answer;
    answer.hang = true;
    return answer;
}

Answer cut() {
    Answer answer;
    answer.cut = true;
    return answer;
}

}  // namespace

TEST_CASE("a task that is over at once costs one look at it") {
    Ready lab;
    lab.tasks();
    const auto done = lab.perform(lab.order(Verb::power_on, "16"));
    CHECK(done.id == 7);
    CHECK(done.outcome == Outcome::ok);
    CHECK(lab.fake.last_text["PowerOnVM_Task"].find("<_this type=\"VirtualMachine\">16</_this>") !=
          std::string::npos);
    CHECK(lab.fake.reads["Task"] == 1);
}

TEST_CASE("a registration says where, and gives the new entry's id") {
    Ready lab;
    lab.tasks();
    lab.rest = "<result xsi:type=\"ManagedObjectReference\" type=\"VirtualMachine\">17</result>";
    const auto done = lab.perform(lab.registration("/vmfs/volumes/5bc7-967e/vm2/vm2.vmx"));
    CHECK(done.outcome == Outcome::ok);
    CHECK(done.vmid == "17");
    const auto& text = lab.fake.last_text["RegisterVM_Task"];
    CHECK(text.find("<path>[EC_iSCSI] vm2/vm2.vmx</path>") != std::string::npos);  // the uuid became the name
    CHECK(text.find("<_this type=\"Folder\">folder-7</_this>") != std::string::npos);
    CHECK(text.find("<pool type=\"ResourcePool\">pool-8</pool>") != std::string::npos);
    CHECK(text.find("<host type=\"HostSystem\">host-9</host>") != std::string::npos);
}

TEST_CASE("a registration on a datastore that the host has not is refused without asking it") {
    Ready lab;
    const auto done = lab.perform(lab.registration("[other] vm2/vm2.vmx"));
    CHECK(done.outcome == Outcome::refused);
    CHECK(done.fault.kind == FaultKind::bad_datastore);
    CHECK(lab.fake.count("RegisterVM_Task") == 0);
}

TEST_CASE("a task that ends badly is refused, with the fault's kind and words") {
    Ready lab;
    lab.tasks();
    lab.state = "error";
    lab.rest =
        "<error><fault xsi:type=\"AlreadyExists\"><name>51</name></fault><localizedMessage>'51' already "
        "exists</localizedMessage></error>";
    const auto done = lab.perform(lab.registration("[EC_iSCSI] vm1/vm1.vmx"));
    CHECK(done.outcome == Outcome::refused);
    CHECK(done.fault.kind == FaultKind::already_exists);
    CHECK(done.fault.existing == "51");
}

TEST_CASE("a task is followed to its end, which the news of its VM alone can tell") {
    esx::Limits limits;
    limits.task_poll_first = limits.task_poll_most = core::seconds(60);
    Ready lab(limits);
    lab.tasks();
    lab.state = "running";
    lab.host->perform(lab.order(Verb::power_on, "16", 60'000));
    lab.run_for(200);
    CHECK(lab.all<core::WriteDone>().empty());
    const int polls = lab.fake.reads["Task"];
    lab.fake.enter("18", {"another", "[EC_iSCSI] another/another.vmx"});
    lab.run_for(200);
    CHECK(lab.fake.reads["Task"] == polls);
    lab.state = "success";
    lab.fake.modify("16", FakeHost::change("runtime.powerState", "poweredOn", "VirtualMachinePowerState"));
    REQUIRE(lab.until([&] { return !lab.all<core::WriteDone>().empty(); }));
    CHECK(lab.fake.reads["Task"] == polls + 1);
}

TEST_CASE("a registration is hurried up by the news of an entry with its path") {
    esx::Limits limits;
    limits.task_poll_first = limits.task_poll_most = core::seconds(60);
    Ready lab(limits);
    lab.tasks();
    lab.state = "running";
    lab.host->perform(lab.registration("[EC_iSCSI] vm2/vm2.vmx"));
    lab.run_for(200);
    lab.state = "success";
    lab.fake.enter("17", {"vm2", "[EC_iSCSI] vm2/vm2.vmx"});
    REQUIRE(lab.until([&] { return !lab.all<core::WriteDone>().empty(); }, 3000));
    CHECK(lab.all<core::WriteDone>().back().outcome == Outcome::ok);
}

TEST_CASE("a task without news is looked at again in growing intervals") {
    Ready lab;
    lab.tasks();
    lab.state = "running";
    lab.host->perform(lab.order(Verb::power_on, "16", 60'000));
    lab.run_for(1000);
    const int polls = lab.fake.reads["Task"];
    CHECK(polls >= 3);
    CHECK(polls <= 8);
    lab.state = "success";
    REQUIRE(lab.until([&] { return !lab.all<core::WriteDone>().empty(); }, 2000));
}

TEST_CASE("a task that sticks at a question goes on when the question was answered meanwhile") {
    Ready lab;
    lab.tasks();
    lab.state = "running";
    lab.host->perform(lab.order(Verb::power_on, "16"));
    lab.run_for(100);
    auto answer = lab.order(Verb::answer_question, "16");
    answer.id = 8;
    answer.question_id = "_vmx1";
    answer.choice_key = "1";
    CHECK(lab.perform(answer).id == 8);  // while the task is still followed
    CHECK(lab.fake.last_text["AnswerVM"].find(
              "<questionId>_vmx1</questionId><answerChoice>1</answerChoice>") != std::string::npos);
    lab.state = "success";
    REQUIRE(lab.until([&] { return lab.all<core::WriteDone>().size() == 2; }));
    CHECK(lab.all<core::WriteDone>().back().id == 7);
}

TEST_CASE("a task that does not end by the limit is unanswered") {
    Ready lab;
    lab.tasks();
    lab.state = "running";
    const auto began = boot_now();
    CHECK(lab.perform(lab.order(Verb::power_on, "16", 600)).outcome == Outcome::unanswered);
    CHECK(boot_now() - began < std::chrono::milliseconds(2000));
}

TEST_CASE("a write whose reply is lost is unanswered, and not sent again") {
    for (const auto& loss : {cut(), silence()}) {
        Ready lab;
        lab.fake.next("PowerOnVM_Task", loss);
        CHECK(lab.perform(lab.order(Verb::power_on, "16", 700)).outcome == Outcome::unanswered);
        CHECK(lab.fake.count("PowerOnVM_Task") == 1);
        // The next call opens the connection again, with the same session.
        lab.tasks();
        CHECK(lab.perform(lab.order(Verb::power_on, "16")).outcome == Outcome::ok);
        CHECK(lab.fake.count("Login") == 1);
        CHECK(lab.link_is(core::Link::up));
    }
}

TEST_CASE("a lost look at a task is asked again: it is a read") {
    Ready lab;
    lab.tasks();
    lab.fake.next("RetrievePropertiesEx", cut());
    CHECK(lab.perform(lab.order(Verb::power_on, "16")).outcome == Outcome::ok);
    CHECK(lab.fake.count("PowerOnVM_Task") == 1);
}

TEST_CASE("a write without a session, or after its time, never leaves") {
    Ready lab;
    auto late = lab.order(Verb::power_on, "16");
    late.limit = boot_now() - std::chrono::milliseconds(1);
    CHECK(lab.perform(late).outcome == Outcome::unsent);
    lab.fake.stop_listening();
    lab.fake.cut_connections();
    REQUIRE(lab.until([&] { return lab.link_is(core::Link::down); }));
    CHECK(lab.perform(lab.order(Verb::power_on, "16")).outcome == Outcome::unsent);
    CHECK(lab.fake.count("PowerOnVM_Task") == 0);
}

TEST_CASE("a task that is followed when the session ends is unanswered") {
    Ready lab;
    lab.tasks();
    lab.state = "running";
    lab.host->perform(lab.order(Verb::power_on, "16", 60'000));
    lab.run_for(Lab::long_enough_ms);
    lab.fake.stop_listening();
    lab.fake.cut_connections();
    REQUIRE(lab.until([&] { return !lab.all<core::WriteDone>().empty(); }));
    CHECK(lab.all<core::WriteDone>().back().outcome == Outcome::unanswered);
}

TEST_CASE("a refusal is told with its kind") {
    Ready lab;
    lab.fake.next("UnregisterVM", fault("InvalidPowerState", "", "The attempted operation …"));
    CHECK(lab.perform(lab.order(Verb::unregister, "16")).fault.kind == FaultKind::invalid_power_state);
    lab.fake.next("ShutdownGuest", fault("ToolsUnavailable"));
    CHECK(lab.perform(lab.order(Verb::shutdown_guest, "16")).fault.kind == FaultKind::tools_unavailable);
    lab.fake.next("AnswerVM", fault("InvalidArgument"));
    const auto done = lab.perform(lab.order(Verb::answer_question, "16"));
    CHECK(done.outcome == Outcome::refused);
    CHECK(done.fault.kind == FaultKind::answered_already);
}

TEST_CASE("a missing right that looks like a missing session is a missing right") {
    Ready lab;
    lab.fake.next("UnregisterVM", fault("NotAuthenticated"));
    const auto done = lab.perform(lab.order(Verb::unregister, "16"));
    CHECK(done.outcome == Outcome::refused);
    CHECK(done.fault.kind == FaultKind::no_permission);
}

TEST_CASE("a write in an expired session was not carried out") {
    Ready lab;
    lab.run_for(Lab::long_enough_ms);
    lab.fake.expire(Expiry::fault);
    CHECK(lab.perform(lab.order(Verb::unregister, "16")).outcome == Outcome::unsent);
}

TEST_CASE("the free licence shows at the first write, and in the host's facts") {
    Ready lab;
    lab.fake.next("PowerOnVM_Task", fault("RestrictedVersion", "", "Current license … prohibits execution"));
    CHECK(lab.perform(lab.order(Verb::power_on, "16")).fault.kind == FaultKind::restricted_version);
    REQUIRE(lab.until([&] {
        const auto reads = lab.reads(false);
        return !reads.empty() && reads.back().facts && reads.back().facts->api_writes == false;
    }));
}

TEST_CASE("a rescan that blocks holds up neither commands nor the watch, on a third connection") {
    Ready lab;
    lab.tasks();
    lab.fake.next("RescanHba", silence());
    auto rescan = lab.order(Verb::rescan_storage, "", 3000);
    rescan.adapter = "vmhba65";
    lab.host->perform(rescan);
    REQUIRE(lab.until([&] { return lab.fake.count("RescanHba") == 1; }));
    CHECK(lab.perform(lab.order(Verb::power_on, "16")).outcome == Outcome::ok);
    CHECK(lab.fake.connections_now == 3);
    REQUIRE(lab.until([&] { return lab.all<core::WriteDone>().size() == 2; }));
    CHECK(lab.all<core::WriteDone>().back().outcome == Outcome::unanswered);
    CHECK(lab.until([&] { return lab.fake.connections_now == 2; }));
    CHECK(lab.fake.connections_most == 3);
}

TEST_CASE("a rescan falls back to all adapters where one alone is not known, and rescans the volumes") {
    Ready lab;
    lab.fake.next("RescanHba", fault("MethodNotFound"));
    auto rescan = lab.order(Verb::rescan_storage, "");
    rescan.adapter = "vmhba65";
    CHECK(lab.perform(rescan).outcome == Outcome::ok);
    CHECK(lab.fake.last_text["RescanHba"].find("<hbaDevice>vmhba65</hbaDevice>") != std::string::npos);
    CHECK(lab.fake.count("RescanAllHba") == 1);
    CHECK(lab.fake.count("RescanVmfs") == 1);
    CHECK(lab.fake.last_text["RescanVmfs"].find(">storage-6<") != std::string::npos);
}
