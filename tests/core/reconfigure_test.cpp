// A new configuration while everything goes on: what it may change, what it says, and what it leaves alone.
#include "daemon/core/reconfigure.hpp"

#include "daemon/core/reconfigure_text.hpp"
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

const VmName vm1("vm1"), vm2("vm2"), vm3("vm3");
const HostName esxi1("esxi1"), esxi2("esxi2");
constexpr Duration settled = seconds(40);

Reconfigured reload(World& world, const std::function<void(Settings&)>& change,
                    const std::map<HostName, LinkAnew>& links = {}, const Remembered& remembered = {}) {
    Settings next = world.settings;
    change(next);
    world.now += Duration(1);
    auto done = reconfigure(world.state, {next, links, remembered, {}}, world.now);
    if (!done.refused.empty()) return done;
    world.settings = next;
    world.take(done.step);
    return done;
}

void remove_vm1(Settings& settings) {
    settings.vms.erase(vm1);
}

void move_vm1(Settings& settings) {
    settings.vms.at(vm1).vmx.file = "elsewhere/vm1.vmx";
}

void add_vm2(Settings& settings) {
    settings.vms[vm2].vmx = {"EC_iSCSI", "vm2/vm2.vmx"};
}

void pause(World& world) {
    Step out;
    set_paused(world.state, vm1, true, world.now, out);
    world.take(out);
}

void start_here(World& world) {
    both_connected(world);
    world.run_until_answered(world.ask(Kind::start));
    REQUIRE(world.runs("esxi1"));
}

bool tells(const std::vector<std::string>& lines, std::string_view what) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.find(what) != std::string::npos; });
}

size_t looks_in(const Step& step) {
    return static_cast<size_t>(
        std::count_if(step.actions.begin(), step.actions.end(),
                      [](const Action& action) { return std::holds_alternative<Look>(action); }));
}

}  // namespace

TEST_CASE("the same configuration changes nothing and asks nobody anything") {
    World world;
    start_here(world);
    const auto done = reload(world, [](Settings&) {});
    CHECK(done.refused.empty());
    CHECK(done.changes.empty());
    CHECK(done.step.actions.empty());
    CHECK(world.verdict() == Verdict::healthy);
}

TEST_CASE(
    "a VM that the cluster started here is neither removed nor moved, and nothing else of that file counts") {
    World world;
    start_here(world);
    const auto change = GENERATE(remove_vm1, move_vm1);
    const auto done = reload(world, [&](Settings& settings) {
        change(settings);
        settings.freshness = seconds(9);
        add_vm2(settings);
    });
    REQUIRE(done.refused.size() == 1);
    CHECK(tells(done.refused, "the cluster started it here"));
    CHECK(tells(done.refused, "vmhactl pause vm1"));
    CHECK(done.step.actions.empty());
    CHECK(world.state.settings.freshness == seconds(5));
    CHECK(world.state.vms.size() == 1);
    CHECK(world.verdict() == Verdict::healthy);
}

TEST_CASE("a paused VM that runs here is removed, and its mark and what was judged of it go with it") {
    World world;
    start_here(world);
    pause(world);
    const auto done = reload(world, remove_vm1);
    REQUIRE(done.refused.empty());
    CHECK(tells(done.changes, "vm 'vm1' removed; its active mark goes too"));
    CHECK(world.state.vms.empty());
    CHECK_FALSE(world.marks.at("vm1"));
    CHECK(world.judgements.at("vm1") == Judgement{});
    CHECK(world.runs("esxi1"));
    world.run(seconds(120));
    CHECK(world.count(Verb::power_off, "esxi1") == 0);
}

TEST_CASE("a paused VM that gets another path stays paused under its name and loses its mark") {
    World world;
    start_here(world);
    pause(world);
    const auto done = reload(world, move_vm1);
    REQUIRE(done.refused.empty());
    CHECK(tells(done.changes, "counts as another VM"));
    CHECK(world.health().reason == Reason::paused);
    CHECK_FALSE(world.marks.at("vm1"));
    CHECK(world.judgements.at("vm1").paused);
    CHECK(world.state.hosts.at(esxi1).where.empty());
}

