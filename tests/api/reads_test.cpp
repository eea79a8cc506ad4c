// What is read over the socket: the shapes of design and openapi.yaml, and the errors.
#include "tests/api/site.hpp"

using namespace vmha;
using namespace vmha::api;

TEST_CASE("a healthy VM is 200 with everything that a monitor needs") {
    Site site;
    const auto response = site.ask("GET", "/v1/vms/vm1/health");
    CHECK(response.status == 200);
    REQUIRE(response.fields.find("Vmha-Api"));
    CHECK(*response.fields.find("Vmha-Api") == "1");
    CHECK(*response.fields.find("Content-Type") == "application/json");
    const Json expected = {{"api", 1},
                           {"vm", "vm1"},
                           {"verdict", "healthy"},
                           {"reason", "running"},
                           {"detail", "powered on"},
                           {"host", "esxi1"},
                           {"age_ms", 120},
                           {"pending", nullptr},
                           {"exit_code", 0}};
    CHECK(parsed(response.body) == expected);
}

TEST_CASE("an unhealthy VM is 503 with its exit code, a pending reason shows how long it has held") {
    Site site;
    auto& health = site.backend.state_.vms[VmName("vm1")].health;
    health.verdict = core::Verdict::unhealthy;
    health.reason = Reason::powered_off;
    health.detail = "a \"quote\", a\nnewline and \xff";
    health.exit_code = ExitCode::failed;
    health.pending = Reason::heartbeat_red;
    health.pending_held = milliseconds(1500);
    health.pending_needed = seconds(60);
    const auto response = site.ask("GET", "/v1/vms/vm1/health");
    CHECK(response.status == 503);
    const Json body = parsed(response.body);
    CHECK(body["exit_code"] == 1);
    CHECK(body["reason"] == "powered_off");
    CHECK(body["detail"] == "a \"quote\", a\nnewline and \xEF\xBF\xBD");
    CHECK(body["pending"] == Json({{"reason", "heartbeat_red"}, {"held_ms", 1500}, {"needed_ms", 60000}}));
}

TEST_CASE("a VM that was never seen is 503 and has no age") {
    Site site;
    const auto response = site.ask("GET", "/v1/vms/vm2/health");
    CHECK(response.status == 503);
    const Json body = parsed(response.body);
    CHECK(body["verdict"] == "unknown");
    CHECK(body["age_ms"].is_null());
    CHECK(body["host"].is_null());
    CHECK(body["exit_code"] == 0);
}

TEST_CASE("a VM shows each fact per host with its age") {
    Site site;
    const auto response = site.ask("GET", "/v1/vms/vm1");
    CHECK(response.status == 200);
    const Json vm = parsed(response.body);
    CHECK(vm["api"] == 1);
    CHECK(vm["vm"] == "vm1");
    CHECK(vm["vmx"] == "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx");
    CHECK(vm["active"] == true);
    CHECK(vm["operation"].is_null());
    CHECK(vm["health"]["verdict"] == "healthy");
    REQUIRE(vm["hosts"].size() == 2);
    const Json& here = vm["hosts"][0];
    CHECK(here["host"] == "esxi1");
    CHECK(here["role"] == "local");
    CHECK(here["registration"]["value"] == "registered");
    CHECK(here["registration"]["vmid"] == "12");
    CHECK(here["power"] == Json({{"value", "on"}, {"age_ms", 120}}));
    CHECK(here["connection"] == Json({{"value", "connected"}, {"age_ms", 120}}));
    CHECK(here["heartbeat"] == Json({{"value", "green"}, {"age_ms", 120}}));
    CHECK(here["question"] == Json({{"value", nullptr}, {"age_ms", 120}}));
    CHECK(here["lock"]["age_ms"].is_null());
    CHECK(here["datastore"]["name"] == "EC_iSCSI");
    CHECK(here["datastore"]["age_ms"] == 120);
    const Json& there = vm["hosts"][1];
    CHECK(there["role"] == "peer");
    CHECK(there["registration"]["value"] == "unknown");
    for (const auto* fact :
         {"registration", "power", "connection", "heartbeat", "question", "lock", "datastore"})
        CHECK(there[fact]["age_ms"].is_null());
}

TEST_CASE("a question and an operation are shown") {
    Site site;
    auto& state = site.backend.state_;
    core::Question question;
    question.id = "7";
    question.text = "moved or copied?";
    question.message_ids = {"msg.uuid.altered"};
    question.choices = {{"0", "button.uuid.cancel"}};
    state.hosts[HostName("esxi1")].entries["12"].entry.question = question;
    core::Op op;
    op.kind = core::Kind::stop;
    op.stage = core::Stage::powering_off;
    op.at = HostName("esxi1");
    op.began = ago(milliseconds(2000));
    op.deadline = core::Time(seconds(1010));
    state.vms[VmName("vm1")].op = op;
    const Json vm = parsed(site.ask("GET", "/v1/vms/vm1").body);
    const Json& shown = vm["hosts"][0]["question"]["value"];
    CHECK(shown["text"] == "moved or copied?");
    CHECK(shown["choices"] == Json::array({{{"key", "0"}, {"label", "button.uuid.cancel"}}}));
    CHECK(vm["operation"]["operation"] == "stop");
    CHECK(vm["operation"]["stage"] == "powering off");
    CHECK(vm["operation"]["host"] == "esxi1");
    CHECK(vm["operation"]["age_ms"] == 2000);
    CHECK(vm["operation"]["remaining_ms"] == 10000);
    const Json status = parsed(site.ask("GET", "/v1/status").body);
    REQUIRE(status["operations"].size() == 1);
    CHECK(status["operations"][0]["vm"] == "vm1");
}

