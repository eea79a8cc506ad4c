// One more VM joins a configuration that is there, where its nodes are the same.
#include "client/import/existing.hpp"
#include "tests/client/import_scripts.hpp"
#include "tests/support/catch.hpp"

namespace vmha::migration {
namespace {

using Catch::Contains;

const std::string vmx1 = "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx";

Json node(const std::string& address, const std::string& host) {
    return {{"address", address},
            {"host", {{"name", "esx-" + host}, {"address", host}, {"ssh", Json::object()}}}};
}

Existing site() {
    return {"/etc/vmhad/vmhad.json",
            {{"nodes",
              {{"left", node("172.31.255.11", "172.31.255.2")},
               {"right", node("172.31.255.12", "172.31.255.3")}}}},
            {}};
}

void add_part(Existing& existing, const std::string& name, const std::string& vm, const std::string& vmx) {
    Json vms = Json::object();
    vms[vm] = {{"vmx", vmx}};
    existing.parts.emplace_back("/etc/vmhad/conf.d/" + name, Json{{"vms", vms}});
}

struct Joined {
    Plan plan;
    bool keep_main = false;
};

Joined joined(const Existing& existing, const Names& given = {}, bool replace = false) {
    Joined out{Scripts().add_vm("vm1", vmx1).plan(given)};
    out.keep_main = join(out.plan, given, existing, replace);
    return out;
}

std::string problems(const Existing& existing, const Names& given = {}, bool replace = false) {
    return lines(joined(existing, given, replace).plan.remarks.problems);
}

TEST_CASE("with the same nodes its names are taken over and vmhad.json stays") {
    const Joined one = joined(site());
    CHECK(one.keep_main);
    CHECK(lines(one.plan.remarks.problems) == "");
    CHECK(one.plan.nodes.at(0).name == "left");
    CHECK(one.plan.nodes.at(1).host_name == "esx-172.31.255.3");
    CHECK_FALSE(one.plan.vms.at(0).present);
}

TEST_CASE("a node, a host or an adapter that differs is named") {
    Existing other = site();
    other.main["nodes"]["left"]["address"] = "172.31.255.99";
    CHECK_THAT(problems(other),
               Contains("/etc/vmhad/vmhad.json: has no node with the address 172.31.255.11"));
    other = site();
    other.main["nodes"]["left"]["host"]["address"] = "172.31.255.9";
    CHECK_THAT(problems(other),
               Contains("nodes.left: host.address is '172.31.255.9' there, the scripts say 172.31.255.2"));
    other = site();
    other.main["nodes"]["right"]["host"]["iscsi_adapter"] = "vmhba64";
    CHECK_THAT(problems(other),
               Contains("nodes.right: host.iscsi_adapter is 'vmhba64' there, the scripts say vmhba66"));
    CHECK_THAT(problems(site(), {{"ec1", "ec2"}, {}, {}}), Contains("--node says ec1"));
    CHECK_THAT(problems(site(), {{}, {"a", "b"}, {}}), Contains("--host says a"));
    CHECK(problems(site(), {{"left", "right"}, {}, {}}) == "");
}

TEST_CASE("with --force other nodes replace those of the file, and nothing is taken over from it") {
    Existing other = site();
    other.main["nodes"]["left"]["host"]["address"] = "172.31.255.9";
    other.main["vms"]["web"] = {{"vmx", vmx1}};
    const Joined one = joined(other, {}, true);
    CHECK_FALSE(one.keep_main);
    CHECK(lines(one.plan.remarks.problems) == "");
    CHECK(one.plan.nodes.at(0).name == "ec1");
}

TEST_CASE("a VM that is there already stays as it is") {
    Existing existing = site();
    add_part(existing, "vm1.json", "vm1", "[EC_iSCSI] vm1/vm1.vmx");
    const Joined one = joined(existing);
    CHECK(lines(one.plan.remarks.problems) == "");
    CHECK(one.plan.vms.at(0).present);
}

TEST_CASE("the name with another .vmx, or the .vmx under another name, is a problem with its file") {
    Existing existing = site();
    add_part(existing, "10.json", "vm1", "[EC_iSCSI] old/old.vmx");
    CHECK_THAT(problems(existing), Contains("/etc/vmhad/conf.d/10.json: has a VM 'vm1' already"));
    CHECK_THAT(problems(existing, {}, true), Contains("conf.d/10.json"));
    existing = site();
    add_part(existing, "10.json", "web", vmx1);
    CHECK_THAT(problems(existing), Contains("conf.d/10.json: has '" + vmx1 + "' already, as VM 'web'"));
    existing = site();
    existing.main["vms"]["web"] = {{"vmx", vmx1}};
    CHECK_THAT(problems(existing), Contains("vmhad.json: has '" + vmx1 + "' already, as VM 'web'"));
}

TEST_CASE("with --force the VM's own file is written anew") {
    Existing existing = site();
    add_part(existing, "vm1.json", "vm1", "[EC_iSCSI] old/old.vmx");
    CHECK(problems(existing) != "");
    const Joined one = joined(existing, {}, true);
    CHECK(one.keep_main);
    CHECK(lines(one.plan.remarks.problems) == "");
    CHECK_FALSE(one.plan.vms.at(0).present);
}

TEST_CASE("hosts without ssh stay so, which is said; odd JSON is no crash") {
    Existing api = site();
    api.main["nodes"]["left"]["host"].erase("ssh");
    CHECK_THAT(lines(joined(api).plan.remarks.notes), Contains("nodes.left: has no \"ssh\""));
    Existing odd = site();
    odd.main["nodes"] = 7;
    odd.main["vms"] = "x";
    CHECK_THAT(problems(odd), Contains("has no node"));
    odd.main["nodes"] = {{"left", nullptr}, {"right", 3}};
    CHECK_THAT(problems(odd), Contains("has no node"));
}

}  // namespace
}  // namespace vmha::migration
