// Hears what a service tells systemd.
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <string>

#include "daemon/run/files.hpp"
#include "tests/run/temp_dir.hpp"

namespace vmha::test {

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
    run::Fd socket_;
};

}  // namespace vmha::test
