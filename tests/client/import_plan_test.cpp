// What several scripts mean together: the pair of nodes, the VMs and their names, and every contradiction.
#include "client/import/texts.hpp"
#include "tests/client/import_scripts.hpp"
#include "tests/support/catch.hpp"

namespace vmha::migration {
namespace {

using Catch::Contains;

const std::string vmx1 = "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx";
const std::string vmx2 = "/vmfs/volumes/EC_iSCSI/vm2/vm2.vmx";
const std::string by_uuid = "/vmfs/volumes/63c1a2b4-5d6e7f80-1a2b-001122334455/vm1/vm1.vmx";

std::string problems(const Scripts& scripts, const Names& names = {}) {
    return lines(scripts.plan(names).remarks.problems);
}
std::string notes(const Scripts& scripts, const Names& names = {}) {
    return lines(scripts.plan(names).remarks.notes);
}

// A VM whose start is right and whose stop differs in one value.
Scripts differing(const std::string& name, const std::string& value) {
    Scripts scripts;
    scripts.add("/s/group/exec-vm1", "start.sh", start_values(vmx1));
    scripts.add("/s/group/exec-vm1", "stop.sh", with(start_values(vmx1), name, value));
    return scripts;
}

TEST_CASE("a whole tree of two VMs becomes one pair of nodes and two VMs without a problem") {
    const Plan plan = Scripts().add_vm("vm1", vmx1).add_vm("vm2", vmx2).plan();
    CHECK(lines(plan.remarks.problems) == "");
    CHECK(plan.good());
    REQUIRE(plan.nodes.size() == 2);
    CHECK(plan.nodes[0].name == "ec1");
    CHECK(plan.nodes[0].address == "172.31.255.11");
    CHECK(plan.nodes[0].host_address == "172.31.255.2");
    CHECK(plan.nodes[0].adapter == "vmhba65");
    CHECK(plan.nodes[1].name == "ec2");
    CHECK(plan.nodes[1].adapter == "vmhba66");
    REQUIRE(plan.vms.size() == 2);
    CHECK(plan.vms[1].name == "vm2");
    CHECK(plan.vms[1].vmx.text == vmx2);
    CHECK(plan.vms[1].kinds == std::vector<Kind>{Kind::start, Kind::stop, Kind::genw});
    CHECK_FALSE(plan.vms[1].guest_shutdown_timeout_s);
    CHECK(lines(plan.remarks.notes) == "");
}

TEST_CASE("the resource's name is the VM's, else the folder of its .vmx") {
    CHECK(Scripts().add_vm("web", vmx1).plan().vms.at(0).name == "web");
    Scripts loose;
    loose.add("/root/old", "start.sh", start_values(vmx1)).add("/root/old", "stop.sh", start_values(vmx1));
    CHECK(loose.plan().vms.at(0).name == "vm1");
    CHECK_THAT(notes(loose), Contains("call the resource exec-vm1"));
    Scripts top;
    top.add("/root/old", "start.sh", start_values("/vmfs/volumes/EC_iSCSI/vm1.vmx"));
    CHECK_THAT(problems(top), Contains("give it with --name"));
}

TEST_CASE("a name that is not valid is a problem that says how to give another") {
    Scripts scripts;
    scripts.add_vm("my vm", vmx1);
    CHECK_THAT(problems(scripts), Contains("--name 'my vm=NAME'"));
    const Plan plan = scripts.plan({{}, {}, {"my vm=myvm"}});
    CHECK(lines(plan.remarks.problems) == "");
    CHECK(plan.vms.at(0).name == "myvm");
    CHECK_THAT(lines(plan.remarks.notes), Contains("write the name behind vmha-exec"));
    CHECK(scripts.plan({{}, {}, {"other"}}).vms.at(0).name == "other");
    CHECK_THAT(problems(scripts, {{}, {}, {"nobody=x"}}), Contains("no VM has that name"));
    scripts.add_vm("vm2", vmx2);
    CHECK_THAT(problems(scripts, {{}, {}, {"other"}}), Contains("there are several VMs"));
}

TEST_CASE("scripts of one VM that differ are a problem with both places") {
    CHECK(problems(differing("cfg_path", vmx2)) == "/s/group/exec-vm1/stop.sh:3: the .vmx is '" + vmx2 +
                                                       "', but /s/group/exec-vm1/start.sh:3 says '" + vmx1 +
                                                       "'\n");
}

TEST_CASE("scripts of one VM that differ in an address, an adapter or the datastore") {
    CHECK(problems(differing("vmk1", "172.31.255.9")) ==
          "/s/group/exec-vm1/stop.sh:9: $vmk1 is '172.31.255.9', but /s/group/exec-vm1/start.sh:9 says "
          "'172.31.255.2', "
          "for the same node 172.31.255.11\n");
    CHECK_THAT(problems(differing("ec2", "172.31.255.99")), Contains("stop.sh:6: $ec2 is '172.31.255.99'"));
    CHECK_THAT(problems(differing("vmhba2", "vmhba67")), Contains("$vmhba2 is 'vmhba67', but"));
    CHECK_THAT(problems(differing("datastore", "other")), Contains("$datastore is 'other', but"));
}

TEST_CASE("two VMs with other pairs of node and host are a problem") {
    Scripts scripts;
    scripts.add_vm("vm1", vmx1);
    Values crossed = start_values(vmx2);
    std::swap(crossed["vmk1"], crossed["vmk2"]);
    scripts.add("/s/group/exec-vm2", "start.sh", crossed);
    CHECK_THAT(problems(scripts), Contains("exec-vm2/start.sh:9: $vmk1 is '172.31.255.3', but"));
}

TEST_CASE("one slip among many scripts is reported once, at its own place") {
    Scripts scripts;
    scripts.add("/s/group/exec-vm1", "start.sh", with(start_values(vmx1), "vmk1", "172.31.255.9"));
    scripts.add("/s/group/exec-vm1", "stop.sh", start_values(vmx1));
    scripts.add_vm("vm2", vmx2);
    CHECK(problems(scripts) ==
          "/s/group/exec-vm1/start.sh:9: $vmk1 is '172.31.255.9', but /s/group/exec-vm2/start.sh:9 says "
          "'172.31.255.2', for the same node 172.31.255.11\n");
}

TEST_CASE("a stop script that names another .vmx is not called missing too") {
    CHECK(notes(differing("cfg_path", vmx2)) == "vm1 has no genw script here (resource exec-vm1)\n");
}

TEST_CASE("both sides the other way round mean the same") {
    Scripts scripts;
    scripts.add_vm("vm1", vmx1);
    Values turned = start_values(vmx2);
    for (const char* name : {"ec", "vmk", "vmhba"})
        std::swap(turned[std::string(name) + "1"], turned[std::string(name) + "2"]);
    scripts.add("/s/group/exec-vm2", "start.sh", turned);
    CHECK(problems(scripts) == "");
    CHECK_THAT(notes(scripts), Contains("the other way round"));
    CHECK(scripts.plan().nodes.at(0).address == "172.31.255.11");
}

TEST_CASE("one address in two roles is a problem") {
    const auto one = [](const std::string& name, const std::string& value) {
        return problems(Scripts().add("/s/exec-vm1", "start.sh", with(start_values(vmx1), name, value)));
    };
    CHECK_THAT(one("ec2", "172.31.255.11"), Contains("$ec1 and $ec2 are the same address"));
    CHECK_THAT(one("vmk2", "172.31.255.2"), Contains("$vmk1 and $vmk2 are the same address"));
    CHECK_THAT(one("vmk1", "172.31.255.11"), Contains("$ec1 and $vmk1 are the same address"));
}

TEST_CASE("the datastore has to be the .vmx's; with a uuid it cannot be compared, which is said") {
    Scripts named;
    named.add("/s/exec-vm1", "start.sh", with(start_values(vmx1), "datastore", "other"));
    CHECK_THAT(problems(named), Contains("$datastore is 'other', but the .vmx lies on 'EC_iSCSI'"));
    Scripts uuid;
    uuid.add_vm("vm1", by_uuid);
    CHECK(problems(uuid) == "");
    CHECK_THAT(notes(uuid), Contains("cannot be compared"));
    CHECK(uuid.plan().vms.at(0).vmx.text == by_uuid);
}

TEST_CASE("one script with the uuid and one with the name are a problem: nothing is guessed") {
    CHECK_THAT(problems(differing("cfg_path", by_uuid)),
               Contains("cannot be compared: write the same in both"));
}

TEST_CASE("a VM without stop or monitor is noted, a stop or monitor without start is a problem") {
    Scripts alone;
    alone.add("/s/group/exec-vm1", "start.sh", start_values(vmx1));
    CHECK(problems(alone) == "");
    CHECK(notes(alone) ==
          "vm1 has no stop script here (resource exec-vm1)\n"
          "vm1 has no genw script here (resource exec-vm1)\n");
    Scripts headless;
    headless.add_vm("vm1", vmx1).add("/s/monitor.s/genw-vm2", "genw.sh", genw_values(vmx2));
    CHECK_THAT(problems(headless),
               Contains("genw-vm2/genw.sh: no start script belongs to it: none names " + vmx2));
}

TEST_CASE("a monitor under another name belongs to the VM whose .vmx it has") {
    Scripts scripts;
    scripts.add("/s/group/exec-vm1", "start.sh", start_values(vmx1));
    scripts.add("/s/monitor.s/genw-web", "genw.sh", genw_values(vmx1));
    CHECK(problems(scripts) == "");
    CHECK_THAT(notes(scripts), Contains("the monitor genw-web watches the VM of exec-vm1"));
    CHECK(scripts.plan().vms.at(0).kinds == std::vector<Kind>{Kind::start, Kind::genw});
}

TEST_CASE("one .vmx under two names is a problem, in any spelling") {
    Scripts scripts;
    scripts.add_vm("vm1", vmx1).add_vm("web", "[EC_iSCSI] vm1/vm1.vmx");
    CHECK_THAT(problems(scripts), Contains("one VM cannot be protected under two names"));
    Scripts perhaps;
    perhaps.add_vm("vm1", vmx1).add_vm("web", by_uuid);
    CHECK(problems(perhaps) == "");
    CHECK_THAT(notes(perhaps), Contains("may be the same file"));
}

TEST_CASE("two VMs of one name are a problem that --name solves by the .vmx") {
    const std::string other = "/vmfs/volumes/Second/vm1/vm1.vmx";
    Scripts scripts;
    scripts.add("/a", "start.sh", start_values(vmx1));
    scripts.add("/b", "start.sh", with(start_values(other), "datastore", "Second"));
    CHECK_THAT(problems(scripts), Contains("--name '" + other + "=NAME'"));
    CHECK(problems(scripts, {{}, {}, {other + "=vm9"}}) == "");
}

TEST_CASE("a list of several VMs gives each the name of its folder") {
    Values values = start_values("");
    values.erase("cfg_path");
    const std::string text = perl(values) + "my @cfg_paths = ('" + vmx1 + "', '" + vmx2 + "');\n";
    Scripts scripts;
    scripts.add_text("/s/exec-all", "start.sh", text).add_text("/s/exec-all", "stop.sh", text);
    const Plan plan = scripts.plan();
    CHECK(lines(plan.remarks.problems) == "");
    REQUIRE(plan.vms.size() == 2);
    CHECK(plan.vms[0].name == "vm1");
    CHECK(plan.vms[1].name == "vm2");
    CHECK_THAT(lines(plan.remarks.notes), Contains("holds 2 VMs"));
    scripts.add("/s/exec-all", "stop.sh", start_values(vmx1));
    CHECK_THAT(problems(scripts), Contains("the .vmx is '" + vmx1 + "', but"));
}

TEST_CASE("several start scripts in one plain folder are several VMs") {
    Scripts scripts;
    scripts.add("/root/old", "start-1.pl", start_values(vmx1))
        .add("/root/old", "stop-1.pl", start_values(vmx1));
    scripts.add("/root/old", "start-2.pl", start_values(vmx2))
        .add("/root/old", "stop-2.pl", start_values(vmx2));
    CHECK(problems(scripts) == "");
    CHECK(scripts.plan().vms.size() == 2);
}

TEST_CASE("names of nodes and hosts are taken in the order of 1 and 2, or not at all") {
    const Scripts scripts = Scripts().add_vm("vm1", vmx1);
    const Plan plan = scripts.plan({{"left", "right"}, {"esxi1", "esxi2"}, {}});
    CHECK(plan.nodes.at(1).name == "right");
    CHECK(plan.nodes.at(1).host_name == "esxi2");
    CHECK_THAT(problems(scripts, {{"left"}, {}, {}}), Contains("--node must be given twice"));
    CHECK_THAT(problems(scripts, {{"a", "a"}, {}, {}}), Contains("--node must be given twice"));
    CHECK_THAT(problems(scripts, {{}, {"a b", "c"}, {}}), Contains("--host: 'a b' is no valid name"));
}

TEST_CASE("an edited time of the stop becomes the guest's, and the stop's where it would not fit") {
    const auto stop = [](const std::string& interval, const std::string& count) {
        Scripts scripts;
        scripts.add("/s/exec-vm1", "start.sh", start_values(vmx1));
        scripts.add("/s/exec-vm1", "stop.sh",
                    with(with(start_values(vmx1), "interval", interval), "max_cnt", count));
        return scripts.plan();
    };
    CHECK_FALSE(stop("6", "50").vms.at(0).guest_shutdown_timeout_s);
    CHECK_FALSE(stop("3", "100").vms.at(0).guest_shutdown_timeout_s);
    CHECK(stop("6", "20").vms.at(0).guest_shutdown_timeout_s == 120);
    CHECK_FALSE(stop("6", "20").vms.at(0).stop_timeout_s);
    const Plan slow = stop("6", "100");
    CHECK(slow.vms.at(0).guest_shutdown_timeout_s == 600);
    CHECK(slow.vms.at(0).stop_timeout_s == 900);
    CHECK_THAT(lines(slow.remarks.notes),
               Contains("parameters/timeout/stop of the resource needs at least 960"));
    for (const auto& [interval, count] :
         {std::pair{"0", "50"}, {"6", "many"}, {"86400", "86400"}, {"6", "-1"}}) {
        INFO(interval << " x " << count);
        CHECK_THAT(lines(stop(interval, count).remarks.problems), Contains("no usable time"));
    }
}

TEST_CASE("an edited time of the start is not carried over, which is said") {
    Scripts scripts;
    scripts.add("/s/exec-vm1", "start.sh",
                with(with(start_values(vmx1), "max_cnt", "60"), "storage_check_interval", "3"));
    CHECK_THAT(notes(scripts), Contains("$max_cnt = 60 instead of 30 is not carried over"));
    CHECK_THAT(notes(scripts), !Contains("storage_check_interval"));
}

TEST_CASE("no script at all is a problem") {
    CHECK_THAT(problems(Scripts()), Contains("found none of the scripts"));
    CHECK_FALSE(Scripts().plan().good());
}

TEST_CASE("the files hold what was understood") {
    const Plan plan = Scripts().add_vm("vm1", vmx1).plan({{}, {"esxi1", "esxi2"}, {}});
    const auto main = parse_json(main_text(plan, "id_rsa"), {.comments = true});
    REQUIRE(main.has_value());
    const Json& host = (*main)["nodes"]["ec2"]["host"];
    CHECK(host["name"] == "esxi2");
    CHECK(host["address"] == "172.31.255.3");
    CHECK(host["iscsi_adapter"] == "vmhba66");
    CHECK(host["ssh"] == Json{{"user", "root"}, {"identity_file", "id_rsa"}, {"known_hosts", "known_hosts"}});
    VmPlan vm = plan.vms.at(0);
    vm.guest_shutdown_timeout_s = 120;
    const auto part = parse_json(vm_text(vm), {.comments = true});
    REQUIRE(part.has_value());
    CHECK((*part)["vms"]["vm1"] == Json{{"vmx", vmx1}, {"guest_shutdown_timeout_s", 120}});
    CHECK(node_rows(plan).at(1) ==
          std::vector<std::string>{"ec1", "172.31.255.11", "esxi1", "172.31.255.2", "vmhba65"});
}

}  // namespace
}  // namespace vmha::migration
