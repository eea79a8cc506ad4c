// Start: the VM ends up running on the local host, once, or the answer says why not.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;
using Strings = std::vector<std::string>;

namespace {

const Fault locked{FaultKind::lock_held, "FileLocked", "Failed to lock the file", ""};

}  // namespace

TEST_CASE("a VM that is not registered is registered, powered on and marked active") {
    World world;
    both_connected(world);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.answer_to(caller)->reason == Reason::running);
    CHECK(world.runs("esxi1"));
    CHECK(world.marks.at("vm1"));
    CHECK(world.stages() == Strings{"registering", "powering on", "started"});
    const auto line = std::ranges::find(world.said, "powering on", &Say::to);
    REQUIRE(line != world.said.end());
    CHECK(line->message == "vm 'vm1': 'registering' -> 'powering on' (esxi1)");
}

TEST_CASE("a VM that is registered and off is only powered on") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::off);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::register_vm, "esxi1") == 0);
    CHECK(world.count(Verb::power_on, "esxi1") == 1);
}

TEST_CASE("a VM that runs already is left alone") {
    World world;
    both_connected(world);
    world.add("esxi1", "vm1", Power::on);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.writes.empty());
}

TEST_CASE("a configured path in the uuid spelling matches the entry by datastore name") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).vmx = {"5bc7459f-967eeb48", "vm1/vm1.vmx"}; });
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::on);
    entry.path = VmxPath{"EC_iSCSI", "vm1/vm1.vmx"};
    world.push("esxi1", entry.vmid);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.writes.empty());
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("a VM of the same name in another directory is not ours") {
    World world;
    both_connected(world);
    VmEntry& other = world.add("esxi1", "vm1", Power::on);
    other.path = VmxPath{"EC_iSCSI", "old/vm1/vm1.vmx"};
    world.push("esxi1", other.vmid);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(40));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.writes.empty());
    CHECK(other.power == Power::on);
}

TEST_CASE("a start refuses to touch a VM that runs on a peer if the policy says so") {
    World world(
        [](Settings& s) { s.vms.at(VmName("vm1")).on_running_elsewhere = OnRunningElsewhere::refuse; });
    both_connected(world);
    world.add("esxi2", "vm1", Power::on);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->reason == Reason::running_elsewhere);
    CHECK(world.writes.empty());
}

TEST_CASE("a takeover stops the peer's copy, proves it off, then starts here") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::on);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.runs("esxi1"));
    CHECK_FALSE(world.registered("esxi2"));
    const auto on = std::ranges::find(world.writes, Verb::power_on, &Write::verb);
    const auto gone = std::ranges::find(world.writes, Verb::unregister, &Write::verb);
    CHECK(gone < on);
    CHECK(world.stages() ==
          Strings{"checking", "stopping elsewhere", "registering", "powering on", "started"});
}

TEST_CASE("nothing is done to a peer when the preflight fails") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::on);
    SECTION("the .vmx file is missing here") {
        world.vmx = Presence::missing;
    }
    SECTION("the local host is in maintenance mode") {
        world.hosts.at("esxi1").facts.in_maintenance = true;
        world.connect("esxi1");
    }
    SECTION("the local licence allows no writes") {
        world.hosts.at("esxi1").facts.api_writes = false;
        world.connect("esxi1");
    }
    SECTION("the peer's licence allows no writes") {
        world.hosts.at("esxi2").facts.api_writes = false;
        world.connect("esxi2");
    }
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.writes.empty());
    CHECK(world.runs("esxi2"));
}

TEST_CASE("a write to a peer follows a look that was begun after the decision") {
    World world;
    both_connected(world);
    const auto vmid = world.add("esxi2", "vm1", Power::on).vmid;
    // The peer's VM goes off behind our back and the watch has not told yet.
    world.hosts.at("esxi2").entries.at(vmid).power = Power::off;
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::shutdown_guest, "esxi2") == 0);
    CHECK(world.count(Verb::power_off, "esxi2") == 0);
}

