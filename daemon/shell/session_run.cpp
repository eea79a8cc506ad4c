#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "daemon/shell/session_impl.hpp"

namespace vmha::shell {

namespace {

constexpr size_t err_most = 64 << 10;

// A host that refuses a channel may not yet have cleared away one that was closed just before (OpenSSH does
// so when it has worked off all that it read); its refusal comes after that.
constexpr int refusals_most = 3;
// One whose command was ended from here counts for the host until its last process has gone, of which nobody
// is told.
constexpr auto clearing_most = core::seconds(2);
constexpr auto clearing_pause = core::milliseconds(20);

// A channel that is closed ends no command that neither reads nor writes, and an sshd without separated
// privileges, such as root's, delivers no signals (session_signal_req of OpenSSH). So a watcher in the
// command's session waits for the end of its input, which comes with the end of the channel or of the
// connection, and ends all that runs there. Were the shell not the leader of a session of its own, there
// would be no such group, and nothing would be ended.
std::string killable(const std::string& script) {
    return "exec 3<&0 </dev/null\n{ read x <&3; kill -9 -$$; } >/dev/null 2>&1 &\nexec 3<&-\n(\n" + script +
           "\n)\nset -- $?\nexec 2>/dev/null\nkill -9 $!\nexit $1\n";
}

Task<> note(net::Wakeup& bell, Deadline until, bool& rung) {
    const bool rang = co_await bell.wait(until);
    rung = rung || rang;
}

}  // namespace

Channel::Channel(ssh_channel raw_channel) : raw(raw_channel) {
    ssh_callbacks_init(&callbacks);
    callbacks.userdata = this;
    callbacks.channel_data_function = [](ssh_session, ssh_channel, void* data, uint32_t size, int is_err,
                                         void* user) {
        auto& self = *static_cast<Channel*>(user);
        auto& into = is_err != 0 ? self.output.err : self.output.out;
        self.heard_at = net::BootClock::now();
        const size_t room = (is_err != 0 ? err_most : self.most_output) - into.size();
        into.append(static_cast<const char*>(data), std::min<size_t>(room, size));
        if (is_err == 0 && size > room) {
            self.too_much = true;
            if (self.news != nullptr) self.news->ring();
        }
        return static_cast<int>(size);  // what does not fit is dropped: the host's window stays open
    };
    callbacks.channel_exit_status_function = [](ssh_session, ssh_channel, int status, void* user) {
        static_cast<Channel*>(user)->output.status = status;
    };
    callbacks.channel_close_function = [](ssh_session, ssh_channel, void* user) {
        auto& self = *static_cast<Channel*>(user);
        self.closed = true;
        if (self.news != nullptr) self.news->ring();
    };
    ssh_set_channel_callbacks(raw, &callbacks);
}

Channel::~Channel() {
    if (raw == nullptr) return;
    ssh_remove_channel_callbacks(raw, &callbacks);
    ssh_channel_free(raw);
}

// Of a run that has ended: the channel is closed, and with it the command ends; one that the host has yet to
// open as soon as it has. False: no more is to be done than to wait for the host to close it, too.
bool Channel::wind_up() {
    if (stage == Stage::opening) {
        const int opened = ssh_channel_open_session(raw);
        if (opened == SSH_AGAIN) return true;
        if (opened == SSH_ERROR) closed = true;
    }
    if (!closed) ssh_channel_close(raw);
    stage = Stage::left;
    return false;
}

// One run, from its place in the queue to the end of its channel. However it ends, the channel is left.
struct Session::Impl::Visit {
    Visit(Impl& in, const Command& command, Deadline until)
        : session(in),
          news(in.executor),
          deadline(until),
          give_up(command.give_up),
          most_silence(command.most_silence) {}
    ~Visit() {
        session.queue.remove(this);
        if (channel) session.leave(*channel);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

    // True: something has happened. False: this run is over, and `why` says why.
    Task<bool> wait() {
        using namespace boost::asio::experimental::awaitable_operators;
        bool rung = false;
        const auto until = std::min(deadline, silent_until());
        if (!hindered() && give_up)
            co_await (note(news, until, rung) || note(*give_up, until, given_up));
        else if (!hindered())
            co_await news.wait(until);
        co_return !hindered();
    }

    Deadline silent_until() const {
        return channel && most_silence ? channel->heard_at + *most_silence : Deadline::max();
    }

    bool hindered() {
        if (session.over)
            why = *session.over;
        else if (given_up)
            why = {Errc::closed, "cannot go on with a command on " + session.peer + ": it was given up"};
        else if (net::BootClock::now() >= deadline)
            why = {Errc::timeout, "cannot finish a command on " + session.peer + ": no end in time"};
        else if (net::BootClock::now() >= silent_until())
            why = {Errc::timeout, "cannot finish a command on " + session.peer + ": it printed nothing for " +
                                      std::to_string(core::to_ms(*most_silence) / 1000) + " s"};
        else
            return false;
        return true;
    }

    Impl& session;
    net::Wakeup news;
    Deadline deadline;
    std::shared_ptr<net::Wakeup> give_up;
    std::optional<core::Duration> most_silence;
    bool given_up = false;
    std::shared_ptr<Channel> channel;
    Error why{Errc::closed, ""};
};

Task<Ran> Session::Impl::run(Self self, const Command& command, Deadline deadline) {
    Ran ran;
    Visit visit(*self, command, deadline);
    co_await self->carry_out(visit, command, ran);
    if (!ran.output) ran.error = visit.why;
    co_return ran;
}

Task<> Session::Impl::carry_out(Visit& visit, const Command& command, Ran& ran) {
    if (visit.hindered()) co_return;
    if (!co_await open(visit)) co_return;
    if (!co_await request(visit, command, ran)) co_return;
    auto& channel = *visit.channel;
    while (!channel.closed && !channel.too_much)
        if (!co_await visit.wait()) break;
    // What came in the last moment counts.
    if (channel.too_much)
        visit.why = {Errc::bad_reply, "cannot take what a command on " + peer + " prints: it is more than " +
                                          std::to_string(command.most_output) + " bytes"};
    else if (channel.closed)
        ran.output = std::move(channel.output);
}

// A place among the channels, then the channel. A host that refuses it while others are open allows no more
// than one.
Task<bool> Session::Impl::open(Visit& visit) {
    queue.push_back(&visit);
    auto clears_until = Deadline::max();
    for (int refusals = 0;;) {
        admit();
        while (!visit.channel)
            if (!co_await visit.wait()) co_return false;
        int opened = SSH_AGAIN;
        while (!visit.hindered() && (opened = ssh_channel_open_session(visit.channel->raw)) == SSH_AGAIN) {
            settle();
            if (!co_await visit.wait()) co_return false;
        }
        if (opened == SSH_OK) co_return true;
        turn();
        if (visit.hindered()) co_return false;
        const std::string cause = cause_of(ssh.get());
        channels.remove(std::exchange(visit.channel, nullptr));
        queue.push_front(&visit);
        if (++refusals < refusals_most) continue;
        refusals = 0;
        most_channels = 1;
        clears_until =
            channels.empty() ? std::min(clears_until, net::deadline_in(clearing_most)) : Deadline::max();
        if (channels.empty() && net::BootClock::now() < clears_until) {
            co_await visit.news.wait(net::deadline_in(clearing_pause));
            if (visit.hindered()) co_return false;
            continue;
        }
        if (channels.empty()) {
            end({Errc::closed, "cannot open a channel on " + peer + ": " + cause});
            visit.hindered();
            co_return false;
        }
    }
}

Task<bool> Session::Impl::request(Visit& visit, const Command& command, Ran& ran) {
    visit.channel->most_output = command.most_output;
    visit.channel->stage = Channel::Stage::requesting;
    const std::string script = killable(command.script);
    int requested = SSH_AGAIN;
    while (!visit.hindered() &&
           (requested = ssh_channel_request_exec(visit.channel->raw, script.c_str())) == SSH_AGAIN) {
        ran.sent = true;
        settle();
        if (!co_await visit.wait()) co_return false;
    }
    ran.sent = ran.sent || requested == SSH_OK;
    visit.channel->stage = Channel::Stage::running;
    if (requested == SSH_OK) co_return true;
    turn();
    if (visit.hindered()) co_return false;
    ran.sent = false;
    visit.why = {Errc::fault, "cannot run a command on " + peer + ": " + cause_of(ssh.get())};
    co_return false;
}

void Session::Impl::admit() {
    while (!over && !queue.empty() && channels.size() < most_channels) {
        Visit& next = *queue.front();
        queue.pop_front();
        next.channel = std::make_shared<Channel>(ssh_channel_new(ssh.get()));
        next.channel->news = &next.news;
        channels.push_back(next.channel);
        next.news.ring();
    }
}

void Session::Impl::leave(Channel& channel) {
    channel.news = nullptr;
    channel.forget_at = net::deadline_in(settings.leave);
    if (over) return;
    tend();
    settle();
}

// Rings who waits for an answer of the host, and cleans up behind those who have gone.
void Session::Impl::tend() {
    const auto now = net::BootClock::now();
    std::erase_if(channels, [now](const auto& channel) {
        const bool asks =
            channel->stage == Channel::Stage::opening || channel->stage == Channel::Stage::requesting;
        if (channel->news != nullptr) {
            if (asks) channel->news->ring();
            return false;
        }
        if (channel->stage != Channel::Stage::left && channel->wind_up()) return now >= channel->forget_at;
        return channel->closed || now >= channel->forget_at;
    });
    admit();
}

void Session::Impl::ring_all() {
    for (auto* visit : queue) visit->news.ring();
    for (const auto& channel : channels)
        if (channel->news != nullptr) channel->news->ring();
}

}  // namespace vmha::shell
