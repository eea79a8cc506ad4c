// Health: a reason counts when fresh views held it long enough; what is not known is never a fault.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

// vm1 was started here and has been running for long.
void running_here(World& world) {
    world.connect("esxi1");
    world.connect("esxi2");
    world.run_until_answered(world.ask(Kind::start));
    world.run(seconds(600));
    REQUIRE(world.verdict() == Verdict::healthy);
}

VmEntry& entry(World& world) {
    return world.hosts.at("esxi1").entries.begin()->second;
}

void change(World& world, auto what) {
    what(entry(world));
    world.push("esxi1", entry(world).vmid);
}

}  // namespace

TEST_CASE("a powered-off VM is unhealthy after 3 s, pending until then") {
    World world;
    running_here(world);
    change(world, [](VmEntry& e) { e.power = Power::off; });
    CHECK(world.verdict() == Verdict::healthy);
    CHECK(world.health().pending == Reason::powered_off);
    world.run(milliseconds(2900));
    CHECK(world.verdict() == Verdict::healthy);
    world.run(milliseconds(101));
    CHECK(world.verdict() == Verdict::unhealthy);
    CHECK(world.health().reason == Reason::powered_off);
    CHECK(world.health().exit_code == ExitCode::failed);
    CHECK(world.said.back().topic == Topic::health);
    CHECK(world.said.back().exit_code == 1);
}

TEST_CASE("a guest that reboots through off within the time is no failure") {
    World world;
    running_here(world);
    change(world, [](VmEntry& e) { e.power = Power::off; });
    world.run(seconds(2));
    change(world, [](VmEntry& e) { e.power = Power::on; });
    world.run(seconds(60));
    CHECK(world.verdict() == Verdict::healthy);
    CHECK_FALSE(world.health().pending);
}

TEST_CASE("confirm_s 0 turns the verdict with the event itself") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).confirm.powered_off = Duration::zero(); });
    running_here(world);
    change(world, [](VmEntry& e) { e.power = Power::off; });
    CHECK(world.verdict() == Verdict::unhealthy);
}

TEST_CASE("a host that falls silent makes the VM unknown within freshness_s + 1 s, never unhealthy") {
    World world;
    running_here(world);
    world.hosts.at("esxi1").answers = false;
    const Time silent = world.now;
    while (world.verdict() == Verdict::healthy && world.now < silent + seconds(10))
        world.run(milliseconds(10));
    CHECK(world.verdict() == Verdict::unknown);
    CHECK(world.health().reason == Reason::stale);
    CHECK(world.health().exit_code == ExitCode::ok);
    CHECK(world.now - silent <= seconds(6));
    world.run(std::chrono::hours(2));
    CHECK(world.verdict() == Verdict::unknown);
    CHECK(world.health().exit_code == ExitCode::ok);
}

TEST_CASE("a suspicion does not ripen while nothing is heard of the host") {
    World world;
    running_here(world);
    change(world, [](VmEntry& e) { e.connection = Connection::invalid; });
    world.run(seconds(20));
    CHECK(world.health().pending == Reason::invalid);
    world.hosts.at("esxi1").answers = false;
    world.run(seconds(60));
    CHECK(world.verdict() == Verdict::unknown);
    world.hosts.at("esxi1").answers = true;
    world.run(seconds(20));
    CHECK(world.verdict() == Verdict::healthy);
    world.run(seconds(15));
    CHECK(world.verdict() == Verdict::unhealthy);
    CHECK(world.health().reason == Reason::invalid);
}

TEST_CASE("unknown_tolerance_s ends an unknown with code 5 when it is over") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).unknown_tolerance = seconds(20); });
    running_here(world);
    world.hosts.at("esxi1").answers = false;
    world.run(seconds(23));
    CHECK(world.health().exit_code == ExitCode::ok);
    world.run(seconds(3));
    CHECK(world.verdict() == Verdict::unknown);
    CHECK(world.health().exit_code == ExitCode::unknown_too_long);
    CHECK(world.said.back().exit_code == 5);
}

TEST_CASE("a VM that leaves the inventory is not_registered after 10 s") {
    World world;
    running_here(world);
    world.remove("esxi1", entry(world).vmid);
    world.run(seconds(9));
    CHECK(world.verdict() == Verdict::healthy);
    world.run(seconds(2));
    CHECK(world.health().reason == Reason::not_registered);
    CHECK(world.verdict() == Verdict::unhealthy);
}