TEST_CASE(
    "a look at a peer that comes back late is made once more, as the node may have stood still meanwhile") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::on);
    const auto caller = world.ask(Kind::start);
    while (world.stages().empty() || world.stages().back() != "stopping elsewhere")
        world.run(std::chrono::microseconds(100));
    REQUIRE(world.writes.empty());
    world.now += seconds(3);
    world.run(std::chrono::microseconds(100));
    CHECK(world.writes.empty());
    SECTION("and decides") {
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        CHECK(world.count(Verb::shutdown_guest, "esxi2") == 1);
    }
    SECTION("and counts, however slow the host") {
        world.now += seconds(3);
        world.run(std::chrono::microseconds(100));
        CHECK(world.count(Verb::shutdown_guest, "esxi2") == 1);
    }
}

TEST_CASE("when the peer cannot be seen the disk lock decides, and the start waits for it") {
    World world;
    world.connect("esxi1");
    world.lose("esxi2");
    world.hosts.at("esxi1").refusals[Verb::power_on] = {locked, locked, locked};
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_on, "esxi1") == 4);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
}

TEST_CASE("a lock that is never given up fails the start at its deadline and says so") {
    World world;
    world.connect("esxi1");
    world.lose("esxi2");
    for (int i = 0; i < 100; ++i) world.hosts.at("esxi1").refusals[Verb::power_on].push_back(locked);
    const auto caller = world.ask(Kind::start, "vm1", seconds(30));
    world.run(seconds(31));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->reason == Reason::lock_held);
    CHECK(world.answer_to(caller)->elapsed_ms == 30000);
}

TEST_CASE("a start waits at most 10 s for a peer that is still connecting") {
    World world;
    world.connect("esxi1");
    const auto caller = world.ask(Kind::start);
    world.run(seconds(9));
    CHECK(world.writes.empty());
    world.run(seconds(2));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("a start without its host fails host_unreachable at the deadline") {
    World world;
    world.lose("esxi1");
    const auto caller = world.ask(Kind::start, "vm1", seconds(20));
    world.run(seconds(21));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::host_unreachable);
    CHECK(world.writes.empty());
}

TEST_CASE("a start whose host refuses the login fails at once") {
    World world;
    world.happen(LinkChanged{HostName("esxi1"), Link::bad_password, Reason::bad_password,
                             "esxi1 refused the login", 0});
    const auto caller = world.ask(Kind::start);
    REQUIRE(world.answer_to(caller) == nullptr);
    world.run(milliseconds(10));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::bad_password);
}

TEST_CASE("a missing datastore is rescanned for, no more often than every 5 s") {
    World world;
    world.hosts.at("esxi1").datastores.clear();
    both_connected(world);
    const auto caller = world.ask(Kind::start, "vm1", seconds(22));
    world.run(seconds(23));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::datastore_lost);
    CHECK(world.count(Verb::rescan_storage, "esxi1") == 5);
    CHECK(world.writes.size() == 5);
    CHECK(world.writes.front().adapter == "vmhba65");
}

TEST_CASE("an invalid entry is given 15 s, then taken out and registered anew") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    entry.connection = Connection::invalid;
    entry.path.reset();
    world.push("esxi1", entry.vmid);
    const auto caller = world.ask(Kind::start);
    world.run(seconds(14));
    CHECK(world.writes.empty());
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::unregister, "esxi1") == 1);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("an entry that stays invalid fails the start after three registrations") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").registers_as_invalid = true;
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->reason == Reason::invalid);
    CHECK(world.count(Verb::unregister, "esxi1") == 3);
    CHECK(world.count(Verb::power_on, "esxi1") == 0);
}

TEST_CASE("AlreadyExists by an invalid twin: the twin is taken out and the VM registered again") {
    World world;
    VmEntry twin;
    twin.vmid = "51";
    twin.connection = Connection::invalid;
    world.hosts.at("esxi1").entries["51"] = twin;
    both_connected(world);
    world.hosts.at("esxi1").refusals[Verb::register_vm] = {
        {FaultKind::already_exists, "AlreadyExists", "'51' already exists", "51"}};
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::unregister, "esxi1") == 1);
    CHECK_FALSE(world.hosts.at("esxi1").entries.contains("51"));
}