TEST_CASE("a VM that is proved to be elsewhere is removed without a pause") {
    World world;
    both_connected(world);
    world.run(settled);
    CHECK(reload(world, remove_vm1).refused.empty());
    CHECK(world.state.vms.empty());
    CHECK(world.state.by_file.empty());
    CHECK(world.state.wakes.empty());
}

TEST_CASE("a VM of which nobody knows where it is, is not removed") {
    World world;
    both_connected(world);
    SECTION("the inventory may still be loading") {
        world.run(seconds(10));
        CHECK(tells(reload(world, remove_vm1).refused, "nothing proves yet that it is not on esxi1"));
    }
    SECTION("the host is silent") {
        world.run(settled);
        world.hosts.at("esxi1").answers = false;
        world.run(seconds(10));
        CHECK(tells(reload(world, remove_vm1).refused, "esxi1 is not seen now"));
    }
    SECTION("it is registered and off") {
        world.add("esxi1", "vm1", Power::off);
        world.run(settled);
        CHECK(tells(reload(world, remove_vm1).refused, "it is registered on esxi1"));
    }
    SECTION("its entry left while it was invalid") {
        VmEntry& entry = world.add("esxi1", "vm1", Power::on);
        entry.connection = Connection::invalid;
        world.push("esxi1", entry.vmid);
        world.remove("esxi1", entry.vmid);
        world.run(settled);
        CHECK(tells(reload(world, remove_vm1).refused, "nothing proves that it is off on esxi1"));
    }
    CHECK(world.state.vms.size() == 1);
}

TEST_CASE("a stop under way holds a removal up, unless a person has paused its VM: then its caller is told") {
    World world;
    start_here(world);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(2));  // the guest is shutting down
    CHECK(tells(reload(world, remove_vm1).refused, "a stop of vm1 is under way"));
    REQUIRE(world.answer_to(caller) == nullptr);
    pause(world);
    CHECK(reload(world, remove_vm1).refused.empty());
    REQUIRE(world.answer_to(caller) != nullptr);
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->detail.find("taken out of the configuration") != std::string::npos);
    CHECK(world.state.callers.empty());
}

TEST_CASE("a start that waits behind the stop of a VM that is removed is told, too") {
    World world;
    start_here(world);
    const auto stop = world.ask(Kind::stop), start = world.ask(Kind::start);
    world.run(seconds(2));
    pause(world);
    REQUIRE(reload(world, remove_vm1).refused.empty());
    CHECK(world.answer_to(stop)->ending == Ending::failed);
    CHECK(world.answer_to(start)->ending == Ending::failed);
    CHECK(world.state.callers.empty());
}

TEST_CASE("an unanswered write keeps its VM, whatever a person says") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").loses_replies = true;
    world.ask(Kind::start);
    world.run(milliseconds(1));
    REQUIRE(world.state.vms.at(vm1).flying.has_value());
    pause(world);
    const auto change = GENERATE(remove_vm1, move_vm1);
    CHECK(tells(reload(world, change).refused, "not answered yet: register vm1 on esxi1"));
    CHECK(world.state.vms.at(vm1).flying.has_value());
}

TEST_CASE("another spelling of the same file is the same VM") {
    World world;
    start_here(world);
    const auto done =
        reload(world, [](Settings& settings) { settings.vms.at(vm1).vmx.volume = "5bc7459f-967eeb48"; });
    REQUIRE(done.refused.empty());
    CHECK(tells(done.changes, "its vmx is written another way"));
    CHECK(world.state.vms.at(vm1).active);
    CHECK(world.verdict() == Verdict::healthy);
}

