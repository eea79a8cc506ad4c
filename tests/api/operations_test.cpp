// Starting and stopping over the socket: who may, what reaches the core, what the caller sees, and how it
// ends.
#include "tests/api/site.hpp"

using namespace vmha;
using namespace vmha::api;

namespace {

core::Say transition(const std::string& vm, core::Kind kind, const std::string& from, const std::string& to) {
    core::Say say;
    say.topic = core::Topic::transition;
    say.vm = VmName(vm);
    say.host = HostName("esxi1");
    say.operation = kind;
    say.from = from;
    say.to = to;
    say.message = "vm '" + vm + "': '" + from + "' -> '" + to + "' (esxi1)";
    return say;
}

// The JSON of the next chunk.
Task<Json> next_line(Client& client) {
    const auto size = co_await client.until("\r\n");
    const auto line = co_await client.until("\r\n");
    CHECK(static_cast<size_t>(std::stoul(size, nullptr, 16)) == line.size() - 2);
    co_return parsed(line);
}

Task<Json> begin(Client& client, std::string what, std::string body) {
    co_await client.send("POST", "/v1/vms/vm1/" + what, body);
    const auto head = co_await client.until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\nVmha-Api: 1\r\n"));
    co_return co_await next_line(client);
}

}  // namespace

TEST_CASE("a start is accepted at once, shows its progress and ends with its result") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        const std::string body = R"({"timeout_s":30,"context":{"CLP_FACTOR":"GROUPFAILOVER","PATH":"/bin"}})";
        const Json accepted = co_await begin(client, "start", body);
        CHECK(accepted["event"] == "accepted");
        CHECK(accepted["vm"] == "vm1");
        CHECK(accepted["operation"] == "start");
        CHECK(accepted["timeout_s"] == 30);
        const auto* ask = at.backend.last_ask();
        REQUIRE(ask);
        CHECK(ask->vm == VmName("vm1"));
        CHECK(ask->kind == core::Kind::start);
        CHECK(ask->timeout == core::Duration(seconds(30)));
        CHECK(ask->context == std::map<std::string, std::string>{{"CLP_FACTOR", "GROUPFAILOVER"}});

        at.hub.say(transition("vm1", core::Kind::start, "checking", "registering"));
        at.hub.say(transition("vm2", core::Kind::start, "checking", "registering"));
        core::Say health;
        health.topic = core::Topic::health;
        health.vm = VmName("vm1");
        at.hub.say(health);
        const Json line = co_await next_line(client);
        CHECK(line["event"] == "transition");
        CHECK(line["vm"] == "vm1");
        CHECK(line["operation"] == "start");
        CHECK(line["from"] == "checking");
        CHECK(line["to"] == "registering");
        CHECK(line["host"] == "esxi1");
        CHECK(line["message"] == "vm 'vm1': 'checking' -> 'registering' (esxi1)");
        CHECK(line["level"] == "I");
        CHECK(get_string(line, "time").value_or("").size() == 19);

        core::Answer answer;
        answer.caller = ask->caller;
        answer.detail = "done";
        answer.elapsed_ms = 42;
        at.hub.answer(answer);
        const Json last = co_await next_line(client);
        CHECK(last == Json({{"api", 1},
                            {"result", "ok"},
                            {"reason", "running"},
                            {"detail", "done"},
                            {"elapsed_ms", 42}}));
        const auto rest = co_await client.rest();
        CHECK(rest == "0\r\n\r\n");
        CHECK(at.backend.callers_gone() == 0);
    }(site, site.connect()));
}

TEST_CASE("a stop without a body takes the VM's own timeout") {
    Site site;
    site.backend.state_.vms[VmName("vm1")].settings.stop_timeout = seconds(77);
    site.run([](Site& at, Client client) -> Task<> {
        const Json accepted = co_await begin(client, "stop", "");
        CHECK(accepted["timeout_s"] == 77);
        REQUIRE(at.backend.last_ask());
        CHECK(at.backend.last_ask()->kind == core::Kind::stop);
        CHECK(!at.backend.last_ask()->timeout);
    }(site, site.connect()));
}

TEST_CASE("an answer that comes while the request is submitted is not lost") {
    struct Instant : FakeBackend {
        Hub* hub = nullptr;
        void submit(core::Event event) override {
            core::Answer answer;
            answer.caller = std::get<core::Ask>(event).caller;
            answer.ending = core::Ending::failed;
            answer.reason = Reason::busy;
            hub->answer(answer);
        }
    };
    asio::io_context context{1};
    Instant backend;
    backend.state_ = two_hosts();
    Hub hub(context.get_executor(), backend);
    backend.hub = &hub;
    Server server(context.get_executor(), backend, hub, {});
    auto [here, there] = net::memory_streams(context.get_executor());
    net::UnixConnection connection;
    connection.stream = std::move(there);
    connection.peer = root();
    server.serve(std::move(connection));
    net::run_task(context, [](Client client, Server& stopped) -> Task<> {
        const auto response = co_await client.ask("POST", "/v1/vms/vm1/start");
        CHECK(response.body.find(R"("result":"failed","reason":"busy")") != std::string::npos);
        co_await stopped.stop(net::deadline_in(seconds(5)));
    }(Client(std::move(here)), server));
}

