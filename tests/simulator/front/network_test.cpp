// The site on the network: TLS on the loopback, HTTP, faults on the wire, hosts that fall silent, the control
// commands.
#include "tests/simulator/front/network_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;
using namespace std::chrono_literals;

TEST_CASE("a login sets the quoted cookie, and the connection stays") {
    Site site;
    Client client;
    REQUIRE(site.run(client.connect(*site.network)));
    CHECK(site.run(client.call(current_time)) == 500);
    REQUIRE(site.run(client.login()) == 200);
    CHECK(client.answer.fields.find("Set-Cookie")->ends_with("\"; Path=/; HttpOnly"));
    CHECK(client.cookie.starts_with("vmware_soap_session=\""));
    CHECK(site.run(client.call(current_time)) == 200);
    CHECK(site.network->connections_total(esxi1) == 1);
}

TEST_CASE("what is not POST /sdk has its own answers") {
    Site site;
    Client client = site.client();
    CHECK(site.run(client.send({.target = "/sdk/vimServiceVersions.xml", .fields = {}, .body = {}})) == 200);
    CHECK(client.answer.body.find("<version>7.0.3.0</version>") != std::string::npos);
    CHECK(site.run(client.send({.target = "/sdk", .fields = {}, .body = {}})) == 405);
    CHECK(site.run(client.send({.target = "/mob", .fields = {}, .body = {}})) == 404);
    const std::string vmx = "/folder/vm1%2Fvm1.vmx?dcPath=ha-datacenter&dsName=EC_iSCSI";
    CHECK(site.run(client.send({.target = vmx, .fields = {}, .body = {}})) == 200);
    CHECK(client.answer.body.find("displayName = \"vm1\"") != std::string::npos);
    client.cookie.clear();
    CHECK(site.run(client.send({.target = vmx, .fields = {}, .body = {}})) == 401);
}

TEST_CASE("a wait is dropped when its client goes away") {
    Site site;
    {
        Client client = site.client();
        CHECK(site.run(client.call("<WaitForUpdatesEx xmlns=\"urn:vim25\"><_this type=\"PropertyCollector\">"
                                   "ha-property-collector</_this></WaitForUpdatesEx>",
                                   50ms)) == 0);
        CHECK(site.network->api(esxi1).waiting() == 1);
    }
    while (site.network->connections(esxi1) != 0) site.loop.run_one();
    CHECK(site.network->api(esxi1).waiting() == 0);
}

TEST_CASE("a dropped call is not carried out, a lost reply is") {
    Site site;
    const int vm = site.running_vm();
    const auto is_on = [&site, vm] {
        return site.network->site().vm(esxi1, vm)->power == site::Power::powered_on;
    };
    REQUIRE(site.control("fault esxi1 PowerOffVM_Task drop count=1") == "ok");
    Client first = site.client();
    CHECK(site.run(first.call(on_vm("PowerOffVM_Task", vm))) == -1);
    CHECK(is_on());
    REQUIRE(site.control("fault esxi1 PowerOffVM_Task lose_reply count=1") == "ok");
    Client second = site.client();
    CHECK(site.run(second.call(on_vm("PowerOffVM_Task", vm))) == -1);
    CHECK_FALSE(is_on());
}

TEST_CASE("faults, statuses, delays and silence can be asked for") {
    Site site;
    const int vm = site.running_vm();
    Client client = site.client();
    REQUIRE(site.control(
                "fault esxi1 PowerOffVM_Task RestrictedVersion count=1 message=not in this edition") == "ok");
    CHECK(site.run(client.call(on_vm("PowerOffVM_Task", vm))) == 500);
    CHECK(client.answer.body.find("xsi:type=\"RestrictedVersion\"") != std::string::npos);
    CHECK(client.answer.body.find("not in this edition") != std::string::npos);
    REQUIRE(site.control("fault esxi1 CurrentTime http:503 count=1") == "ok");
    CHECK(site.run(client.call(current_time)) == 503);
    REQUIRE(site.control("delay esxi1 CurrentTime 60") == "ok");
    const auto began = net::BootClock::now();
    CHECK(site.run(client.call(current_time)) == 200);
    CHECK(net::BootClock::now() - began >= 60ms);
    REQUIRE(site.control("fault esxi1 CurrentTime hang") == "ok");
    CHECK(site.run(client.call(current_time, 150ms)) == 0);
}

