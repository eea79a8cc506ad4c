#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "daemon/shell/known_hosts.hpp"
#include "daemon/shell/session_impl.hpp"

namespace asio = boost::asio;
using asio::ip::tcp;

namespace vmha::shell {

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

template <int name>
using TcpOption = asio::detail::socket_option::integer<IPPROTO_TCP, name>;

// libssh expands %-escapes in file names.
std::string escaped(const std::string& file) {
    std::string text;
    for (const char c : file) text += c == '%' ? std::string("%%") : std::string(1, c);
    return text;
}

const Command& first_command() {
    static const Command command{"echo vmha", 1024, nullptr};
    return command;
}

bool works(const Ran& ran) {
    return ran.output && ran.output->out.find("vmha") != std::string::npos;
}

}  // namespace

Error Session::Impl::failure(Errc code, const std::string& doing) const {
    return {code, "cannot " + doing + " " + peer + " over SSH: " + cause_of(ssh.get())};
}

// Readable, or writable where there is something to write.
Task<> Session::Impl::ready() {
    using namespace asio::experimental::awaitable_operators;
    if ((ssh_get_poll_flags(ssh.get()) & SSH_WRITE_PENDING) != 0)
        co_await (socket.async_wait(tcp::socket::wait_read, as_values) ||
                  socket.async_wait(tcp::socket::wait_write, as_values));
    else
        co_await socket.async_wait(tcp::socket::wait_read, as_values);
}

Task<Result<void>> Session::Impl::connect_socket() {
    const auto [error] = co_await socket.async_connect(settings.endpoint, as_values);
    if (error) {
        std::string text = "cannot connect to " + peer + " over SSH: " + error.message();
        if (error == asio::error::connection_refused) text += "; is its SSH service (TSM-SSH) running?";
        co_return Error{Errc::unreachable, std::move(text)};
    }
    const auto user_timeout_ms = static_cast<int>(core::to_ms(settings.freshness));
    boost::system::error_code ignored;  // without them the connection works, only slower
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(TcpOption<TCP_USER_TIMEOUT>(user_timeout_ms), ignored);
    socket.non_blocking(true, ignored);
    co_return Result<void>();
}

// No file but known_hosts is read, nothing but this one key is tried.
Result<void> Session::Impl::set_up() {
    ssh.reset(ssh_new());
    if (!ssh) return Error{Errc::io, "cannot connect to " + peer + " over SSH: out of memory"};
    const int own = ::fcntl(socket.native_handle(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) return Error{Errc::io, "cannot connect to " + peer + " over SSH: " + std::strerror(errno)};
    const bool off = false;
    const int on = 1;
    const unsigned port = settings.endpoint.port();
    const std::string address = settings.endpoint.address().to_string();
    const std::string known_hosts = escaped(settings.known_hosts);
    const std::string folder = std::filesystem::path(settings.known_hosts).parent_path().string();
    ssh_session raw = ssh.get();
    const bool set =
        ssh_options_set(raw, SSH_OPTIONS_FD, &own) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_PROCESS_CONFIG, &off) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_SSH_DIR, folder.empty() ? "." : folder.c_str()) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_HOST, address.c_str()) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_PORT, &port) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_USER, settings.user.c_str()) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_KNOWNHOSTS, known_hosts.c_str()) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, known_hosts.c_str()) == SSH_OK &&
        ssh_options_set(raw, SSH_OPTIONS_NODELAY, &on) == SSH_OK;
    if (!set) {
        ::close(own);
        return failure(Errc::invalid_input, "connect to");
    }
    ssh_set_blocking(raw, 0);
    return {};
}

Task<Result<void>> Session::Impl::exchange_keys() {
    int connected = SSH_AGAIN;
    while ((connected = ssh_connect(ssh.get())) == SSH_AGAIN && ssh_is_connected(ssh.get())) co_await ready();
    if (connected != SSH_OK) co_return failure(Errc::unreachable, "connect to");
    co_return check_host_key(ssh.get(), peer, settings.endpoint, settings.known_hosts);
}

Task<Result<void>> Session::Impl::log_in(const Identity& identity) {
    int answer = SSH_AUTH_AGAIN;
    // A connection that has ended is no answer to libssh.
    while ((answer = ssh_userauth_publickey(ssh.get(), nullptr, identity.key.get())) == SSH_AUTH_AGAIN &&
           ssh_is_connected(ssh.get()))
        co_await ready();
    if (answer == SSH_AUTH_SUCCESS) co_return Result<void>();
    // With MaxAuthTries 1, a server says "Too many authentication failures" and hangs up, instead of no.
    const bool too_many = cause_of(ssh.get()).find("authentication failures") != std::string::npos;
    if ((answer == SSH_AUTH_ERROR || answer == SSH_AUTH_AGAIN) && !too_many)
        co_return failure(Errc::unreachable, "log in to");
    const std::string with =
        answer == SSH_AUTH_PARTIAL ? "the host wants more than the key " : "the host refuses the key ";
    co_return Error{Errc::key_refused,
                    "cannot log in to " + peer + " as " + settings.user + ": " + with +
                        settings.identity_file + " (" + identity.fingerprint + ")" +
                        (identity.is_ed25519 ? "; in FIPS mode hosts take RSA and ECDSA keys only" : "")};
}

Task<Result<void>> Session::Impl::enter(Self self, Identity identity) {
    auto done = co_await self->connect_socket();
    if (done) done = self->set_up();
    if (done) done = co_await self->exchange_keys();
    if (done) done = co_await self->log_in(identity);
    co_return done;
}

// Two at once: it also shows whether the host allows a second channel.
Task<Result<void>> Session::Impl::try_commands(Self self, Deadline deadline) {
    using namespace asio::experimental::awaitable_operators;
    const auto [one, other] =
        co_await (run(self, first_command(), deadline) && run(self, first_command(), deadline));
    if (works(one) && works(other)) co_return Result<void>();
    const auto& bad = works(one) ? other : one;
    if (!bad.output) co_return bad.error;
    co_return Error{Errc::not_authenticated, "cannot run commands on " + self->peer + " as " +
                                                 self->settings.user + ": the account has no shell there"};
}

net::Task<Result<std::unique_ptr<Session>>> Session::connect(SessionSettings settings, Deadline deadline) {
    auto identity = read_identity(settings.identity_file);
    if (!identity) co_return identity.error();
    const auto impl = std::make_shared<Impl>(co_await asio::this_coro::executor, std::move(settings));
    auto entered = co_await net::with_deadline(Impl::enter(impl, std::move(*identity)), deadline,
                                               "log in to " + impl->peer + " over SSH");
    if (!entered) co_return entered.error();
    // From here on it is closed by its owner.
    std::unique_ptr<Session> session(new Session(impl));
    impl->begin();
    auto tried = co_await Impl::try_commands(impl, deadline);
    if (!tried) co_return tried.error();
    co_return std::move(session);
}

}  // namespace vmha::shell
