// getallvms in all its ugliness: what is an entry, what only looks like one, and what is no listing at all.
#include "daemon/shell/text/listing.hpp"

#include <algorithm>

#include "tests/support/print.hpp"

namespace vmha::shell::text {

namespace {

constexpr const char* header = "Vmid   Name   File                  Guest OS          Version   Annotation\n";

core::VmxPath path(const char* text) {
    return *core::parse_vmx_path(text);
}

}  // namespace

TEST_CASE("a row tells id, name and path") {
    const auto listing =
        read_listing(std::string(header) + "1      x8     [pve-esx] x8/x8.vmx   centos9_64Guest   vmx-20\n");
    REQUIRE(listing);
    REQUIRE(listing->rows.size() == 1);
    CHECK(listing->rows[0].vmid == "1");
    CHECK(listing->rows[0].name == "x8");
    CHECK(listing->rows[0].paths == std::vector{path("[pve-esx] x8/x8.vmx")});
    CHECK(listing->skipped.empty());
}

TEST_CASE("a header alone is an empty inventory") {
    const auto listing = read_listing(header);
    REQUIRE(listing);
    CHECK(listing->rows.empty());
}

TEST_CASE("names, datastores and folders may hold blanks, brackets and parentheses") {
    const auto listing = read_listing(
        "Vmid           Name                    File                                  Guest OS   Version   "
        "Annotation\n"
        "2      VMware vCenter Server 8    [DS (old) 1] VMware vCenter Server 8/VMware vCenter Server 8.vmx  "
        " "
        "other3xLinux64Guest   vmx-10    VMware vCenter Server Appliance\n"
        "10     a [test] (2)               [ds1] a [test] (2)/a.vmx   otherGuest   vmx-19\n");
    REQUIRE(listing);
    REQUIRE(listing->rows.size() == 2);
    CHECK(listing->rows[0].name == "VMware vCenter Server 8");
    CHECK(listing->rows[0].paths[0] ==
          path("[DS (old) 1] VMware vCenter Server 8/VMware vCenter Server 8.vmx"));
    CHECK(listing->rows[1].vmid == "10");
    const auto& paths = listing->rows[1].paths;
    CHECK(std::count(paths.begin(), paths.end(), path("[ds1] a [test] (2)/a.vmx")) == 1);
}

TEST_CASE("a name that looks like a path does not hide the path under its column") {
    const auto listing = read_listing(
        "Vmid   Name                       File               Guest OS     Version   Annotation\n"
        "7      [EC_iSCSI] vm1/vm1.vmx     [ds2] x/x.vmx      otherGuest   vmx-19\n");
    REQUIRE(listing);
    REQUIRE(listing->rows.size() == 1);
    CHECK(listing->rows[0].paths == std::vector{path("[ds2] x/x.vmx"), path("[EC_iSCSI] vm1/vm1.vmx")});
}

TEST_CASE("lines of an annotation are no entries") {
    const auto listing =
        read_listing(std::string(header) +
                     "1      x8     [ds] x8/x8.vmx        centos9_64Guest   vmx-20    first line\n"
                     "\n"
                     "2024 was a good year\n"
                     "12:30 see [ds] y/y.vmx\n"
                     "Power on failed\n"
                     "  3 blanks [ds] y/y.vmx\n"
                     "Killed by order of the owner\n"
                     "5      y      [ds] y/y.vmx          centos9_64Guest   vmx-20\n");
    REQUIRE(listing);
    REQUIRE(listing->rows.size() == 2);
    CHECK(listing->rows[1].vmid == "5");
}

TEST_CASE(
    "a line of an annotation that looks like a row comes with the id that it names, beside the true one") {
    const auto listing =
        read_listing(std::string(header) +
                     "1      x8     [ds] x8/x8.vmx        centos9_64Guest   vmx-20    moved from\n"
                     "1      vm1    [EC] vm1/vm1.vmx      centos9_64Guest   vmx-20\n");
    REQUIRE(listing);
    CHECK(listing->rows.size() == 2);
}

TEST_CASE("a name with line ends does not hide its entry, whatever its lines look like") {
    const auto name = GENERATE(as<std::string>{}, "vm1\nsecond", "\nsecond", "a\nb\nc", "a\n3 x",
                               "a\n3      x", "a\n3      x   [ds] y/y.vmx   otherGuest   vmx-19");
    INFO(name);
    const auto listing = read_listing(std::string(header) + "12     " + name +
                                      "   [EC] vm1/vm1.vmx   otherGuest   vmx-19\n"
                                      "4      x8     [ds] x8/x8.vmx   otherGuest   vmx-20\n");
    REQUIRE(listing);
    const auto row = std::ranges::find(listing->rows, "12", &Row::vmid);
    REQUIRE(row != listing->rows.end());
    CHECK(std::ranges::count(row->paths, path("[EC] vm1/vm1.vmx")) == 1);
    CHECK(std::ranges::count(listing->rows, "4", &Row::vmid) == 1);
}

TEST_CASE("an entry in whose line the output ends is one whose path is not known") {
    const auto listing = read_listing(std::string(header) +
                                      "4      x8     [ds] x8/x8.vmx   otherGuest   vmx-20\n"
                                      "12     vm1    [EC] vm1/v");
    REQUIRE(listing);
    REQUIRE(listing->rows.size() == 2);
    CHECK(listing->rows[1] == Row{"12", "", {}});
}

TEST_CASE("a line of an annotation that begins with a number is no entry") {
    const auto listing = read_listing(std::string(header) +
                                      "4      x8     [ds] x8/x8.vmx   otherGuest   vmx-20    disks:\n"
                                      "10 GB\n2 of them\n7\n  and vmx-13\n");
    REQUIRE(listing);
    CHECK(listing->rows.size() == 1);
}

TEST_CASE("an invalid VM has an id and nothing else, on either stream, before or after the header") {
    const auto listing = read_listing("Skipping invalid VM '16'\n" + std::string(header) +
                                          "1      x8     [ds] x8/x8.vmx        centos9_64Guest   vmx-20\n"
                                          "Skipping invalid VM '7'\n",
                                      "a warning\nSkipping invalid VM '21'\n");
    REQUIRE(listing);
    CHECK(listing->skipped == std::set<std::string>{"16", "21", "7"});
    CHECK(listing->rows.size() == 1);
}

TEST_CASE("a VM of the system has a path on no datastore") {
    const auto listing = read_listing(
        std::string(header) + "3      infra  [] /var/run/crx/infra/i/i.vmx   crxSys1Guest   vmx-20\n");
    REQUIRE(listing);
    REQUIRE(listing->rows.size() == 1);
    REQUIRE(listing->rows[0].paths.size() == 1);
    CHECK(listing->rows[0].paths[0].volume.empty());
    CHECK(listing->rows[0].paths[0].file == "/var/run/crx/infra/i/i.vmx");
}

TEST_CASE("an entry whose path is not shown is an entry all the same") {
    const auto listing = read_listing(std::string(header) +
                                      "9      lost                                 otherGuest   vmx-13\n");
    REQUIRE(listing);
    REQUIRE(listing->rows.size() == 1);
    CHECK(listing->rows[0].paths.empty());
}

TEST_CASE("Windows line ends and a missing last one change nothing") {
    const auto listing = read_listing(
        "Vmid   Name   File   Guest OS   Version   Annotation\r\n1   a   [ds] a/a.vmx   otherGuest   "
        "vmx-20\r");
    REQUIRE(listing);
    CHECK(listing->rows.size() == 1);
}

TEST_CASE("what is no listing is an error, and never an empty inventory") {
    const auto bad =
        GENERATE(as<std::string>{}, "", "\n\n", "<unset>\n", "Failed to login: Connection reset by peer\n",
                 "Connect to localhost failed: Connection failure\n",
                 "terminate called after throwing an instance of 'std::bad_alloc'\n", "Killed\n",
                 "1      x8     [ds] x8/x8.vmx   centos9_64Guest   vmx-20\n", "Vmid   Name\n",
                 "(vmodl.fault.SystemError) {\n   msg = \"no\"\n}\n");
    INFO(bad);
    CHECK_FALSE(read_listing(bad));
}

TEST_CASE("a listing that ends in a fault or in the death of its program is not whole") {
    const std::string begin =
        std::string(header) + "1      x8     [ds] x8/x8.vmx   centos9_64Guest   vmx-20\n";
    CHECK(read_listing(begin));
    CHECK_FALSE(read_listing(begin + "(vmodl.fault.HostCommunication) {\n   msg = \"\"\n}\n"));
    CHECK_FALSE(read_listing(begin + "Aborted\n"));
    CHECK_FALSE(read_listing(begin + "<unset>"));
}

TEST_CASE("the reason why there is no listing is told from the other stream, if need be") {
    const auto listing = read_listing("", "Failed to login: Connection reset by peer\n");
    REQUIRE_FALSE(listing);
    CHECK(listing.error().message == "Failed to login: Connection reset by peer");
}

}  // namespace vmha::shell::text
