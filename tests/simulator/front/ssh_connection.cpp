#include "tests/simulator/front/ssh_connection.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/simulator/front/ssh_server.hpp"

namespace asio = boost::asio;

namespace vmha::sim {
namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr size_t block_bytes = 32768;

}  // namespace

void SshLog::add(const std::string& line) {
    if (line.starts_with("Accepted publickey")) ++accepted;
    if (line.starts_with("Failed publickey")) ++refused;
    file << line << std::endl;
}

SshConnection::SshConnection(const asio::any_io_executor& executor, SshServer& server, unsigned number,
                             net::StreamPtr tcp)
    : executor_(executor),
      server_(&server),
      told_(server.log()),
      number_(number),
      tcp_(std::move(tcp)),
      sshd_(executor),
      log_(executor),
      bell_in_(executor),
      bell_out_(executor) {}

Result<void> SshConnection::start() {
    int pair[2];
    int pipe[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return Error{Errc::io, "cannot make a socket pair"};
    sshd_.assign(asio::local::stream_protocol(), pair[0]);
    if (::pipe2(pipe, O_CLOEXEC) != 0) {
        ::close(pair[1]);
        return Error{Errc::io, "cannot make a pipe"};
    }
    log_.assign(pipe[0]);
    auto started = server_->start_sshd(number_, pair[1], pipe[1]);
    ::close(pair[1]);
    ::close(pipe[1]);
    return started;
}

net::Task<> SshConnection::run(std::shared_ptr<SshConnection> self) {
    co_await self->flow(self->bell_in_);
    if (!self->server_ || !self->start()) {
        self->close();
        co_return;
    }
    asio::co_spawn(self->executor_, to_client(self), asio::detached);
    asio::co_spawn(self->executor_, read_log(self), asio::detached);
    co_await self->to_sshd();
    self->close();
}

net::Task<> SshConnection::flow(net::Wakeup& bell) {
    while (server_ && server_->stalled()) co_await bell.wait();
}

net::Task<> SshConnection::to_sshd() {
    std::string block(block_bytes, '\0');
    while (server_) {
        const auto got = co_await tcp_->read_some(asio::buffer(block));
        if (!got) co_return;
        co_await flow(bell_in_);
        if (!server_) co_return;
        auto [error, bytes] = co_await asio::async_write(sshd_, asio::buffer(block.data(), *got), token);
        if (error) co_return;
    }
}

net::Task<> SshConnection::to_client(std::shared_ptr<SshConnection> self) {
    std::string block(block_bytes, '\0');
    while (self->server_) {
        auto [error, got] = co_await self->sshd_.async_read_some(asio::buffer(block), token);
        if (error) break;
        co_await self->flow(self->bell_out_);
        if (!self->server_) break;
        const auto written = co_await self->tcp_->write(asio::buffer(block.data(), got));
        if (!written) break;
    }
    self->close();
}

net::Task<> SshConnection::read_log(std::shared_ptr<SshConnection> self) {
    std::string kept;
    char block[4096];
    while (true) {
        auto [error, got] = co_await self->log_.async_read_some(asio::buffer(block), token);
        if (error) co_return;
        kept.append(block, got);
        for (auto end = kept.find('\n'); end != std::string::npos; end = kept.find('\n')) {
            self->told_->add(kept.substr(0, end));
            kept.erase(0, end + 1);
        }
    }
}

void SshConnection::close() {
    if (!server_) return;
    SshServer* server = std::exchange(server_, nullptr);
    boost::system::error_code ignored;
    tcp_->close();
    sshd_.close(ignored);
    wake();
    server->ended(this);
}

void SshConnection::wake() {
    bell_in_.ring();
    bell_out_.ring();
}

}  // namespace vmha::sim
