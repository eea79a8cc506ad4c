#include "daemon/net/unix.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>

#include "daemon/net/socket_stream.hpp"

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace vmha::net {

namespace {

using UnixStream = SocketStream<stream_protocol::socket>;

std::vector<gid_t> peer_groups(int descriptor) {
    std::vector<gid_t> groups(32);
    for (;;) {
        socklen_t bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
            groups.resize(bytes / sizeof(gid_t));
            return groups;
        }
        if (errno != ERANGE || bytes <= groups.size() * sizeof(gid_t)) return {};
        groups.resize(bytes / sizeof(gid_t));  // the kernel has said how many there are
    }
}

PeerCredentials credentials_of(int descriptor) {
    PeerCredentials peer;
    ucred found{};
    socklen_t bytes = sizeof found;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &found, &bytes) != 0) return peer;
    peer.uid = found.uid;
    peer.gid = found.gid;
    peer.pid = found.pid;
    peer.groups = peer_groups(descriptor);
    return peer;
}

Error listen_error(const std::string& path, const std::string& cause) {
    return {Errc::io, "cannot listen on " + path + ": " + cause};
}

Result<stream_protocol::endpoint> endpoint_of(const std::string& path) {
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
        return Error{Errc::invalid_input, "cannot use socket '" + path + "': the path is empty or too long"};
    return stream_protocol::endpoint(path);
}

// Removes a socket file nobody listens on; anything else at that path is left alone and is an error.
Result<void> remove_stale(const asio::any_io_executor& executor, const stream_protocol::endpoint& endpoint) {
    struct stat found {};
    if (::lstat(endpoint.path().c_str(), &found) != 0) return {};
    if (!S_ISSOCK(found.st_mode)) return listen_error(endpoint.path(), "it exists and is no socket");
    stream_protocol::socket probe(executor);
    boost::system::error_code error;
    probe.open(stream_protocol(), error);
    if (!error)
        probe.non_blocking(true, error);  // a full queue must not hold us up: it means "in use" as well
    if (!error) probe.connect(endpoint, error);
    if (error != asio::error::connection_refused && error != boost::system::errc::no_such_file_or_directory)
        return listen_error(endpoint.path(), error ? error.message() : "it is in use by another process");
    if (::unlink(endpoint.path().c_str()) != 0 && errno != ENOENT)
        return listen_error(endpoint.path(), std::strerror(errno));
    return {};
}

Task<Result<StreamPtr>> connect_stream(stream_protocol::endpoint endpoint) {
    stream_protocol::socket socket(co_await asio::this_coro::executor);
    auto [error] = co_await socket.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
    if (error)
        co_return Error{Errc::unreachable, "cannot connect to " + endpoint.path() + ": " + error.message()};
    co_return std::make_unique<UnixStream>(std::move(socket), endpoint.path());
}

Task<Result<StreamPtr>> failed(Error error) {
    co_return error;
}

}  // namespace

struct UnixListener::Impl {
    stream_protocol::acceptor acceptor;
    std::string where;
    bool owns_file = false;
};

UnixListener::UnixListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UnixListener::UnixListener(UnixListener&&) noexcept = default;
UnixListener& UnixListener::operator=(UnixListener&&) noexcept = default;

UnixListener::~UnixListener() {
    if (impl_) close();
}

Result<UnixListener> UnixListener::bind(const asio::any_io_executor& executor, const std::string& path) {
    const auto endpoint = endpoint_of(path);
    if (!endpoint) return endpoint.error();
    if (const auto removed = remove_stale(executor, *endpoint); !removed) return removed.error();
    auto impl = std::make_unique<Impl>(Impl{stream_protocol::acceptor(executor), path});
    boost::system::error_code error;
    impl->acceptor.open(stream_protocol(), error);
    // The mode as the file is made: later the name may stand for another file.
    const mode_t before = ::umask(0111);
    if (!error) impl->acceptor.bind(*endpoint, error);
    ::umask(before);
    if (error) return listen_error(path, error.message());
    impl->owns_file = true;
    impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
    UnixListener listener(std::move(impl));
    if (error) return listen_error(path, error.message());
    return listener;
}

Result<UnixListener> UnixListener::adopt(const asio::any_io_executor& executor, int descriptor) {
    const std::string where = "inherited descriptor " + std::to_string(descriptor);
    auto impl = std::make_unique<Impl>(Impl{stream_protocol::acceptor(executor), where});
    int listening = 0;
    socklen_t bytes = sizeof listening;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &bytes) != 0 || listening == 0)
        return listen_error(where, "it is no listening socket");
    boost::system::error_code error;
    impl->acceptor.assign(stream_protocol(), descriptor, error);
    if (error) return listen_error(where, error.message());
    return UnixListener(std::move(impl));
}

Task<Result<UnixConnection>> UnixListener::accept() {
    auto socket = co_await accept_socket(impl_->acceptor, impl_->where);
    if (!socket) co_return socket.error();
    UnixConnection connection;
    connection.peer = credentials_of(socket->native_handle());
    connection.stream =
        std::make_unique<UnixStream>(std::move(*socket), "process " + std::to_string(connection.peer.pid));
    co_return std::move(connection);
}

void UnixListener::close() {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
    if (std::exchange(impl_->owns_file, false)) ::unlink(impl_->where.c_str());
}

Task<Result<StreamPtr>> connect_unix(const std::string& path, Deadline deadline) {
    const auto endpoint = endpoint_of(path);
    if (!endpoint) return failed(endpoint.error());
    return with_deadline(connect_stream(*endpoint), deadline, "connect to " + path);
}

}  // namespace vmha::net
