// The VM's instance uuid under another path: touch nothing, and say both paths (rule 4).
#include "tests/core/world.hpp"

using namespace vmha;
using namespace vmha::core;
using namespace vmha::core::test;

namespace {

constexpr auto uuid = "52e3c1a0-0000-0000-0000-000000000001";

VmEntry& add(World& world, const std::string& host, const std::string& vm, Power power,
             const std::string& file) {
    VmEntry& entry = world.add(host, vm, power);
    entry.path = VmxPath{"EC_iSCSI", file};
    entry.instance_uuid = uuid;
    world.push(host, entry.vmid);
    return entry;
}

// Every entry is pushed first under the configured path by World::add: so one is put into the host and told
// by a new session instead.
void put_moved(World& world, const std::string& host, Power power) {
    VmEntry entry;
    entry.vmid = "77";
    entry.name = "moved";
    entry.path = VmxPath{"EC_iSCSI", "elsewhere/vm1.vmx"};
    entry.instance_uuid = uuid;
    entry.power = power;
    entry.connection = Connection::connected;
    world.hosts.at(host).entries["77"] = entry;
    world.connect(host);
}

// vm1 was seen once, under its configured path, with this uuid.
void knows_the_uuid(World& world, const std::string& host = "esxi1") {
    both_connected(world);
    const auto vmid = add(world, host, "vm1", Power::off, "vm1/vm1.vmx").vmid;
    world.remove(host, vmid);
}

bool says(const Answer& answer, const std::string& text) {
    return answer.detail.find(text) != std::string::npos;
}

bool names_both_paths(const Answer& answer) {
    return says(answer, "/vmfs/volumes/EC_iSCSI/elsewhere/vm1.vmx") &&
           says(answer, "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx");
}

bool says_what_to_do(const Answer& answer) {
    return says(answer, "if it was moved, set its vmx to that path") &&
           says(answer, "if that is a copy of it, unregister it there");
}

}  // namespace

TEST_CASE("a start of a VM that was moved fails at once, names both paths and touches nothing") {
    World world;
    knows_the_uuid(world);
    const std::string host = GENERATE(as<std::string>{}, "esxi1", "esxi2");
    const Power power = GENERATE(Power::off, Power::on);
    put_moved(world, host, power);
    SECTION("seen in this life") {}
    SECTION("known from the store") {
        world.restart_daemon();
    }
    const auto caller = world.ask(Kind::start);
    world.run(seconds(1));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->reason == Reason::vmx_moved);
    CHECK(names_both_paths(*world.answer_to(caller)));
    CHECK(says_what_to_do(*world.answer_to(caller)));
    CHECK(world.answer_to(caller)->detail.find(host) != std::string::npos);
    CHECK(world.writes.empty());
}

TEST_CASE("a stop does not take a VM that runs under another path for absent") {
    World world;
    knows_the_uuid(world);
    put_moved(world, "esxi1", Power::on);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(60));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::failed);
    CHECK(world.answer_to(caller)->reason == Reason::vmx_moved);
    CHECK(names_both_paths(*world.answer_to(caller)));
    CHECK(says_what_to_do(*world.answer_to(caller)));
    CHECK(world.writes.empty());
}

TEST_CASE("a stop succeeds while the moved VM is off") {
    World world;
    knows_the_uuid(world);
    put_moved(world, "esxi1", Power::off);
    const auto caller = world.ask(Kind::stop);
    world.run(seconds(60));
    REQUIRE(world.answer_to(caller));
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.writes.empty());
}

TEST_CASE("a stop that took the VM out itself is not failed by a clone of it") {
    World world;
    both_connected(world);
    add(world, "esxi1", "vm1", Power::on, "vm1/vm1.vmx");
    put_moved(world, "esxi1", Power::on);
    const auto caller = world.ask(Kind::stop);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
    CHECK(world.runs("esxi1", "moved"));
}

TEST_CASE("a replica that lies still on a peer does not block a VM that stands where it belongs") {
    World world;
    both_connected(world);
    add(world, "esxi1", "vm1", Power::off, "vm1/vm1.vmx");
    put_moved(world, "esxi2", Power::off);
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("an entry of another configured VM is never a moved one, whatever its uuid") {
    World world([](Settings& s) { s.vms[VmName("vm2")].vmx = {"EC_iSCSI", "vm2/vm2.vmx"}; });
    knows_the_uuid(world);
    add(world, "esxi1", "vm2", Power::on, "vm2/vm2.vmx");
    const auto start = world.ask(Kind::start);
    world.run_until_answered(start);
    CHECK(world.answer_to(start)->ending == Ending::ok);
    const auto stop = world.ask(Kind::stop);
    world.run_until_answered(stop);
    CHECK(world.answer_to(stop)->ending == Ending::ok);
    CHECK(world.runs("esxi1", "vm2"));
}

TEST_CASE("another uuid under another path is not ours") {
    World world;
    knows_the_uuid(world);
    put_moved(world, "esxi1", Power::on);
    world.hosts.at("esxi1").entries.at("77").instance_uuid = "another";
    world.push("esxi1", "77");
    const auto caller = world.ask(Kind::start);
    world.run_until_answered(caller);
    CHECK(world.answer_to(caller)->ending == Ending::ok);
}

TEST_CASE("health says vmx_moved where the configured path is absent") {
    World world;
    both_connected(world);
    world.run_until_answered(world.ask(Kind::start));
    VmEntry& entry = world.hosts.at("esxi1").entries.begin()->second;
    entry.instance_uuid = uuid;
    const std::string vmid = entry.vmid;
    world.push("esxi1", vmid);
    world.run(seconds(60));
    world.hosts.at("esxi1").entries.erase(vmid);
    put_moved(world, "esxi1", Power::on);
    CHECK(world.health().pending == Reason::vmx_moved);
    world.run(seconds(11));
    CHECK(world.verdict() == Verdict::unhealthy);
    CHECK(world.health().reason == Reason::vmx_moved);
    CHECK(world.health().detail.find("elsewhere/vm1.vmx") != std::string::npos);
}
