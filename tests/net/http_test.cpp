// HTTP over a stream: whatever way the bytes are cut, the messages come out whole, and what is wrong is
// named.
#include "daemon/net/http.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/memory_stream.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run_task.hpp"

using namespace vmha;
using namespace vmha::net;
namespace asio = boost::asio;

namespace {

// Reads one message of the type from `text`, which comes in pieces of `piece` bytes and then ends.
template <class Message>
Result<Message> read_one(const std::string& text, size_t piece, HttpProblem* problem = nullptr,
                         const HttpLimits& limits = {}) {
    asio::io_context context{1};
    std::optional<Result<Message>> outcome;
    run_task(context,
             [](const std::string& sent, size_t cut, HttpLimits limit, HttpProblem* wrong,
                std::optional<Result<Message>>& into) -> Task<> {
                 MemoryOptions options;
                 options.piece = cut;
                 options.limit = sent.size() + 1;
                 auto [here, there] = memory_streams(co_await asio::this_coro::executor, options);
                 co_await must(there->write(asio::buffer(sent)));
                 there->close();
                 HttpReader reader(*here, limit);
                 Message message;
                 const auto read = co_await reader.read(message);
                 if (wrong) *wrong = reader.problem();
                 if (read)
                     into.emplace(std::move(message));
                 else
                     into.emplace(read.error());
             }(text, piece, limits, problem, outcome));
    return *outcome;
}

const std::string post =
    "POST /v1/vms/vm1/start HTTP/1.1\r\nHost: vmhad\r\nContent-Length: 11\r\nX-Empty:\r\n\r\nhello world";

}  // namespace

TEST_CASE("a request comes out the same however its bytes are cut") {
    const size_t piece = GENERATE(1u, 2u, 3u, 7u, 50u, 100000u);
    const auto request = read_one<HttpRequest>(post, piece);
    REQUIRE(request);
    CHECK(request->method == "POST");
    CHECK(request->target == "/v1/vms/vm1/start");
    CHECK(request->body == "hello world");
    REQUIRE(request->fields.find("host"));
    CHECK(*request->fields.find("HOST") == "vmhad");
    REQUIRE(request->fields.find("x-empty"));
    CHECK(request->fields.find("x-empty")->empty());
    CHECK(!request->fields.find("Origin"));
    CHECK(request->keep_alive);
}

TEST_CASE("a chunked response is put together however its bytes are cut") {
    const std::string text =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Late: "
        "1\r\n\r\n";
    const size_t piece = GENERATE(1u, 2u, 5u, 100000u);
    const auto response = read_one<HttpResponse>(text, piece);
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == "hello world");
    CHECK(!response->fields.find("X-Late"));
}

TEST_CASE("a response without a length ends with its connection") {
    const auto response = read_one<HttpResponse>("HTTP/1.0 500 Oops\r\nA: b\r\n\r\nall of it", 4);
    REQUIRE(response);
    CHECK(response->status == 500);
    CHECK(response->body == "all of it");
    CHECK(!response->keep_alive);
}

TEST_CASE("a response that is cut off is an error") {
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
    const auto response = read_one<HttpResponse>(text, 100);
    REQUIRE(!response);
    CHECK(response.error().code == Errc::closed);
}

TEST_CASE("interim responses are skipped") {
    const std::string text =
        "HTTP/1.1 102 Processing\r\nVmha-Api: 1\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno";
    const size_t piece = GENERATE(1u, 100000u);
    const auto response = read_one<HttpResponse>(text, piece);
    REQUIRE(response);
    CHECK(response->status == 503);
    CHECK(response->body == "no");
    CHECK(!response->fields.find("Vmha-Api"));
}

TEST_CASE("messages of one connection are read one after the other") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        auto [here, there] = memory_streams(co_await asio::this_coro::executor);
        const std::string text =
            "GET /a HTTP/1.1\r\n\r\n" + post + "GET /b HTTP/1.1\r\nConnection: close\r\n\r\nGET";
        co_await must(there->write(asio::buffer(text)));
        there->close();
        HttpReader reader(*here);
        HttpRequest request;
        CHECK(!reader.mid_message());
        co_await must(reader.read(request));
        CHECK(request.target == "/a");
        CHECK(request.keep_alive);
        co_await must(reader.read(request));
        CHECK(request.body == "hello world");
        co_await must(reader.read(request));
        CHECK(request.target == "/b");
        CHECK(request.body.empty());
        CHECK(!request.keep_alive);
        const auto rest = co_await reader.read(request);
        REQUIRE(!rest);
        CHECK(rest.error().code == Errc::closed);
        CHECK(reader.mid_message());
    }());
}

