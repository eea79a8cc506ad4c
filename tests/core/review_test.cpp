// Sequences that once broke a rule, each found by reading or by the explorer.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

const Fault missing{FaultKind::not_found, "NotFound", "The object or item could not be found", ""};

}  // namespace

TEST_CASE("a second stop does not take an unproved absence for a proved one") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    entry.connection = Connection::invalid;
    world.push("esxi1", entry.vmid);
    world.hosts.at("esxi1").refusals[Verb::register_vm] = {missing, missing, missing, missing};
    const auto first = world.ask(Kind::stop);
    world.run_until_answered(first);
    CHECK(world.answer_to(first)->reason == Reason::unproved);
    const auto second = world.ask(Kind::stop);
    world.run_until_answered(second);
    CHECK(world.answer_to(second)->ending == Ending::failed);
    CHECK(world.answer_to(second)->reason == Reason::unproved);
}

TEST_CASE("a contended lock: what the other engine wrote is looked at before anything is concluded") {
    World world;
    world.lock_is_free = false;
    both_connected(world);
    world.run(seconds(60));
    const auto caller = world.ask(Kind::stop);
    world.run(milliseconds(10));
    // The other engine started the VM; our watch has not told it yet.
    VmEntry entry;
    entry.vmid = "7";
    entry.name = "vm1";
    entry.path = world.settings.vms.at(VmName("vm1")).vmx;
    entry.power = Power::on;
    entry.connection = Connection::connected;
    world.hosts.at("esxi1").entries["7"] = entry;
    world.happen(LockTaken{VmName("vm1"), {}, true});
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("a full read that is older than a look does not remove what the look showed") {
    World world;
    both_connected(world);
    Read old{HostName("esxi1"), 1, world.now, true, {}, {}, {}, {}, {}, {}};
    old.datastores = {world.hosts.at("esxi1").datastores.at("ds-1")};
    world.run_until_answered(world.ask(Kind::start));
    world.happen(old);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.runs("esxi1"));
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("a datastore that leaves the list makes no VM absent") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).vmx = {"5bc7459f-967eeb48", "vm1/vm1.vmx"}; });
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::on);
    entry.path = VmxPath{"EC_iSCSI", "vm1/vm1.vmx"};
    world.push("esxi1", entry.vmid);
    world.run(seconds(60));
    world.happen(Read{HostName("esxi1"), 1, world.now, false, {}, {}, {}, {}, {"ds-1"}, {}});
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.count(Verb::unregister, "esxi1") == 1);
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("a VM with two entries has left only with the last of them") {
    World world;
    both_connected(world);
    world.run(seconds(40));
    const auto first = world.add("esxi1", "vm1", Power::off).vmid;
    world.add("esxi1", "vm1", Power::on);
    world.remove("esxi1", first);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("a write to a peer that has died does not hold up this node for longer than its limit") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::on);
    world.hosts.at("esxi2").refusals[Verb::shutdown_guest] = {
        {FaultKind::tools_unavailable, "ToolsUnavailable", "no Tools", ""}};
    world.hosts.at("esxi2").task_time = milliseconds(50);
    const auto caller = world.ask(Kind::start);
    world.run(milliseconds(80));
    world.hosts.at("esxi2").entries.begin()->second.power =
        Power::off;  // it loses power while the power-off is on its way
    world.lose("esxi2");
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.answer_to(caller)->elapsed_ms < 60000);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("a stop is not failed by the refusal of the superseded start's write") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").task_time = seconds(5);
    world.hosts.at("esxi1").refusals[Verb::power_on] = {
        {FaultKind::no_capacity, "InsufficientMemory", "no memory", ""}};
    world.ask(Kind::start);
    world.run(seconds(7));
    const auto stopping = world.ask(Kind::stop);
    world.run_until_answered(stopping);
    CHECK(world.answer_to(stopping)->ending == Ending::ok);
}

TEST_CASE("a peer's passing refusal to let its entry go does not fail a start that has succeeded") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::off);
    for (int i = 0; i < 500; ++i)
        world.hosts.at("esxi2").refusals[Verb::unregister].push_back(
            {FaultKind::task_in_progress, "TaskInProgress", "a backup", ""});
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.answer_to(caller)->elapsed_ms < 5000);
}

