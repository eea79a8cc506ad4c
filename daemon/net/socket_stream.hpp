// Inside net only: what the TCP and the Unix stream have in common.
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>

#include "daemon/net/deadline.hpp"
#include "daemon/net/stream.hpp"

namespace vmha::net {

// "cannot <what>: <cause>", the cause mapped to the closed list.
Error stream_error(const std::string& what, const boost::system::error_code& cause);

// True for the causes that pass: the process or the system is out of descriptors or memory, or the peer has
// gone.
bool accept_can_go_on(const boost::system::error_code& cause);

template <class Socket>
class SocketStream : public ByteStream {
public:
    SocketStream(Socket socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {
        boost::system::error_code ignored;  // a socket that cannot do this fails at its first use as well
        socket_.non_blocking(true, ignored);
    }

    Task<Result<size_t>> read_some(boost::asio::mutable_buffer into) override {
        auto [error, bytes] = co_await socket_.async_read_some(into, token);
        if (error) co_return stream_error("read from " + peer_, error);
        co_return bytes;
    }

    Task<Result<void>> write(boost::asio::const_buffer from) override {
        while (from.size() != 0) {
            // Most writes fit into the socket's buffer: doing them here spares a turn of the event loop.
            boost::system::error_code error;
            from += socket_.write_some(from, error);
            if (error == boost::asio::error::would_block) {
                auto [wait_error] = co_await socket_.async_wait(Socket::wait_write, token);
                error = wait_error;
            }
            if (error) co_return stream_error("write to " + peer_, error);
        }
        co_return Result<void>();
    }

    void close() override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    Socket& socket() { return socket_; }
    const std::string& peer() const { return peer_; }

private:
    static constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
    Socket socket_;
    std::string peer_;
};

// The accept loop's step that both listeners share.
template <class Acceptor>
Task<Result<typename Acceptor::protocol_type::socket>> accept_socket(Acceptor& acceptor,
                                                                     const std::string& where) {
    for (;;) {
        auto [error, socket] =
            co_await acceptor.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (!error) co_return std::move(socket);
        if (!accept_can_go_on(error)) co_return stream_error("accept on " + where, error);
        // Out of descriptors: the connection stays in the queue, and trying again at once would spin.
        if (!co_await sleep_until(deadline_in(std::chrono::milliseconds(50))))
            co_return stream_error("accept on " + where, error);
    }
}

}  // namespace vmha::net
