// Inside net only: TLS takes the socket out of a TCP stream.
#pragma once
#include <boost/asio/ip/tcp.hpp>

#include "daemon/net/socket_stream.hpp"
#include "daemon/net/tcp.hpp"

namespace vmha::net {

using TcpStream = SocketStream<boost::asio::ip::tcp::socket>;

Task<Result<boost::asio::ip::tcp::socket>> connect_socket(TcpEndpoint endpoint);

}  // namespace vmha::net
