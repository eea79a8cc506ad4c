// Stop: never lies, never hangs. Success means seen, freshly, off and not registered.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

Duration elapsed(const World& world, CallerId caller) {
    return milliseconds(world.answer_to(caller)->elapsed_ms);
}

}  // namespace

TEST_CASE("a running VM is shut down, unregistered and its mark removed") {
    World world;
    both_connected(world);
    world.run_until_answered(world.ask(Kind::start));
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.registered("esxi1"));
    CHECK_FALSE(world.marks.at("vm1"));
    CHECK(world.count(Verb::shutdown_guest, "esxi1") == 1);
    CHECK(world.count(Verb::power_off, "esxi1") == 0);
    CHECK(elapsed(world, caller) >= seconds(20));
}

TEST_CASE("a guest that does not shut down is powered off after its time") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").guest_ignores_shutdown = true;
    world.add("esxi1", "vm1", Power::on);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(elapsed(world, caller) >= seconds(300));
    CHECK(elapsed(world, caller) < seconds(302));
}

TEST_CASE("the guest's time leaves 60 s of the stop's own for the rest") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").guest_ignores_shutdown = true;
    world.add("esxi1", "vm1", Power::on);
    const auto caller = world.ask(Kind::stop, "vm1", seconds(100));
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(elapsed(world, caller) >= seconds(40));
    CHECK(elapsed(world, caller) < seconds(42));
}

TEST_CASE("CLP_FACTOR=GROUPFAILOVER shortens the grace of a VM that is not healthy, and of no other") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").guest_ignores_shutdown = true;
    VmEntry& entry = world.add("esxi1", "vm1", Power::on);
    const bool sick = GENERATE(true, false);
    if (sick) {
        entry.heartbeat = Heartbeat::red;
        entry.booted = world.now - std::chrono::hours(1);
        world.push("esxi1", entry.vmid);
    }
    world.run(seconds(61));
    CHECK(world.verdict() == (sick ? Verdict::unhealthy : Verdict::healthy));
    const auto caller = world.ask(Kind::stop, "vm1", {}, {{"CLP_FACTOR", "GROUPFAILOVER"}});
    world.run_until_answered(caller);
    CHECK(elapsed(world, caller) / seconds(1) == (sick ? 30 : 300));
}

TEST_CASE("without Tools the VM is powered off at once") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    world.hosts.at("esxi1").refusals[Verb::shutdown_guest] = {
        {FaultKind::tools_unavailable, "ToolsUnavailable", "VMware Tools is not running", ""}};
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(1));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_off, "esxi1") == 1);
}

TEST_CASE("a power-off that fails for a while is tried again; the stop tells the truth") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).stop_mode = StopMode::power_off; });
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    const Fault busy{FaultKind::task_in_progress, "TaskInProgress", "another task is under way", ""};
    world.hosts.at("esxi1").refusals[Verb::power_off] = {busy, busy, busy};
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(elapsed(world, caller) >= seconds(6));
    CHECK_FALSE(world.registered("esxi1"));
}

TEST_CASE("an unregister that fails at random is looped with the deadline") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::off);
    const Fault random{FaultKind::other, "SystemError", "A general system error occurred", ""};
    SECTION("it works in the end") {
        world.hosts.at("esxi1").refusals[Verb::unregister] = {random, random};
        const auto caller = world.ask(Kind::stop);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::ok);
    }
    SECTION("it never works: the stop fails and names the refusal") {
        for (int i = 0; i < 50; ++i) world.hosts.at("esxi1").refusals[Verb::unregister].push_back(random);
        const auto caller = world.ask(Kind::stop, "vm1", seconds(20));
        world.run(seconds(21));
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->ending == Ending::failed);
        CHECK(world.answer_to(caller)->reason == Reason::unregister_failed);
        CHECK(world.answer_to(caller)->detail.find("A general system error occurred") != std::string::npos);
    }
}

TEST_CASE(
    "a stop whose host does not answer fails host_unreachable at the deadline, never earlier, never well") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    world.lose("esxi1");
    world.run(seconds(6));
    const auto caller = world.ask(Kind::stop, "vm1", seconds(60));
    world.run(seconds(59));
    CHECK_FALSE(world.answer_to(caller));
    world.run(seconds(2));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->reason == Reason::host_unreachable);
}

TEST_CASE("an absence counts after the inventory was unchanged for settle_s, not before") {
    World world;
    both_connected(world);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(29));
    CHECK_FALSE(world.answer_to(caller));
    world.run(seconds(2));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.writes.empty());
}

TEST_CASE("an inventory that loads late is not an absent VM") {
    World world;
    both_connected(world);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(20));
    world.add("esxi1", "vm1", Power::on);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.registered("esxi1"));
    CHECK(world.count(Verb::unregister, "esxi1") == 1);
}