TEST_CASE("a host whose network is cut refuses, and its sessions outlive that") {
    Site site;
    Client before = site.client();
    REQUIRE(site.control("host esxi1 network cut") == "ok");
    CHECK(site.run(before.call(current_time)) == -1);
    CHECK(site.network->port(esxi1) == 0);
    REQUIRE(site.control("host esxi1 network restore") == "ok");
    Client after;
    REQUIRE(site.run(after.connect(*site.network)));
    after.cookie = before.cookie;
    CHECK(site.run(after.call(current_time)) == 200);
}

TEST_CASE("a stalled host takes connections and says nothing until it is restored") {
    Site site;
    Client client = site.client();
    REQUIRE(site.control("host esxi1 network stall") == "ok");
    Client stuck;
    CHECK_FALSE(site.run(stuck.connect(*site.network)));
    boost::asio::co_spawn(
        site.loop,
        [](Site& of) -> net::Task<> {
            co_await net::sleep_until(net::deadline_in(100ms));
            of.control("host esxi1 network restore");
        }(site),
        boost::asio::detached);
    const auto began = net::BootClock::now();
    CHECK(site.run(client.call(current_time)) == 200);
    CHECK(net::BootClock::now() - began >= 100ms);
}

TEST_CASE("a host without power forgets its sessions and answers again when it is back") {
    Site site;
    const int vm = site.running_vm();
    Client before = site.client();
    REQUIRE(site.control("host esxi1 power off") == "ok");
    CHECK(site.run(before.call(current_time)) == -1);
    REQUIRE(site.control("host esxi1 power on") == "ok");
    Client after;
    REQUIRE(site.run(after.connect(*site.network)));
    after.cookie = before.cookie;
    CHECK(site.run(after.call(current_time)) == 500);
    CHECK(site.network->site().vm(esxi1, vm)->power == site::Power::powered_off);
}

TEST_CASE("control commands that cannot be understood are errors and change nothing") {
    Site site;
    for (const char* line : {"", "frobnicate", "host", "host esxi9 power on", "host esxi1 power maybe",
                             "host esxi1 expire-sessions somehow", "vm", "vm vm9 crash", "vm vm1 crash",
                             "vm vm1 heartbeat purple", "fault esxi1 Login", "fault esxi1 Login nonsense",
                             "fault esxi1 Login drop count=x", "fault esxi1 Login http:9",
                             "delay esxi1 Login soon", "task-time sleep 5", "task-time power_on -1"}) {
        CAPTURE(line);
        CHECK(site.control(line).starts_with("error "));
    }
    CHECK(site.network->site().host(esxi1).rules.all().empty());
}

TEST_CASE("show and counters tell what is there") {
    Site site;
    const int vm = site.running_vm();
    REQUIRE(site.control("vm vm1 question msg.hbacommon.locklost") == "ok");
    REQUIRE(site.control("vm vm1 heartbeat red") == "ok");
    Client client = site.client();
    const auto shown = parse_json(site.control("show").substr(3));
    REQUIRE(shown.has_value());
    const Json& host = (*shown)["hosts"][0];
    CHECK(host["connections"] == 1);
    CHECK(host["sessions"] == 1);
    CHECK(host["vms"][0]["id"] == vm);
    CHECK(host["vms"][0]["heartbeat"] == "red");
    CHECK(host["vms"][0]["question"]["message_id"] == "msg.hbacommon.locklost");
    CHECK((*shown)["disks"][0]["locks"][0]["holder"] == "esxi1");
    const auto counted = parse_json(site.control("counters").substr(3));
    REQUIRE(counted.has_value());
    CHECK((*counted)["esxi1"]["calls"]["Login"] == 1);
}
