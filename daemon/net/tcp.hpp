// TCP, by IP literal only: name resolution cannot be cancelled.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/net/deadline.hpp"
#include "daemon/net/stream.hpp"

namespace vmha::net {

using TcpEndpoint = boost::asio::ip::tcp::endpoint;

// "172.31.255.2", 443. Errc::invalid_input when the address is not an IP literal.
Result<TcpEndpoint> tcp_endpoint(std::string_view address, unsigned short port);

// "172.31.255.2:443", "[::1]:443".
std::string to_text(const TcpEndpoint& endpoint);

// Errc::unreachable when the peer refuses or no route exists, Errc::timeout at the deadline. The stream has
// TCP_NODELAY, keep-alive probes and TCP_USER_TIMEOUT, so a peer that vanished is noticed within half a
// minute even by a reader that sends nothing.
Task<Result<StreamPtr>> connect_tcp(const TcpEndpoint& endpoint, Deadline deadline);

// Owned by its server, outlives its accept(). Port 0 takes a free one: see endpoint().
class TcpListener {
public:
    static Result<TcpListener> bind(const boost::asio::any_io_executor& executor,
                                    const TcpEndpoint& endpoint);
    TcpListener(TcpListener&&) noexcept;
    TcpListener& operator=(TcpListener&&) noexcept;
    ~TcpListener();

    TcpEndpoint endpoint() const;

    // The next connection. Waits while the process is out of descriptors; Errc::closed after close().
    Task<Result<StreamPtr>> accept();
    void close();

private:
    struct Impl;
    explicit TcpListener(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace vmha::net
