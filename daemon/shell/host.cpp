#include "daemon/shell/host.hpp"

#include <boost/asio/this_coro.hpp>
#include <random>

#include "daemon/shell/host_impl.hpp"
#include "daemon/shell/identity.hpp"
#include "daemon/shell/lock.hpp"

namespace asio = boost::asio;

namespace vmha::shell {

namespace {

// +-25 %, so that two nodes that lost the same host do not come back in step.
core::Duration with_jitter(core::Duration pause) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    return pause * std::uniform_int_distribution<int>(75, 125)(random) / 100;
}

const core::Duration stop_most = core::milliseconds(800);
const core::Duration status_most = core::seconds(20);

// The time that one round takes at most, were all its steps to take as long as they may.
std::unique_ptr<net::Pulse> pulse_of_link(const HostConfig& config, const net::Pulses& pulses) {
    const auto& limits = config.limits;
    const auto pause = std::max({limits.key_check, limits.second_try, 2 * limits.backoff_most});
    return net::make_pulse(pulses, "the SSH task of " + config.name.str(),
                           limits.connect + config.freshness + pause);
}

}  // namespace

Host::Impl::Impl(asio::any_io_executor executor, HostConfig with, HostWorld around)
    : config(std::move(with)),
      world(around),
      tasks(executor),
      retry(executor),
      link_pulse(pulse_of_link(config, around.pulses)),
      service_pulse(net::make_pulse(around.pulses, "the SSH service check of " + config.name.str(),
                                    config.limits.service_check + status_most)),
      reader(executor, config, world, *this),
      writer(executor, config, world, *this, reader, [this] { return session && session->one_at_a_time(); }) {
    world.events = [this, events = around.events](core::Event event) {
        if (!stopped && events) events(std::move(event));
    };
    world.cannot_read = [this, told = around.cannot_read](const Error& error) {
        if (!stopped && told) told(error);
    };
}

net::Task<Ran> Host::Impl::run(const Command& command, net::Deadline deadline) {
    if (session) co_return co_await session->run(command, deadline);
    Ran unsent;
    unsent.error = {Errc::closed,
                    "cannot run a command on " + config.name.str() + ": there is no SSH session"};
    co_return unsent;
}

void Host::Impl::set_link(core::Link state, Reason reason, std::string detail) {
    if (link_told && link_state == state && link_reason == reason && link_detail == detail) return;
    link_told = true;
    link_state = state;
    link_reason = reason;
    link_detail = detail;
    world.events(core::ShellChanged{config.name, state, reason, std::move(detail)});
}

void Host::Impl::tell_up() {
    const auto& name = config.name.str();
    std::string detail;
    if (session->one_at_a_time())
        detail = name + " allows one channel a connection: commands over SSH wait for each other";
    if (service_off)
        detail += std::string(detail.empty() ? "" : "; ") + "the SSH service on " + name +
                  " is switched off: this session goes on, a new one will be refused";
    set_link(core::Link::up, Reason::running, std::move(detail));
}

Host::Impl::Ending Host::Impl::refused(const Error& error) {
    const auto& limits = config.limits;
    granted = false;
    const int times = refusal ? refusal->times + 1 : 1;
    refusal = Refusal{error.message, std::nullopt, times};
    if (key == worked_key)
        refusal->retry_at = net::deadline_in(times == 1 ? limits.second_try : limits.later_tries);
    return {core::Link::bad_password, Reason::not_authenticated, error.message, limits.key_check};
}

Host::Impl::Ending Host::Impl::ending_of(const Error& error) {
    switch (error.code) {
        case Errc::key_refused: return refused(error);
        case Errc::invalid_input:  // the file of the key
            return {core::Link::bad_password, Reason::not_authenticated, error.message,
                    config.limits.key_check};
        case Errc::host_key_changed: return {core::Link::untrusted, Reason::host_key_changed, error.message};
        // Such an account stays as it is until somebody changes it: a login now and then finds that out.
        case Errc::not_authenticated:
            return {core::Link::down, Reason::no_privilege, error.message, config.limits.second_try};
        default: return {core::Link::down, Reason::host_unreachable, error.message};
    }
}

// A key that the host has refused is not sent again, until it is another one, its time has come, or somebody
// asks.
std::optional<Host::Impl::Ending> Host::Impl::login_forbidden() {
    const auto identity = read_identity(config.identity_file);
    if (!identity) return ending_of(identity.error());
    if (identity->fingerprint != key) refusal.reset();
    key = identity->fingerprint;
    if (!refusal || granted) return std::nullopt;
    if (refusal->retry_at && net::BootClock::now() >= *refusal->retry_at) return std::nullopt;
    return Ending{core::Link::bad_password, Reason::not_authenticated, refusal->detail,
                  config.limits.key_check};
}

