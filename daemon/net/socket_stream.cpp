#include "daemon/net/socket_stream.hpp"

#include <cerrno>

namespace vmha::net {

Error stream_error(const std::string& what, const boost::system::error_code& cause) {
    namespace error = boost::asio::error;
    std::string message = "cannot " + what + ": ";
    if (cause == error::eof) return {Errc::closed, message + "the connection was closed"};
    if (cause == error::operation_aborted || cause == error::bad_descriptor)
        return {Errc::closed, message + "cancelled"};
    message += cause.message();
    if (cause == error::connection_reset || cause == error::broken_pipe ||
        cause == error::connection_aborted || cause == error::timed_out)
        return {Errc::closed, std::move(message)};
    return {Errc::io, std::move(message)};
}

bool accept_can_go_on(const boost::system::error_code& cause) {
    if (cause.category() != boost::system::system_category()) return false;
    switch (cause.value()) {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
        case ECONNABORTED:
        case EPROTO: return true;
        default: return false;
    }
}

}  // namespace vmha::net