TEST_CASE("a question while powering on is answered 'moved', never with the default") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    world.hosts.at("esxi1").task_time = seconds(8);
    const auto caller = world.ask(Kind::start);
    world.run(seconds(1));
    entry.question = Question{
        "7",
        "moved or copied?",
        {"msg.uuid.altered"},
        {{"0", "button.uuid.cancel"}, {"1", "button.uuid.movedTheVM"}, {"2", "button.uuid.copiedTheVM"}}};
    world.push("esxi1", entry.vmid);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    const auto answer = std::ranges::find(world.writes, Verb::answer_question, &Write::verb);
    REQUIRE(answer != world.writes.end());
    CHECK(answer->choice_key == "1");
    CHECK(answer->question_id == "7");
}

TEST_CASE("an unknown question is not answered; the start fails with its text") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    entry.question = Question{"9", "Insert disk 2", {"msg.floppy"}, {{"0", "OK"}, {"1", "Cancel"}}};
    world.push("esxi1", entry.vmid);
    const auto caller = world.ask(Kind::start, "vm1", seconds(30));
    world.run(seconds(31));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == Reason::question_pending);
    CHECK(world.answer_to(caller)->detail.find("Insert disk 2") != std::string::npos);
    CHECK(world.writes.empty());
}

TEST_CASE("a refusal that no waiting cures ends the start with its reason") {
    World world;
    both_connected(world);
    const auto [kind, reason] =
        GENERATE(table<FaultKind, Reason>({{FaultKind::restricted_version, Reason::license_restricted},
                                           {FaultKind::no_permission, Reason::no_privilege}}));
    world.hosts.at("esxi1").refusals[Verb::register_vm] = {{kind, "X", "no", ""}};
    const auto caller = world.ask(Kind::start);
    world.run(seconds(1));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->reason == reason);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
}

TEST_CASE("a file that is not there is looked for twice: storage that has just gone may not be told yet") {
    World world;
    both_connected(world);
    const Fault no{FaultKind::not_found, "NotFound", "no", ""};
    world.hosts.at("esxi1").refusals[Verb::register_vm] = {no, no, no};
    const auto caller = world.ask(Kind::start);
    world.run(seconds(1));
    CHECK_FALSE(world.answer_to(caller));
    SECTION("it stays so") {
        world.run(seconds(5));
        REQUIRE(world.answer_to(caller));
        CHECK(world.answer_to(caller)->reason == Reason::vmx_missing);
        CHECK(world.count(Verb::register_vm, "esxi1") == 2);
    }
    SECTION("meanwhile the storage is seen to be away") {
        world.hosts.at("esxi1").datastores.clear();
        world.connect("esxi1");
        world.run(seconds(60));
        CHECK_FALSE(world.answer_to(caller));
    }
}

TEST_CASE("a power-on that reports failure though the VM runs is a success") {
    World world;
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::off);
    world.hosts.at("esxi1").refusals[Verb::power_on] = {{FaultKind::other, "SystemError", "failed", ""}};
    const auto caller = world.ask(Kind::start);
    entry.power = Power::on;
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_on, "esxi1") == 1);
}

TEST_CASE("a peer's powered-off entry is taken out after our power-on, and only then") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::off);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.registered("esxi2"));
    CHECK(world.writes.back().host.str() == "esxi2");
}

TEST_CASE("a peer that does not let its powered-off entry go does not fail the start") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::off);
    world.hosts.at("esxi2").refusals[Verb::unregister] = {{FaultKind::other, "SystemError", "no", ""}};
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("start_waits_for heartbeat: the start is done when Tools is up") {
    World world([](Settings& s) { s.vms.at(VmName("vm1")).start_waits_for = StartWaitsFor::heartbeat; });
    both_connected(world);
    VmEntry& entry = world.add("esxi1", "vm1", Power::on);
    entry.heartbeat = Heartbeat::gray;
    world.push("esxi1", entry.vmid);
    const auto caller = world.ask(Kind::start);
    world.run(seconds(5));
    CHECK_FALSE(world.answer_to(caller));
    entry.heartbeat = Heartbeat::green;
    world.push("esxi1", entry.vmid);
    world.run(milliseconds(1));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("a peer that is connected and has not told its VMs yet is waited for") {
    World world;
    world.connect("esxi1");
    world.add("esxi2", "vm1", Power::on);
    const auto caller = world.ask(Kind::start);
    world.happen(LinkChanged{HostName("esxi2"), Link::up, Reason::running, "", 1});
    world.run(seconds(2));
    CHECK(world.writes.empty());
    world.connect("esxi2");
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.runs("esxi2"));
}