TEST_CASE("an entry seen leaving in this session is absent at once") {
    World world;
    both_connected(world);
    const auto vmid = world.add("esxi1", "vm1", Power::off).vmid;
    world.remove("esxi1", vmid);
    const auto caller = world.ask(Kind::stop);
    world.run(milliseconds(100));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("while an entry whose path cannot be read exists, absence is proved by registering anew") {
    World world;
    VmEntry unreadable;
    unreadable.vmid = "77";
    unreadable.connection = Connection::inaccessible;
    world.hosts.at("esxi1").entries["77"] = unreadable;
    world.hosts.at("esxi1").next_vmid = 100;
    both_connected(world);
    SECTION("a stranger's: the host registers ours beside it, off, and it is taken out again") {
        const auto caller = world.ask(Kind::stop, "vm1", seconds(90));
        world.run(seconds(91));
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        REQUIRE(world.writes.size() == 2);
        CHECK(world.writes[0].verb == Verb::register_vm);
        CHECK(world.writes[1].verb == Verb::unregister);
        CHECK(world.writes[1].vmid == "100");
    }
    SECTION("ours: the host names it, and what it is doing is read from a new registration") {
        world.hosts.at("esxi1").refusals[Verb::register_vm] = {
            {FaultKind::already_exists, "AlreadyExists", "exists", "77"}};
        const auto caller = world.ask(Kind::stop, "vm1", seconds(90));
        world.run(seconds(91));
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        REQUIRE(world.writes.size() == 4);
        CHECK(world.writes[1].verb == Verb::unregister);
        CHECK(world.writes[1].vmid == "77");
        CHECK(world.writes[2].verb == Verb::register_vm);
        CHECK(world.writes[3].vmid == "100");
    }
    SECTION("the host refuses for another reason: nothing is proved") {
        const Fault no{FaultKind::other, "SystemError", "no", ""};
        world.hosts.at("esxi1").refusals[Verb::register_vm] = {no, no, no, no};
        const auto caller = world.ask(Kind::stop, "vm1", seconds(90));
        world.run(seconds(91));
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->ending == Ending::failed);
        CHECK(world.answer_to(caller)->reason == Reason::unproved);
    }
}

TEST_CASE("'powered off' of an invalid VM proves nothing: it is registered anew and read") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    entry.connection = Connection::invalid;
    world.push("esxi1", entry.vmid);
    SECTION("it is valid then, and off") {
        const auto caller = world.ask(Kind::stop);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        CHECK(world.count(Verb::register_vm, "esxi1") == 1);
        CHECK(world.count(Verb::unregister, "esxi1") == 2);
        CHECK_FALSE(world.registered("esxi1"));
    }
    SECTION("it stays invalid: not proved") {
        world.hosts.at("esxi1").registers_as_invalid = true;
        const auto caller = world.ask(Kind::stop);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::failed);
        CHECK(world.answer_to(caller)->reason == Reason::unproved);
    }
    SECTION("it runs on a peer in a fresh view: then it does not run here") {
        world.add("esxi2", "vm1", Power::on);
        const auto caller = world.ask(Kind::stop);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        CHECK(world.count(Verb::register_vm, "esxi1") == 0);
        CHECK(world.runs("esxi2"));
    }
}

TEST_CASE("a lock-lost question is answered OK in a stop, for that copy must go off") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::on);
    entry.question =
        Question{"3", "The lock protecting x.vmdk has been lost", {"msg.hbacommon.locklost"}, {{"0", "OK"}}};
    world.push("esxi1", entry.vmid);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.writes.front().verb == Verb::answer_question);
    CHECK(world.writes.front().choice_key == "0");
}

TEST_CASE("out of space is answered by cancelling in a stop, by its label and not by 0") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::on);
    entry.question = Question{"4",
                              "There is no more space",
                              {"msg.hbacommon.outofspace"},
                              {{"0", "button.retry"}, {"1", "button.abort"}}};
    world.push("esxi1", entry.vmid);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.writes.front().choice_key == "1");
}

TEST_CASE("a guest that goes off by the shutdown while its datastore is gone is powered off") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    Datastore lost = world.hosts.at("esxi1").datastores.at("ds-1");
    lost.accessible = false;
    lost.trouble = "PermanentDeviceLoss";
    world.happen(Read{HostName("esxi1"), 1, world.now, false, {}, {}, {}, {lost}, {}, {}});
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::shutdown_guest, "esxi1") == 0);
    CHECK(world.count(Verb::power_off, "esxi1") == 1);
}

TEST_CASE("an invalid entry is known by its remembered id after a restart of the daemon") {
    World world;
    VmEntry entry;
    entry.vmid = "51";
    entry.name = "vm1";
    entry.power = Power::off;
    entry.connection = Connection::invalid;
    world.hosts.at("esxi1").entries["51"] = entry;
    world.state = make_state(world.settings,
                             {{}, {}, {{HostName("esxi1"), {{VmName("vm1"), {.vmid = "51"}}}}}}, world.now);
    both_connected(world);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::unregister, "esxi1") == 2);
}

TEST_CASE("a VM is not registered again to read its state while an unanswered register may still come") {
    World world;
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    entry.connection = Connection::invalid;
    const std::string vmid = entry.vmid;
    both_connected(world);
    world.remove("esxi1", vmid);  // invalid to the end: nothing proves that it was off
    FakeHost& host = world.hosts.at("esxi1");
    host.loses_replies = host.registers_as_invalid = true;
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(10));
    REQUIRE(world.count(Verb::register_vm, "esxi1") == 1);
    REQUIRE(world.registered("esxi1"));
    host.loses_replies = host.registers_as_invalid = false;
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    std::vector<Time> limits;
    for (const auto& write : world.writes)
        if (write.verb == Verb::register_vm) limits.push_back(write.limit);
    REQUIRE(limits.size() == 2);
    CHECK(limits[1] - limits[0] >= seconds(30));
}