TEST_CASE("refusals that make no sense are not repeated at the speed of the network") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).stop_mode = StopMode::power_off; });
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    for (int i = 0; i < 500; ++i) {
        world.hosts.at("esxi1").refusals[Verb::power_off].push_back(
            {FaultKind::invalid_power_state, "InvalidPowerState", "it is off", ""});
        world.hosts.at("esxi1").refusals[Verb::register_vm].push_back(
            {FaultKind::already_exists, "AlreadyExists", "exists", ""});
    }
    SECTION("a power-off of a VM that is off, says the host") {
        world.ask(Kind::stop);
    }
    SECTION("a register of what exists, without saying as what") {
        world.remove("esxi1", "1");
        world.ask(Kind::start);
    }
    world.run(seconds(20));
    CHECK(world.writes.size() >= 2);
    CHECK(world.writes.size() < 15);
}

TEST_CASE("a start whose VM is back on the peer while it waits for the heartbeat fails") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).start_waits_for = StartWaitsFor::heartbeat; });
    both_connected(world);
    const auto caller = world.ask(Kind::start);
    world.run(seconds(1));
    VmEntry& here = world.hosts.at("esxi1").entries.begin()->second;
    here.heartbeat = Heartbeat::gray;
    REQUIRE(here.power == Power::on);
    world.push("esxi1", here.vmid);
    if (!world.answer_to(caller)) {
        world.add("esxi2", "vm1", Power::on);
        here.heartbeat = Heartbeat::green;
        world.push("esxi1", here.vmid);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->reason == Reason::running_elsewhere);
    }
}

TEST_CASE("of joined stops the shorter time left decides when the guest's grace ends") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").guest_ignores_shutdown = true;
    world.add("esxi1", "vm1", Power::on);
    const auto first = world.ask(Kind::stop, "vm1", seconds(120));
    world.run(seconds(30));
    const auto second = world.ask(Kind::stop, "vm1", seconds(600));
    world.run_until_answered(first);
    CHECK(world.answer_to(first)->ending == Ending::ok);
    CHECK(world.answer_to(second)->ending == Ending::ok);
}

TEST_CASE("an entry that was invalid when the session began is left alone for settle_s") {
    World world;
    VmEntry entry;
    entry.vmid = "4";
    entry.name = "vm1";
    entry.path = world.settings.vms.at(VmName("vm1")).vmx;
    entry.connection = Connection::invalid;
    world.hosts.at("esxi1").entries["4"] = entry;
    both_connected(world);
    world.ask(GENERATE(Kind::start, Kind::stop));
    world.run(seconds(29));
    CHECK(world.writes.empty());
    world.run(seconds(3));
    CHECK_FALSE(world.writes.empty());
}

TEST_CASE("a left-over copy is not forgotten by a start that failed, nor by a restart of the host's agent") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    const auto there = world.add("esxi2", "vm1", Power::on).vmid;
    world.remove("esxi2", there);
    SECTION("a start that failed") {
        for (int i = 0; i < 100; ++i)
            world.hosts.at("esxi1").refusals[Verb::power_off].push_back(
                {FaultKind::task_in_progress, "TaskInProgress", "busy", ""});
        const auto failing = world.ask(Kind::start, "vm1", seconds(20));
        world.run(seconds(21));
        REQUIRE(world.answer_to(failing));
        CHECK(world.answer_to(failing)->ending == Ending::failed);
        world.hosts.at("esxi1").refusals.clear();
    }
    SECTION("a restart of the agent, whose inventory is late") {
        const auto entries = world.hosts.at("esxi1").entries;
        world.hosts.at("esxi1").entries.clear();
        world.connect("esxi1");
        world.hosts.at("esxi1").entries = entries;
        world.push("esxi1", entries.begin()->first);
    }
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_off, "esxi1") >= 1);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
}

TEST_CASE("a mark that a oneshot set counts: the VM's trouble has to be confirmed") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::on);
    world.happen(MarksRead{{VmName("vm1")}});
    world.run(seconds(60));
    entry.power = Power::off;
    world.push("esxi1", entry.vmid);
    CHECK(world.verdict() == Verdict::healthy);
    CHECK(world.health().pending == Reason::powered_off);
}

TEST_CASE("a lock that is waited for until the deadline is the reason, also while a try is flying") {
    World world;
    world.connect("esxi1");
    world.lose("esxi2");
    world.hosts.at("esxi1").task_time = milliseconds(1900);
    for (int i = 0; i < 100; ++i)
        world.hosts.at("esxi1").refusals[Verb::power_on].push_back(
            {FaultKind::lock_held, "FileLocked", "Failed to lock the file", ""});
    const auto caller = world.ask(Kind::start, "vm1", milliseconds(GENERATE(20000, 21000, 22000)));
    world.run(seconds(23));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::lock_held);
}
