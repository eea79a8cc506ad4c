// Readiness: known before it is needed, said once, and no line twice.
#include "daemon/core/readiness.hpp"

#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

Readiness ready(const World& world, const std::string& host, const std::string& vm = "vm1") {
    return readiness_of(world.state, world.state.hosts.at(HostName(host)), world.state.vms.at(VmName(vm)),
                        world.now);
}

void tell_facts(World& world, const std::string& host) {
    const FakeHost& of = world.hosts.at(host);
    world.happen(Read{HostName(host), of.session, world.now, false, {}, {}, {}, {}, {}, of.facts});
}

auto lines(const World& world, std::string_view what) {
    return std::ranges::count_if(world.said,
                                 [&](const Say& say) { return say.message.find(what) != std::string::npos; });
}

// vm1 runs on the peer, with two port groups and 4 GB.
VmEntry& runs_there(World& world) {
    both_connected(world);
    VmEntry& entry = world.add("esxi2", "vm1", Power::on);
    entry.networks = {"VM Network", "dmz"};
    entry.memory_mb = 4096;
    world.push("esxi2", entry.vmid);
    return entry;
}

}  // namespace

TEST_CASE("a VM is ready where nothing stands against it, and not where the host is not seen") {
    World world;
    CHECK_FALSE(ready(world, "esxi1").ready);
    runs_there(world);
    CHECK(ready(world, "esxi1").ready);
    CHECK(ready(world, "esxi2").ready);
    world.lose("esxi1");
    world.run(seconds(6));
    CHECK_FALSE(ready(world, "esxi1").ready);
    CHECK(ready(world, "esxi1").reason == Reason::host_unreachable);
    CHECK(ready(world, "esxi2").ready);
}

TEST_CASE("what stands against a start there is named, once, after it was held for 10 s") {
    World world;
    runs_there(world);
    FakeHost& local = world.hosts.at("esxi1");
    local.facts.networks = {"VM Network", "dmz"};
    local.facts.memory_free_mb = 9000;
    tell_facts(world, "esxi1");
    REQUIRE(ready(world, "esxi1").ready);
    Reason reason{};
    std::string line;
    SECTION("a port group is missing") {
        local.facts.networks = {"VM Network"};
        reason = Reason::network_missing;
        line = "vm1 is not ready on esxi1 (network_missing): port group 'dmz' of vm1 does not exist on esxi1";
    }
    SECTION("memory") {
        local.facts.memory_free_mb = 4000;
        reason = Reason::no_capacity;
        line = "vm1 is not ready on esxi1 (no_capacity): vm1 needs 4096 MB of memory, esxi1 has 4000 MB free";
    }
    SECTION("maintenance mode") {
        local.facts.in_maintenance = true;
        reason = Reason::maintenance_mode;
        line = "no VM can be started on esxi1 (maintenance_mode): esxi1 is in maintenance mode";
    }
    SECTION("it can be read and not written") {
        local.facts.api_writes = false;
        reason = Reason::license_restricted;
        line = "no VM can be started on esxi1 (license_restricted): the licence of esxi1";
    }
    SECTION("the evaluation is over") {
        local.facts.evaluation_days = 0;
        reason = Reason::license_restricted;
        line = "no VM can be started on esxi1 (license_restricted): the evaluation period of esxi1 is over";
    }
    SECTION("a privilege") {
        local.facts.privileged = false;
        reason = Reason::no_privilege;
        line = "no VM can be started on esxi1 (no_privilege): the account on esxi1";
    }
    SECTION("an unresolved volume") {
        local.datastores.clear();
        local.facts.unresolved_volumes = {"EC_iSCSI"};
        reason = Reason::volume_unresolved;
        line = "no VM of datastore EC_iSCSI can be started on esxi1 (volume_unresolved)";
    }
    SECTION("no datastore") {
        local.datastores.clear();
        reason = Reason::datastore_lost;
        line =
            "no VM of datastore EC_iSCSI can be started on esxi1 (datastore_lost): "
            "datastore EC_iSCSI is not mounted on esxi1";
    }
    world.connect("esxi1");
    CHECK_FALSE(ready(world, "esxi1").ready);
    CHECK(ready(world, "esxi1").reason == reason);
    CHECK(lines(world, line) == 0);
    // Storage is away that long in any failover.
    world.run(reason == Reason::datastore_lost ? seconds(121) : seconds(11));
    CHECK(lines(world, line) == 1);
    if (reason == Reason::no_capacity)
        local.facts.memory_free_mb = 3900;  // the number changes, the trouble does not
    tell_facts(world, "esxi1");
    world.run(seconds(600));
    CHECK(lines(world, " on esxi1 (") == 1);
    CHECK(std::ranges::all_of(
        world.said, [](const Say& say) { return say.topic != Topic::note || say.level == Level::warning; }));
    local.facts = {};
    local.datastores = world.hosts.at("esxi2").datastores;
    world.connect("esxi1");
    world.run(seconds(11));
    CHECK(ready(world, "esxi1").ready);
    CHECK(lines(world, "on esxi1 again") == 1);
}