TEST_CASE("a stream that ends between two messages cuts nothing off") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        auto [here, there] = memory_streams(co_await asio::this_coro::executor);
        there->close();
        HttpReader reader(*here);
        HttpRequest request;
        const auto read = co_await reader.read(request);
        REQUIRE(!read);
        CHECK(read.error().code == Errc::closed);
        CHECK(!reader.mid_message());
        CHECK(reader.problem() == HttpProblem::none);
    }());
}

TEST_CASE("a header larger than its limit is refused before it has come in") {
    const size_t piece = GENERATE(1u, 1000u, 100000u);
    HttpProblem problem = HttpProblem::none;
    const auto request =
        read_one<HttpRequest>("GET / HTTP/1.1\r\nA: " + std::string(9000, 'x'), piece, &problem);
    REQUIRE(!request);
    CHECK(request.error().code == Errc::bad_reply);
    CHECK(problem == HttpProblem::header_too_large);
}

TEST_CASE("a header just under its limit is read") {
    const auto request =
        read_one<HttpRequest>("GET / HTTP/1.1\r\nA: " + std::string(8000, 'x') + "\r\n\r\n", 1000);
    REQUIRE(request);
    CHECK(request->fields.find("a")->size() == 8000);
}

TEST_CASE("a body larger than its limit is refused by its announcement") {
    HttpProblem problem = HttpProblem::none;
    const auto request =
        read_one<HttpRequest>("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 100, &problem);
    REQUIRE(!request);
    CHECK(problem == HttpProblem::body_too_large);
}

TEST_CASE("a chunked body larger than its limit is refused when it passes it") {
    std::string text = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 70; ++i) text += "400\r\n" + std::string(1024, 'x') + "\r\n";
    HttpProblem problem = HttpProblem::none;
    const auto request = read_one<HttpRequest>(text, 3000, &problem);
    REQUIRE(!request);
    CHECK(problem == HttpProblem::body_too_large);
}

TEST_CASE("bad framing is refused") {
    const std::string text =
        GENERATE("hello\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "GET / HTTP/3.0\r\n\r\n",
                 "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                 "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
                 "GET /\x01 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nBad Name: 1\r\n\r\n");
    HttpProblem problem = HttpProblem::none;
    const auto request = read_one<HttpRequest>(text, 100, &problem);
    REQUIRE(!request);
    CHECK(request.error().code == Errc::bad_reply);
    CHECK(problem == HttpProblem::malformed);
}

TEST_CASE("a chunk line without an end does not fill the memory") {
    HttpProblem problem = HttpProblem::none;
    const auto request = read_one<HttpRequest>(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;" + std::string(200000, 'x'), 5000, &problem);
    REQUIRE(!request);
    CHECK(request.error().code == Errc::bad_reply);
}

TEST_CASE("a large response is read whole") {
    const std::string body(3'000'000, 'b');
    const auto response = read_one<HttpResponse>("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + body,
                                                 100000, nullptr, {8192, 4'000'000});
    REQUIRE(response);
    CHECK(response->body == body);
}

TEST_CASE("what is written can be read") {
    asio::io_context context{1};
    run_task(context, []() -> Task<> {
        auto [here, there] = memory_streams(co_await asio::this_coro::executor);
        HttpRequest request;
        request.method = "POST";
        request.target = "/sdk";
        request.fields = {{"Host", "esxi1"}, {"SOAPAction", "urn:vim25/7.0"}};
        request.body = "<x/>";
        co_await must(write_request(*here, request));
        HttpReader server(*there);
        HttpRequest got;
        co_await must(server.read(got));
        CHECK(got.method == "POST");
        CHECK(got.target == "/sdk");
        CHECK(*got.fields.find("soapaction") == "urn:vim25/7.0");
        CHECK(got.body == "<x/>");

        HttpResponse response;
        response.status = 503;
        response.keep_alive = false;
        response.body = "{}";
        co_await must(write_response(*there, response));
        HttpReader client(*here);
        HttpResponse answer;
        co_await must(client.read(answer));
        CHECK(answer.status == 503);
        CHECK(answer.body == "{}");
        CHECK(!answer.keep_alive);

        ChunkedWriter writer(*there);
        co_await must(writer.begin(response));
        co_await must(writer.chunk("one\n"));
        co_await must(writer.chunk(std::string(300, 'x')));
        co_await must(writer.end());
        co_await must(client.read(answer));
        CHECK(answer.body == "one\n" + std::string(300, 'x'));
    }());
}

TEST_CASE("no text can forge a header line") {
    HttpResponse response;
    response.fields = {{"X", "a\r\nSet-Cookie: evil"}};
    std::string text;
    append_response(text, response);
    CHECK(text == "HTTP/1.1 200 OK\r\nX: a??Set-Cookie: evil\r\nContent-Length: 0\r\n\r\n");
}