TEST_CASE("two callers of one VM both see the progress, and each gets its own answer") {
    Site site;
    site.run([](Site& at, Client first, Client second) -> Task<> {
        co_await begin(first, "start", "{}");
        const auto first_caller = at.backend.last_ask()->caller;
        co_await begin(second, "start", "{}");
        const auto second_caller = at.backend.last_ask()->caller;
        CHECK(first_caller != second_caller);
        at.hub.say(transition("vm1", core::Kind::start, "a", "b"));
        core::Answer answer;
        answer.caller = first_caller;
        answer.ending = core::Ending::timeout;
        answer.reason = Reason::deadline;
        at.hub.answer(answer);
        const auto all = co_await first.rest();
        CHECK(all.find("\"from\":\"a\"") != std::string::npos);
        CHECK(all.find("\"result\":\"timeout\"") != std::string::npos);
        const Json line = co_await next_line(second);
        CHECK(line["from"] == "a");
    }(site, site.connect(), site.connect()));
}

TEST_CASE("a caller that leaves is reported to the core, once") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        co_await begin(client, "start", "{}");
        client.leave();
        co_await settle();
        CHECK(at.backend.callers_gone() == 1);
        CHECK(std::get<core::CallerGone>(at.backend.events.back()).caller == at.backend.last_ask()->caller);
        at.hub.say(transition("vm1", core::Kind::start, "a", "b"));
        co_await settle();
        CHECK(at.backend.callers_gone() == 1);
    }(site, site.connect()));
}

TEST_CASE("when the daemon stops the stream ends without a result, and nobody is called gone") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        co_await begin(client, "start", "{}");
        const bool ended = co_await at.server.stop(net::deadline_in(seconds(5)));
        CHECK(ended);
        const auto rest = co_await client.rest();
        CHECK(rest.empty());
        CHECK(at.backend.callers_gone() == 0);
        CHECK(at.server.connections() == 0);
    }(site, site.connect()));
}

TEST_CASE("those who may not operate are refused and nothing reaches the core") {
    Site site;
    const std::string target =
        GENERATE("/v1/vms/vm1/start", "/v1/vms/vm1/stop", "/v1/vms/vm1/pause", "/v1/vms/vm1/resume",
                 "/v1/hosts/esxi1/retry-login", "/v1/vms/vm9/start", "/v1/reload");
    const auto response = site.ask("POST", target, "{}", {}, nobody());
    CHECK(response.status == 403);
    CHECK(error_of(response) == "forbidden");
    CHECK(site.backend.events.empty());
    CHECK(site.backend.paused.empty());
    CHECK(site.backend.resumed.empty());
    CHECK(site.backend.retried.empty());
    CHECK(site.backend.reloads == 0);
}

TEST_CASE("operating needs root, the daemon's own user, or the group") {
    const Operators operators{.daemon = 900, .group = 50};
    const Operators without_group{.daemon = 900, .group = std::nullopt};
    CHECK(access_of(root(), without_group) == Access::operate);
    CHECK(access_of(nobody(), operators) == Access::read);
    CHECK(access_of(net::PeerCredentials{}, operators) == Access::read);
    auto daemon = nobody();
    daemon.uid = 900;
    CHECK(access_of(daemon, without_group) == Access::operate);
    auto primary = nobody();
    primary.gid = 50;
    CHECK(access_of(primary, operators) == Access::operate);
    auto supplementary = nobody();
    supplementary.groups = {7, 50};
    CHECK(access_of(supplementary, operators) == Access::operate);
    CHECK(access_of(supplementary, without_group) == Access::read);
    auto other = nobody();
    other.gid = 0;  // the group root is not root
    CHECK(access_of(other, without_group) == Access::read);
    CHECK(!find_operators("vmha-no-such-group").group);
    CHECK(find_operators("root").group == std::optional<gid_t>(0));
}

