// Session against a real sshd: its commands.
#include "daemon/shell/session.hpp"

#include <signal.h>

#include <algorithm>

#include "tests/shell/session_lab.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::test;

namespace {

// The longest time between two turns of the loop, while something goes on. Owned by a test.
struct Gap {
    explicit Gap(boost::asio::io_context& io) : timer(io) { tick(); }
    ~Gap() { timer.cancel(); }
    void tick() {
        const auto begin = std::chrono::steady_clock::now();
        timer.expires_after(std::chrono::milliseconds(1));
        timer.async_wait([this, begin](boost::system::error_code error) {
            if (error) return;
            longest_ms = std::max<int64_t>(longest_ms, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                           std::chrono::steady_clock::now() - begin)
                                                           .count());
            tick();
        });
    }
    boost::asio::steady_timer timer;
    int64_t longest_ms = 0;
};

shell::Command printing(const std::string& script, size_t most_output) {
    shell::Command command;
    command.script = script;
    command.most_output = most_output;
    return command;
}

}  // namespace

TEST_CASE("a command's output, error output and status come back apart") {
    SessionLab lab;
    const auto session = lab.open();
    const auto ran = lab.run(*session, "echo out; echo err >&2; exit 3");
    REQUIRE(ran.output.has_value());
    CHECK(ran.sent);
    CHECK(ran.output->out == "out\n");
    CHECK(ran.output->err == "err\n");
    CHECK(ran.output->status == 3);
}

TEST_CASE("a command that a signal ended has no status") {
    SessionLab lab;
    const auto session = lab.open();
    const auto ran = lab.run(*session, "echo begun; kill -9 $$");
    REQUIRE(ran.output.has_value());
    CHECK(ran.output->out == "begun\n");
    CHECK_FALSE(ran.output->status.has_value());
}

TEST_CASE("the script is the host's shell's: quotes, lines and bytes arrive as they are") {
    SessionLab lab;
    const auto session = lab.open();
    const auto ran = lab.run(*session, "printf '%s|' 'a b' \"it's\"\nprintf '\\001\\377'");
    REQUIRE(ran.output.has_value());
    CHECK(ran.output->out == "a b|it's|\x01\xff");
}

TEST_CASE("twenty commands at once share one connection, four at a time, and each gets its own output") {
    SessionLab lab;
    const auto session = lab.open();
    const auto counted = lab.server.directory() + "/running";
    std::vector<std::shared_ptr<std::optional<shell::Ran>>> all;
    for (int i = 0; i < 20; ++i)
        all.push_back(lab.begin_run(*session, "mkdir -p " + counted + "; touch " + counted + "/" +
                                                  std::to_string(i) + "; ls " + counted + " | wc -l; echo " +
                                                  std::to_string(i) + "; sleep 0.05; rm " + counted + "/" +
                                                  std::to_string(i)));
    REQUIRE(lab.until(
        [&] { return std::all_of(all.begin(), all.end(), [](auto& one) { return one->has_value(); }); }));
    int most = 0;
    for (int i = 0; i < 20; ++i) {
        const auto& ran = **all[static_cast<size_t>(i)];
        REQUIRE(ran.output.has_value());
        const auto line = ran.output->out.find('\n');
        CHECK(ran.output->out.substr(line + 1) == std::to_string(i) + "\n");
        most = std::max(most, std::stoi(ran.output->out));
    }
    CHECK(most == 4);
    CHECK(lab.server.logged("Connection from") == 1);
    CHECK_FALSE(session->one_at_a_time());
}

TEST_CASE(
    "a host that allows one channel gets one command after the other, and that is known from the login on") {
    SessionLab lab({.lines = {"MaxSessions 1"}});
    const auto session = lab.open();
    CHECK(session->one_at_a_time());
    std::vector<std::shared_ptr<std::optional<shell::Ran>>> all;
    std::string order;
    const auto file = lab.server.directory() + "/order";
    for (int i = 0; i < 5; ++i)
        all.push_back(lab.begin_run(*session, "echo begin" + std::to_string(i) + " >> " + file +
                                                  "; sleep 0.02; echo end" + std::to_string(i) + " >> " +
                                                  file));
    REQUIRE(lab.until(
        [&] { return std::all_of(all.begin(), all.end(), [](auto& one) { return one->has_value(); }); }));
    for (const auto& one : all) CHECK((*one)->output.has_value());
    std::string expected;
    for (int i = 0; i < 5; ++i) expected += "begin" + std::to_string(i) + "\nend" + std::to_string(i) + "\n";
    CHECK(contents_of(file) == expected);
    CHECK(lab.server.logged("Connection from") == 1);
}

TEST_CASE("100 MB of output arrive where they are wanted, and the loop goes on meanwhile") {
    SessionLab lab;
    const auto session = lab.open();
    Gap gap(lab.io);
    const auto begin = std::chrono::steady_clock::now();
    const auto ran = lab.begin_run(*session, printing("head -c 100000000 /dev/zero", 200u << 20), 30000);
    REQUIRE(lab.until([&] { return ran->has_value(); }, 30000));
    REQUIRE((*ran)->output.has_value());
    CHECK((*ran)->output->out.size() == 100'000'000);
    const auto whole_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin)
            .count();
    CHECK(gap.longest_ms * 2 < whole_ms);
}