TEST_CASE("status shows hosts, datastores and VMs") {
    Site site;
    const auto response = site.ask("GET", "/v1/status", {}, {}, nobody());
    CHECK(response.status == 200);
    const Json status = parsed(response.body);
    CHECK(status["api"] == 1);
    CHECK(status["node"] == "ec1");
    CHECK(status["on_last_good_configuration"] == false);
    REQUIRE(status["hosts"].size() == 2);
    CHECK(status["hosts"][0]["name"] == "esxi1");
    CHECK(status["hosts"][0]["address"] == "172.31.255.2");
    CHECK(status["hosts"][0]["role"] == "local");
    CHECK(status["hosts"][0]["link"] == "up");
    CHECK(status["hosts"][0]["transports"] == "api");
    CHECK(status["hosts"][0]["age_ms"] == 120);
    CHECK(status["hosts"][1]["link"] == "connecting");
    CHECK(status["hosts"][1]["age_ms"].is_null());
    REQUIRE(status["datastores"].size() == 1);
    CHECK(status["datastores"][0]["host"] == "esxi1");
    CHECK(status["vms"].size() == 2);
    CHECK(status["operations"].empty());
    CHECK(parsed(site.ask("GET", "/v1/hosts").body)["hosts"] == status["hosts"]);
    CHECK(parsed(site.ask("GET", "/v1/vms").body)["vms"] == status["vms"]);
}

TEST_CASE("status tells that the last good configuration is in use") {
    Site site;
    site.backend.last_good = true;
    CHECK(parsed(site.ask("GET", "/v1/status").body)["on_last_good_configuration"] == true);
}

TEST_CASE("healthz is alive") {
    Site site;
    CHECK(site.ask("GET", "/healthz").status == 200);
}

TEST_CASE("what does not exist is 404 with its own word") {
    Site site;
    const auto [target, error] = GENERATE(table<std::string, std::string>({
        {"/", "not_found"},
        {"/v2/status", "not_found"},
        {"/v1/vms/", "not_found"},
        {"/v1/vms/vm1/", "not_found"},
        {"/v1/vms/a/b/health", "not_found"},
        {"/v1/vms/vm9/health", "unknown_vm"},
        {"/v1/vms/vm9", "unknown_vm"},
        {"/v1/vms/../health", "unknown_vm"},
    }));
    const auto response = site.ask("GET", target);
    CHECK(response.status == 404);
    CHECK(error_of(response) == error);
    CHECK(response.fields.find("Vmha-Api"));
}

TEST_CASE("a wrong method is 405 and names the right one") {
    Site site;
    const auto response = site.ask("POST", "/v1/status");
    CHECK(response.status == 405);
    CHECK(error_of(response) == "method_not_allowed");
    REQUIRE(response.fields.find("Allow"));
    CHECK(*response.fields.find("Allow") == "GET");
    CHECK(*site.ask("GET", "/v1/vms/vm1/start").fields.find("Allow") == "POST");
    CHECK(site.backend.events.empty());
}

TEST_CASE("requests that a web page made are refused") {
    Site site;
    const std::string field = GENERATE("Origin: http://evil\r\n", "referer: http://evil/\r\n");
    const auto response = site.ask("GET", "/v1/vms/vm1/health", {}, field);
    CHECK(response.status == 403);
    CHECK(error_of(response) == "forbidden");
}

TEST_CASE("several requests on one connection are answered in their order") {
    Site site;
    site.run([](Client client) -> Task<> {
        co_await client.send(
            "GET /healthz HTTP/1.1\r\n\r\nGET /v1/vms/vm9 HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n");
        for (const unsigned expected : {200u, 404u, 200u}) {
            const auto response = co_await client.receive();
            CHECK(response.status == expected);
            CHECK(response.keep_alive);
        }
        const auto last = co_await client.ask("GET", "/healthz", "", "Connection: close\r\n");
        CHECK(!last.keep_alive);
        const auto rest = co_await client.rest();
        CHECK(rest.empty());
    }(site.connect()));
}

TEST_CASE("a VM tells per host whether it could be started there, why not, and what to watch out for") {
    Site site;
    auto& local = site.backend.state_.hosts.at(HostName("esxi1"));
    local.facts.evaluation_days = 3;
    local.facts.autostart = {"12"};
    local.entries.at("12").entry.task = core::RunningTask{"t1", "vim.VirtualMachine.createSnapshot", true};
    Json vm = parsed(site.ask("GET", "/v1/vms/vm1").body);
    CHECK(vm["hosts"][0]["ready"] == true);
    CHECK(vm["hosts"][0]["reason"].is_null());
    CHECK(vm["hosts"][0]["detail"].is_null());
    REQUIRE(vm["hosts"][0]["warnings"].size() == 2);
    CHECK(vm["hosts"][0]["task"] == "vim.VirtualMachine.createSnapshot");
    CHECK(vm["hosts"][1]["ready"] == false);
    CHECK(vm["hosts"][1]["reason"] == "host_unreachable");
    CHECK(vm["hosts"][1]["warnings"] == Json::array());
    local.facts.in_maintenance = true;
    vm = parsed(site.ask("GET", "/v1/vms").body)["vms"][0];
    CHECK(vm["hosts"][0]["ready"] == false);
    CHECK(vm["hosts"][0]["reason"] == "maintenance_mode");
    CHECK(vm["hosts"][0]["detail"] == "esxi1 is in maintenance mode");
    const Json host = parsed(site.ask("GET", "/v1/hosts").body)["hosts"][0];
    CHECK(host["evaluation_days"] == 3);
    CHECK(host["privileged"].is_null());
}
