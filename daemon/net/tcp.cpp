#include "daemon/net/tcp.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "daemon/net/tcp_stream.hpp"

namespace asio = boost::asio;
using asio::ip::tcp;

namespace vmha::net {

namespace {

template <int level, int name>
using IntegerOption = asio::detail::socket_option::integer<level, name>;

void set_options(tcp::socket& socket) {
    boost::system::error_code ignored;  // without them the connection works, only slower
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.set_option(IntegerOption<IPPROTO_TCP, TCP_KEEPIDLE>(10), ignored);
    socket.set_option(IntegerOption<IPPROTO_TCP, TCP_KEEPINTVL>(5), ignored);
    socket.set_option(IntegerOption<IPPROTO_TCP, TCP_KEEPCNT>(3), ignored);
    socket.set_option(IntegerOption<IPPROTO_TCP, TCP_USER_TIMEOUT>(20'000), ignored);
}

Task<Result<StreamPtr>> connect_stream(TcpEndpoint endpoint) {
    auto socket = co_await connect_socket(endpoint);
    if (!socket) co_return socket.error();
    co_return std::make_unique<TcpStream>(std::move(*socket), to_text(endpoint));
}

}  // namespace

Result<TcpEndpoint> tcp_endpoint(std::string_view address, unsigned short port) {
    boost::system::error_code error;
    const auto parsed = asio::ip::make_address(std::string(address), error);
    if (error)
        return Error{Errc::invalid_input,
                     "cannot use address '" + std::string(address) + "': not an IP literal"};
    return TcpEndpoint(parsed, port);
}

std::string to_text(const TcpEndpoint& endpoint) {
    const auto address = endpoint.address().to_string();
    const auto port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

Task<Result<tcp::socket>> connect_socket(TcpEndpoint endpoint) {
    tcp::socket socket(co_await asio::this_coro::executor);
    auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
    if (error)
        co_return Error{error == asio::error::operation_aborted ? Errc::closed : Errc::unreachable,
                        "cannot connect to " + to_text(endpoint) + ": " + error.message()};
    set_options(socket);
    co_return std::move(socket);
}

Task<Result<StreamPtr>> connect_tcp(const TcpEndpoint& endpoint, Deadline deadline) {
    return with_deadline(connect_stream(endpoint), deadline, "connect to " + to_text(endpoint));
}

struct TcpListener::Impl {
    tcp::acceptor acceptor;
    std::string where;
};

TcpListener::TcpListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpListener::TcpListener(TcpListener&&) noexcept = default;
TcpListener& TcpListener::operator=(TcpListener&&) noexcept = default;
TcpListener::~TcpListener() = default;

Result<TcpListener> TcpListener::bind(const asio::any_io_executor& executor, const TcpEndpoint& endpoint) {
    auto impl = std::make_unique<Impl>(Impl{tcp::acceptor(executor), to_text(endpoint)});
    boost::system::error_code error;
    impl->acceptor.open(endpoint.protocol(), error);
    if (!error) impl->acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) impl->acceptor.bind(endpoint, error);
    if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error{Errc::io, "cannot listen on " + impl->where + ": " + error.message()};
    return TcpListener(std::move(impl));
}

TcpEndpoint TcpListener::endpoint() const {
    boost::system::error_code ignored;
    return impl_->acceptor.local_endpoint(ignored);
}

Task<Result<StreamPtr>> TcpListener::accept() {
    auto socket = co_await accept_socket(impl_->acceptor, impl_->where);
    if (!socket) co_return socket.error();
    set_options(*socket);
    boost::system::error_code ignored;
    const auto peer = socket->remote_endpoint(ignored);
    co_return std::make_unique<TcpStream>(std::move(*socket), to_text(peer));
}

void TcpListener::close() {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
}

}  // namespace vmha::net