TEST_CASE("VMs that are added are looked for on every host at once, and are unknown until then") {
    World world;
    both_connected(world);
    world.run(settled);
    const auto done = reload(world, [](Settings& settings) {
        add_vm2(settings);
        settings.vms[vm3].vmx = {"EC_iSCSI", "vm3/vm3.vmx"};
    });
    CHECK(tells(done.changes, "vm 'vm2' added: /vmfs/volumes/EC_iSCSI/vm2/vm2.vmx"));
    CHECK(looks_in(done.step) == 2);  // one each host
    CHECK(world.verdict("vm2") == Verdict::unknown);
    CHECK(world.health("vm2").reason == Reason::settling);
    CHECK(world.health("vm2").exit_code == ExitCode::ok);
    world.run(seconds(1));
    CHECK(world.health("vm2").reason == Reason::not_active_here);
    CHECK(world.health("vm3").reason == Reason::not_active_here);
}

TEST_CASE("a VM that is added while it runs here is found, and a start of it is done at once") {
    World world([](Settings& settings) { add_vm2(settings); });
    both_connected(world);
    world.add("esxi1", "vm2", Power::on);
    reload(world, [](Settings& settings) { settings.vms.erase(vm2); });  // it runs: refused
    REQUIRE(world.state.vms.contains(vm2));
    Step out;
    set_paused(world.state, vm2, true, world.now, out);
    world.take(out);
    REQUIRE(reload(world, [](Settings& settings) { settings.vms.erase(vm2); }).refused.empty());
    world.run(seconds(5));
    REQUIRE(reload(world, add_vm2).refused.empty());
    world.run(seconds(1));
    CHECK(world.verdict("vm2") == Verdict::healthy);
    const auto caller = world.ask(Kind::start, "vm2");
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::power_on, "esxi1") == 0);
    CHECK(world.count(Verb::register_vm, "esxi1") == 0);
}

TEST_CASE("a VM that is added brings what the stores hold: its mark and a write that was left") {
    World world;
    both_connected(world);
    world.run(settled);
    Flying left;
    left.write.id = 77;
    left.write.vm = vm2;
    left.write.host = esxi1;
    left.write.verb = Verb::register_vm;
    left.write.limit = world.now + seconds(20);
    left.sent = world.now;
    Remembered remembered;
    remembered.active = {vm2};
    remembered.flying = {left};
    const auto done = reload(world, add_vm2, {}, remembered);
    CHECK(tells(done.changes, "with its active mark"));
    CHECK(world.state.vms.at(vm2).active);
    REQUIRE(world.state.vms.at(vm2).flying.has_value());
    world.run(seconds(5));
    CHECK(world.verdict("vm2") == Verdict::unknown);  // rule 6
    world.run(seconds(60));
    CHECK(world.health("vm2").reason == Reason::not_registered);
}

TEST_CASE("a confirm time holds from now on") {
    World world;
    start_here(world);
    for (auto& [vmid, entry] : world.hosts.at("esxi1").entries) {
        entry.power = Power::off;
        world.push("esxi1", vmid);
    }
    world.run(seconds(1));
    REQUIRE(world.verdict() == Verdict::healthy);
    SECTION("a longer one") {
        const auto done = reload(world, [](Settings& settings) {
            settings.vms.at(vm1).confirm.powered_off = milliseconds(20500);
        });
        CHECK(done.changes == std::vector<std::string>{"vm 'vm1': confirm_s.powered_off 3 -> 20.5"});
        world.run(seconds(10));
        CHECK(world.verdict() == Verdict::healthy);
        world.run(seconds(12));
    }
    SECTION("a shorter one") {
        reload(world, [](Settings& settings) { settings.vms.at(vm1).confirm.powered_off = seconds(0); });
    }
    CHECK(world.health().reason == Reason::powered_off);
}

