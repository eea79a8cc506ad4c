// What no host tells again outlives the daemon: judgements, pauses, unanswered answers.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

TEST_CASE("a left-over copy is still known as one after a restart, when the peer's copy is gone") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    const auto there = world.add("esxi2", "vm1", Power::on).vmid;
    REQUIRE(said(world, "LEFT OVER"));
    world.hosts.at("esxi2").entries.erase(there);
    world.restart_daemon();
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_off, "esxi1") == 1);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
}

TEST_CASE("an entry that left without a proof is still unproved after a restart") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    entry.connection = Connection::invalid;
    world.push("esxi1", entry.vmid);
    world.remove("esxi1", entry.vmid);
    world.restart_daemon();
    world.run(seconds(60));
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
    CHECK(world.judgements.at("vm1") == Judgement{});
}

TEST_CASE("a pause outlives the daemon and ends when it would have ended") {
    World world;
    both_connected(world);
    Step out;
    set_paused(world.state, VmName("vm1"), true, world.now, out, world.now + seconds(60));
    world.take(out);
    CHECK(world.judgements.at("vm1").paused);
    world.run(seconds(10));
    world.restart_daemon();
    CHECK(world.health().reason == Reason::paused);
    world.run(seconds(49));
    CHECK(world.health().reason == Reason::paused);
    world.run(seconds(2));
    CHECK(world.health().reason != Reason::paused);
    CHECK(said(world, "monitoring of vm1 goes on"));
    CHECK_FALSE(world.judgements.at("vm1").paused);
}

TEST_CASE("a pause whose end passed while the daemon was down is over") {
    World world;
    Remembered remembered;
    remembered.judgements[VmName("vm1")] = {false, false, {}, true, world.now - seconds(1)};
    world.state = make_state(world.settings, remembered, world.now);
    both_connected(world);
    CHECK(world.health().reason != Reason::paused);
}

TEST_CASE("judgements about VMs and hosts that are no longer configured are left aside") {
    World world;
    Remembered remembered;
    remembered.judgements[VmName("vm9")] = {true, false, {HostName("esxi1")}, true, {}};
    remembered.judgements[VmName("vm1")] = {false, false, {HostName("esxi9")}, false, {}};
    world.state = make_state(world.settings, remembered, world.now);
    both_connected(world);
    CHECK(world.state.vms.size() == 1);
    CHECK(world.state.hosts.size() == 2);
}

TEST_CASE("a pause that is asked for again gets its new end") {
    World world;
    both_connected(world);
    Step out;
    set_paused(world.state, VmName("vm1"), true, world.now, out, world.now + seconds(10));
    set_paused(world.state, VmName("vm1"), true, world.now, out);
    world.take(out);
    world.run(seconds(60));
    CHECK(world.health().reason == Reason::paused);
}

TEST_CASE("an answer that was on its way when the daemon died is not sent again at once") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    world.hosts.at("esxi1").task_time = seconds(8);
    world.ask(Kind::start);
    world.run(seconds(1));
    entry.question = Question{
        "7",
        "moved or copied?",
        {"msg.uuid.altered"},
        {{"0", "button.uuid.cancel"}, {"1", "button.uuid.movedTheVM"}, {"2", "button.uuid.copiedTheVM"}}};
    world.push("esxi1", entry.vmid);
    REQUIRE(world.count(Verb::answer_question, "esxi1") == 1);
    world.restart_daemon();
    const auto caller = world.ask(Kind::start);
    world.run(seconds(5));
    CHECK(world.count(Verb::answer_question, "esxi1") == 1);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}
