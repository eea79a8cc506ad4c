// Before anything is done to a peer, a start makes sure that it could succeed here.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

void tell_facts(World& world) {
    for (const auto& [name, host] : world.hosts)
        world.happen(Read{HostName(name), host.session, world.now, false, {}, {}, {}, {}, {}, host.facts});
}

}  // namespace

TEST_CASE("a start that cannot succeed fails at once, with a reason and nothing done to the peer") {
    World world;
    both_connected(world);
    VmEntry& there = world.add("esxi2", "vm1", Power::on);
    there.memory_mb = 4096;
    world.push("esxi2", there.vmid);
    FakeHost& local = world.hosts.at("esxi1");
    FakeHost& peer = world.hosts.at("esxi2");
    Reason reason{};
    std::string says;
    SECTION("not enough memory here") {
        local.facts.memory_free_mb = 4095;
        reason = Reason::no_capacity;
        says = "vm1 needs 4096 MB of memory, esxi1 has 4095 MB free";
    }
    SECTION("the evaluation is over here") {
        local.facts.evaluation_days = 0;
        reason = Reason::license_restricted;
        says = "the evaluation period of esxi1 is over";
    }
    SECTION("the account may not do all here") {
        local.facts.privileged = false;
        reason = Reason::no_privilege;
        says = "the account on esxi1 lacks a privilege";
    }
    SECTION("the account may not do all there") {
        peer.facts.privileged = false;
        reason = Reason::no_privilege;
        says = "the account on esxi2 lacks a privilege";
    }
    tell_facts(world);
    const auto caller = world.ask(Kind::start);
    world.run(milliseconds(100));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->reason == reason);
    CHECK(world.answer_to(caller)->detail.find(says) != std::string::npos);
    CHECK(world.writes.empty());
    CHECK(world.runs("esxi2"));
}

TEST_CASE("what a host cannot tell does not block a start, nor does what is enough") {
    World world;
    both_connected(world);
    VmEntry& there = world.add("esxi2", "vm1", Power::on);
    FakeHost& local = world.hosts.at("esxi1");
    FakeHost& peer = world.hosts.at("esxi2");
    SECTION("the VM's memory is not known") {
        local.facts.memory_free_mb = 1;
    }
    SECTION("the free memory is not known") {
        there.memory_mb = 4096;
    }
    SECTION("just enough of all") {
        there.memory_mb = 4096;
        local.facts.memory_free_mb = 4096;
        local.facts.evaluation_days = 1;
        local.facts.privileged = true;
    }
    SECTION("the peer's evaluation is over: it still powers off") {
        peer.facts.evaluation_days = -3;
    }
    world.push("esxi2", there.vmid);
    tell_facts(world);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("the VM's memory is remembered when no host holds its entry") {
    World world;
    both_connected(world);
    VmEntry& there = world.add("esxi2", "vm1", Power::off);
    there.memory_mb = 4096;
    world.push("esxi2", there.vmid);
    world.remove("esxi2", there.vmid);
    world.hosts.at("esxi1").facts.memory_free_mb = 512;
    SECTION("in this life") {}
    SECTION("by the store") {
        world.restart_daemon();
    }
    tell_facts(world);
    const auto caller = world.ask(Kind::start);
    world.run(seconds(1));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::no_capacity);
}

TEST_CASE("a VM that runs here already is not asked whether it would fit") {
    World world;
    both_connected(world);
    VmEntry& here = world.add("esxi1", "vm1", Power::on);
    here.memory_mb = 4096;
    world.push("esxi1", here.vmid);
    world.hosts.at("esxi1").facts.memory_free_mb = 1;
    world.hosts.at("esxi1").facts.evaluation_days = 0;
    tell_facts(world);
    const auto caller = world.ask(Kind::start);
    world.run(seconds(1));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}
