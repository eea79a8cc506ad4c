// Another's task in the way: named, cancelled once if that is possible, else waited for.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

constexpr auto snapshot = "vim.VirtualMachine.createSnapshot";
const Fault busy{FaultKind::task_in_progress, "TaskInProgress", "The operation is not allowed now", ""};

VmEntry& busy_entry(World& world, const std::string& host, Power power, bool cancellable,
                    const std::string& what = snapshot) {
    VmEntry& entry = world.add(host, "vm1", power);
    entry.task = RunningTask{"haTask-9", what, cancellable};
    world.push(host, entry.vmid);
    return entry;
}

// What a host refuses while a task is under way.
void refuse(World& world, const std::string& host, int times) {
    for (int i = 0; i < times; ++i)
        for (const Verb verb : {Verb::shutdown_guest, Verb::power_off, Verb::unregister, Verb::power_on})
            world.hosts.at(host).refusals[verb].push_back(busy);
}

}  // namespace

TEST_CASE("a stop names the task in its way, cancels it once, then shuts the guest down") {
    World world;
    both_connected(world);
    busy_entry(world, "esxi1", Power::on, true);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::cancel_task, "esxi1") == 1);
    CHECK(world.writes.front().verb == Verb::cancel_task);
    CHECK(world.writes.front().task == "haTask-9");
    CHECK(world.count(Verb::power_off, "esxi1") == 0);
    CHECK(said(world, "a task is in the way: vim.VirtualMachine.createSnapshot"));
}

TEST_CASE("a cancel that is refused, or does not help, is not asked for again") {
    World world;
    both_connected(world);
    VmEntry& entry = busy_entry(world, "esxi1", Power::on, true);
    const FaultKind kind = GENERATE(FaultKind::not_supported, FaultKind::no_permission, FaultKind::other);
    world.hosts.at("esxi1").refusals[Verb::cancel_task] = {{kind, "NotSupported", "cannot be cancelled", ""}};
    refuse(world, "esxi1", 5);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(9));
    CHECK_FALSE(world.answer_to(caller));
    entry.task.reset();
    world.push("esxi1", entry.vmid);
    world.hosts.at("esxi1").refusals.clear();
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::cancel_task, "esxi1") == 1);
    CHECK(world.count(Verb::power_off, "esxi1") == 0);
}

TEST_CASE("a task that cannot be cancelled is waited for; the guest keeps its grace") {
    World world;
    both_connected(world);
    VmEntry& entry = busy_entry(world, "esxi1", Power::on, false);
    refuse(world, "esxi1", 200);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(60));
    CHECK(world.count(Verb::cancel_task, "esxi1") == 0);
    CHECK(world.count(Verb::power_off, "esxi1") == 0);
    SECTION("it ends, and the guest is shut down") {
        entry.task.reset();
        world.push("esxi1", entry.vmid);
        world.hosts.at("esxi1").refusals.clear();
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        CHECK(world.count(Verb::power_off, "esxi1") == 0);
    }
    SECTION("it does not end: a hard power off is tried when the guest's time is over") {
        world.run(seconds(239));
        CHECK(world.count(Verb::power_off, "esxi1") == 0);
        world.run(seconds(10));
        CHECK(world.count(Verb::power_off, "esxi1") > 0);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::failed);
        CHECK(world.answer_to(caller)->reason == Reason::task_in_progress);
        CHECK(world.answer_to(caller)->detail.find(snapshot) != std::string::npos);
    }
}

TEST_CASE("a task that keeps an entry registered fails the stop with its name") {
    World world;
    both_connected(world);
    busy_entry(world, "esxi1", Power::off, false);
    refuse(world, "esxi1", 100);
    const auto caller = world.ask(Kind::stop, "vm1", seconds(30));
    world.run(seconds(31));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->reason == Reason::task_in_progress);
    CHECK(world.answer_to(caller)->detail.find(snapshot) != std::string::npos);
}

TEST_CASE("somebody's power-off under way is not cancelled") {
    World world;
    both_connected(world);
    busy_entry(world, "esxi1", Power::on, true, "vim.VirtualMachine.powerOff");
    world.run_until_answered(world.ask(Kind::stop));
    CHECK(world.count(Verb::cancel_task, "esxi1") == 0);
}

TEST_CASE("a takeover cancels the task that is in its way on the peer") {
    World world;
    both_connected(world);
    busy_entry(world, "esxi2", Power::on, true);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::cancel_task, "esxi2") == 1);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("a running copy whose power-on has not ended is not yet started; a backup does not matter") {
    World world;
    both_connected(world);
    const std::string what =
        GENERATE(as<std::string>{}, "vim.VirtualMachine.powerOn", "PowerOnVM_Task", snapshot);
    VmEntry& entry = busy_entry(world, "esxi1", Power::on, false, what);
    const auto caller = world.ask(Kind::start, "vm1", seconds(30));
    world.run(seconds(20));
    if (what == snapshot) {
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        return;
    }
    CHECK_FALSE(world.answer_to(caller));
    SECTION("it ends") {
        entry.task.reset();
        world.push("esxi1", entry.vmid);
        world.run(milliseconds(10));
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->ending == Ending::ok);
    }
    SECTION("it never ends") {
        world.run(seconds(11));
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->reason == Reason::task_in_progress);
    }
    CHECK(world.writes.empty());
}

TEST_CASE("a power-on that a backup holds up is tried again, and named at the deadline") {
    World world;
    both_connected(world);
    busy_entry(world, "esxi1", Power::off, false);
    refuse(world, "esxi1", 100);
    const auto caller = world.ask(Kind::start, "vm1", seconds(30));
    world.run(seconds(31));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::task_in_progress);
    CHECK(world.answer_to(caller)->detail.find(snapshot) != std::string::npos);
    CHECK(world.count(Verb::power_on, "esxi1") > 5);
}
