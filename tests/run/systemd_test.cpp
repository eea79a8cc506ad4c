// What systemd is told, by a socket that stands for systemd's; and the descriptors it hands over.
#include "daemon/run/systemd.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/run/clock.hpp"
#include "daemon/run/files.hpp"
#include "daemon/run/process.hpp"
#include "tests/run/child.hpp"
#include "tests/run/fake_systemd.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using vmha::test::Child;
using vmha::test::FakeSystemd;
using vmha::test::TempDir;

namespace {

Fd listening_at(const std::string& path) {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::listen(fd.get(), 1) == 0);
    return fd;
}

// Runs `body` in a process that looks as if systemd had handed it these descriptors.
int with_handed_over(const std::vector<int>& fds, const std::function<int()>& body) {
    return Child([&] {
               // Out of the way first: one of them may have a number that is to be given.
               std::vector<int> kept;
               for (const int fd : fds) kept.push_back(::fcntl(fd, F_DUPFD, 100));
               for (size_t i = 0; i < kept.size(); ++i) ::dup2(kept[i], 3 + static_cast<int>(i));
               ::setenv("LISTEN_FDS", std::to_string(fds.size()).c_str(), 1);
               ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
               return body();
           })
        .wait();
}

}  // namespace

TEST_CASE("systemd hears readiness, status, stopping and the watchdog's sign") {
    FakeSystemd systemd;
    notify_ready("2/2 hosts connected");
    CHECK(systemd.heard() == "READY=1\nSTATUS=2/2 hosts connected");
    notify_status("a\nREADY=1");
    CHECK(systemd.heard() == "STATUS=a READY=1");
    notify_stopping("bye");
    CHECK(systemd.heard() == "STOPPING=1\nSTATUS=bye");
    notify_watchdog();
    CHECK(systemd.heard() == "WATCHDOG=1");
    CHECK(systemd.heard() == "nothing");
}

TEST_CASE("a reload carries the monotonic time that systemd orders it by") {
    FakeSystemd systemd;
    timespec before{}, after{};
    ::clock_gettime(CLOCK_MONOTONIC, &before);
    notify_reloading();
    ::clock_gettime(CLOCK_MONOTONIC, &after);
    const std::string heard = systemd.heard(), start = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(heard.starts_with(start));
    const int64_t us = std::stoll(heard.substr(start.size()));
    CHECK(us >= before.tv_sec * 1'000'000 + before.tv_nsec / 1000);
    CHECK(us <= after.tv_sec * 1'000'000 + after.tv_nsec / 1000);
}

TEST_CASE("without systemd every word goes nowhere") {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("LISTEN_FDS");
    notify_ready("x");
    notify_watchdog();
    CHECK(!watchdog_limit());
    CHECK(!*take_listen_socket());
}

TEST_CASE("the watchdog's limit is for this process alone") {
    ::setenv("WATCHDOG_USEC", "1500000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    CHECK(watchdog_limit() == core::Duration(core::milliseconds(1500)));
    ::setenv("WATCHDOG_PID", "1", 1);
    CHECK(!watchdog_limit());
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
}

TEST_CASE("a handed-over listening socket is taken once, with its path, and closed in children") {
    TempDir dir;
    const std::string path = dir.file("vmhad.sock");
    const Fd listener = listening_at(path);
    CHECK(with_handed_over({listener.get()}, [&path] {
              const auto taken = take_listen_socket();
              if (!taken || !*taken || (*taken)->fd != 3 || (*taken)->path != path) return 1;
              if (!(::fcntl(3, F_GETFD) & FD_CLOEXEC)) return 2;
              const auto again = take_listen_socket();
              return again && !*again ? 0 : 3;
          }) == 0);
}

TEST_CASE("several sockets are refused, and so is one that nobody could serve") {
    const Fd file(::open("/dev/null", O_RDONLY));
    const Fd tcp(::socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(::listen(tcp.get(), 1) == 0);
    TempDir dir;
    const Fd listener = listening_at(dir.file("vmhad.sock"));
    const Fd silent(::socket(AF_UNIX, SOCK_STREAM, 0));
    const auto refused = [](const std::vector<int>& fds, const std::string& why) {
        return with_handed_over(fds, [&why] {
                   const auto taken = take_listen_socket();
                   return !taken && taken.error().message == why ? 0 : 1;
               }) == 0;
    };
    const std::string no_socket =
        "cannot take the socket from systemd: it is no listening Unix stream socket with a path";
    CHECK(refused({file.get()}, no_socket));
    CHECK(refused({tcp.get()}, no_socket));
    CHECK(refused({silent.get()}, no_socket));
    CHECK(
        refused({listener.get(), listener.get()},
                "cannot take 2 sockets from systemd: vmhad serves exactly one, so vmhad.socket must have one "
                "ListenStream="));
}

TEST_CASE("the boot clock goes forward and the wall clock is in this century") {
    const auto first = boot_now();
    CHECK(first > core::Time{});
    CHECK(boot_now() >= first);
    CHECK(wall_now() > 1'700'000'000);
}

TEST_CASE("a process that forbade core dumps leaves none and cannot be read by others of its user") {
    CHECK(Child([] {
              if (!forbid_core_dumps()) return 1;
              rlimit limit{1, 1};
              ::getrlimit(RLIMIT_CORE, &limit);
              return ::prctl(PR_GET_DUMPABLE) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 2;
          }).wait() == 0);
}
