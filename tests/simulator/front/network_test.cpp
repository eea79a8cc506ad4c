// The site on the network: TLS on the loopback, HTTP, faults on the wire, hosts that fall silent, the control
// commands.
#include "tests/simulator/front/network.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "common/json.hpp"
#include "daemon/net/http.hpp"
#include "daemon/net/tls.hpp"
#include "tests/simulator/front/control.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::sim;
using namespace std::chrono_literals;

namespace {

constexpr site::HostId esxi1 = 0;

site::SiteConfig loopback_site() {
    auto config = site::default_site();
    config.hosts[0].address = "127.0.0.61";
    config.hosts[1].address = "127.0.0.62";
    for (auto& host : config.hosts) host.port = 0;
    return config;
}

std::string envelope(const std::string& call) {
    return "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>" + call +
           "</e:Body></e:Envelope>";
}

const std::string current_time =
    "<CurrentTime xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">ServiceInstance</_this></CurrentTime>";

std::string on_vm(const std::string& method, int vm) {
    return "<" + method + " xmlns=\"urn:vim25\"><_this type=\"VirtualMachine\">" + std::to_string(vm) +
           "</_this></" + method + ">";
}

// One connection of a client; each call has two seconds.
class Client {
public:
    net::Task<bool> connect(Network& network) {
        const auto endpoint = net::tcp_endpoint("127.0.0.61", network.port(esxi1));
        auto stream = co_await net::connect_tls(*endpoint, net::PinnedCertificate{network.thumbprint(esxi1)},
                                                net::deadline_in(500ms));
        if (!stream) co_return false;
        stream_ = std::move(*stream);
        reader_ = std::make_unique<net::HttpReader>(*stream_, net::HttpLimits{.body_bytes = 1 << 20});
        co_return true;
    }

    // The status, or 0 when no answer came; -1 when the connection ended.
    net::Task<int> send(net::HttpRequest request, net::BootClock::duration limit = 2s) {
        if (!cookie.empty()) request.fields.push_back({"Cookie", cookie});
        if (!co_await net::write_request(*stream_, request)) co_return -1;
        const auto read = co_await net::with_deadline(reader_->read(answer), net::deadline_in(limit), "read");
        if (!read) co_return read.error().code == Errc::timeout ? 0 : -1;
        if (const std::string* set = answer.fields.find("Set-Cookie"))
            cookie = set->substr(0, set->find(';'));
        co_return static_cast<int>(answer.status);
    }

    net::Task<int> call(std::string text, net::BootClock::duration limit = 2s) {
        net::HttpRequest request{.method = "POST", .target = "/sdk", .fields = {}, .body = envelope(text)};
        co_return co_await send(std::move(request), limit);
    }

    net::Task<int> login() {
        co_return co_await call(
            "<Login xmlns=\"urn:vim25\"><_this type=\"SessionManager\">ha-sessionmgr</_this>"
            "<userName>root</userName><password>esxsim</password></Login>");
    }

    net::HttpResponse answer;
    std::string cookie;

private:
    net::StreamPtr stream_;
    std::unique_ptr<net::HttpReader> reader_;
};

struct Site {
    Site() {
        auto opened = Network::open(loop.get_executor(), loopback_site());
        REQUIRE(opened.has_value());
        network = std::move(*opened);
    }
    ~Site() {
        network->close();
        loop.poll();
    }

    template <class T>
    T run(net::Task<T> task) {
        std::optional<T> result;
        std::exception_ptr thrown;
        boost::asio::co_spawn(loop, std::move(task), [&result, &thrown](std::exception_ptr error, T value) {
            thrown = error;
            result = std::move(value);
        });
        loop.restart();
        while (!result) loop.run_one();
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*result);
    }

    std::string control(const std::string& line) { return run_command(*network, line); }

    Client client() {
        Client one;
        REQUIRE(run(one.connect(*network)));
        REQUIRE(run(one.login()) == 200);
        return one;
    }

    int running_vm() {
        network->advance();
        const auto task = network->site().register_vm(esxi1, "[EC_iSCSI] vm1/vm1.vmx", "", "root");
        const int vm = network->site().host(esxi1).tasks.at(task).result_vm;
        network->site().power(esxi1, vm, site::Verb::power_on, "root");
        network->settle();
        return vm;
    }

    boost::asio::io_context loop{1};
    std::unique_ptr<Network> network;
};

}  // namespace

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
