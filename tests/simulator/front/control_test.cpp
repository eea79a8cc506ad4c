// The control commands that bring trouble to storage, hostd, licences and VMs, and what `show` tells of it.
#include "tests/simulator/front/network_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;
using namespace std::chrono_literals;

namespace {

site::SiteConfig mirrored_site() {
    auto config = loopback_site();
    config.mirror = true;
    config.hosts[0].peer_port = 0;
    return config;
}

Json show(Site& of) {
    return *parse_json(of.control("show").substr(3));
}
Json first_host(Site& of) {
    return show(of)["hosts"][0];
}

}  // namespace

TEST_CASE("a host has two ways in, and each can be cut alone") {
    Site site(mirrored_site());
    Client own = site.client();
    Client peer;
    REQUIRE(site.network->port(esxi1, Way::peers) != site.network->port(esxi1));
    REQUIRE(site.run(peer.connect(*site.network, Way::peers)));
    peer.cookie = own.cookie;
    CHECK(site.run(peer.call(current_time)) == 200);

    REQUIRE(site.control("host esxi1 network cut peers") == "ok");
    CHECK(site.run(peer.call(current_time)) == -1);
    CHECK(site.network->port(esxi1, Way::peers) == 0);
    CHECK(site.run(own.call(current_time)) == 200);

    REQUIRE(site.control("host esxi1 network restore") == "ok");
    REQUIRE(site.control("host esxi1 network cut own") == "ok");
    CHECK(site.run(own.call(current_time)) == -1);
    Client again;
    REQUIRE(site.run(again.connect(*site.network, Way::peers)));
    again.cookie = own.cookie;
    CHECK(site.run(again.call(current_time)) == 200);
}

TEST_CASE(
    "while hostd restarts every call and every wait is answered 503 with a page, and the session is gone") {
    Site site;
    Client client = site.client();
    Client waiting = site.client();
    CHECK(site.run(waiting.call("<WaitForUpdatesEx xmlns=\"urn:vim25\"><_this type=\"PropertyCollector\">"
                                "ha-property-collector</_this></WaitForUpdatesEx>",
                                50ms)) == 0);
    REQUIRE(site.control("host esxi1 hostd-restart 150") == "ok");
    CHECK(first_host(site)["hostd_restarts"] == true);
    CHECK(site.run(waiting.hear()) == 503);
    CHECK(site.run(client.call(current_time)) == 503);
    CHECK(client.answer.fields.find("Content-Type")->starts_with("text/html"));
    CHECK(client.answer.body.find("<html>") == 0);
    CHECK(site.run(client.send({.target = "/sdk/vimServiceVersions.xml", .fields = {}, .body = {}})) == 200);
    while (first_host(site)["hostd_restarts"] == true) site.loop.run_one();
    CHECK(site.run(client.call(current_time)) == 500);
    CHECK(site.run(client.login()) == 200);
    CHECK(site.run(client.call(current_time)) == 200);
}

TEST_CASE("storage goes and comes by command, and show tells which copy a host uses and what troubles it") {
    Site site(mirrored_site());
    site.running_vm();
    CHECK(first_host(site)["copy"] == 1);
    CHECK(first_host(site)["vms"][0]["writes_on_copy"] == 1);
    REQUIRE(site.control("host esxi1 storage lost") == "ok");
    CHECK(first_host(site)["storage_trouble"] == "AllPathsDown_Start");
    CHECK(first_host(site)["copy_offered"].is_null());
    CHECK(first_host(site)["vms"][0]["writes_on_copy"].is_null());
    CHECK(first_host(site)["vms"][0]["process"] == true);
    REQUIRE(site.control("host esxi1 storage copy 2") == "ok");
    CHECK(first_host(site)["copy"] == 2);
    CHECK(first_host(site)["storage_trouble"] == "");
    CHECK(first_host(site)["vms"][0]["writes_on_copy"] == 2);
    REQUIRE(site.control("host esxi1 storage pdl") == "ok");
    CHECK(first_host(site)["storage_trouble"] == "PermanentDeviceLoss");
    REQUIRE(site.control("vm vm1 crash") == "ok");
    REQUIRE(site.control("host esxi1 storage snapshot") == "ok");
    CHECK(first_host(site)["volume_unresolved"] == true);
    CHECK(first_host(site)["copy"].is_null());
    REQUIRE(site.control("host esxi1 storage resolved") == "ok");
    REQUIRE(site.control("host esxi1 storage copy 1") == "ok");
    CHECK(first_host(site)["copy"] == 1);
}

