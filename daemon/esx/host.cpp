#include "daemon/esx/host.hpp"

#include <boost/asio/this_coro.hpp>
#include <random>

#include "daemon/esx/host_impl.hpp"

namespace asio = boost::asio;

namespace vmha::esx {

namespace {

constexpr int64_t api_just_back_s = 120;

// +-25 %, so that two nodes that lost the same host do not come back in step.
net::BootClock::duration with_jitter(net::BootClock::duration pause) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    return pause * std::uniform_int_distribution<int>(75, 125)(random) / 100;
}

}  // namespace

Host::Impl::Impl(asio::any_io_executor on, HostConfig with, HostWorld around)
    : config(std::move(with)),
      world(std::move(around)),
      executor(on),
      dial([endpoint = config.endpoint, trust = config.trust](Deadline deadline) {
          return net::connect_tls(endpoint, trust, deadline);
      }),
      peer{config.name.str(), net::to_text(config.endpoint)},
      tasks(on),
      commands(on, dial, peer, config.limits),
      retry(on) {
    make_pulses();
}

// The time that one round of each task takes at most, were all its steps to take as long as they may.
void Host::Impl::make_pulses() {
    const auto& limits = config.limits;
    link_pulse = net::make_pulse(world.pulses, "the API task of " + config.name.str(),
                                 2 * limits.connect + limits.login_verdict + limits.first_read +
                                     config.watch_interval + limits.wait_grace + 2 * limits.backoff_most +
                                     limits.secret_check);
    check_pulse = net::make_pulse(world.pulses, "the session check of " + config.name.str(),
                                  limits.check_interval + 2 * limits.connect + 2 * limits.call);
}

void Host::Impl::tell(core::Event event) {
    if (!stopped && world.events) world.events(std::move(event));
}

void Host::Impl::set_link(core::Link state, Reason reason, std::string detail) {
    if (link_told && link_state == state && link_reason == reason && link_detail == detail) return;
    link_told = true;
    link_state = state;
    link_reason = reason;
    link_detail = detail;
    tell(core::LinkChanged{config.name, state, reason, std::move(detail), session_number});
}

Host::Impl::Ending Host::Impl::ending_of(const Error& error) const {
    using core::Link;
    switch (error.code) {
        case Errc::certificate_changed: return {Link::untrusted, Reason::certificate_changed, error.message};
        // At once: the breaker says what comes next.
        case Errc::bad_password: return {Link::bad_password, Reason::bad_password, error.message, true};
        case Errc::locked_out: return {Link::locked_out, Reason::locked_out, error.message};
        case Errc::not_authenticated: return {Link::down, Reason::not_authenticated, error.message};
        default: return {Link::down, Reason::host_unreachable, error.message};
    }
}

Deadline Host::Impl::deadline_of(core::Time limit) const {
    if (limit == core::never) return Deadline::max();
    return net::deadline_in(limit - world.clock());
}

// Without a session that may still live, a login is needed: is one allowed? Asked before anything is sent.
std::optional<Host::Impl::Ending> Host::Impl::login_forbidden() {
    if (!cookie.empty()) return std::nullopt;
    const auto secret = config.secret();
    if (!secret) return Ending{core::Link::bad_password, Reason::bad_password, secret.error().message};
    const auto permit = world.breaker->ask({config.name.str(), config.user, *secret}, world.wall_s());
    if (permit.when == Permit::When::now) return std::nullopt;
    const bool never = permit.when == Permit::When::never;
    return Ending{
        never ? core::Link::locked_out : core::Link::bad_password,
        never ? Reason::locked_out : Reason::bad_password,
        "cannot log in to " + config.name.str() + " as " + config.user + ": the password was " + permit.why};
}

Task<Result<std::string>> Host::Impl::cookie_for(Link& link, const ServiceContent& content,
                                                 Deadline deadline) {
    if (!cookie.empty()) {
        LinkCaller caller(link, cookie);
        const auto sign = co_await sign_of_life(caller, content, deadline);
        if (sign == Sign::alive) co_return cookie;
        if (sign == Sign::cannot_tell)
            co_return Error{Errc::unreachable,
                            "cannot check the session on " + peer.name + ": the host gives no answer"};
        cookie.clear();
    }
    if (const auto forbidden = login_forbidden())
        co_return Error{forbidden->link == core::Link::locked_out ? Errc::locked_out : Errc::bad_password,
                        forbidden->detail};
    const auto secret = config.secret();
    if (!secret) co_return Error{Errc::bad_password, secret.error().message};
    const SignIn with{*world.breaker,
                      world.wall_s,
                      {config.name.str(), config.user, *secret},
                      api_back_s && world.wall_s() - *api_back_s < api_just_back_s};
    // A login that is given up unanswered leaves a session or a wrong login behind without our knowing: the
    // verdict is waited for, while the link counts as down.
    net::Timer late(executor, deadline);
    late.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        if (!cancelled)
            self->set_link(core::Link::down, Reason::host_unreachable,
                           "cannot log in to " + self->peer.name + ": no answer in time");
    });
    auto signed_in = co_await sign_in(link, content, with, deadline + config.limits.login_verdict);
    late.cancel();
    if (signed_in) {
        ++session_number;
        left_behind.clear();
    }
    co_return signed_in;
}

