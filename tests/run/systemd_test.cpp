// What systemd is told, by a socket that stands for systemd's; and the descriptors it hands over.
#include "daemon/run/systemd.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/run/clock.hpp"
#include "daemon/run/files.hpp"
#include "daemon/run/process.hpp"
#include "tests/run/child.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using vmha::test::Child;
using vmha::test::TempDir;

namespace {

class FakeSystemd {
public:
    FakeSystemd() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        const std::string path = dir_.file("notify");
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    FakeSystemd(const FakeSystemd&) = delete;
    FakeSystemd& operator=(const FakeSystemd&) = delete;
    ~FakeSystemd() { ::unsetenv("NOTIFY_SOCKET"); }

    std::string heard() {
        char text[512];
        const ssize_t size = ::recv(socket_.get(), text, sizeof(text), 0);
        return size < 0 ? "nothing" : std::string(text, static_cast<size_t>(size));
    }

private:
    TempDir dir_;
    Fd socket_;
};

// Runs `body` in a process that looks as if systemd had handed it the descriptor `fd`.
int with_handed_over(int fd, const std::function<int()>& body) {
    return Child([&] {
               ::dup2(fd, 3);
               ::setenv("LISTEN_FDS", "1", 1);
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
    CHECK(take_listen_fds()->empty());
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

TEST_CASE("a handed-over listening socket is taken once, and closed in children") {
    const Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    CHECK(with_handed_over(listener.get(), [] {
              const auto fds = take_listen_fds();
              if (!fds || *fds != std::vector<int>{3}) return 1;
              if (!(::fcntl(3, F_GETFD) & FD_CLOEXEC)) return 2;
              return take_listen_fds()->empty() ? 0 : 3;
          }) == 0);
}

TEST_CASE("a handed-over descriptor that does not listen is refused") {
    const Fd file(::open("/dev/null", O_RDONLY));
    CHECK(with_handed_over(file.get(), [] {
              const auto fds = take_listen_fds();
              return !fds && fds.error().message ==
                                 "cannot take descriptor 3 from systemd: it is no listening stream socket"
                         ? 0
                         : 1;
          }) == 0);
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
