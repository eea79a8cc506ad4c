// Proves how one host's link comes up, goes down and comes back: logins, expiry in its three shapes, lost
// connections.
#include "tests/esx/lab.hpp"

using namespace vmha;
using namespace vmha::test;
using core::Link;

TEST_CASE("a host comes up with one login and one full read") {
    Lab lab;
    lab.fake.vms["16"] = {"vm one", "[EC_iSCSI] vm1/vm1.vmx", "poweredOn"};
    lab.start();
    REQUIRE(lab.up());
    CHECK(lab.all<core::LinkChanged>().front().link == Link::connecting);
    const auto read = lab.reads(true).front();
    CHECK(read.session == 1);
    CHECK(lab.link()->session == 1);
    CHECK_FALSE(read.look);
    REQUIRE(read.entries.size() == 1);
    CHECK(read.entries[0].path == core::VmxPath{"EC_iSCSI", "vm1/vm1.vmx"});
    CHECK(read.datastores.front().uuid == "5bc7-967e");
    CHECK(read.facts->product == "VMware ESXi 7.0.3 build-1");
    CHECK(lab.fake.count("Login") == 1);
    // The watch and the commands; nothing more.
    CHECK(lab.fake.connections_most == 2);
}

TEST_CASE("the cookie goes back byte for byte, quotes included, and not before the login") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    CHECK(lab.fake.last_cookie["Login"].empty());
    CHECK(lab.fake.last_cookie["WaitForUpdatesEx"].find("vmware_soap_session=\"key-") == 0);
    CHECK(lab.fake.last_cookie["WaitForUpdatesEx"].back() == '"');
}

TEST_CASE("a full read was asked before its first page was sent, and waits for the last") {
    Lab lab;
    for (int i = 10; i < 35; ++i) lab.fake.vms[std::to_string(i)] = {"vm", "[EC_iSCSI] a/a.vmx"};
    lab.fake.page = 10;
    const auto before = boot_now();
    lab.start();
    REQUIRE(lab.up());
    CHECK(lab.reads(true).size() == 1);
    CHECK(lab.reads(true).front().entries.size() == 25);
    CHECK(lab.fake.count("WaitForUpdatesEx") >= 3);
    CHECK(lab.reads(true).front().asked >= before);
    CHECK(lab.reads(true).front().asked <= boot_now());
}

TEST_CASE("an empty reply confirms what is known") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    REQUIRE(lab.until([&] { return lab.reads(false).size() >= 2; }));
    const auto reads = lab.reads(false);
    CHECK(reads[0].entries.empty());
    CHECK_FALSE(reads[0].facts);
    CHECK(reads[0].asked > lab.reads(true).front().asked);
    CHECK(reads[1].asked > reads[0].asked);
}

TEST_CASE("what enters, changes and leaves is told at once") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.fake.enter("17", {"vm2", "[EC_iSCSI] vm2/vm2.vmx"});
    REQUIRE(lab.until([&] { return lab.entry("17").has_value(); }));
    CHECK(lab.entry("17")->power == core::Power::off);
    lab.fake.modify("17", FakeHost::change("runtime.powerState", "poweredOn", "VirtualMachinePowerState"));
    REQUIRE(lab.until([&] { return lab.entry("17")->power == core::Power::on; }));
    CHECK(lab.entry("17")->name == "vm2");
    lab.fake.leave("17");
    REQUIRE(lab.until([&] { return lab.reads(false).back().left == std::vector<std::string>{"17"}; }));
}

TEST_CASE("a change reaches the events long before the wait is over") {
    Lab lab;
    lab.fake.vms["16"] = {"vm", "[EC_iSCSI] a/a.vmx"};
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(100);  // a wait is pending now
    const size_t before = lab.reads(false).size();
    const auto sent = boot_now();
    lab.fake.modify("16", FakeHost::change("runtime.powerState", "poweredOn", "VirtualMachinePowerState"));
    REQUIRE(lab.until([&] { return lab.reads(false).size() > before; }));
    CHECK(boot_now() - sent < std::chrono::milliseconds(500));
}

TEST_CASE("the host's boot time becomes one of our clock") {
    Lab lab;
    // The fake host's clock stands at 08:00:00.
    lab.fake.vms["16"] = {"vm", "[EC_iSCSI] a/a.vmx",  "poweredOn", "connected", "green",
                          "",   "2026-11-22T07:59:00Z"};
    lab.start();
    REQUIRE(lab.up());
    const auto booted = lab.entry("16")->booted;
    REQUIRE(booted);
    const auto ago = boot_now() - *booted;
    CHECK(ago >= std::chrono::seconds(60));
    CHECK(ago < std::chrono::seconds(70));
}

