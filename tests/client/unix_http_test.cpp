// The HTTP client against a server that follows a script: split, cut, silent, wrong.
#include "client/unix_http.hpp"

#include "tests/client/scripted_server.hpp"
#include "tests/support/catch.hpp"

using namespace vmha::client;
using namespace vmha::client::test;

namespace {

const Request health{"GET", "/v1/vms/vm1/health", {}};

struct Lines {
    std::vector<std::string> got;
    Exchange::OnLine keep() {
        return [this](std::string_view line) {
            got.emplace_back(line);
            return true;
        };
    }
};

Reply ask(const std::string& path, Exchange::OnLine on_line = {}, int64_t header_ms = 5000,
          int64_t total_ms = 10'000) {
    return call(path, health, Deadline::in_ms(header_ms), Deadline::in_ms(total_ms), std::move(on_line));
}

}  // namespace

TEST_CASE("a whole answer is read, and the request was plain HTTP/1.1") {
    ScriptedServer server({{{whole(200, "hello")}, true}});
    const Reply reply = ask(server.path);
    CHECK(reply.trouble == Trouble::none);
    CHECK(reply.status == 200);
    CHECK(reply.body == "hello");
    REQUIRE(server.requests().size() == 1);
    CHECK(server.requests()[0] == "GET /v1/vms/vm1/health HTTP/1.1\r\nHost: vmhad\r\n\r\n");
}

TEST_CASE("a POST carries its body and the body's length") {
    CHECK(request_text({"POST", "/v1/vms/vm1/start", "{\"a\":1}"}) ==
          "POST /v1/vms/vm1/start HTTP/1.1\r\nHost: vmhad\r\nContent-Type: application/json\r\n"
          "Content-Length: 7\r\n\r\n{\"a\":1}");
}

TEST_CASE("an answer that comes byte by byte is the same answer") {
    ScriptedServer server({{byte_by_byte(whole(503, "{\"verdict\":\"unhealthy\"}")), true}});
    const Reply reply = ask(server.path);
    CHECK(reply.trouble == Trouble::none);
    CHECK(reply.status == 503);
    CHECK(reply.body == "{\"verdict\":\"unhealthy\"}");
}

TEST_CASE("a stream's lines arrive whole, wherever its chunks are cut") {
    const std::string stream = stream_header + chunk("{\"a\":1}\n{\"b") + chunk("\":2}") + chunk("\n\n") +
                               chunk("last") + last_chunk;
    Lines lines;
    SECTION("in one piece") {
        ScriptedServer server({{{stream}, true}});
        CHECK(ask(server.path, lines.keep()).trouble == Trouble::none);
    }
    SECTION("byte by byte") {
        ScriptedServer server({{byte_by_byte(stream), true}});
        CHECK(ask(server.path, lines.keep()).trouble == Trouble::none);
    }
    CHECK(lines.got == std::vector<std::string>{"{\"a\":1}", "{\"b\":2}", "last"});
}

TEST_CASE("a line is delivered while the stream goes on") {
    ScriptedServer server({{{stream_header + chunk("first\n")}, true}});
    const Reply reply = ask(server.path, [](std::string_view line) { return line != "first"; });
    CHECK(reply.trouble == Trouble::none);  // it would be `deadline` had it waited for more
}

TEST_CASE("a refusal of a stream is a body, not lines") {
    ScriptedServer server({{{whole(404, "{\"error\":\"unknown_vm\"}\n")}, true}});
    Lines lines;
    const Reply reply = ask(server.path, lines.keep());
    CHECK(reply.status == 404);
    CHECK(reply.body == "{\"error\":\"unknown_vm\"}\n");
    CHECK(lines.got.empty());
}

TEST_CASE("interim responses are skipped") {
    ScriptedServer server({{{"HTTP/1.1 102 Processing\r\nVmha-Api: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
                             whole(200, "late")},
                            true}});
    const Reply reply = ask(server.path);
    CHECK(reply.status == 200);
    CHECK(reply.body == "late");
}