TEST_CASE("100 MB of output where 1 MB is allowed end that command, and nothing else") {
    SessionLab lab;
    const auto session = lab.open();
    const auto beside = lab.begin_run(*session, "sleep 0.3; echo beside");
    const auto ran = lab.begin_run(*session, printing("head -c 100000000 /dev/zero", 1u << 20));
    REQUIRE(lab.until([&] { return ran->has_value(); }));
    CHECK((*ran)->sent);
    CHECK_FALSE((*ran)->output.has_value());
    CHECK((*ran)->error.code == Errc::bad_reply);
    CHECK((*ran)->error.message.find("more than 1048576 bytes") != std::string::npos);
    REQUIRE(lab.until([&] { return beside->has_value(); }));
    REQUIRE((*beside)->output.has_value());
    CHECK((*beside)->output->out == "beside\n");
    CHECK(lab.run(*session, "echo on").output->out == "on\n");
}

TEST_CASE("endless error output is neither kept nor an error") {
    SessionLab lab;
    const auto session = lab.open();
    const auto ran = lab.run(*session, "head -c 20000000 /dev/zero >&2; echo done", 20000);
    REQUIRE(ran.output.has_value());
    CHECK(ran.output->out == "done\n");
    CHECK(ran.output->err.size() == 64 << 10);
}

TEST_CASE("a command that never ends is killed on the host at its deadline, and the session goes on") {
    SessionLab lab;
    const auto session = lab.open();
    const auto pid_file = lab.server.directory() + "/pid";
    const auto ran =
        lab.run(*session, "trap '' TERM HUP; echo $$ > " + pid_file + "; while :; do sleep 60; done", 400);
    CHECK(ran.sent);
    CHECK_FALSE(ran.output.has_value());
    CHECK(ran.error.code == Errc::timeout);
    const auto pid = std::stoi(contents_of(pid_file));
    CHECK(lab.until([&] { return ::kill(pid, 0) != 0; }));
    CHECK(lab.run(*session, "echo on").output->out == "on\n");
    CHECK(lab.server.logged("Connection from") == 1);
}

TEST_CASE("a command that falls silent is killed on the host before its deadline, one that goes on is not") {
    SessionLab lab;
    const auto session = lab.open();
    shell::Command talks;
    talks.most_silence = core::milliseconds(600);
    talks.script = "for i in 1 2 3 4 5; do echo $i; sleep 0.3; done";
    const auto talked = lab.begin_run(*session, talks, 10000);
    auto hangs = talks;
    hangs.script = "echo 1; exec sleep 8";
    const auto hung = lab.begin_run(*session, hangs, 10000);
    REQUIRE(lab.until([&] { return hung->has_value(); }, 4000));
    CHECK_FALSE((*hung)->output);
    CHECK((*hung)->error.code == Errc::timeout);
    CHECK((*hung)->error.message.find("printed nothing for") != std::string::npos);
    REQUIRE(lab.until([&] { return talked->has_value(); }, 4000));
    REQUIRE((*talked)->output);
    CHECK((*talked)->output->out == "1\n2\n3\n4\n5\n");
}

TEST_CASE("commands that are given up or late do not use the channels up") {
    SessionLab lab({.lines = {"MaxSessions 4"}});
    const auto session = lab.open();
    for (int i = 0; i < 12; ++i)
        CHECK_FALSE(lab.run(*session, "sleep 60", i % 2 == 0 ? 20 : 60).output.has_value());
    CHECK(lab.run(*session, "echo on").output->out == "on\n");
    CHECK_FALSE(session->one_at_a_time());
}

TEST_CASE("a command that is given up ends at once, also while it waits for its turn") {
    SessionLab lab({.lines = {"MaxSessions 1"}});
    const auto session = lab.open();
    shell::Command first, second;
    first.script = second.script = "sleep 60";
    first.give_up = std::make_shared<net::Wakeup>(lab.io.get_executor());
    second.give_up = std::make_shared<net::Wakeup>(lab.io.get_executor());
    const auto running = lab.begin_run(*session, first, 20000);
    const auto waiting = lab.begin_run(*session, second, 20000);
    const auto third = lab.begin_run(*session, "echo third", 20000);
    lab.run_for(100);
    REQUIRE_FALSE(running->has_value());
    second.give_up->ring();
    REQUIRE(lab.until([&] { return waiting->has_value(); }, 1000));
    CHECK_FALSE((*waiting)->sent);
    CHECK_FALSE(running->has_value());
    first.give_up->ring();
    REQUIRE(lab.until([&] { return running->has_value(); }, 1000));
    CHECK((*running)->sent);
    CHECK((*running)->error.code == Errc::closed);
    REQUIRE(lab.until([&] { return third->has_value(); }, 2000));
    CHECK((*third)->output->out == "third\n");
}

TEST_CASE("a deadline that has passed already sends nothing") {
    SessionLab lab;
    const auto session = lab.open();
    const auto file = lab.server.directory() + "/touched";
    const auto ran = lab.run(*session, "touch " + file, 0);
    CHECK_FALSE(ran.sent);
    CHECK(ran.error.code == Errc::timeout);
    CHECK(lab.run(*session, "ls " + file).output->out.empty());
}

TEST_CASE("the keys are exchanged anew in the middle of an output, and nothing is lost") {
    SessionLab lab({.lines = {"RekeyLimit 1M"}});
    const auto session = lab.open();
    const auto ran = lab.begin_run(*session, printing("seq 1 1500000", 32u << 20), 20000);
    const auto beside =
        lab.begin_run(*session, "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.02; done", 20000);
    REQUIRE(lab.until([&] { return ran->has_value() && beside->has_value(); }, 20000));
    REQUIRE((*ran)->output.has_value());
    CHECK((*ran)->output->out.size() == 10'888'896);
    CHECK((*ran)->output->out.ends_with("\n1500000\n"));
    CHECK((*beside)->output->out == "1\n2\n3\n4\n5\n6\n7\n8\n");
}