TEST_CASE("an operation under way keeps its deadline, the next one has the new time") {
    World world;
    start_here(world);
    world.hosts.at("esxi1").answers = false;
    const auto first = world.ask(Kind::stop);
    world.run(seconds(1));
    reload(world, [](Settings& settings) { settings.vms.at(vm1).stop_timeout = seconds(100); });
    world.run(seconds(300));
    CHECK(world.answer_to(first) == nullptr);
    const auto second = world.ask(Kind::stop);
    world.run(seconds(101));
    REQUIRE(world.answer_to(second) != nullptr);
    CHECK(world.answer_to(second)->reason == Reason::host_unreachable);
    CHECK(world.answer_to(first) == nullptr);
    world.run(seconds(200));
    CHECK(world.answer_to(first) != nullptr);
}

TEST_CASE("a link that is made anew: nothing negative is concluded before the host has settled again") {
    World world;
    start_here(world);
    world.run(settled);
    const auto done = reload(world, [](Settings&) {}, {{esxi1, {false, {"api.user root -> vmha"}}}});
    CHECK(done.changes ==
          std::vector<std::string>{"host 'esxi1': api.user root -> vmha; the link to it is made anew"});
    CHECK(world.state.hosts.at(esxi1).link == Link::connecting);
    CHECK(world.verdict() == Verdict::unknown);
    world.hosts.at("esxi1").entries.clear();  // the host does not show its inventory yet
    world.connect("esxi1");
    world.run(seconds(20));
    CHECK(world.verdict() == Verdict::unknown);
    world.run(seconds(120));
    CHECK(world.health().reason == Reason::not_registered);
}

TEST_CASE(
    "what was being written over a link that is made anew counts as unanswered, and is looked at first") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").loses_replies = true;
    const auto caller = world.ask(Kind::start);
    world.run(milliseconds(1));
    REQUIRE(world.state.vms.at(vm1).flying.has_value());
    REQUIRE_FALSE(world.state.vms.at(vm1).flying->unanswered);
    REQUIRE(reload(world, [](Settings&) {}, {{esxi1, {}}}).refused.empty());
    CHECK(world.state.vms.at(vm1).flying->unanswered);
    CHECK(said(world, "no answer to: register vm1 on esxi1"));
    world.hosts.at("esxi1").loses_replies = false;
    world.connect("esxi1");
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.count(Verb::register_vm, "esxi1") == 1);
}

TEST_CASE("a look that the old link took along is asked for again") {
    World world;
    start_here(world);
    world.state.vms.at(vm1).looking[esxi1] = 4711;
    world.state.vms.at(vm1).processes_asked[esxi1] = world.now;
    reload(world, [](Settings&) {}, {{esxi1, {}}});
    CHECK(world.state.vms.at(vm1).looking.empty());
    CHECK(world.state.vms.at(vm1).processes_asked.empty());
}

TEST_CASE("the local host's address changes under a VM only where it is proved to be the same machine") {
    World world;
    start_here(world);
    const auto renumber = [](Settings& settings) { settings.hosts.at(esxi1).address = "192.0.2.9"; };
    SECTION("another certificate, or none that is pinned") {
        const auto done = reload(world, renumber, {{esxi1, {true, {}}}});
        CHECK(tells(done.refused, "nothing proves that its new address is that of the same machine"));
        CHECK(world.verdict() == Verdict::healthy);
    }
    SECTION("the same certificate") {
        const auto done = reload(world, renumber, {{esxi1, {false, {}}}});
        CHECK(done.changes ==
              std::vector<std::string>{
                  "host 'esxi1': address 192.0.2.1 -> 192.0.2.9; the link to it is made anew"});
        CHECK(world.state.vms.at(vm1).active);
        world.connect("esxi1");
        world.run(seconds(2));
        CHECK(world.verdict() == Verdict::healthy);
    }
    SECTION("a person who paused all VMs knows") {
        pause(world);
        CHECK(reload(world, renumber, {{esxi1, {true, {}}}}).refused.empty());
        CHECK(world.state.hosts.at(esxi1).entries.empty());
    }
}

