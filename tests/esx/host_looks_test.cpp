// Proves what looks at entries, at everything and at files tell, and what they must not.
#include "tests/esx/ready.hpp"

using namespace vmha;
using namespace vmha::test;

TEST_CASE("a look at one entry reads it now") {
    Ready lab;
    lab.fake.vms["16"].power = "poweredOn";  // not told by the watch
    const auto before = boot_now();
    lab.host->look({3, {}, HostName("esxi1"), "16"});
    REQUIRE(lab.until([&] { return !lab.all<core::Looked>().empty(); }));
    const auto looked = lab.all<core::Looked>().front();
    CHECK(looked.look == 3);
    CHECK(looked.session == 1);
    CHECK(looked.asked >= before);
    REQUIRE(looked.entry);
    CHECK(looked.entry->power == core::Power::on);
    CHECK(looked.entry->path == core::VmxPath{"EC_iSCSI", "vm1/vm1.vmx"});
}

TEST_CASE("an entry that is gone is gone only if the session lives") {
    Ready lab;
    lab.host->look({3, {}, HostName("esxi1"), "99"});
    REQUIRE(lab.until([&] { return !lab.all<core::Looked>().empty(); }));
    CHECK_FALSE(lab.all<core::Looked>().front().entry);

    // An expired session that still knows what it does not know.
    lab.fake.always["RetrievePropertiesEx"] = [](const pugi::xml_node& call) {
        const auto of = xml::child(xml::child(xml::child(call, "specSet"), "objectSet"), "obj");
        if (std::string(of.attribute("type").value()) == "VirtualMachine")
            return fault("ManagedObjectNotFound");
        return Answer{"<returnval><objects><obj type=\"SessionManager\">s</obj></objects></returnval>"};
    };
    lab.host->look({4, {}, HostName("esxi1"), "16"});
    REQUIRE(lab.until([&] { return !lab.all<core::LookFailed>().empty(); }));
    CHECK(lab.all<core::LookFailed>().front().look == 4);
    CHECK(lab.all<core::Looked>().size() == 1);
}

TEST_CASE("a look that an expired session answers, in whatever shape, is no answer") {
    const std::string missing =
        "<returnval><objects><obj type=\"VirtualMachine\">16</obj><missingSet><path>name</path><fault><fault "
        "xsi:type=\"NotAuthenticated\"/></fault></missingSet></objects></returnval>";
    for (const auto& answer : {fault("NotAuthenticated"), Answer{}, Answer{missing}}) {
        for (const auto* vmid : {"16", ""}) {
            Ready lab;
            lab.fake.next("RetrievePropertiesEx", answer);
            lab.host->look({5, {}, HostName("esxi1"), vmid});
            REQUIRE(lab.until([&] { return !lab.all<core::LookFailed>().empty(); }));
            CHECK(lab.all<core::Looked>().empty());
            CHECK(lab.reads(true).size() == 1);
        }
    }
}

TEST_CASE("a look at everything is a full read of its own") {
    Ready lab;
    lab.fake.vms["18"] = {"vm3", "[EC_iSCSI] vm3/vm3.vmx"};  // not told by the watch
    lab.host->look({6, {}, HostName("esxi1"), ""});
    REQUIRE(lab.until([&] { return lab.reads(true).size() == 2; }));
    const auto read = lab.reads(true).back();
    CHECK(read.look == core::LookId(6));
    CHECK(read.entries.size() == 2);
    CHECK(read.datastores.size() == 1);
    CHECK(read.facts);
}

TEST_CASE("a look without a session fails at once") {
    Lab lab;
    lab.fake.stop_listening();
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(core::Link::down); }));
    lab.host->look({1, {}, HostName("esxi1"), "16"});
    CHECK(lab.until([&] { return !lab.all<core::LookFailed>().empty(); }, 1000));
}

TEST_CASE("a .vmx is present, missing, or it cannot be told") {
    const auto check = [](Ready& lab) {
        lab.tasks();
        lab.host->check_vmx(
            {VmName("vm1"), HostName("esxi1"), *core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx")});
        REQUIRE(lab.until([&] { return !lab.all<core::VmxChecked>().empty(); }));
        CHECK(lab.all<core::VmxChecked>().back().vm == VmName("vm1"));
        return lab.all<core::VmxChecked>().back().presence;
    };
    const std::string results =
        "<result xsi:type=\"HostDatastoreBrowserSearchResults\"><folderPath>[EC_iSCSI] vm1/"
        "</folderPath>";
    {
        Ready lab;
        lab.rest = results + "<file><path>vm1.vmx</path></file></result>";
        CHECK(check(lab) == core::Presence::present);
        CHECK(lab.fake.last_text["SearchDatastore_Task"].find(
                  "<datastorePath>[EC_iSCSI] "
                  "vm1</datastorePath><searchSpec><matchPattern>vm1.vmx</matchPattern>") !=
              std::string::npos);
    }
    {
        Ready lab;
        lab.rest = results + "<file><path>vm1.vmx.lck</path></file></result>";
        CHECK(check(lab) == core::Presence::missing);
    }
    {
        Ready lab;
        lab.state = "error";
        lab.rest = "<error><fault xsi:type=\"FileNotFound\"/></error>";
        CHECK(check(lab) == core::Presence::missing);
    }
    {
        Ready lab;
        lab.state = "error";
        lab.rest = "<error><fault xsi:type=\"NoPermission\"/></error>";
        CHECK(check(lab) == core::Presence::cannot_tell);
    }
    {
        Ready lab;
        lab.fake.next("SearchDatastore_Task", fault("MethodNotFound"));
        CHECK(check(lab) == core::Presence::cannot_tell);
    }
}