TEST_CASE("properties that the host does not know cost no more than themselves") {
    Lab lab;
    lab.fake.vms["16"] = {"vm", "[EC_iSCSI] a/a.vmx", "poweredOn"};
    lab.fake.unknown_properties = {"runtime.bootTime", "config.storageDevice.scsiLun"};
    lab.start();
    REQUIRE(lab.up());
    CHECK(lab.entry("16")->power == core::Power::on);
    CHECK(lab.fake.count("CreateFilter") == 3);
}

TEST_CASE("without a needed property there is no view") {
    Lab lab;
    lab.fake.unknown_properties = {"runtime.powerState"};
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }));
    CHECK(lab.all<core::Read>().empty());
}

TEST_CASE("a host that makes no collectors is watched through its own") {
    Lab lab;
    lab.fake.own_collectors = false;
    lab.start();
    REQUIRE(lab.up());
    CHECK(lab.fake.last_text["WaitForUpdatesEx"].find(">ha-property-collector<") != std::string::npos);
}

TEST_CASE("a full view without the host itself is not told") {
    Lab lab;
    lab.fake.sentinel = false;
    lab.fake.vms["16"] = {"vm", "[EC_iSCSI] a/a.vmx"};
    lab.start();
    REQUIRE(lab.until([&] { return lab.link() && lab.link()->reason == Reason::not_authenticated; }));
    CHECK(lab.all<core::Read>().empty());
}

TEST_CASE("a full view that is empty is not told") {
    Lab lab;
    lab.fake.next("WaitForUpdatesEx", {});
    lab.start();
    REQUIRE(lab.until([&] { return lab.link() && lab.link()->reason == Reason::not_authenticated; }));
    CHECK(lab.all<core::Read>().empty());
    REQUIRE(lab.up());
}

TEST_CASE("an expired session is replaced, in each of its shapes") {
    for (const auto shape : {Expiry::fault, Expiry::empty, Expiry::missing}) {
        Lab lab;
        lab.fake.vms["16"] = {"vm", "[EC_iSCSI] a/a.vmx"};
        lab.start();
        REQUIRE(lab.up());
        lab.run_for(Lab::long_enough_ms);
        lab.fake.expire(shape);
        REQUIRE(lab.until([&] { return lab.reads(true).size() == 2; }));
        CHECK(lab.reads(true).back().session == 2);
        CHECK(lab.reads(true).back().entries.size() == 1);
        CHECK(lab.fake.count("Login") == 2);
        std::vector<Link> states;
        for (const auto& change : lab.all<core::LinkChanged>()) states.push_back(change.link);
        CHECK(states == std::vector<Link>{Link::connecting, Link::up, Link::connecting, Link::up});
        for (const auto& read : lab.reads(false)) CHECK(read.left.empty());
    }
}

TEST_CASE("a session that expired under a wait that goes on is found out by its sign of life") {
    Lab lab;
    lab.fake.vms["16"] = {"vm", "[EC_iSCSI] a/a.vmx"};
    lab.start();
    REQUIRE(lab.up());
    lab.fake.always["RetrievePropertiesEx"] = [](const pugi::xml_node&) { return Answer{}; };
    REQUIRE(lab.until([&] { return lab.link() && lab.link()->reason == Reason::not_authenticated; }, 9000));
    lab.fake.always.clear();
    REQUIRE(lab.until([&] { return lab.link_is(Link::up) && lab.reads(true).size() == 2; }));
    CHECK(lab.reads(true).back().session == 2);
}

TEST_CASE("a collector that is gone is made anew, in the same session") {
    for (const auto* name : {"InvalidCollectorVersion", "ManagedObjectNotFound"}) {
        Lab lab;
        lab.start();
        REQUIRE(lab.up());
        lab.run_for(Lab::long_enough_ms);
        const int opened = lab.fake.connections_all;
        lab.fake.next("WaitForUpdatesEx", fault(name));
        REQUIRE(lab.until([&] { return lab.reads(true).size() == 2; }));
        CHECK(lab.reads(true).back().session == 1);
        CHECK(lab.fake.count("Login") == 1);
        CHECK(lab.fake.count("DestroyPropertyCollector") == 1);
        CHECK(lab.link_is(Link::up));
        CHECK(lab.fake.connections_all == opened);
    }
}

TEST_CASE("a watch connection that is cut is replaced silently, with the same session") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(Lab::long_enough_ms);
    lab.fake.cut_connections();
    REQUIRE(lab.until([&] { return lab.reads(true).size() == 2; }));
    CHECK(lab.reads(true).back().session == 1);
    CHECK(lab.fake.count("Login") == 1);
    CHECK(lab.all<core::LinkChanged>().size() == 2);  // connecting, up
}

