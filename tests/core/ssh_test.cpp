// What SSH adds to the judgement: another way for writes, a list of processes that proves, and the end by
// force.
#include <algorithm>

#include "daemon/core/questions.hpp"
#include "daemon/core/view.hpp"
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

const VmxPath vmx{"EC_iSCSI", "vm1/vm1.vmx"};

void with_ssh(Settings& settings) {
    for (auto& [name, host] : settings.hosts) host.ssh = true;
}

// Both hosts have both ways, and both are up.
void all_up(World& world) {
    both_connected(world);
    world.shell("esxi1");
    world.shell("esxi2");
}

std::vector<Kill> kills(const World& world) {
    std::vector<Kill> all;
    for (const auto& write : world.writes)
        if (write.verb == Verb::kill_process) {
            CHECK(write.via == Via::ssh);  // also where the API may write everything else
            all.push_back(write.kill);
        }
    return all;
}

bool all_go(const World& world, Via via) {
    return std::ranges::all_of(world.writes, [&](const Write& write) { return write.via == via; });
}

}  // namespace

TEST_CASE("a host whose licence is free is written to over SSH, and that is said once") {
    World world(with_ssh);
    world.hosts["esxi1"].facts.api_writes = false;
    all_up(world);
    world.run_until_answered(world.ask(Kind::start));
    world.run_until_answered(world.ask(Kind::stop));
    CHECK(world.answers.front().ending == Ending::ok);
    CHECK(world.answers.back().ending == Ending::ok);
    CHECK(all_go(world, Via::ssh));
    const auto lines = std::ranges::count_if(world.said, [](const Say& say) {
        return say.message ==
               "writes to esxi1 go over SSH: its licence does not allow writes through the API";
    });
    CHECK(lines == 1);
}

TEST_CASE("a write that the licence refuses all the same goes over SSH at once") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::on);
    all_up(world);
    const Fault restricted{FaultKind::restricted_version, "RestrictedVersion", "prohibited", ""};
    world.hosts["esxi1"].refusals[Verb::shutdown_guest] = {restricted};
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(1));
    CHECK(world.count(Verb::shutdown_guest, "esxi1") == 2);
    CHECK(world.writes.at(0).via == Via::api);
    CHECK(world.writes.at(1).via == Via::ssh);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("with the free licence and SSH down a stop waits for SSH, and a start fails with that reason") {
    World world(with_ssh);
    world.hosts["esxi1"].facts.api_writes = false;
    world.add("esxi1", "vm1", Power::on);
    both_connected(world);
    world.shell("esxi1", Link::down);
    const auto stop = world.ask(Kind::stop);
    world.run(seconds(30));
    CHECK(world.writes.empty());
    CHECK(world.answer_to(stop) == nullptr);
    world.shell("esxi1");
    world.run_until_answered(stop);
    CHECK(world.answer_to(stop)->ending == Ending::ok);

    world.shell("esxi1", Link::down);
    const auto start = world.ask(Kind::start);
    world.run_until_answered(start);
    CHECK(world.answer_to(start)->reason == Reason::license_restricted);
    CHECK(world.answer_to(start)->detail.find("the SSH session to esxi1 is down") != std::string::npos);
}

TEST_CASE("an invalid entry without a process is off: a stop takes it out at once") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::off).connection = Connection::invalid;
    world.hosts["esxi1"].processes.emplace();
    all_up(world);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(1));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.process_questions >= 1);
    CHECK(kills(world).empty());
}

TEST_CASE("the process of an invalid entry is ended, softly first, and only then is the entry taken out") {
    for (const Kill needed : {Kill::soft, Kill::hard, Kill::force}) {
        World world(with_ssh);
        world.add("esxi1", "vm1", Power::off).connection = Connection::invalid;
        world.hosts["esxi1"].processes = {{"2100001", vmx}};
        world.hosts["esxi1"].dies_of = needed;
        all_up(world);
        const auto caller = world.ask(Kind::stop);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        std::vector<Kill> expected{Kill::soft, Kill::hard, Kill::force};
        expected.resize(static_cast<size_t>(needed) + 1);
        CHECK(kills(world) == expected);
        CHECK(world.writes.back().verb == Verb::unregister);
    }
}

TEST_CASE("a process that no kill ends makes the stop fail, and its entry stays") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::off).connection = Connection::invalid;
    world.hosts["esxi1"].processes = {{"2100001", vmx}};
    world.hosts["esxi1"].refusals[Verb::kill_process] =
        std::deque<Fault>(100, Fault{FaultKind::other, "", "cannot end it", ""});
    all_up(world);
    const auto caller = world.ask(Kind::stop, "vm1", seconds(300));
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.count(Verb::unregister, "esxi1") == 0);
}