// Connect, find out what it is, have a session, look around.
Task<Result<Session>> Host::Impl::enter(std::unique_ptr<Link>& link) {
    const auto deadline = net::deadline_in(config.limits.connect);
    auto opened = co_await Link::open(dial, peer, deadline);
    if (!opened) co_return opened.error();
    link = std::move(*opened);
    link_pulse->beat();
    LinkCaller stranger(*link, {});
    const auto content = co_await ask_service_content(stranger, deadline);
    if (!content) co_return content.error();
    if (std::exchange(api_was_away, false)) api_back_s = world.wall_s();
    wrong_product = content->api_type != "HostAgent";
    if (wrong_product)
        co_return Error{Errc::bad_reply,
                        "cannot use " + peer.name + ": it is " +
                            (content->product.empty() ? "something else" : content->product) +
                            ", not a standalone ESXi"};
    last_content = *content;
    auto signed_in = co_await cookie_for(*link, *content, deadline);
    if (!signed_in) co_return signed_in.error();
    cookie = *signed_in;
    link_pulse->beat();
    LinkCaller caller(*link, cookie);
    auto entered =
        co_await look_around(caller, cookie, *content, world.clock, net::deadline_in(config.limits.connect));
    if (entered) entered->number = session_number;
    if (!entered && entered.error().code == Errc::not_authenticated) cookie.clear();
    co_return entered;
}

Task<Host::Impl::Ending> Host::Impl::live() {
    if (auto forbidden = login_forbidden()) co_return *forbidden;
    std::unique_ptr<Link> link;
    wrong_product = false;
    auto entered = co_await enter(link);
    if (!entered) {
        if (wrong_product)
            co_return Ending{core::Link::untrusted, Reason::wrong_product, entered.error().message};
        auto ending = ending_of(entered.error());
        if (ending.link == core::Link::down) api_was_away = true;
        co_return ending;
    }
    LinkCaller caller(*link, cookie);
    for (const auto& request : std::exchange(left_behind, {})) {
        co_await caller.call(request, net::deadline_in(config.limits.connect));
        link_pulse->beat();
    }
    session = std::make_shared<const Session>(std::move(*entered));
    session_expired = false;
    commands.begin(std::move(link), cookie);
    watch =
        std::make_unique<Watch>(WatchSettings{config.name, config.watch_interval, world.clock, config.limits,
                                              [this] { link_pulse->beat(); }},
                                *session, plan, [this](core::Read read, const Inventory::Applied& applied) {
                                    told(read, applied);
                                    tell(std::move(read));
                                });
    watch->set_aside(aside);
    auto ending = co_await watch_on();
    plan = watch->plan();
    left_behind = watch->left_behind();
    leave(ending.reason == Reason::not_authenticated);
    if (ending.link == core::Link::down) api_was_away = true;
    co_return ending;
}

// Watches until the session is over or the host cannot be reached. A connection that dies alone is replaced
// silently, as the session on the host goes on; but not one after the other, nor where the new one tells
// nothing: a link is up only while there is news.
Task<Host::Impl::Ending> Host::Impl::watch_on() {
    for (;;) {
        if (!watch_link || !watch_link->alive()) {
            auto link = co_await Link::open(dial, peer, net::deadline_in(config.limits.connect));
            if (!link) co_return ending_of(link.error());
            watch_link = std::move(*link);
        }
        const auto began = net::BootClock::now();
        LinkCaller caller(*watch_link, cookie);
        const auto end = co_await watch->run(caller);
        if (end.why == WatchEnd::Why::dead || end.why == WatchEnd::Why::mute) watch_link->close();
        const bool lasted = end.told && net::BootClock::now() - began > config.limits.watch_life;
        if (session_expired || end.why == WatchEnd::Why::expired) {
            watch_link->close();
            co_return Ending{core::Link::connecting, Reason::not_authenticated,
                             "the session on " + peer.name + " has expired", lasted};
        }
        if (end.why == WatchEnd::Why::mute)
            co_return Ending{core::Link::down, Reason::stale, end.error.message};
        if (!lasted) co_return ending_of(end.error);
    }
}