TEST_CASE("a host that went away is down, and up again with its old session when it is back") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(Lab::long_enough_ms);
    lab.fake.stop_listening();
    lab.fake.cut_connections();
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }));
    CHECK(lab.link()->reason == Reason::host_unreachable);
    lab.fake.listen_again();
    REQUIRE(lab.until([&] { return lab.link_is(Link::up); }, 8000));
    CHECK(lab.fake.count("Login") == 1);
    CHECK(lab.reads(true).back().session == 1);
    CHECK(lab.fake.count("DestroyView") == 1);
}

TEST_CASE("after a restart the old session is gone and a new one begins") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(Lab::long_enough_ms);
    lab.fake.stop_listening();
    lab.fake.cut_connections();
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }));
    lab.fake.expire(Expiry::fault);
    lab.fake.listen_again();
    REQUIRE(lab.until([&] { return lab.link_is(Link::up); }, 8000));
    CHECK(lab.reads(true).back().session == 2);
}

TEST_CASE("a wait that is not answered in its time means a dead connection") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(Lab::long_enough_ms);
    Answer silence;
    silence.hang = true;
    lab.fake.next("WaitForUpdatesEx", silence);
    // the interval and its grace, then a new connection
    REQUIRE(lab.until([&] { return lab.reads(true).size() == 2; }, 9000));
    CHECK(lab.fake.count("Login") == 1);
}

TEST_CASE("a host that answers and tells nothing new is down, once said, and up again when it tells") {
    Lab lab;
    lab.limits.first_read = core::milliseconds(1000);
    lab.start();
    REQUIRE(lab.up());
    lab.run_for(Lab::long_enough_ms);
    const auto hang = [](const pugi::xml_node&) {
        Answer silence;
        silence.hang = true;
        return silence;
    };
    Reason expected = Reason::stale;
    SECTION("only what it would tell news with hangs") {
        lab.fake.always["WaitForUpdatesEx"] = hang;
    }
    SECTION("and no new watch can be set up") {
        lab.fake.always["WaitForUpdatesEx"] = hang;
        lab.fake.always["CreateFilter"] = hang;
        expected = Reason::host_unreachable;
    }
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }, 6000));
    CHECK(lab.link()->reason == expected);
    CHECK(lab.link()->detail.find("esxi1") != std::string::npos);
    // Tried again and again, and said once.
    const int tried = lab.fake.count("CreateFilter");
    REQUIRE(lab.until([&] { return lab.fake.count("CreateFilter") >= tried + 2; }, 6000));
    CHECK(lab.all<core::LinkChanged>().size() == 3);  // connecting, up, down
    lab.fake.always.clear();
    REQUIRE(lab.until([&] { return lab.link_is(Link::up); }, 9000));
    CHECK(lab.fake.count("Login") == 1);
}

TEST_CASE("a host that accepts and says nothing is down when its time is over") {
    Lab lab;
    Answer silence;
    silence.hang = true;
    lab.fake.next("RetrieveServiceContent", silence);
    lab.start();
    const auto began = boot_now();
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }));
    CHECK(boot_now() - began >= lab.limits.connect);
    CHECK(boot_now() - began < lab.limits.connect + std::chrono::milliseconds(1500));
    REQUIRE(lab.up());
}

TEST_CASE("a proxy whose agent is away is no login and no answer") {
    Lab lab;
    for (int i = 0; i < 3; ++i) lab.fake.next("RetrieveServiceContent", {"<html><br></html>", 503, true});
    lab.start();
    REQUIRE(lab.until([&] { return lab.link_is(Link::down); }));
    CHECK(lab.link()->detail.find("HTTP 503") != std::string::npos);
    REQUIRE(lab.up());
    CHECK(lab.fake.count("Login") == 1);
}

TEST_CASE("a stop logs out and tells nothing more") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    const size_t events = lab.events.size();
    const auto began = boot_now();
    lab.stop();
    CHECK(lab.fake.count("Logout") == 1);
    CHECK(boot_now() - began < std::chrono::milliseconds(1500));
    CHECK(lab.events.size() == events);
    // The session is closed there: its cookie is good for nothing.
    CHECK(lab.fake.last_cookie["Logout"] == lab.fake.last_cookie["WaitForUpdatesEx"]);
}

TEST_CASE("a stop ends in time when the host is silent") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    Answer silence;
    silence.hang = true;
    lab.fake.next("Logout", silence);
    const auto began = boot_now();
    lab.stop();
    CHECK(boot_now() - began < std::chrono::milliseconds(2500));
}

TEST_CASE("a host that is destroyed while it works leaves nothing behind that could crash") {
    Lab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.host->perform(lab.order(core::Verb::power_on, "16"));
    lab.host->look({1, {}, HostName("esxi1"), ""});
    lab.host.reset();
    const size_t events = lab.events.size();
    lab.run_for(200);
    CHECK(lab.events.size() == events);
}
