// What the clients make of vmhad's JSON.
#include "client/answers.hpp"

#include "client/ctl.hpp"
#include "client/health.hpp"
#include "client/oneshot.hpp"
#include "client/operation.hpp"
#include "client/render.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::client;

namespace {

Json json(const std::string& text) {
    return parse_json(text).value();
}

std::optional<Health> health(const std::string& text) {
    return read_health(json(text));
}

}  // namespace

TEST_CASE("a health answer becomes a line for people") {
    const auto good = health(
        R"({"api":1,"vm":"vm1","verdict":"healthy","reason":"running","detail":"","host":"esxi1","age_ms":5,)"
        R"("pending":null,"exit_code":0})");
    REQUIRE(good);
    CHECK(health_text(*good) == "vm 'vm1': healthy (esxi1)");
    CHECK(level_of(*good) == Level::info);

    const auto bad = health(
        R"({"vm":"vm1","verdict":"unhealthy","reason":"powered_off","detail":"off for 4 s","host":"esxi1",)"
        R"("exit_code":1})");
    REQUIRE(bad);
    CHECK(health_text(*bad) == "vm 'vm1': unhealthy: powered_off: off for 4 s (esxi1)");
    CHECK(level_of(*bad) == Level::error);
    CHECK(bad->exit_code == ExitCode::failed);
}

TEST_CASE("a reason that is not confirmed yet shows, as a warning") {
    const auto pending =
        health(R"({"vm":"vm1","verdict":"healthy","reason":"running","host":"esxi1","exit_code":0,)"
               R"("pending":{"reason":"powered_off","held_ms":1400,"needed_ms":3000}})");
    REQUIRE(pending);
    CHECK(health_text(*pending) == "vm 'vm1': healthy (esxi1), pending powered_off for 1 s of 3 s");
    CHECK(level_of(*pending) == Level::warning);
}

TEST_CASE("unknown is a warning, unless it was tolerated for too long") {
    CHECK(level_of(*health(R"({"vm":"v","verdict":"unknown","reason":"stale","exit_code":0})")) ==
          Level::warning);
    CHECK(level_of(*health(R"({"vm":"v","verdict":"unknown","reason":"stale","exit_code":5})")) ==
          Level::error);
}

TEST_CASE("what is no health answer is none") {
    CHECK_FALSE(health("[]"));
    CHECK_FALSE(health("{}"));
    CHECK_FALSE(health(R"({"vm":"v","verdict":"healthy"})"));
    CHECK_FALSE(health(R"({"vm":"v","verdict":"splendid","exit_code":0})"));
    CHECK_FALSE(health(R"({"vm":"v","verdict":"healthy","exit_code":"0"})"));
    // A monitor never ends with these: they are not about the VM.
    for (const char* code : {"2", "3", "4", "-1", "127"})
        CHECK_FALSE(health(std::string(R"({"vm":"v","verdict":"healthy","exit_code":)") + code + "}"));
}

TEST_CASE("a refusal is a word and a sentence, or nothing") {
    CHECK(read_refusal(R"({"api":1,"error":"unknown_vm","message":"no such VM"})").word == "unknown_vm");
    CHECK(read_refusal(R"({"api":1,"error":"unknown_vm","message":"no such VM"})").sentence == "no such VM");
    CHECK(read_refusal("<html>").word.empty());
    CHECK(read_refusal("[1]").word.empty());
}

TEST_CASE("the list of VMs, all or those that are active here") {
    const std::string body =
        R"({"api":1,"vms":[{"vm":"a","active":true},{"vm":"b","active":false},{"vm":"c"}]})";
    CHECK(read_vm_list(body, false) == std::vector<std::string>{"a", "b", "c"});
    CHECK(read_vm_list(body, true) == std::vector<std::string>{"a"});
    CHECK_FALSE(read_vm_list(R"({"api":1})", true));
    CHECK_FALSE(read_vm_list(R"({"vms":[{"name":"a"}]})", true));
    CHECK_FALSE(read_vm_list("no", true));
}

TEST_CASE("only the cluster manager's variables are handed on") {
    const char* environment[] = {"PATH=/bin", "CLP_FACTOR=GROUPMOVE", "CLP_EMPTY=", "CLP_EQ=a=b", "XCLP_A=1",
                                 nullptr};
    const std::map<std::string, std::string> expected{
        {"CLP_FACTOR", "GROUPMOVE"}, {"CLP_EMPTY", ""}, {"CLP_EQ", "a=b"}};
    CHECK(cluster_context(environment) == expected);
}

