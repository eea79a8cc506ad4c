#include "daemon/run/systemd.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <cstring>
#include <ctime>

namespace vmha::run {
namespace {

// Variables are separated by line ends, so a status must not have one.
std::string one_line(std::string text) {
    for (char& c : text)
        if (c == '\n') c = ' ';
    return text;
}

void notify(const std::string& variables) {
    ::sd_notify(0, variables.c_str());
}

int64_t monotonic_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

void notify_ready(const std::string& status) {
    notify("READY=1\nSTATUS=" + one_line(status));
}

void notify_status(const std::string& status) {
    notify("STATUS=" + one_line(status));
}

void notify_reloading() {
    notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us()));
}

void notify_stopping(const std::string& status) {
    notify("STOPPING=1\nSTATUS=" + one_line(status));
}

void notify_watchdog() {
    notify("WATCHDOG=1");
}

std::optional<core::Duration> watchdog_limit() {
    uint64_t limit_us = 0;
    if (::sd_watchdog_enabled(0, &limit_us) <= 0) return std::nullopt;
    return std::chrono::microseconds(limit_us);
}

Result<std::optional<ListenSocket>> take_listen_socket() {
    const int count = ::sd_listen_fds(1);
    if (count < 0)
        return Error{Errc::io, std::string("cannot take the socket from systemd: ") + std::strerror(-count)};
    if (count == 0) return std::nullopt;
    if (count > 1)
        return Error{Errc::invalid_input,
                     "cannot take " + std::to_string(count) +
                         " sockets from systemd: vmhad serves exactly one, so vmhad.socket "
                         "must have one ListenStream="};
    const int fd = SD_LISTEN_FDS_START;
    sockaddr_un address{};
    socklen_t size = sizeof(address);
    if (::sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sun_path[0] == '\0')
        return Error{
            Errc::invalid_input,
            "cannot take the socket from systemd: it is no listening Unix stream socket with a path"};
    return ListenSocket{fd, address.sun_path};
}

}  // namespace vmha::run
