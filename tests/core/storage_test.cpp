// A datastore that is away because the host sees its volume as a snapshot: no rescan cures it, a person does.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

void sees_a_snapshot(World& world) {
    FakeHost& host = world.hosts.at("esxi1");
    host.datastores.clear();
    host.facts.unresolved_volumes = {"EC_iSCSI"};
    world.connect("esxi1");
}

}  // namespace

TEST_CASE("a start whose volume is seen as a snapshot says so at once and fails with that reason") {
    World world;
    both_connected(world);
    const bool told_later = GENERATE(false, true);
    if (!told_later) sees_a_snapshot(world);
    if (told_later) {
        world.hosts.at("esxi1").datastores.clear();
        world.connect("esxi1");
    }
    const auto caller = world.ask(Kind::start, "vm1", seconds(22));
    world.run(milliseconds(10));
    CHECK(said(world, "snapshot") == !told_later);
    if (told_later) {
        sees_a_snapshot(world);
        world.run(milliseconds(10));
        CHECK(said(world, "sees it as a snapshot"));
    }
    const auto lines = world.said.size();
    world.run(seconds(20));
    CHECK(world.said.size() == lines);
    world.run(seconds(2));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::volume_unresolved);
    CHECK(world.answer_to(caller)->detail.find("EC_iSCSI") != std::string::npos);
    CHECK(world.answer_to(caller)->detail.find("esxi1") != std::string::npos);
}

TEST_CASE("a volume is found by its label where the configured path has its uuid") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).vmx = {"5bc7459f-967eeb48", "vm1/vm1.vmx"}; });
    both_connected(world);
    sees_a_snapshot(world);
    const auto caller = world.ask(Kind::start, "vm1", seconds(5));
    world.run(seconds(6));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::volume_unresolved);
}

TEST_CASE("another volume that is seen as a snapshot is not the one that is missing") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").facts.unresolved_volumes = {"other"};
    world.hosts.at("esxi1").datastores.clear();
    world.connect("esxi1");
    const auto caller = world.ask(Kind::start, "vm1", seconds(5));
    world.run(seconds(6));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::datastore_lost);
}

TEST_CASE("health says volume_unresolved, confirmed like a lost datastore") {
    World world;
    both_connected(world);
    world.run_until_answered(world.ask(Kind::start));
    world.run(seconds(60));
    REQUIRE(world.verdict() == Verdict::healthy);
    world.hosts.at("esxi1").datastores.clear();
    world.connect("esxi1");
    CHECK(world.health().pending == Reason::datastore_lost);
    world.run(seconds(20));
    sees_a_snapshot(world);
    CHECK(world.health().pending == Reason::volume_unresolved);
    CHECK(world.verdict() == Verdict::healthy);
    world.run(seconds(11));
    CHECK(world.verdict() == Verdict::unhealthy);
    CHECK(world.health().reason == Reason::volume_unresolved);
}