TEST_CASE("what replaces the shim is told all that the shim was told") {
    CHECK(oneshot_words("/x/vmhad", {.command = "stop", .vms = {"vm1", "vm2"}}) ==
          std::vector<std::string>{"/x/vmhad", "--oneshot", "stop", "vm1", "vm2"});
    CHECK(oneshot_words("/x/vmhad",
                        {.command = "check", .all = true, .config = "/c", .node = "ec1", .timeout_s = 9}) ==
          std::vector<std::string>{"/x/vmhad", "--oneshot", "check", "--all", "--config", "/c", "--node",
                                   "ec1", "--timeout", "9"});
}

TEST_CASE("columns are as wide as their widest cell, counted in characters") {
    CHECK(render_table({{"VM", "STATE"}, {"größe", "on"}, {"a", "off"}}) ==
          "VM     STATE\n"
          "größe  on\n"
          "a      off\n");
}

TEST_CASE("a table survives an answer that says nothing, or nonsense") {
    for (const char* text : {"{}", "null", "[]", R"({"vms":{},"hosts":7,"datastores":"x","node":[]})",
                             R"({"vms":[1,null,{"hosts":[null]}],"hosts":[{}],"datastores":[{}]})"}) {
        CHECK_FALSE(render_status(json(text)).empty());
        CHECK_FALSE(render_vm(json(text)).empty());
        CHECK(render_event(json(text)).empty());
    }
}

TEST_CASE("the status says aloud that the last good configuration is in use, and only then") {
    const auto status = [](const std::string& is) {
        return render_status(json(R"({"node":"ec1","on_last_good_configuration":)" + is + "}"));
    };
    CHECK(status("true").find("\nTHE CONFIGURATION IS BROKEN, the last good one is in use") !=
          std::string::npos);
    CHECK(status("false").find("BROKEN") == std::string::npos);
}

TEST_CASE("the table of hosts shows what is wrong with one") {
    const std::string table = render_hosts(json(
        R"({"hosts":[{"name":"esxi2","role":"peer","address":"10.0.0.2","link":"down","transports":"api",)"
        R"("age_ms":null,"reason":"host_unreachable","detail":"connect timed out","product":null}]})"));
    CHECK(table.find("esxi2  peer  10.0.0.2  down  api  -       never") != std::string::npos);
    CHECK(table.find("host_unreachable: connect timed out") != std::string::npos);
}

TEST_CASE("the table of hosts shows what there is to know of one that is up") {
    const std::string up =
        R"({"name":"esxi1","role":"local","address":"10.0.0.1","link":"up","age_ms":7,"reason":null,)";
    const auto table = [&](const std::string& rest) {
        return render_hosts(json(R"({"hosts":[)" + up + rest + "}]}"));
    };
    CHECK(table(R"("detail":"read over SSH: its API is down")").find("read over SSH: its API is down") !=
          std::string::npos);
    CHECK(table(R"("detail":null,"ssh":{"link":"up","detail":"the service is switched off"})")
              .find("SSH: the service is switched off") != std::string::npos);
    CHECK(table(R"("detail":null,"ssh":null)").find("SSH") == std::string::npos);
}

TEST_CASE("text from elsewhere cannot forge a line or move the cursor") {
    CHECK(render_event(json(R"({"message":"a\nb\u001b[2J","level":"W","time":"t"})")) == "t [W] a b?[2J\n");
}

TEST_CASE("the age of what was never seen is never") {
    CHECK(render_age(json(R"({"age_ms":null})"), "age_ms") == "never");
    CHECK(render_age(json(R"({"age_ms":812})"), "age_ms") == "0.8 s");
    CHECK(render_age(json(R"({"age_ms":75000})"), "age_ms") == "75 s");
}

TEST_CASE("why vmhad cannot be reached is looked at, not guessed") {
    CHECK(explain_unreachable(Trouble::no_socket, "/nonexistent/vmhad.sock")
              .starts_with("/nonexistent does not exist"));
    CHECK(explain_unreachable(Trouble::no_socket, "/tmp/no-vmhad.sock")
              .starts_with("/tmp/no-vmhad.sock does not exist; is"));
    CHECK(explain_unreachable(Trouble::refused, "/dev/null") == "/dev/null is not a socket");
}