TEST_CASE("a question that nobody may answer ends a stop with the process, over SSH only") {
    for (const bool ssh : {true, false}) {
        World world(with_ssh);
        VmEntry& entry = world.add("esxi1", "vm1", Power::on);
        entry.question = Question{"7", "What now?", {"msg.serial.file.open"}, {{"0", "Append"}}};
        world.hosts["esxi1"].processes = {{"2100001", vmx}};
        both_connected(world);
        if (ssh) world.shell("esxi1");
        const auto caller = world.ask(Kind::stop, "vm1", seconds(200));
        world.run_until_answered(caller);
        CHECK(kills(world).size() == (ssh ? 1 : 0));
        CHECK((world.answer_to(caller)->ending == Ending::ok) == ssh);
    }
}

TEST_CASE("a VM that does not power off is ended by force after two tries") {
    World world([](Settings& settings) {
        with_ssh(settings);
        settings.vms.at(VmName("vm1")).stop_mode = StopMode::power_off;
    });
    world.add("esxi1", "vm1", Power::on);
    world.hosts["esxi1"].processes = {{"2100001", vmx}};
    world.hosts["esxi1"].refusals[Verb::power_off] =
        std::deque<Fault>(100, Fault{FaultKind::other, "SystemError", "no", ""});
    all_up(world);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_off, "esxi1") == 2);
    CHECK(kills(world) == std::vector<Kill>{Kill::soft});
}

TEST_CASE("a process list that was told before the last write proves nothing") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::off).connection = Connection::invalid;
    world.hosts["esxi1"].processes.emplace();
    all_up(world);
    world.happen(ProcessesTold{HostName("esxi1"), world.now, std::vector<VmProcess>()});
    world.hosts["esxi1"].processes = {{"2100001", vmx}};  // somebody has powered it on since then
    world.run(seconds(2));
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(kills(world).size() == 1);
}

TEST_CASE("a process list from before the operation proves nothing where the host cannot tell a newer one") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::off).connection = Connection::invalid;
    world.hosts["esxi1"].processes.emplace();
    all_up(world);
    world.happen(ProcessesTold{HostName("esxi1"), world.now, std::vector<VmProcess>()});
    world.hosts["esxi1"].processes.reset();
    world.run(seconds(1));
    world.ask(Kind::stop);
    world.run(seconds(1));
    CHECK(world.process_questions > 0);
    CHECK(world.writes.empty());
}

TEST_CASE("a process with another path is nobody's business, and one on an unnamed volume may be ours") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::off).connection = Connection::invalid;
    world.hosts["esxi1"].processes = {{"1", {"EC_iSCSI", "old/vm1/vm1.vmx"}},
                                      {"2", {"EC_iSCSI", "vm2/vm2.vmx"}}};
    SECTION("others") {
        all_up(world);
        const auto caller = world.ask(Kind::stop);
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->ending == Ending::ok);
        CHECK(kills(world).empty());
    }
    SECTION("on a volume that the host does not name") {
        world.hosts["esxi1"].processes->push_back({"3", {"62e2a1b4-0000", "vm1/vm1.vmx"}});
        all_up(world);
        const auto caller = world.ask(Kind::stop, "vm1", seconds(100));
        world.run(seconds(10));
        CHECK(world.answer_to(caller) == nullptr);
        CHECK(kills(world).empty());
        CHECK(world.count(Verb::unregister, "esxi1") == 0);
    }
}

TEST_CASE("an invalid entry on a peer whose process runs is stopped there before a start goes on") {
    World world(with_ssh);
    world.add("esxi2", "vm1", Power::off).connection = Connection::invalid;
    world.hosts["esxi2"].processes = {{"2100001", vmx}};
    all_up(world);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.writes.front().verb == Verb::kill_process);
    CHECK(world.runs("esxi1"));
}

TEST_CASE("a start that meets a lock names its owner by the adapters of the hosts") {
    World world(with_ssh);
    world.hosts["esxi2"].facts.nics = {"00:50:56:aa:00:02"};
    world.add("esxi1", "vm1", Power::off);
    all_up(world);
    world.hosts["esxi1"].refusals[Verb::power_on] =
        std::deque<Fault>(100, Fault{FaultKind::lock_held, "FileLocked", "Failed to lock the file", ""});
    const std::string file = "/vmfs/volumes/EC_iSCSI/vm1/vm1-flat.vmdk";
    const auto expect = [&](const DiskLock& lock, const std::string& text) {
        world.disk_lock = lock;
        const auto caller = world.ask(Kind::start, "vm1", seconds(20));
        world.run_until_answered(caller);
        CHECK(world.answer_to(caller)->reason == Reason::lock_held);
        CHECK(world.answer_to(caller)->detail.find(text) != std::string::npos);
    };
    expect({LockMode::exclusive, {"00:50:56:aa:00:02"}, file}, "locked by esxi2 (exclusive)");
    world.run(seconds(60));
    expect({LockMode::exclusive, {"00:50:56:aa:00:09"}, file},
           "locked by a host with the network adapter 00:50:56:aa:00:09 (exclusive)");
    world.run(seconds(60));
    expect({LockMode::read_only, {"00:50:56:aa:00:02"}, file}, "locked by esxi2 (read-only)");
}

TEST_CASE("whoever asks often who holds the lock asks the host every 5 s") {
    World world(with_ssh);
    all_up(world);
    world.disk_lock = DiskLock{};
    for (int i = 0; i < 20; ++i) {
        world.happen(LockWanted{VmName("vm1")});
        world.run(seconds(1));
    }
    CHECK(world.lock_questions == 4);
}

