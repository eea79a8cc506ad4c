// Questions that outlive a daemon's restart.
#include "client/ask.hpp"

#include "tests/client/scripted_server.hpp"
#include "tests/support/catch.hpp"

using namespace vmha::client;
using namespace vmha::client::test;
using End = Question::End;

namespace {

Question plain(const std::string& target = "/v1/vms") {
    return {.request = [target] { return Request{"GET", target, {}}; }, .is_last = {}};
}

Question until_result(int* attempts = nullptr) {
    return {.request =
                [attempts] {
                    if (attempts) ++*attempts;
                    return Request{"POST", "/v1/vms/vm1/start", "{}"};
                },
            .is_last = [](std::string_view line) { return line.find("result") != std::string_view::npos; }};
}

Question& ask(const std::string& path, Question& question, Patience patience = {},
              int64_t total_ms = 10'000) {
    ask_all(path, {&question, 1}, patience, Deadline::in_ms(total_ms));
    return question;
}

const std::string cut_stream = stream_header + chunk("{\"event\":\"accepted\"}\n");
const std::string good_stream =
    stream_header + chunk("{\"event\":\"accepted\"}\n{\"result\":\"ok\"}\n") + last_chunk;

}  // namespace

TEST_CASE("a stream that is cut is asked for again, with a new request") {
    ScriptedServer server({{{cut_stream}, false}, {{cut_stream}, false}, {{good_stream}, true}});
    int attempts = 0;
    int troubles = 0;
    Question question = until_result(&attempts);
    ask(server.path, question, {.on_trouble = [&](Trouble) { ++troubles; }});
    CHECK(question.end == End::answered);
    CHECK(attempts == 3);
    CHECK(troubles == 2);  // each loss of a daemon that had answered
}

TEST_CASE("a stream that ends in good order but without its last line is no answer") {
    ScriptedServer server({{{cut_stream + last_chunk}, true}, {{good_stream}, true}});
    int attempts = 0;
    Question question = until_result(&attempts);
    CHECK(ask(server.path, question).end == End::answered);
    CHECK(attempts == 2);
}

TEST_CASE("a daemon that is about to end refuses an operation with 503, and is asked again") {
    ScriptedServer server({{{whole(503, "{}")}, true}, {{good_stream}, true}});
    Question question = until_result();
    CHECK(ask(server.path, question).reply.status == 200);
}

TEST_CASE("503 is an answer to a plain question") {
    ScriptedServer server({{{whole(503, "{\"verdict\":\"unhealthy\"}")}, true}});
    Question question = plain();
    CHECK(ask(server.path, question).reply.status == 503);
    CHECK(question.end == End::answered);
}

TEST_CASE("a socket that appears in time is found") {
    const std::string path = temporary_socket_path();
    std::thread late([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        const int listener = listening_socket(path, 4);
        const int fd = ::accept(listener, nullptr, nullptr);
        const std::string answer = whole(200, "here");
        ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        char rest[256];
        while (::recv(fd, rest, sizeof rest, 0) > 0) continue;
        ::close(fd);
        ::close(listener);
    });
    Question question = plain();
    CHECK(ask(path, question).reply.body == "here");
    late.join();
    ::unlink(path.c_str());
}

TEST_CASE("patience with a missing daemon has its end") {
    Question question = plain();
    const int64_t begin = boot_ns();
    ask(temporary_socket_path(), question, {.unreachable_ms = 300});
    const int64_t took_ms = (boot_ns() - begin) / 1'000'000;
    CHECK(question.end == End::unreachable);
    CHECK(question.reply.trouble == Trouble::no_socket);
    CHECK(took_ms >= 300);
    CHECK(took_ms < 3000);
}

TEST_CASE("without patience a missing daemon is unreachable at once") {
    Question question = plain();
    const int64_t begin = boot_ns();
    CHECK(ask(temporary_socket_path(), question, {.unreachable_ms = 0}).end == End::unreachable);
    CHECK((boot_ns() - begin) / 1'000'000 < 200);
}

TEST_CASE("silence is not waited for twice") {
    ScriptedServer server({{{}, true}});
    Question question = plain();
    CHECK(ask(server.path, question, {.header_ms = 100}).end == End::unreachable);
    CHECK(question.reply.trouble == Trouble::no_answer);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("the total deadline ends everything, also a daemon that is always just restarting") {
    ScriptedServer server({{{cut_stream}, false}});
    Question question = until_result();
    const int64_t begin = boot_ns();
    CHECK(ask(server.path, question, {}, 400).end == End::deadline);
    CHECK((boot_ns() - begin) / 1'000'000 < 2000);
    CHECK(server.requests().size() < 20);  // the tries are spaced out
}

TEST_CASE("of several questions each gets its own end") {
    ScriptedServer server({{{whole(200, "one")}, true}, {{whole(404, "two")}, true}, {{}, true}});
    // The scripts belong to connections in the order in which they are made, which is the questions' order.
    std::vector<Question> questions{plain("/1"), plain("/2"), plain("/3")};
    ask_all(server.path, questions, {.header_ms = 200}, Deadline::in_ms(5000));
    CHECK(questions[0].reply.body == "one");
    CHECK(questions[1].reply.status == 404);
    CHECK(questions[2].end == End::unreachable);
}