TEST_CASE("trouble of a whole host or datastore is said once, not for each VM") {
    World world([](Settings& s) {
        for (int i = 2; i < 50; ++i)
            s.vms[VmName("vm" + std::to_string(i))].vmx = {"EC_iSCSI", std::to_string(i) + "/vm.vmx"};
    });
    both_connected(world);
    world.hosts.at("esxi2").facts.in_maintenance = true;
    world.hosts.at("esxi2").datastores.clear();
    world.connect("esxi2");
    world.run(seconds(130));
    CHECK(lines(world, "no VM can be started on esxi2") == 1);
    CHECK(lines(world, "no VM of datastore EC_iSCSI can be started on esxi2") == 1);
    CHECK(lines(world, "is not ready") == 0);
}

TEST_CASE("a host that comes and goes, or a datastore that flaps, does not fill the log") {
    World world;
    runs_there(world);
    world.hosts.at("esxi1").facts.networks = {"VM Network"};
    world.connect("esxi1");
    world.run(seconds(20));
    REQUIRE(lines(world, "is not ready") == 1);
    for (int i = 0; i < 30; ++i) {
        world.lose("esxi1");
        world.run(seconds(7));
        world.connect("esxi1");
        world.run(seconds(12));
    }
    CHECK(lines(world, "ready") == 1);
    const Datastore datastore = world.hosts.at("esxi1").datastores.begin()->second;
    for (int i = 0; i < 30; ++i) {
        Read read{
            HostName("esxi1"), world.hosts.at("esxi1").session, world.now, false, {}, {}, {}, {}, {}, {}};
        read.datastores = {datastore};
        read.datastores.front().accessible = i % 2 == 1;
        world.happen(read);
        world.run(seconds(5));
    }
    CHECK(lines(world, "can be started") == 0);
}

TEST_CASE("an evaluation that ends soon and an autostart of the VM are standing warnings, each said once") {
    World world;
    const std::string vmid = runs_there(world).vmid;
    FakeHost& peer = world.hosts.at("esxi2");
    peer.facts.evaluation_days = 15;
    peer.facts.autostart = {"999"};
    tell_facts(world, "esxi2");
    CHECK(ready(world, "esxi2").warnings.empty());
    peer.facts.evaluation_days = 14;
    peer.facts.autostart = {"999", vmid};
    tell_facts(world, "esxi2");
    CHECK(ready(world, "esxi2").ready);
    REQUIRE(ready(world, "esxi2").warnings.size() == 2);
    CHECK(ready(world, "esxi1").warnings.empty());
    peer.facts.evaluation_days = 13;
    tell_facts(world, "esxi2");
    world.run(seconds(600));
    CHECK(lines(world, "the evaluation period of esxi2 ends in 14 days") == 1);
    CHECK(lines(world, "the evaluation period") == 1);
    CHECK(lines(world, "esxi2 powers vm1 on by itself when it boots (autostart)") == 1);
    CHECK(ready(world, "esxi2").warnings.front().find("13 days") != std::string::npos);
}

TEST_CASE("where the VM runs for the cluster its health tells of the datastore, not its readiness") {
    World world;
    both_connected(world);
    world.run_until_answered(world.ask(Kind::start));
    world.hosts.at("esxi1").datastores.clear();
    world.connect("esxi1");
    world.run(seconds(60));
    CHECK(world.health().reason == Reason::datastore_lost);
    CHECK(lines(world, "can be started") == 0);
}