net::Task<Host::Impl::Ending> Host::Impl::live() {
    if (auto forbidden = login_forbidden()) co_return *forbidden;
    SessionSettings settings;
    settings.host = config.name.str();
    settings.endpoint = config.endpoint;
    settings.user = config.user;
    settings.identity_file = config.identity_file;
    settings.known_hosts = config.known_hosts;
    settings.freshness = config.freshness;
    settings.progress = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->link_pulse->beat();
    };
    auto opened = co_await Session::connect(std::move(settings), net::deadline_in(config.limits.connect));
    if (!opened) co_return ending_of(opened.error());
    session = std::move(*opened);
    worked_key = key;
    refusal.reset();
    granted = false;
    service_off = false;
    tell_up();
    reader.connected(true);
    const Error why = co_await session->ended();
    session.reset();
    reader.connected(false);
    co_return Ending{core::Link::down, Reason::host_unreachable, why.message};
}

net::Task<> Host::Impl::live_on(Self self) {
    const auto& limits = self->config.limits;
    auto pause = limits.backoff_first;
    self->set_link(core::Link::connecting, Reason::host_unreachable, "");
    for (;;) {
        const auto began = net::BootClock::now();
        self->link_pulse->beat();
        const auto ending = co_await self->live();
        self->link_pulse->beat();
        // A host that takes the login and drops the connection at once is no reason to log in five times a
        // second.
        if (net::BootClock::now() - began > limits.backoff_most) pause = limits.backoff_first;
        self->set_link(ending.link, ending.reason, ending.detail);
        co_await self->retry.wait(net::deadline_in(ending.pause ? *ending.pause : with_jitter(pause)));
        pause = std::min(pause * 2, limits.backoff_most);
    }
}

// A session outlives the service that it came by (ESXiShellTimeOut, or a person in the host's client: only
// new logins are refused). The host is asked over the session: a connection to find it out would be one more
// to serve.
net::Task<> Host::Impl::check_service(Self self) {
    Command status;
    status.script = "/etc/init.d/SSH status";
    status.most_output = 4096;
    for (;;) {
        self->service_pulse->beat();
        if (!co_await net::sleep_until(net::deadline_in(self->config.limits.service_check))) co_return;
        const auto ran = co_await self->run(status, net::deadline_in(status_most));
        if (!ran.output || !self->session) continue;
        const bool off = ran.output->out.find("not running") != std::string::npos;
        const bool on = !off && ran.output->out.find("running") != std::string::npos;
        if (!off && !on) continue;
        self->service_off = off;
        self->tell_up();
    }
}

// Reader and Writer are parts of the Host: it stays as long as one of their tasks does.
net::Task<> Host::Impl::keep(Self, net::Task<> task) {
    co_await std::move(task);
}

Host::Host(asio::any_io_executor executor, HostConfig config, HostWorld world)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(config), std::move(world))) {}

Host::~Host() {
    impl_->stopped = true;
    impl_->tasks.cancel();
}

void Host::start() {
    const auto& name = impl_->config.name.str();
    impl_->tasks.spawn("SSH to " + name, Impl::live_on(impl_));
    impl_->tasks.spawn("SSH service of " + name, Impl::check_service(impl_));
    impl_->tasks.spawn("reads over SSH of " + name, Impl::keep(impl_, impl_->reader.run()));
}

void Host::read(bool on) {
    impl_->reader.want(on);
}

void Host::perform(core::Write write) {
    impl_->tasks.spawn("write over SSH", Impl::keep(impl_, impl_->writer.write(std::move(write))));
}

void Host::read_vms(std::map<VmName, core::VmxPath> vms) {
    impl_->config.vms = std::move(vms);
    impl_->reader.read_vms();
}

void Host::look(core::Look look) {
    impl_->tasks.spawn("look over SSH", Impl::keep(impl_, impl_->reader.look(std::move(look))));
}

void Host::check_vmx(core::CheckVmx check) {
    impl_->tasks.spawn("file check over SSH", Impl::keep(impl_, impl_->reader.check_vmx(std::move(check))));
}

void Host::ask_processes(core::AskProcesses ask) {
    impl_->tasks.spawn("processes over SSH", Impl::keep(impl_, impl_->reader.ask_processes(std::move(ask))));
}

void Host::ask_lock(core::AskLock ask) {
    impl_->tasks.spawn("lock over SSH", Impl::keep(impl_, tell_lock(impl_->world, *impl_, std::move(ask))));
}

void Host::retry_login() {
    impl_->granted = impl_->refusal.has_value();
    impl_->retry.ring();
}

net::Task<> Host::stop() {
    const auto self = impl_;
    // The caller may itself be cancelled: cleaning up must not be.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    self->stopped = true;
    self->tasks.cancel();
    co_await self->tasks.join(net::deadline_in(stop_most));
    self->link_pulse->rest();
    self->service_pulse->rest();
    self->reader.rest();
    self->session.reset();
}

}  // namespace vmha::shell