TEST_CASE("silence ends as no answer, at the header's deadline") {
    ScriptedServer server({{{}, true}});
    const int64_t begin = boot_ns();
    CHECK(ask(server.path, {}, 100, 10'000).trouble == Trouble::no_answer);
    const int64_t took_ms = (boot_ns() - begin) / 1'000'000;
    CHECK(took_ms >= 100);
    CHECK(took_ms < 5000);
}

TEST_CASE("silence after half a header is no answer") {
    ScriptedServer server({{{"HTTP/1.1 200 OK\r\nVmha-"}, true}});
    CHECK(ask(server.path, {}, 100, 10'000).trouble == Trouble::no_answer);
}

TEST_CASE("an interim response proves that somebody is there: what follows has until the total deadline") {
    ScriptedServer server(
        {{{"HTTP/1.1 102 Processing\r\n\r\n", whole(200, "ok")}, true, std::chrono::milliseconds(300)}});
    CHECK(ask(server.path, {}, 100, 10'000).body == "ok");

    ScriptedServer silent({{{"HTTP/1.1 102 Processing\r\n\r\n"}, true}});
    CHECK(ask(silent.path, {}, 100, 200).trouble == Trouble::deadline);
}

TEST_CASE("one total deadline holds however often something arrives") {
    ScriptedServer server(
        {{byte_by_byte(whole(200, std::string(1000, 'x'))), true, std::chrono::milliseconds(5)}});
    const int64_t begin = boot_ns();
    CHECK(ask(server.path, {}, 10'000, 300).trouble != Trouble::none);
    CHECK((boot_ns() - begin) / 1'000'000 < 2000);
}

TEST_CASE("a connection that ends too early is told apart from a whole answer") {
    SECTION("before the header") {
        CHECK(ask(ScriptedServer({{{}, false}}).path).trouble == Trouble::closed);
    }
    SECTION("inside the header") {
        ScriptedServer server({{{"HTTP/1.1 200 O"}, false}});
        CHECK(ask(server.path).trouble == Trouble::closed);
    }
    SECTION("inside the body") {
        ScriptedServer server({{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}, false}});
        CHECK(ask(server.path).trouble == Trouble::closed);
    }
    SECTION("inside a stream") {
        ScriptedServer server({{{stream_header + chunk("one\n")}, false}});
        Lines lines;
        CHECK(ask(server.path, lines.keep()).trouble == Trouble::closed);
        CHECK(lines.got == std::vector<std::string>{"one"});
    }
}

TEST_CASE("what is not HTTP is a bad reply") {
    SECTION("text") {
        ScriptedServer server({{{"220 mail ready\r\n"}, true}});
        CHECK(ask(server.path).trouble == Trouble::bad_reply);
    }
    SECTION("a broken chunk") {
        ScriptedServer server({{{stream_header + "zz\r\n"}, true}});
        CHECK(ask(server.path, [](auto) { return true; }).trouble == Trouble::bad_reply);
    }
    SECTION("an endless line") {
        ScriptedServer server({{{stream_header + chunk(std::string(3 << 20, 'x'))}, true}});
        CHECK(ask(server.path, [](auto) { return true; }).trouble == Trouble::bad_reply);
    }
    SECTION("an endless header") {
        ScriptedServer server({{{"HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x')}, true}});
        CHECK(ask(server.path).trouble == Trouble::bad_reply);
    }
}

TEST_CASE("no socket, nobody listening and no permission are three things") {
    const std::string path = temporary_socket_path();
    CHECK(ask(path).trouble == Trouble::no_socket);
    CHECK(ask(std::string(200, 'x')).trouble == Trouble::no_socket);
    CHECK(ask("/dev/null/vmhad.sock").trouble == Trouble::no_socket);
    ::close(listening_socket(path, 1));
    CHECK(ask(path).trouble == Trouble::refused);
    ::unlink(path.c_str());
}

TEST_CASE("a full listen queue is waited for, but not longer than the header's deadline") {
    const std::string path = temporary_socket_path();
    const int listener = listening_socket(path, 0);
    Exchange first(path, health, Deadline::in_ms(5000), Deadline::in_ms(5000));  // fills the queue of 0 + 1
    REQUIRE_FALSE(first.ended());
    const int64_t begin = boot_ns();
    CHECK(ask(path, {}, 200, 10'000).trouble == Trouble::no_answer);
    const int64_t took_ms = (boot_ns() - begin) / 1'000'000;
    CHECK(took_ms >= 190);
    CHECK(took_ms < 5000);
    ::close(listener);
    ::unlink(path.c_str());
}

TEST_CASE("two exchanges go on side by side in one loop") {
    ScriptedServer slow({{{whole(200, "slow")}, true, std::chrono::milliseconds(0)}});
    ScriptedServer silent({{{}, true}});
    Exchange a(slow.path, health, Deadline::in_ms(5000), Deadline::in_ms(5000));
    Exchange b(silent.path, health, Deadline::in_ms(200), Deadline::in_ms(5000));
    Exchange* const both[] = {&a, &b};
    while (!a.ended() || !b.ended()) poll_once(both, Deadline::never());
    CHECK(a.body() == "slow");
    CHECK(b.trouble() == Trouble::no_answer);
}