// What waits for the news of a VM, whether by its id or by its path.
void Host::Impl::told(const core::Read& read, const Inventory::Applied& applied) {
    if (read.full && link_state != core::Link::up) {
        set_link(core::Link::up, Reason::running, "");
        tasks.spawn("facts of " + peer.name, look_aside(shared_from_this()));
        want_unresolved();
    } else if (!applied.datastores.empty() || !applied.datastores_left.empty()) {
        want_unresolved();
    }
    if (followers.empty()) return;
    for (auto& follower : followers) {
        bool concerned = read.full || applied.entries.contains(follower.watched) ||
                         applied.left.contains(follower.watched);
        for (const auto& entry : read.entries)
            concerned = concerned || (entry.path && entry.path->file == follower.watched);
        if (concerned) follower.news.ring();
    }
}

void Host::Impl::leave(bool session_lost) {
    session.reset();
    commands.end();
    if (session_lost) cookie.clear();
    for (auto& follower : followers) follower.news.ring();
}

// The command connection is checked as the watch is; and a session that expired without a fault is found out.
Task<> Host::Impl::check_session(Self self) {
    for (;;) {
        self->check_pulse->beat();
        if (!co_await net::sleep_until(net::deadline_in(self->config.limits.check_interval))) co_return;
        const auto checked = self->session;
        if (!checked) continue;
        const auto sign = co_await sign_of_life(self->commands, checked->content,
                                                net::deadline_in(self->config.limits.connect));
        if (sign == Sign::lost) self->expire(checked);
        if (sign != Sign::alive) continue;
        co_await self->read_tasks(checked);
        if (self->looked_aside &&
            net::BootClock::now() - *self->looked_aside > self->config.limits.aside_interval)
            co_await look_aside(self);
    }
}

// Whoever finds that out first: the watch ends, and a new session begins.
void Host::Impl::expire(const std::shared_ptr<const Session>& which) {
    if (session != which) return;
    session_expired = true;
    if (watch_link) watch_link->close();
}

Task<> Host::Impl::run(Self self) {
    const auto& limits = self->config.limits;
    auto pause = limits.backoff_first;
    self->set_link(core::Link::connecting, Reason::host_unreachable, "");
    for (;;) {
        self->link_pulse->beat();
        const auto ending = co_await self->live();
        self->link_pulse->beat();
        if (self->link_state == core::Link::up) pause = limits.backoff_first;
        self->set_link(ending.link, ending.reason, ending.detail);
        if (ending.at_once) continue;
        const bool waits_for_people =
            ending.link == core::Link::bad_password || ending.link == core::Link::locked_out;
        co_await self->retry.wait(
            net::deadline_in(waits_for_people ? limits.secret_check : with_jitter(pause)));
        pause = std::min(pause * 2, limits.backoff_most);
    }
}

Task<> Host::Impl::log_out(Self self, Deadline deadline) {
    if (self->cookie.empty()) co_return;
    if (!self->commands.has_session()) self->commands.begin(nullptr, self->cookie);
    const auto request = request::logout(self->last_content);
    co_await self->commands.call(request, deadline);
    self->leave(true);
}

Host::Host(asio::any_io_executor executor, HostConfig config, HostWorld world)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(config), std::move(world))) {}

Host::~Host() {
    impl_->stopped = true;
    impl_->world.events = {};
    impl_->tasks.cancel();
}

void Host::start() {
    impl_->tasks.spawn("link to " + impl_->peer.name, Impl::run(impl_));
    impl_->tasks.spawn("session check of " + impl_->peer.name, Impl::check_session(impl_));
}

void Host::perform(core::Write write) {
    impl_->tasks.spawn("write on " + impl_->peer.name, Impl::write(impl_, std::move(write)));
}

void Host::look(core::Look look) {
    impl_->tasks.spawn("look at " + impl_->peer.name, Impl::look(impl_, std::move(look)));
}

void Host::check_vmx(core::CheckVmx check) {
    impl_->tasks.spawn("file check on " + impl_->peer.name, Impl::check_vmx(impl_, std::move(check)));
}

void Host::retry_login() {
    impl_->world.breaker->grant(impl_->peer.name);
    impl_->retry.ring();
}

net::Task<> Host::stop() {
    const auto self = impl_;
    // The caller may itself be cancelled: cleaning up must not be.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    self->stopped = true;
    self->tasks.cancel();
    const auto deadline = net::deadline_in(self->config.limits.logout);
    co_await self->tasks.join(deadline);
    self->link_pulse->rest();
    self->check_pulse->rest();
    co_await Impl::log_out(self, deadline);
}

}  // namespace vmha::esx