TEST_CASE("the mirror is broken and recovered by command, and corruptions are counted") {
    Site site(mirrored_site());
    site.running_vm();
    CHECK(show(site)["mirror"] == "in_sync");
    CHECK(site.control("mirror recover 1").starts_with("error "));
    REQUIRE(site.control("mirror break") == "ok");
    CHECK(show(site)["mirror"] == "apart");
    CHECK(show(site)["corruptions"] == 0);
    // Its guest has written on the first copy since.
    REQUIRE(site.control("host esxi1 storage copy 2") == "ok");
    CHECK(show(site)["corruptions"] == 1);
    CHECK(show(site)["corrupted"][0]["host"] == "esxi1");
    REQUIRE(site.control("mirror recover 2") == "ok");
    CHECK(show(site)["mirror"] == "in_sync");
}

TEST_CASE("a host's licence, passwords and refusals are set by command") {
    Site site;
    const int vm = site.running_vm();
    Client client = site.client();
    REQUIRE(site.control("host esxi1 licence free") == "ok");
    CHECK(first_host(site)["licence"] == "free");
    CHECK(site.run(client.call(on_vm("PowerOffVM_Task", vm))) == 500);
    CHECK(client.answer.body.find("RestrictedVersion") != std::string::npos);
    REQUIRE(site.control("host esxi1 licence full") == "ok");
    REQUIRE(site.control("host esxi1 fail-unregister 1") == "ok");
    CHECK(site.network->site().host(esxi1).unregister_failures == 1);
    REQUIRE(site.control("host esxi1 power-on-lies 2") == "ok");
    CHECK(site.network->site().host(esxi1).power_on_lies == 2);
    REQUIRE(site.control("host esxi1 password root another") == "ok");
    Client wrong;
    REQUIRE(site.run(wrong.connect(*site.network)));
    CHECK(site.run(wrong.login()) == 500);
    CHECK(site.control("host esxi1 password nobody x").starts_with("error "));
}

TEST_CASE("an entry's connection, backups and reboots are made by command, on one host or on all") {
    Site site;
    const int vm = site.running_vm();
    const auto entry = [&site, vm]() -> const site::Vm& { return *site.network->site().vm(esxi1, vm); };
    CHECK(site.control("vm vm1 connection invalid esxi2").starts_with("error "));
    REQUIRE(site.control("vm vm1 connection invalid esxi1") == "ok");
    CHECK(entry().connection == site::Connection::invalid);
    REQUIRE(site.control("vm vm1 connection connected") == "ok");
    REQUIRE(site.control("vm vm1 backup 60000 fixed esxi1") == "ok");
    const std::string task = entry().task;
    REQUIRE_FALSE(task.empty());
    CHECK_FALSE(site.network->site().host(esxi1).tasks.at(task).cancellable);
    CHECK(site.control("vm vm1 backup 60000").starts_with("error "));
    CHECK(entry().booted.has_value());
    REQUIRE(site.control("vm vm1 reboot") == "ok");
    CHECK(entry().heartbeat == site::Color::gray);
}

TEST_CASE("commands about trouble that cannot be understood are errors and change nothing") {
    Site site;
    for (const char* line : {"host esxi1 network cut sideways",
                             "host esxi1 network cut peers",
                             "host esxi1 storage",
                             "host esxi1 storage copy",
                             "host esxi1 storage copy 0",
                             "host esxi1 storage copy 2",
                             "host esxi1 licence none",
                             "host esxi1 hostd-restart",
                             "host esxi1 hostd-restart soon",
                             "host esxi1 fail-unregister",
                             "host esxi1 power-on-lies -1",
                             "host esxi1 password root",
                             "mirror break",
                             "mirror recover 1",
                             "mirror",
                             "vm vm1 connection lost",
                             "vm vm1 connection invalid",
                             "vm vm1 backup",
                             "vm vm1 backup soon",
                             "vm vm1 reboot"}) {
        CAPTURE(line);
        CHECK(site.control(line).starts_with("error "));
    }
    CHECK(show(site)["hosts"][0]["copy"] == 1);
}

TEST_CASE("a host without SSH has no commands about it") {
    Site site;
    CHECK(site.control("host esxi1 ssh off").starts_with("error"));
    CHECK(first_host(site)["ssh"] == nullptr);
}

TEST_CASE("a VM can be deaf to kills, and a stranger can lock its disk") {
    Site site;
    site.running_vm();
    REQUIRE(site.control("vm vm1 deaf hard") == "ok");
    CHECK(site.network->site().host(esxi1).deaf.at("vm1/vm1.vmx") == site::Kill::hard);
    REQUIRE(site.control("vm vm1 deaf none") == "ok");
    CHECK(site.network->site().host(esxi1).deaf.empty());
    CHECK(site.control("vm vm1 deaf soon").starts_with("error"));
    REQUIRE(site.control("vm vm2 stranger-lock on") == "ok");
    CHECK(site.network->site().disks()[0].lock("vm2/vm2.vmx"));
    REQUIRE(site.control("vm vm2 stranger-lock off") == "ok");
    CHECK_FALSE(site.network->site().disks()[0].lock("vm2/vm2.vmx"));
}
