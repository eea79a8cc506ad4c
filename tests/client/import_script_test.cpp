// What one script means: which of the three it is, its values, and what is wrong in it.
#include "client/import/script.hpp"
#include "tests/client/import_scripts.hpp"
#include "tests/support/catch.hpp"

namespace vmha::migration {
namespace {

using Catch::Contains;

const std::string vmx = "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx";

struct Read {
    std::optional<Script> script;
    Remarks remarks;
};

Read read(const std::string& name, const std::string& text) {
    Read out;
    out.script = read_script({name, "/s/exec-vm1", name, text}, out.remarks);
    return out;
}

std::string problems(const std::string& name, const Values& values) {
    return lines(read(name, perl(values)).remarks.problems);
}

TEST_CASE("a start script gives the path, the addresses, the adapters and the datastore with their lines") {
    const Read one = read("start.sh", perl(start_values(vmx)));
    CHECK(lines(one.remarks.problems) == "");
    REQUIRE(one.script);
    CHECK(one.script->kind == Kind::start);
    REQUIRE(one.script->vmx.size() == 1);
    CHECK(one.script->vmx[0].text == vmx);
    CHECK(one.script->vmx[0].path == VmxPath{"EC_iSCSI", "vm1/vm1.vmx"});
    CHECK(one.script->vmx[0].line == 3);
    CHECK(one.script->value("vmhba2")->text == "vmhba66");
    CHECK(one.script->value("ec1")->line == 5);
}

TEST_CASE("the file's name tells which script it is, else what only one of them has") {
    CHECK(read("vm-stop.pl", perl(start_values(vmx))).script->kind == Kind::stop);
    CHECK(read("genw-vm.pl", perl(genw_values(vmx))).script->kind == Kind::genw);
    CHECK(read("a.pl", perl(genw_values(vmx))).script->kind == Kind::genw);
    CHECK(read("a.pl", perl(start_values(vmx))).script->kind == Kind::stop);
    CHECK(read("a.pl", perl(with(start_values(vmx), "start_to", "10"))).script->kind == Kind::start);
}

TEST_CASE("a script that sets no path or no address is none of ours") {
    CHECK_FALSE(read("start.sh", "#!/bin/sh\nexec vmha-exec start\n").script);
    CHECK_FALSE(read("start.sh", "my $cfg_path = '/x.vmx';\n").script);
    CHECK_FALSE(read("start.sh", "my $ec1 = '172.31.255.11';\n").script);
}

TEST_CASE("a placeholder that was not replaced is named, wherever it stands") {
    CHECK(problems("start.sh", with(start_values(vmx), "vmk1", "%%VMK1%%")) ==
          "start.sh:9: $vmk1: the placeholder %%VMK1%% was not replaced\n");
    CHECK_THAT(problems("start.sh", with(start_values(vmx), "cfg_path", "%%VMX%%")), Contains("%%VMX%%"));
    CHECK_THAT(problems("genw.sh", with(genw_values(vmx), "ec2", "")), Contains("$ec2 is empty"));
}

TEST_CASE("a value of the wrong kind is a problem") {
    CHECK_THAT(problems("start.sh", with(start_values(vmx), "ec1", "ec1.example.com")),
               Contains("'ec1.example.com' is no IP address"));
    CHECK_THAT(problems("start.sh", with(start_values(vmx), "vmk2", "172.31.255")),
               Contains("is no IP address"));
    CHECK_THAT(problems("start.sh", with(start_values(vmx), "vmhba1", "vmhba 65")),
               Contains("no name of an adapter"));
    CHECK(problems("start.sh", with(start_values(vmx), "vmk1", "fd00::2")) == "");
}

TEST_CASE("a path that is no .vmx is a problem") {
    for (const char* path :
         {"vm1/vm1.vmx", "/vmfs/volumes/EC_iSCSI/vm1", "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmdk",
          "/vmfs/volumes/vm1.vmx", "/vmfs/volumes/EC_iSCSI/../vm1.vmx", "/home/vm1/vm1.vmx",
          "/vmfs/volumes/EC_iSCSI/vm1/.vmx", "[EC_iSCSI]", "[EC_iSCSI] /vm1/vm1.vmx"}) {
        INFO(path);
        CHECK_THAT(problems("genw.sh", genw_values(path)), Contains("genw.sh:3: $cfg_path: '"));
    }
}

TEST_CASE("a path may be written by datastore name, by uuid and with brackets") {
    for (const char* path :
         {"/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx",
          "/vmfs/volumes/63c1a2b4-5d6e7f80-1a2b-001122334455/vm1/vm1.vmx", "[EC_iSCSI] vm1/vm1.vmx",
          "/vmfs/volumes/my store (1)/a b/a b.vmx", "/vmfs/volumes/EC_iSCSI/vm1.vmx"}) {
        INFO(path);
        CHECK(problems("genw.sh", genw_values(path)) == "");
    }
}

TEST_CASE("a path that is not UTF-8 would become another one, so it is a problem; one in UTF-8 is not") {
    CHECK_THAT(problems("genw.sh", genw_values("/vmfs/volumes/EC_iSCSI/vm\xff/vm.vmx")),
               Contains("is not UTF-8"));
    CHECK(problems("genw.sh", genw_values("/vmfs/volumes/仮想/vm1/vm1.vmx")) == "");
}

TEST_CASE("what a script does not set is named, and so is what is set twice differently") {
    Values values = start_values(vmx);
    values.erase("vmhba2");
    values.erase("ec2");
    CHECK(problems("start.sh", values) == "start.sh: sets no $ec2\nstart.sh: sets no $vmhba2\n");
    const std::string twice = perl(genw_values(vmx)) + "$vmk1 = '172.31.255.9';\n";
    CHECK(lines(read("genw.sh", twice).remarks.problems) ==
          "genw.sh:8: $vmk1 is '172.31.255.9', but genw.sh:6 says '172.31.255.2'\n");
    CHECK(lines(read("genw.sh", perl(genw_values(vmx)) + "$vmk1 = '172.31.255.2';\n").remarks.problems) ==
          "");
}

TEST_CASE("what is not understood is reported with its line") {
    const std::string clever = perl(genw_values(vmx)) + "$ec1 = $ARGV[0] if @ARGV;\n";
    CHECK_THAT(lines(read("genw.sh", clever).remarks.problems),
               Contains("genw.sh:8: not understood what is assigned to $ec1"));
}

TEST_CASE("a list of paths gives all of them, and its loop variable is no second path") {
    Values values = start_values(vmx);
    values.erase("cfg_path");
    const Read one = read("start.sh", perl(values) +
                                          "my @cfg_paths = ('/vmfs/volumes/EC_iSCSI/a/a.vmx',\n"
                                          "'/vmfs/volumes/EC_iSCSI/b/b.vmx');\n"
                                          "foreach (@cfg_paths) {\n\tmy $cfg_path = $_;\n}\n");
    CHECK(lines(one.remarks.problems) == "");
    REQUIRE(one.script->vmx.size() == 2);
    CHECK(one.script->vmx[1].path.file == "b/b.vmx");
}

TEST_CASE("a loop that counts a tunable down does not make it unknown") {
    const std::string text = perl(with(start_values(vmx), "max_cnt", "40")) + "while ($x) { $max_cnt--; }\n";
    const Read one = read("stop.sh", text);
    CHECK(lines(one.remarks.problems) == "");
    CHECK(one.script->value("max_cnt")->text == "40");
    CHECK_THAT(lines(read("stop.sh", perl(start_values(vmx)) + "my $max_cnt = 5 * 10;\n").remarks.problems),
               Contains("$max_cnt"));
}

}  // namespace
}  // namespace vmha::migration
