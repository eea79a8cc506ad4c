// An entry that tells no path is ours only if the host called our VM by this id, and nothing contradicts it.
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

VmEntry nameless(const std::string& vmid) {
    VmEntry entry;
    entry.vmid = vmid;
    entry.connection = Connection::invalid;
    return entry;
}

KnownEntry vm1_as(const std::string& vmid) {
    return {vmid, VmxPath{"EC_iSCSI", "vm1/vm1.vmx"}, "uuid-1", {}, {}};
}

// A daemon that begins with this memory, and hosts with these entries.
void begin(World& world, const KnownEntry& known, const std::vector<VmEntry>& entries) {
    Remembered remembered;
    remembered.known[HostName("esxi1")][VmName("vm1")] = known;
    world.state = make_state(world.settings, remembered, world.now);
    for (const auto& entry : entries) world.hosts.at("esxi1").entries[entry.vmid] = entry;
    both_connected(world);
}

bool is_ours(const World& world, const std::string& vmid) {
    const auto& where = world.state.hosts.at(HostName("esxi1")).where;
    const auto found = where.find(VmName("vm1"));
    return found != where.end() && found->second == vmid;
}

}  // namespace

TEST_CASE("an entry without a path is known by its id, host and uuid") {
    World world;
    VmEntry entry = nameless("5");
    SECTION("it tells no uuid") {
        begin(world, vm1_as("5"), {entry});
        CHECK(is_ours(world, "5"));
    }
    SECTION("it tells the same uuid") {
        entry.instance_uuid = "uuid-1";
        begin(world, vm1_as("5"), {entry});
        CHECK(is_ours(world, "5"));
    }
    SECTION("it tells another uuid") {
        entry.instance_uuid = "uuid-2";
        begin(world, vm1_as("5"), {entry});
        CHECK_FALSE(is_ours(world, "5"));
    }
    SECTION("it is another id") {
        begin(world, vm1_as("6"), {entry});
        CHECK_FALSE(is_ours(world, "5"));
    }
    SECTION("the VM has been configured under another path since") {
        KnownEntry known = vm1_as("5");
        known.path = VmxPath{"EC_iSCSI", "old/vm1.vmx"};
        begin(world, known, {entry});
        CHECK_FALSE(is_ours(world, "5"));
    }
    SECTION("another host called it so") {
        Remembered remembered;
        remembered.known[HostName("esxi2")][VmName("vm1")] = vm1_as("5");
        world.state = make_state(world.settings, remembered, world.now);
        world.hosts.at("esxi1").entries["5"] = entry;
        both_connected(world);
        CHECK_FALSE(is_ours(world, "5"));
    }
}

TEST_CASE("ids that the host has given out anew tell nothing") {
    World world([](Settings& s) { s.vms[VmName("vm2")].vmx = {"EC_iSCSI", "vm2/vm2.vmx"}; });
    Remembered remembered;
    remembered.known[HostName("esxi1")][VmName("vm1")] = vm1_as("5");
    remembered.known[HostName("esxi1")][VmName("vm2")] = {
        "6", VmxPath{"EC_iSCSI", "vm2/vm2.vmx"}, "", {}, {}};
    world.state = make_state(world.settings, remembered, world.now);
    VmEntry stranger = nameless("6");
    stranger.path = VmxPath{"local", "web/web.vmx"};
    stranger.connection = Connection::connected;
    world.hosts.at("esxi1").entries["5"] = nameless("5");
    SECTION("seen in the first full read") {
        world.hosts.at("esxi1").entries["6"] = stranger;
        both_connected(world);
    }
    SECTION("seen later") {
        both_connected(world);
        CHECK(is_ours(world, "5"));
        world.hosts.at("esxi1").entries["6"] = stranger;
        world.push("esxi1", "6");
    }
    CHECK_FALSE(is_ours(world, "5"));
    const auto caller = world.ask(Kind::start);
    world.run(seconds(40));
    CHECK(world.count(Verb::unregister, "esxi1") == 0);
    CHECK(world.answer_to(caller));
}

TEST_CASE("an entry whose path the host tells comes before one that memory takes for the VM's") {
    World world;
    VmEntry real = nameless("4");
    real.path = VmxPath{"EC_iSCSI", "vm1/vm1.vmx"};
    real.connection = Connection::connected;
    real.power = Power::on;
    begin(world, vm1_as("5"), {real, nameless("5")});
    CHECK(is_ours(world, "4"));
}

TEST_CASE("an entry that tells no path is ours when the host names it in its answer to our register") {
    World world;
    both_connected(world);
    world.hosts.at("esxi1").entries["51"] = nameless("51");
    world.push("esxi1", "51");
    world.hosts.at("esxi1").refusals[Verb::register_vm] = {
        {FaultKind::already_exists, "AlreadyExists", "'51' already exists", "51"}};
    world.ask(Kind::start, "vm1", seconds(5));
    world.run(seconds(6));
    world.restart_daemon();
    CHECK(is_ours(world, "51"));
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK_FALSE(world.hosts.at("esxi1").entries.contains("51"));
}