TEST_CASE(
    "what is read seldom stays fresh for as long as it says, and no longer once the connection is lost") {
    World world;
    both_connected(world);
    const HostName host("esxi1");
    Read read;
    read.host = host;
    read.session = 50;
    read.asked = world.now;
    read.full = true;
    read.good_for = seconds(33);
    world.hosts["esxi1"].answers = false;  // the API's watch is silent
    world.happen(LinkChanged{host, Link::up, Reason::running, "", 50, Via::ssh});
    world.happen(read);
    const auto is_fresh = [&] { return core::fresh(world.state, world.state.hosts.at(host), world.now); };
    world.run(seconds(32));
    CHECK(is_fresh());
    world.happen(LinkChanged{host, Link::down, Reason::host_unreachable, "", 50, Via::ssh});
    CHECK(!is_fresh());
    world.happen(LinkChanged{host, Link::up, Reason::running, "", 50, Via::ssh});
    CHECK(!is_fresh());
}

TEST_CASE("questions without ids are known by text and labels together") {
    const Question lost{
        "3",
        "The lock protecting vm1.vmdk has been lost, possibly due to underlying storage issues.",
        {},
        {{"0", "OK"}}};
    CHECK(kind_of(lost) == QuestionKind::lock_lost);
    Question odd = lost;
    odd.choices.push_back({"1", "Retry"});
    CHECK(kind_of(odd) == QuestionKind::unknown);
    odd = lost;
    odd.text = "Is this all right?";
    CHECK(kind_of(odd) == QuestionKind::unknown);
    const Question full{
        "4", "There is no more space for virtual disk vm1.vmdk.", {}, {{"0", "Retry"}, {"1", "Cancel"}}};
    CHECK(kind_of(full) == QuestionKind::out_of_space);
    CHECK(answer_for(full, Kind::stop)->key == "1");
    CHECK(!answer_for(full, Kind::start));
}

TEST_CASE("what is left of a VM that runs on a peer is ended before its invalid entry is tidied up") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::off).connection = Connection::invalid;
    world.add("esxi2", "vm1", Power::on);
    world.hosts["esxi1"].processes = {{"2100001", vmx}};
    all_up(world);
    world.run(seconds(120));
    REQUIRE(world.writes.size() == 2);
    CHECK(world.writes[0].verb == Verb::kill_process);
    CHECK(world.writes[1].verb == Verb::unregister);
    CHECK(!world.registered("esxi1"));
    CHECK(world.runs("esxi2"));
}

TEST_CASE("a host that dies takes its SSH first: the start waits for what its API shows, and goes on") {
    World world(with_ssh);
    world.hosts["esxi2"].facts.api_writes = false;
    world.add("esxi2", "vm1", Power::on);
    all_up(world);
    world.shell("esxi2", Link::down);
    world.hosts["esxi2"].answers = false;
    world.hosts["esxi2"].entries.clear();  // the power is off: nothing holds the lock
    const auto caller = world.ask(Kind::start);
    world.run(seconds(2));
    CHECK(world.answer_to(caller) == nullptr);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.runs("esxi1"));
    CHECK(to_ms(world.now - start) < 20'000);
}

TEST_CASE("right after the daemon has come up, SSH that is still connecting is waited for") {
    World world(with_ssh);
    world.hosts["esxi1"].facts.api_writes = false;
    both_connected(world);
    const auto start = world.ask(Kind::start);
    world.run(seconds(2));
    CHECK(world.answer_to(start) == nullptr);
    CHECK(world.writes.empty());
    world.shell("esxi1");
    world.run_until_answered(start);
    CHECK(world.answer_to(start)->ending == Ending::ok);
}

TEST_CASE("a licence that turns out to refuse while SSH is still connecting fails no stop") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::on);
    both_connected(world);
    const Fault restricted{FaultKind::restricted_version, "RestrictedVersion", "prohibited", ""};
    world.hosts["esxi1"].refusals[Verb::shutdown_guest] = {restricted};
    const auto stop = world.ask(Kind::stop);
    world.run(seconds(5));
    CHECK(world.answer_to(stop) == nullptr);
    world.shell("esxi1");
    world.run_until_answered(stop);
    CHECK(world.answer_to(stop)->ending == Ending::ok);
}

TEST_CASE("with little time left a power-off is tried before a process is ended") {
    World world(with_ssh);
    world.add("esxi1", "vm1", Power::on);
    world.hosts["esxi1"].processes = {{"2100001", vmx}};
    // The guest's shutdown is refused, which is no word about a power-off.
    world.hosts["esxi1"].refusals[Verb::shutdown_guest] =
        std::deque<Fault>(100, Fault{FaultKind::tools_unavailable, "ToolsUnavailable", "no Tools", ""});
    all_up(world);
    const auto caller = world.ask(Kind::stop, "vm1", seconds(25));
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_off, "esxi1") == 1);
    CHECK(kills(world).empty());
}