TEST_CASE("after a new session an absence that we did not see happen is settling for settle_s") {
    World world;
    running_here(world);
    const VmEntry saved = entry(world);
    world.lose("esxi1");
    world.hosts.at("esxi1").entries.clear();  // hostd restarted and has not loaded its inventory
    world.connect("esxi1");
    world.run(seconds(29));
    CHECK(world.verdict() == Verdict::unknown);
    CHECK(world.health().reason == Reason::settling);
    SECTION("it comes") {
        world.hosts.at("esxi1").entries[saved.vmid] = saved;
        world.push("esxi1", saved.vmid);
        CHECK(world.verdict() == Verdict::healthy);
    }
    SECTION("it does not come") {
        world.run(seconds(12));
        CHECK(world.verdict() == Verdict::unhealthy);
        CHECK(world.health().reason == Reason::not_registered);
    }
}

TEST_CASE("a red heartbeat counts after 60 s, and not in the boot grace") {
    World world;
    running_here(world);
    const bool young = GENERATE(true, false);
    if (young) change(world, [&](VmEntry& e) { e.booted = world.now; });
    change(world, [](VmEntry& e) { e.heartbeat = Heartbeat::red; });
    world.run(seconds(59));
    CHECK(world.verdict() == Verdict::healthy);
    world.run(seconds(2));
    CHECK(world.verdict() == (young ? Verdict::healthy : Verdict::unhealthy));
    world.run(seconds(120));
    CHECK(world.health().reason == Reason::heartbeat_red);
}

TEST_CASE("from one trouble into the next the VM is not healthy in between") {
    World world;
    running_here(world);
    change(world, [](VmEntry& e) { e.power = Power::off; });
    world.run(seconds(4));
    REQUIRE(world.health().reason == Reason::powered_off);
    world.remove("esxi1", entry(world).vmid);
    CHECK(world.verdict() == Verdict::unhealthy);
    CHECK(world.health().reason == Reason::not_registered);
    VmEntry& back = world.add("esxi1", "vm1", Power::on);
    CHECK(world.verdict() == Verdict::healthy);
    back.power = Power::off;
    world.push("esxi1", back.vmid);
    CHECK(world.verdict() == Verdict::healthy);  // and a new trouble has to be confirmed again
}

TEST_CASE("gray is no failure") {
    World world;
    running_here(world);
    change(world, [](VmEntry& e) { e.heartbeat = Heartbeat::gray; });
    world.run(std::chrono::hours(1));
    CHECK(world.verdict() == Verdict::healthy);
}

TEST_CASE("a lost lock counts at once; another question after 30 s") {
    World world;
    running_here(world);
    SECTION("lock lost") {
        change(world, [](VmEntry& e) {
            e.question = Question{"1", "lock lost", {"msg.hbacommon.locklost"}, {{"0", "OK"}}};
        });
        CHECK(world.verdict() == Verdict::unhealthy);
        CHECK(world.health().reason == Reason::lock_lost);
    }
    SECTION("another") {
        change(world, [](VmEntry& e) { e.question = Question{"1", "?", {"msg.x"}, {{"0", "OK"}}}; });
        world.run(seconds(29));
        CHECK(world.verdict() == Verdict::healthy);
        world.run(seconds(2));
        CHECK(world.health().reason == Reason::question_pending);
    }
}

TEST_CASE("a VM that was not started here is not_active_here, and that is no fault") {
    World world;
    world.connect("esxi1");
    world.run(seconds(40));
    CHECK(world.verdict() == Verdict::unhealthy);
    CHECK(world.health().reason == Reason::not_active_here);
    CHECK(world.said.back().level == Level::debug);
}

TEST_CASE("while an operation is under way the verdict is unknown") {
    World world;
    running_here(world);
    world.ask(Kind::stop);
    world.run(seconds(1));
    CHECK(world.verdict() == Verdict::unknown);
    CHECK(world.health().reason == Reason::operation_under_way);
}

TEST_CASE("a paused VM is healthy whatever happens, until it is resumed") {
    World world;
    running_here(world);
    Step out;
    set_paused(world.state, VmName("vm1"), true, world.now, out);
    change(world, [](VmEntry& e) { e.power = Power::off; });
    world.run(seconds(60));
    CHECK(world.health().reason == Reason::paused);
    CHECK(world.health().exit_code == ExitCode::ok);
    set_paused(world.state, VmName("vm1"), false, world.now, out);
    world.run(seconds(4));
    CHECK(world.verdict() == Verdict::unhealthy);
}

TEST_CASE("a datastore without an active path is lost after 30 s") {
    World world;
    world.hosts.at("esxi1").datastores.at("ds-1").extents = {"naa.6000"};
    world.hosts.at("esxi1").facts.paths = {{"vmhba65", "naa.6000", true}};
    running_here(world);
    HostFacts facts = world.hosts.at("esxi1").facts;
    facts.paths.front().active = false;
    world.happen(Read{HostName("esxi1"), 1, world.now, false, {}, {}, {}, {}, {}, facts});
    world.run(seconds(29));
    CHECK(world.verdict() == Verdict::healthy);
    world.run(seconds(2));
    CHECK(world.health().reason == Reason::datastore_lost);
}
