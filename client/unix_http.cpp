#include "client/unix_http.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace vmha::client {
namespace {

constexpr std::size_t body_bytes_max = 16 << 20;  // thousands of VMs
constexpr std::size_t line_bytes_max = 1 << 20;

Trouble trouble_of_connect(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR: return Trouble::no_socket;
        case ECONNREFUSED: return Trouble::refused;
        case EACCES:
        case EPERM: return Trouble::denied;
        case EAGAIN: return Trouble::no_answer;
        default: return Trouble::io;
    }
}

}  // namespace

std::string describe(Trouble trouble, const std::string& socket_path) {
    switch (trouble) {
        case Trouble::none: return "vmhad answered";
        case Trouble::no_socket: return socket_path + " does not exist";
        case Trouble::refused: return "nobody listens on " + socket_path;
        case Trouble::denied: return "no permission to use " + socket_path;
        case Trouble::no_answer:
            return "vmhad accepts connections on " + socket_path + " but does not answer";
        case Trouble::deadline: return "vmhad did not complete its answer in time";
        case Trouble::closed: return "vmhad closed the connection";
        case Trouble::bad_reply: return "what answers on " + socket_path + " does not speak like vmhad";
        case Trouble::io: return "the connection to " + socket_path + " failed";
    }
    return {};
}

Exchange::Exchange(const std::string& socket_path, const Request& request, Deadline header_deadline,
                   Deadline total, OnLine on_line)
    : header_deadline_(std::min(header_deadline, total)),
      total_(total),
      on_line_(std::move(on_line)),
      reader_([this](std::string_view piece) { take(piece); }),
      unsent_(request_text(request)) {
    connect(socket_path);
    if (fd_ >= 0) send_some();
}

Exchange::~Exchange() {
    if (fd_ >= 0) ::close(fd_);
}

void Exchange::connect(const std::string& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof(address.sun_path)) return finish(Trouble::no_socket);
    std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return finish(Trouble::io);
    // A Unix socket has no pending connect: while the listener's queue is full it blocks for SO_SNDTIMEO
    // (unix(7)), or would fail at once if it were non-blocking.
    const int64_t left_ms = std::max<int64_t>(header_deadline_.left_ms(), 1);
    const timeval limit{left_ms / 1000, (left_ms % 1000) * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int result = 0;
    do result = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    while (result < 0 && errno == EINTR && !header_deadline_.passed());
    if (result < 0) finish(trouble_of_connect(errno));
}

short Exchange::wanted() const {
    if (ended()) return 0;
    return unsent_.empty() ? POLLIN : POLLIN | POLLOUT;
}

Deadline Exchange::limit() const {
    return answered() ? total_ : header_deadline_;
}

void Exchange::advance(short got) {
    if (!ended() && (got & POLLOUT)) send_some();
    if (!ended() && (got & (POLLIN | POLLHUP | POLLERR))) receive_some();
    if (!ended() && limit().passed()) finish(answered() ? Trouble::deadline : Trouble::no_answer);
}

void Exchange::send_some() {
    while (!unsent_.empty()) {
        const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) {
            // A server that refuses early may have answered before it closed: the answer is still to be read.
            if (errno != EAGAIN) unsent_.clear();
            return;
        }
        unsent_.erase(0, static_cast<std::size_t>(sent));
    }
}

void Exchange::receive_some() {
    std::array<char, 16384> buffer;
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR) return;
        return finish(Trouble::closed);
    }
    const auto read =
        count == 0 ? reader_.end_of_input() : reader_.feed({buffer.data(), static_cast<std::size_t>(count)});
    if (enough_) return finish(Trouble::none);
    if (read.has_error())
        return finish(read.error().code == Errc::closed ? Trouble::closed : Trouble::bad_reply);
    if (too_large_) return finish(Trouble::bad_reply);
    if (!reader_.done()) return;
    if (on_line_ && status() == 200 && !body_.empty()) on_line_(body_);
    finish(Trouble::none);
}

void Exchange::take(std::string_view piece) {
    if (enough_ || too_large_) return;
    body_ += piece;
    const bool lines = on_line_ && status() == 200;
    std::size_t start = 0;
    if (lines) {
        for (auto end = body_.find('\n'); end != std::string::npos; end = body_.find('\n', start)) {
            const std::string_view line = std::string_view(body_).substr(start, end - start);
            start = end + 1;
            if (line.empty() || on_line_(line)) continue;
            enough_ = true;
            return;
        }
        body_.erase(0, start);
    }
    too_large_ = body_.size() > (lines ? line_bytes_max : body_bytes_max);
}

void Exchange::finish(Trouble trouble) {
    trouble_ = trouble;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void poll_once(std::span<Exchange* const> exchanges, Deadline until) {
    std::vector<pollfd> wanted;
    for (const Exchange* exchange : exchanges) {
        wanted.push_back({exchange->fd(), exchange->wanted(), 0});
        if (!exchange->ended()) until = std::min(until, exchange->limit());
    }
    const int ready = ::poll(wanted.data(), wanted.size(), until.poll_timeout());
    for (std::size_t i = 0; i < exchanges.size(); ++i)
        exchanges[i]->advance(ready > 0 ? wanted[i].revents : short{0});
}

Reply call(const std::string& socket_path, const Request& request, Deadline header_deadline, Deadline total,
           Exchange::OnLine on_line) {
    Exchange exchange(socket_path, request, header_deadline, total, std::move(on_line));
    Exchange* const one[] = {&exchange};
    while (!exchange.ended()) poll_once(one, Deadline::never());
    return {exchange.trouble(), exchange.status(), exchange.body()};
}

}  // namespace vmha::client