TEST_CASE("a body that is not what it should be is refused and nothing reaches the core") {
    Site site;
    const std::string body = GENERATE(
        "{", "[]", "\"x\"", "{} {}", R"({"timeout_s":0})", R"({"timeout_s":86401})", R"({"timeout_s":-1})",
        R"({"timeout_s":1.5})", R"({"timeout_s":"30"})", R"({"timeout_s":1,"timeout_s":2})",
        R"({"timeout_s":99999999999999999999999})", R"({"context":[]})", R"({"context":{"CLP_X":1}})");
    const auto response = site.ask("POST", "/v1/vms/vm1/start", body);
    CHECK(response.status == 400);
    CHECK(error_of(response) == "bad_request");
    CHECK(site.backend.events.empty());
}

TEST_CASE("a body deeper than 64 levels is refused") {
    Site site;
    const std::string body = R"({"context":)" + std::string(20'000, '[') + std::string(20'000, ']') + "}";
    const auto response = site.ask("POST", "/v1/vms/vm1/start", body);
    CHECK(response.status == 400);
    CHECK(site.backend.events.empty());
}

TEST_CASE("the limits of timeout_s are accepted") {
    Site site;
    const int64_t timeout = GENERATE(1, 86400);
    site.run([](Site& at, Client client, int64_t wanted) -> Task<> {
        co_await begin(client, "start", "{\"timeout_s\":" + std::to_string(wanted) + "}");
        CHECK(at.backend.last_ask()->timeout == core::Duration(seconds(wanted)));
    }(site, site.connect(), timeout));
}

TEST_CASE("an unknown VM cannot be started") {
    Site site;
    const auto response = site.ask("POST", "/v1/vms/vm9/start", "{}");
    CHECK(response.status == 404);
    CHECK(error_of(response) == "unknown_vm");
    CHECK(site.backend.events.empty());
}

TEST_CASE("an HTTP/1.0 client cannot take a stream, and nothing is started") {
    Site site;
    site.run([](Site& at, Client client) -> Task<> {
        co_await client.send("POST /v1/vms/vm1/start HTTP/1.0\r\n\r\n");
        const auto all = co_await client.rest();
        CHECK(all.starts_with("HTTP/1.1 400 "));
        CHECK(at.backend.events.empty());
    }(site, site.connect()));
}

TEST_CASE("pause, resume and retry-login reach the daemon") {
    Site site;
    const auto paused = site.ask("POST", "/v1/vms/vm1/pause", R"({"for_s":90})");
    CHECK(paused.status == 200);
    CHECK(parsed(paused.body) == Json({{"api", 1}, {"vm", "vm1"}, {"paused", true}}));
    CHECK(site.ask("POST", "/v1/vms/vm2/pause").status == 200);
    REQUIRE(site.backend.paused.size() == 2);
    CHECK(site.backend.paused[0].first == VmName("vm1"));
    CHECK(site.backend.paused[0].second == core::Duration(seconds(90)));
    CHECK(!site.backend.paused[1].second);
    CHECK(site.ask("POST", "/v1/vms/vm1/pause", R"({"for_s":"x"})").status == 400);
    CHECK(site.ask("POST", "/v1/vms/vm9/pause").status == 404);

    const auto resumed = site.ask("POST", "/v1/vms/vm1/resume");
    CHECK(parsed(resumed.body)["paused"] == false);
    CHECK(site.backend.resumed == std::vector<VmName>{VmName("vm1")});

    CHECK(parsed(site.ask("POST", "/v1/hosts/esxi2/retry-login").body)["result"] == "ok");
    CHECK(site.backend.retried == std::vector<HostName>{HostName("esxi2")});
    CHECK(error_of(site.ask("POST", "/v1/hosts/esxi9/retry-login")) == "unknown_host");
}

TEST_CASE("a reload tells what has changed, or all that speaks against it") {
    Site site;
    site.backend.reloaded = {
        .accepted = true, .changes = {"vm 'vm3' added"}, .warnings = {"everybody may write this file"}};
    const auto done = site.ask("POST", "/v1/reload");
    CHECK(done.status == 200);
    CHECK(parsed(done.body) == Json({{"api", 1},
                                     {"result", "ok"},
                                     {"changes", {"vm 'vm3' added"}},
                                     {"warnings", {"everybody may write this file"}}}));
    site.backend.reloaded = {.accepted = false, .problems = {"one", "two"}, .hints = {"a hint"}};
    const auto refused = site.ask("POST", "/v1/reload", "{}");
    CHECK(refused.status == 409);
    CHECK(error_of(refused) == "configuration_refused");
    CHECK(parsed(refused.body)["problems"] == Json({"one", "two"}));
    CHECK(parsed(refused.body)["hints"] == Json::array({"a hint"}));
    CHECK(site.backend.reloads == 2);
    CHECK(site.ask("GET", "/v1/reload").status == 405);
    CHECK(site.ask("POST", "/v1/reload", "[1]").status == 400);
    CHECK(site.backend.reloads == 2);
}
