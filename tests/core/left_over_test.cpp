// What a split leaves behind: entries are tidied up, running copies are reported and removed by the next
// start.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

TEST_CASE("an entry of a VM that runs well on a peer is unregistered after 60 s") {
    World world;
    both_connected(world);
    VmEntry& left = world.add("esxi1", "vm1", Power::off);
    SECTION("powered off") {}
    SECTION("invalid, as after a swing to the other copy of the mirror") {
        left.connection = Connection::invalid;
        world.push("esxi1", left.vmid);
    }
    SECTION("waiting with the question that the lock was lost") {
        left.power = Power::on;
        left.question = Question{"1", "lock lost", {"msg.hbacommon.locklost"}, {{"0", "OK"}}};
        world.push("esxi1", left.vmid);
    }
    world.add("esxi2", "vm1", Power::on);
    world.run(seconds(59));
    CHECK(world.writes.empty());
    world.hosts.at("esxi1").entries.begin()->second.power = Power::off;  // what OK does
    world.run(seconds(5));
    CHECK_FALSE(world.registered("esxi1"));
    CHECK(world.runs("esxi2"));
    CHECK(world.stages().back() == "tidied up");
}

TEST_CASE("nothing is tidied up where it could be wrong") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).tidy = false; });
    bool elsewhere = true;
    SECTION("tidy is false") {}
    SECTION("the VM does not run on a peer") {
        world.settings.vms.at(VmName("vm1")).tidy = true;
        world.restart_daemon();
        elsewhere = false;
    }
    SECTION("the cluster started it here") {
        world.settings.vms.at(VmName("vm1")).tidy = true;
        world.marks["vm1"] = true;
        world.restart_daemon();
    }
    SECTION("the peer falls silent") {
        world.settings.vms.at(VmName("vm1")).tidy = true;
        world.restart_daemon();
    }
    both_connected(world);
    world.add("esxi1", "vm1", Power::off);
    if (elsewhere) world.add("esxi2", "vm1", Power::on);
    world.run(seconds(30));
    world.hosts.at("esxi2").answers = elsewhere && world.settings.vms.at(VmName("vm1")).tidy ? false : true;
    world.run(seconds(300));
    CHECK(world.writes.empty());
}

TEST_CASE("a copy that runs on both hosts is reported as left over where it has no mark, and left alone") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    world.add("esxi2", "vm1", Power::on);
    CHECK(said(world, "LEFT OVER"));
    CHECK(world.health().reason == Reason::left_over);
    world.run(seconds(300));
    CHECK(world.writes.empty());
}

TEST_CASE("the next start powers a left-over copy off hard, registers anew and starts what is on the disk") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    const auto there = world.add("esxi2", "vm1", Power::on).vmid;
    world.remove("esxi2", there);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::shutdown_guest, "esxi1") == 0);
    CHECK(world.count(Verb::power_off, "esxi1") == 1);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("a request takes the place of a tidy-up") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").task_time = seconds(3);
    world.add("esxi1", "vm1", Power::off);
    const auto there = world.add("esxi2", "vm1", Power::on).vmid;
    world.run(seconds(61));
    REQUIRE(world.writes.size() == 1);
    world.remove("esxi2", there);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("a start posted before the first views sees that the copy here is left over all the same") {
    World world;
    for (const auto* host : {"esxi1", "esxi2"}) world.add(host, "vm1", Power::on);
    const bool peer_first = GENERATE(true, false);
    world.ask(Kind::start);
    REQUIRE(world.marks.at("vm1"));
    world.connect(peer_first ? "esxi2" : "esxi1");
    world.run(seconds(3));
    CHECK(world.writes.empty());
    world.connect(peer_first ? "esxi1" : "esxi2");
    CHECK(said(world, "LEFT OVER"));
    world.run(milliseconds(10));
    REQUIRE(world.writes.size() > 0);
    CHECK(world.writes.front().verb == Verb::power_off);
    CHECK(world.writes.front().host.str() == "esxi1");
}

TEST_CASE("a mark that a start set in the dark does not vouch for the copy after a restart either") {
    World world;
    world.ask(Kind::start);
    REQUIRE(world.marks.at("vm1"));
    for (const auto* host : {"esxi1", "esxi2"}) world.add(host, "vm1", Power::on);
    world.restart_daemon();
    CHECK(said(world, "LEFT OVER"));
}

TEST_CASE("a start posted before the first views takes what runs here alone for its own") {
    World world;
    world.add("esxi1", "vm1", Power::on);
    const auto caller = world.ask(Kind::start);
    world.connect("esxi1");
    SECTION("the peer is seen, and does not run it") {
        world.run(seconds(3));
        CHECK_FALSE(world.answer_to(caller));
        world.connect("esxi2");
        world.run(seconds(1));
    }
    SECTION("the peer is down") {
        world.lose("esxi2");
        world.run(seconds(1));
    }
    SECTION("the peer does not come within 10 s") {
        world.run(seconds(11));
    }
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.writes.empty());
    world.connect("esxi2");
    CHECK_FALSE(said(world, "LEFT OVER"));
}
