// Requests that meet: join, supersede, wait, be left alone. And writes that nobody answers (rule 6).
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

TEST_CASE("the same request joins the operation under way; each caller keeps its deadline") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").task_time = seconds(20);
    const auto patient = world.ask(Kind::start, "vm1", seconds(100));
    const auto hasty = world.ask(Kind::start, "vm1", seconds(5));
    world.run(seconds(6));
    REQUIRE(world.answer_to(hasty));
    CHECK(world.answer_to(hasty)->ending == Ending::timeout);
    CHECK(world.answer_to(hasty)->elapsed_ms == 5000);
    world.run_until_answered(patient);
    CHECK(world.answer_to(patient)->ending == Ending::ok);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
}

TEST_CASE("a stop supersedes a start once the start's write has ended") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").task_time = seconds(8);
    const auto starting = world.ask(Kind::start);
    world.run(seconds(1));
    const auto stopping = world.ask(Kind::stop);
    REQUIRE(world.answer_to(starting));
    CHECK(world.answer_to(starting)->reason == Reason::superseded);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
    world.run(seconds(6));
    CHECK(world.writes.size() == 1);
    world.run_until_answered(stopping);
    CHECK(world.answer_to(stopping)->ending == Ending::ok);
    CHECK_FALSE(world.registered("esxi1"));
    CHECK(world.count(Verb::power_on, "esxi1") == 0);
}

TEST_CASE("a start that finds a stop waits for it and then starts") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    const auto stopping = world.ask(Kind::stop);
    const auto starting = world.ask(Kind::start);
    world.run_until_answered(stopping);
    CHECK(world.answer_to(stopping)->ending == Ending::ok);
    world.run_until_answered(starting);
    CHECK(world.answer_to(starting)->ending == Ending::ok);
    CHECK(world.answer_to(starting)->elapsed_ms >= 20000);
    CHECK(world.runs("esxi1"));
    CHECK(world.marks.at("vm1"));
}

TEST_CASE("a start that finds a stop which does not end fails busy after 60 s") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").guest_ignores_shutdown = true;
    world.add("esxi1", "vm1", Power::on);
    world.ask(Kind::stop);
    const auto starting = world.ask(Kind::start);
    world.run(seconds(61));
    REQUIRE(world.answer_to(starting));
    CHECK(world.answer_to(starting)->reason == Reason::busy);
    CHECK(world.answer_to(starting)->elapsed_ms == 60000);
}

TEST_CASE("a start whose caller has been gone for 10 s makes no further write") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").task_time = seconds(15);
    const auto caller = world.ask(Kind::start);
    world.happen(CallerGone{caller});
    world.run(seconds(60));
    CHECK(world.writes.size() == 1);
    CHECK_FALSE(world.runs("esxi1"));
    CHECK(world.said.back().topic != Topic::transition);
    CHECK(world.stages().back() == "failed");
}

TEST_CASE("a stop goes on without its caller") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    world.happen(CallerGone{world.ask(Kind::stop)});
    world.run(seconds(60));
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("an unknown VM is refused and changes nothing") {
    World world;
    both_connected(world);
    const auto caller = world.ask(Kind::stop, "vm9");
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::unknown_vm);
}

TEST_CASE("no write is made before the lock among engines is held") {
    World world;
    world.lock_is_free = false;
    both_connected(world);
    const auto caller = world.ask(Kind::start, "vm1", seconds(30));
    world.run(seconds(20));
    CHECK(world.writes.empty());
    world.happen(LockTaken{VmName("vm1"), {}});
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("a lost reply: what is seen to be done is done, and nothing is written twice") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").loses_replies = true;
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
    CHECK(world.count(Verb::power_on, "esxi1") == 1);
}

TEST_CASE("while a register is unanswered a stop does not conclude 'not registered'") {
    World world;
    both_connected(world);
    world.run(seconds(60));  // the inventory is settled: an absence would count
    world.hosts.at("esxi1").answers = false;
    world.ask(Kind::start);
    world.run(milliseconds(100));
    const auto stopping = world.ask(Kind::stop, "vm1", seconds(600));
    world.hosts.at("esxi1").answers = true;
    // The host carries the register out late; until then a read says "not registered".
    world.run(seconds(20));
    CHECK_FALSE(world.answer_to(stopping));
    world.add("esxi1", "vm1", Power::off);
    world.run_until_answered(stopping);
    CHECK(world.answer_to(stopping)->ending == Ending::ok);
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("an unanswered write outlives the daemon") {
    World world;
    both_connected(world);
    world.run(seconds(60));
    world.hosts.at("esxi1").task_time = seconds(25);
    world.ask(Kind::start);
    world.run(seconds(1));
    REQUIRE(world.writes.size() == 1);
    world.restart_daemon();
    CHECK(world.state.vms.at(VmName("vm1")).active);
    const auto again = world.ask(Kind::start);
    world.run(seconds(10));
    CHECK(world.writes.size() == 1);  // not registered a second time
    world.run_until_answered(again);
    CHECK(world.answer_to(again)->ending == Ending::ok);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("kill -9 at every millisecond of a start: posted again, it ends well") {
    const int ms = GENERATE(range(0, 60, 3));
    World world;
    both_connected(world);
    world.ask(Kind::start);
    world.run(milliseconds(ms));
    world.restart_daemon();
    const auto again = world.ask(Kind::start);
    world.run_until_answered(again);
    CHECK(world.answer_to(again)->ending == Ending::ok);
    CHECK(world.runs("esxi1"));
    CHECK(world.hosts.at("esxi1").entries.size() == 1);
}

TEST_CASE("after a restart a stop does not lie about a VM whose inventory is not settled yet") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    world.restart_daemon();
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("a lock that cannot be had at all fails the operation and says which file") {
    World world;
    world.lock_is_free = false;
    both_connected(world);
    const auto caller = world.ask(Kind::stop);
    world.happen(LockRefused{VmName("vm1"), "cannot open /run/vmhad/locks/vm1: Read-only file system"});
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::not_writable);
    CHECK(world.answer_to(caller)->detail.find("/run/vmhad/locks/vm1") != std::string::npos);
    CHECK(world.writes.empty());
}

TEST_CASE("a host that refuses the answer to a power-on's question is not flooded with answers") {
    World world;
    both_connected(world);
    auto& host = world.hosts.at("esxi1");
    const auto vmid = world.add("esxi1", "vm1", Power::off).vmid;
    host.task_time = seconds(40);  // the power-on hangs at its question
    world.ask(Kind::start);
    world.run(seconds(1));
    REQUIRE(world.count(Verb::power_on, "esxi1") == 1);
    host.task_time = milliseconds(5);
    host.refusals[Verb::answer_question] =
        std::deque<Fault>(500, Fault{FaultKind::other, "SystemError", "no", ""});
    host.entries.at(vmid).question =
        Question{"_vmx1", "moved?", {"msg.uuid.altered"}, {{"1", "button.uuid.movedTheVM"}}};
    world.push("esxi1", vmid);
    world.run(seconds(10));
    CHECK(world.count(Verb::answer_question, "esxi1") > 1);
    CHECK(world.count(Verb::answer_question, "esxi1") <= 6);
}
