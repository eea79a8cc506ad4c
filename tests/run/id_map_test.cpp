// The memory of which vmid was which VM.
#include "daemon/run/id_map.hpp"

#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using vmha::test::TempDir;

namespace {

const HostName esxi1("esxi1"), esxi2("esxi2");
const VmName vm1("vm1"), vm2("vm2");

}  // namespace

TEST_CASE("ids come back as they were saved") {
    TempDir dir;
    CHECK(load_ids(dir.path())->empty());
    const IdMap ids{{esxi1,
                     {{vm1, {"12", "[EC_iSCSI] vm1/vm1.vmx", "63c1", "52aa", 4096, {"VM Network", "dmz"}}},
                      {vm2, {"13", "[a] b.vmx", "", ""}}}}};
    REQUIRE(save_ids(dir.path(), ids).has_value());
    CHECK(*load_ids(dir.path()) == ids);
}

TEST_CASE("saving one host's ids keeps the other's and replaces its own") {
    TempDir dir;
    REQUIRE(save_ids(dir.path(),
                     {{esxi1, {{vm1, {"1", "[a] b.vmx", "", ""}}, {vm2, {"2", "[a] c.vmx", "", ""}}}}})
                .has_value());
    REQUIRE(save_ids(dir.path(), {{esxi2, {{vm1, {"3", "[a] b.vmx", "", ""}}}}}).has_value());
    REQUIRE(save_ids(dir.path(), {{esxi1, {{vm1, {"4", "[a] b.vmx", "", ""}}}}}).has_value());
    const auto ids = load_ids(dir.path());
    REQUIRE(ids.has_value());
    CHECK(ids->at(esxi1).size() == 1);
    CHECK(ids->at(esxi1).at(vm1).vmid == "4");
    CHECK(ids->at(esxi2).at(vm1).vmid == "3");
}

TEST_CASE("records that make no sense are left out, a broken file is an error") {
    TempDir dir;
    dir.write("ids.json",
              R"({"esxi1": {"vm1": {"vmid": 5, "vmx": "[a] b.vmx"}, "vm2": {"vmid": "6", "vmx": "[a] c.vmx"}},
                             "esxi2": 7})");
    const auto ids = load_ids(dir.path());
    REQUIRE(ids.has_value());
    CHECK(*ids == IdMap{{esxi1, {{vm2, {"6", "[a] c.vmx", "", ""}}}}});
    dir.write("ids.json", "{");
    CHECK(!load_ids(dir.path()));
}
