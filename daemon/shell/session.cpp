#include "daemon/shell/session.hpp"

#include <libssh/server.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/shell/session_impl.hpp"

namespace asio = boost::asio;

namespace vmha::shell {

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

// libssh reads 4 KiB at a time: at most 64 KiB before other tasks of the loop have their turn.
constexpr int reads_per_turn = 16;
constexpr size_t channels_most = 4;  // of the ten that OpenSSH allows by default (MaxSessions)

}  // namespace

Session::Impl::Impl(asio::any_io_executor on, SessionSettings with)
    : settings(std::move(with)),
      peer(settings.host + " (" + net::to_text(settings.endpoint) + ")"),
      executor(on),
      socket(on),
      to_do(on),
      over_bell(on),
      tasks(on),
      most_channels(channels_most) {}

Session::Impl::~Impl() {
    channels.clear();
    if (event) ssh_event_remove_session(event.get(), ssh.get());
    if (ssh && !over) ssh_disconnect(ssh.get());
}

void Session::Impl::begin() {
    event.reset(ssh_event_new());
    ssh_event_add_session(event.get(), ssh.get());
    ssh_set_counters(ssh.get(), &on_wire, &packets);
    heard_at = net::BootClock::now();
    const auto self = shared_from_this();
    tasks.spawn("read " + peer, read_on(self));
    tasks.spawn("catch up with " + peer, catch_up(self));
    tasks.spawn("watch " + peer, watch_peer(self));
}

void Session::Impl::end(Error why) {
    if (over) return;
    over = std::move(why);
    boost::system::error_code ignored;
    socket.close(ignored);
    for (const auto& channel : channels) channel->raw = nullptr;  // ssh_disconnect frees them
    ssh_disconnect(ssh.get());
    ring_all();
    over_bell.ring();
    tasks.cancel();
}

// All that the peer sent, in portions, and all that we have to send.
void Session::Impl::turn() {
    if (over) return;
    for (int reads = 0; reads < reads_per_turn; ++reads) {
        const int polled = ssh_event_dopoll(event.get(), 0);
        if (polled == SSH_AGAIN) break;
        if (polled == SSH_ERROR || !ssh_is_connected(ssh.get()))
            return end({Errc::closed, "cannot talk to " + peer + " any more: " + cause_of(ssh.get())});
    }
    listen();
    tend();
    settle();
}

// True: the peer has said something since.
bool Session::Impl::listen() {
    if (on_wire.in_bytes == heard_bytes) return false;
    heard_bytes = on_wire.in_bytes;
    heard_at = net::BootClock::now();
    return true;
}

// After every call into libssh: it may have read what another run waits for, and left something to send.
void Session::Impl::settle() {
    if (over) return;
    const bool heard = listen();
    if (heard || (ssh_get_poll_flags(ssh.get()) & SSH_WRITE_PENDING) != 0) to_do.ring();
}

Task<> Session::Impl::read_on(Self self) {
    while (!self->over) {
        const auto [error] = co_await self->socket.async_wait(asio::socket_base::wait_read, as_values);
        if (error) co_return;
        self->turn();
    }
}

Task<> Session::Impl::catch_up(Self self) {
    while (!self->over) {
        if (!co_await self->to_do.wait()) co_return;
        self->turn();
        if (self->over || (ssh_get_poll_flags(self->ssh.get()) & SSH_WRITE_PENDING) == 0) continue;
        const auto [error] = co_await self->socket.async_wait(asio::socket_base::wait_write, as_values);
        if (error) co_return;
        self->turn();
    }
}

// libssh sends the keep-alive and does not wait for its answer, which is noticed as any other packet. While
// it has not yet taken note of the last one's answer, it sends nothing: the second call does.
void Session::Impl::ping() {
    const auto sent = packets.out_packets;
    for (int calls = 0; calls < 2 && packets.out_packets == sent; ++calls) ssh_send_keepalive(ssh.get());
    settle();
}

Task<> Session::Impl::watch_peer(Self self) {
    const auto half = self->settings.freshness / 2;
    while (!self->over) {
        if (self->settings.progress) self->settings.progress();
        const auto heard = self->heard_at;
        if (!co_await net::sleep_until(heard + half)) co_return;
        self->turn();
        if (self->over || self->heard_at != heard) continue;
        self->ping();
        if (!co_await net::sleep_until(net::deadline_in(half))) co_return;
        // What came while this process did not run is still in the socket.
        self->turn();
        if (self->heard_at == heard)
            self->end({Errc::closed, "cannot talk to " + self->peer + " any more: no sign of life for " +
                                         std::to_string(core::to_ms(net::BootClock::now() - heard)) + " ms"});
    }
}

Session::Session(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Session::~Session() {
    // Until it has been polled after a write, libssh keeps what is to be sent, and the goodbye would never
    // leave.
    if (!impl_->over) ssh_event_dopoll(impl_->event.get(), 0);
    impl_->end({Errc::closed, "cannot talk to " + impl_->peer + " any more: the session was closed"});
}

net::Task<Ran> Session::run(const Command& command, Deadline deadline) {
    return Impl::run(impl_, command, deadline);
}

net::Task<Error> Session::ended() {
    const auto impl = impl_;
    while (!impl->over) co_await impl->over_bell.wait();
    co_return *impl->over;
}

bool Session::one_at_a_time() const {
    return impl_->most_channels == 1;
}

}  // namespace vmha::shell