TEST_CASE("a peer leaves or gets another address only while no start has to do with it") {
    World world;
    both_connected(world);
    world.add("esxi2", "vm1", Power::on);
    world.run(settled);
    const auto drop = [](Settings& settings) { settings.hosts.erase(esxi2); };
    const auto renumber = [](Settings& settings) { settings.hosts.at(esxi2).address = "192.0.2.9"; };
    const auto caller = world.ask(Kind::start);  // takes over
    world.run(seconds(1));
    CHECK(tells(reload(world, drop).refused, "host 'esxi2' cannot be removed: a start of vm1 is under way"));
    CHECK(tells(reload(world, renumber, {{esxi2, {true, {}}}}).refused,
                "host 'esxi2' cannot get another address"));
    world.run_until_answered(caller);
    REQUIRE(world.answer_to(caller)->ending == Ending::ok);
    CHECK(reload(world, drop).changes == std::vector<std::string>{"host 'esxi2' removed"});
    CHECK(world.state.hosts.size() == 1);
    CHECK(world.verdict() == Verdict::healthy);
    CHECK(reload(world, [](Settings& settings) {
              settings.hosts[esxi2] = {"192.0.2.7", false, "", seconds(30)};
          }).changes == std::vector<std::string>{"host 'esxi2' added, at 192.0.2.7"});
    world.connect("esxi2");
    world.run(seconds(1));
    CHECK(world.verdict() == Verdict::healthy);
}

TEST_CASE("another node, or another host for this one, takes a restart") {
    World world;
    both_connected(world);
    world.run(settled);
    CHECK(tells(reload(world, [](Settings& settings) { settings.node = "ec2"; }).refused,
                "this node would be 'ec2' and is 'ec1'"));
    CHECK(tells(reload(world, [](Settings& settings) { settings.hosts.erase(esxi1); }).refused,
                "host 'esxi1' would no longer be this node's own"));
}

TEST_CASE("all reasons for a refusal are told at once") {
    World world([](Settings& settings) { add_vm2(settings); });
    both_connected(world);
    world.run_until_answered(world.ask(Kind::start));
    world.run_until_answered(world.ask(Kind::start, "vm2"));
    const auto done = reload(world, [](Settings& settings) { settings.vms.clear(); });
    CHECK(done.refused.size() == 2);
}

TEST_CASE("the same change of several VMs is one line") {
    World world([](Settings& settings) { add_vm2(settings); });
    const auto done = reload(world, [](Settings& settings) {
        for (auto& [name, vm] : settings.vms) vm.stop_timeout = seconds(900);
        settings.freshness = milliseconds(2500);
        settings.hosts.at(esxi1).settle = seconds(10);
    });
    CHECK(done.changes == std::vector<std::string>{"freshness_s 5 -> 2.5", "host 'esxi1': settle_s 30 -> 10",
                                                   "2 VMs: stop_timeout_s 600 -> 900 (vm1, vm2)"});
    CHECK(said(world, "reload: freshness_s 5 -> 2.5"));
}

TEST_CASE("every setting of a VM that changes is told") {
    World world;
    const auto done = reload(world, [](Settings& settings) {
        VmSettings& vm = settings.vms.at(vm1);
        vm.start_timeout = vm.stop_timeout = vm.guest_shutdown_timeout = vm.boot_grace =
            vm.unknown_tolerance = seconds(7);
        vm.stop_mode = StopMode::power_off;
        vm.on_running_elsewhere = OnRunningElsewhere::refuse;
        vm.start_waits_for = StartWaitsFor::heartbeat;
        vm.tidy = false;
        vm.confirm = {seconds(7), seconds(7), seconds(7), seconds(7), seconds(7),
                      seconds(7), seconds(7), seconds(7), seconds(7)};
    });
    REQUIRE(done.changes.size() == 1);
    CHECK(std::count(done.changes[0].begin(), done.changes[0].end(), ',') == 17);  // 18 settings
    CHECK(tells(done.changes, "stop_mode shutdown -> power-off, on_running_elsewhere takeover -> refuse"));
}
