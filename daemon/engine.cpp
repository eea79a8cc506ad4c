#include "daemon/engine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "daemon/config/secret.hpp"
#include "daemon/core/view.hpp"
#include "daemon/net/task_group.hpp"
#include "daemon/run/clock.hpp"

namespace vmha {
namespace {

// The lock of another engine on this node is looked at so often while one is wanted.
constexpr auto lock_retry = core::milliseconds(100);
// A lock file that cannot be opened is tried so often, in case the trouble passes.
constexpr int lock_failures_allowed = 20;
// The timer comes round at least so often.
constexpr auto timer_round = core::seconds(2);
// All hosts at once log out and end; what has not ended by then is left.
constexpr auto stop_limit = core::milliseconds(400);

net::TlsTrust trust_of(const config::Trust& trust) {
    if (const auto* pinned = std::get_if<config::Pinned>(&trust))
        return net::PinnedCertificate(pinned->thumbprint);
    const auto& ca = std::get<config::SignedBy>(trust);
    return net::TrustedCa(ca.ca_file, ca.server_name);
}

net::Deadline to_deadline(core::Time time) {
    return net::Deadline(std::chrono::duration_cast<net::Deadline::duration>(time.time_since_epoch()));
}

}  // namespace

// <state-dir>/breaker.json, shared with other engines.
class Engine::BreakerFile : public esx::BreakerStore {
public:
    explicit BreakerFile(std::string path) : path_(std::move(path)) {}
    Result<std::string> load() override {
        auto text = run::read_file(path_, 1 << 20);
        if (!text && text.error().code == Errc::not_found) return std::string();
        return text;
    }
    Result<void> save(const std::string& text) override {
        return run::write_file(path_, text, 0600, run::Sync::disk);
    }

private:
    std::string path_;
};

Engine::Engine(boost::asio::io_context& io, const config::Config& config, const std::string& node,
               const Paths& paths, run::Log& log, run::Scrubber& scrubber, net::Pulses pulses)
    : io_(io),
      log_(log),
      scrubber_(scrubber),
      pulses_(std::move(pulses)),
      timer_pulse_(net::make_pulse(pulses_, "the engine's timer", timer_round)),
      state_dir_(paths.state_dir),
      runtime_(paths.runtime_dir),
      flying_{{paths.state_dir, paths.runtime_dir, run::boot_id(), config.nodes.at(node).host.name},
              &core::VmState::flying},
      answering_{
          {paths.state_dir, paths.runtime_dir, run::boot_id(), config.nodes.at(node).host.name, "answering"},
          &core::VmState::answering},
      judgements_(paths.state_dir, run::boot_id()),
      breaker_file_(std::make_unique<BreakerFile>(paths.state_dir + "/breaker.json")),
      breaker_(*breaker_file_),
      config_(config),
      ends_(io.get_executor()),
      timer_(io) {
    complain(runtime_.prepare());
    const core::Settings settings = config::to_settings(config, node);
    std::set<VmName> names;
    for (const auto& [name, vm] : settings.vms) names.insert(name);

    load_ids();
    core::Remembered remembered = recall(names);
    remembered.known = known_entries();
    state_ = core::make_state(settings, remembered, now());
    for (const auto& [node_name, its] : config.nodes) make_link(config, its.host);
}

Engine::~Engine() = default;

std::map<VmName, core::VmxPath> vmx_of(const config::Config& config) {
    std::map<VmName, core::VmxPath> paths;
    for (const auto& [name, vm] : config.vms) paths.emplace(name, vm.vmx);
    return paths;
}

Transports::Ways Engine::ways_to(const config::Config& config, const config::Host& host) {
    const auto address = boost::asio::ip::make_address(host.address);
    Transports::Ways ways;
    if (host.api) {
        esx::HostConfig api{host.name, {address, host.api->port}, trust_of(host.api->trust), host.api->user,
                            {},        config.watch_interval};
        api.secret = [this, file = host.api->password_file]() -> Result<std::string> {
            auto secret = config::read_secret(file);
            if (secret) scrubber_.hide(*secret);
            return secret;
        };
        ways.api = std::move(api);
    }
    if (host.ssh) {
        shell::HostConfig ssh;
        ssh.name = host.name;
        ssh.endpoint = {address, host.ssh->port};
        ssh.user = host.ssh->user;
        ssh.identity_file = host.ssh->identity_file;
        ssh.known_hosts = host.ssh->known_hosts;
        ssh.vms = vmx_of(config);
        ssh.interval = host.ssh->interval;
        ssh.freshness = config.freshness;
        ways.ssh = std::move(ssh);
    }
    return ways;
}

void Engine::make_link(const config::Config& config, const config::Host& host) {
    const HostName& name = host.name;
    Transports::World world{[this] { return now(); }, [this] { return static_cast<int64_t>(wall_clock()); },
                            [this, name, made = links_made_[name]](core::Event event) {
                                if (links_made_[name] == made) submit(std::move(event));
                            },
                            &breaker_, pulses_};
    auto ways = ways_to(config, host);
    ways.sessions_before = state_.hosts.at(name).session;
    hosts_[name] = std::make_unique<Transports>(io_.get_executor(), name, std::move(ways), std::move(world));
}

void Engine::start() {
    for (const auto& [name, host] : hosts_) host->start();
    boost::asio::co_spawn(io_, run_timer(), boost::asio::detached);
    submit(core::Tick{});
}

net::Task<> Engine::stop() {
    stopping_ = true;
    timer_.cancel();
    timer_pulse_->rest();
    net::TaskGroup ends(io_.get_executor());
    for (const auto& [name, host] : hosts_) ends.spawn("stop " + name.str(), host->stop());
    const auto until = net::deadline_in(stop_limit);
    co_await ends.join(until);
    co_await ends_.join(until);
}

core::Time Engine::now() const {
    return run::boot_now();
}

std::time_t Engine::wall_clock() const {
    return run::wall_now();
}

void Engine::complain(const Result<>& result) {
    if (!result) log_.error(result.error().message);
}

void Engine::submit(core::Event event) {
    events_.push_back(std::move(event));
    // An event that an action of this very step brings forth waits for its turn.
    if (!draining_) drain();
}

void Engine::drain() {
    draining_ = true;
    while (!events_.empty()) {
        const core::Event event = std::move(events_.front());
        events_.pop_front();
        take(core::step(state_, event, now()));
    }
    draining_ = false;
    if (listener_) listener_->state_changed();
}

void Engine::take(core::Step step) {
    wake_ = step.wake;
    // Before anything of this step leaves the node.
    for (const auto& action : step.actions)
        if (const auto* remember = std::get_if<core::Remember>(&action))
            unsaved_[remember->vm] = remember->judgement;
    if (!complaints_.contains(judgement_file)) save_judgements();
    for (const auto& action : step.actions) perform(action);
    drop_landed();
    arm_wake(wake_);
}

void Engine::perform(const core::Action& action) {
    struct Visitor {
        Engine& engine;
        Transports& host(const HostName& name) { return *engine.hosts_.at(name); }
        void operator()(const core::Write& write) { engine.perform(write); }
        void operator()(const core::Look& look) { host(look.host).look(look); }
        void operator()(const core::CheckVmx& check) { host(check.host).check_vmx(check); }
        void operator()(const core::AskProcesses& ask) { host(ask.host).ask_processes(ask); }
        void operator()(const core::AskLock& ask) { host(ask.host).ask_lock(ask); }
        void operator()(const core::TakeLock& take) {
            engine.locks_wanted_.insert(take.vm);
            engine.try_locks(false);
        }
        void operator()(const core::DropLock& drop) {
            engine.drop_landed();  // while the lock is still ours
            engine.locks_wanted_.erase(drop.vm);
            engine.locks_.erase(drop.vm);
        }
        void operator()(const core::SetMark& mark) {
            if (!mark.active) return engine.complain(engine.runtime_.clear_active(mark.vm));
            // Without its mark a VM that was started here is soon taken for one that was not, and its monitor
            // fails: so it is not started.
            if (const auto set = engine.runtime_.set_active(mark.vm); !set)
                engine.events_.push_back(core::LockRefused{mark.vm, set.error().message});
        }
        void operator()(const core::Remember&) {}  // kept already
        void operator()(const core::Say& say) {
            if (!engine.listener_ || engine.listener_->for_log(say)) engine.log_.write(run::record_of(say));
            if (engine.listener_) engine.listener_->say(say);
        }
        void operator()(const core::Answer& answer) {
            if (engine.listener_) engine.listener_->answer(answer);
        }
    };
    std::visit(Visitor{*this}, action);
}

void Engine::perform(const core::Write& write) {
    if (store(write, flying_) && store(write, answering_)) return hosts_.at(write.host)->perform(write);
    events_.push_back(core::WriteDone{write.id, core::Outcome::unsent, {}, ""});
}

void Engine::try_locks(bool contended) {
    for (auto it = locks_wanted_.begin(); it != locks_wanted_.end();) {
        auto lock = runtime_.try_lock(*it);
        if (!lock) {
            if (++lock_failures_[*it] < lock_failures_allowed) {
                ++it;
                continue;
            }
            lock_failures_.erase(*it);
            events_.push_back(core::LockRefused{*it, lock.error().message});
            it = locks_wanted_.erase(it);
            continue;
        }
        lock_failures_.erase(*it);
        if (!*lock) {
            ++it;
            continue;
        }
        locks_.insert_or_assign(*it, std::move(**lock));
        auto left = flying_.store.load(*it, now());
        if (!left.warning.empty()) log_.warning(left.warning);
        if (left.flying) flying_.ids[*it] = left.flying->write.id;
        events_.push_back(core::LockTaken{*it, std::move(left.flying), contended});
        it = locks_wanted_.erase(it);
    }
}

// A oneshot on this node sets and clears marks too.
void Engine::read_marks() {
    if (now() < marks_due_) return;
    marks_due_ = now() + core::seconds(1);
    auto marks = runtime_.active();
    if (!marks) return;
    for (const auto& [name, vm] : state_.vms)
        if (vm.active != marks->contains(name)) {
            events_.push_back(core::MarksRead{std::move(*marks)});
            return;
        }
}

void Engine::arm_wake(core::Time wake) {
    if (!locks_wanted_.empty()) wake = std::min(wake, now() + lock_retry);
    // A timer that was armed before the node was stunned fires late by as much: look at the clock once a
    // second.
    wake = std::min(wake, now() + core::seconds(1));
    // Never in a tight loop, whatever is asked for.
    wake = std::max(wake, now() + core::milliseconds(1));
    if (wake < armed_) timer_.cancel();
    wake_ = wake;
}

net::Task<> Engine::run_timer() {
    while (!stopping_) {
        timer_pulse_->beat();
        armed_ = std::min(wake_, now() + core::seconds(1));
        timer_.expires_at(to_deadline(armed_));
        co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (!stopping_ && now() >= armed_) on_timer();
    }
}

void Engine::on_timer() {
    wake_ = core::never;
    try_locks(true);
    read_marks();
    save_new_ids();
    save_judgements();
    submit(core::Tick{});
}

void Engine::pause(const VmName& vm, std::optional<core::Duration> for_how_long) {
    core::Step out;
    const auto until = for_how_long ? std::optional(now() + *for_how_long) : std::nullopt;
    core::set_paused(state_, vm, true, now(), out, until);
    take(std::move(out));
}

void Engine::resume(const VmName& vm) {
    core::Step out;
    core::set_paused(state_, vm, false, now(), out);
    take(std::move(out));
}

Result<void> Engine::retry_login(const HostName& host) {
    const auto found = hosts_.find(host);
    if (found == hosts_.end()) return Error{Errc::not_found, "there is no host " + host.str()};
    found->second->retry_login();
    log_.write({Level::info,
                run::MessageId::login_allowed,
                "host '" + host.str() + "': one more login was asked for by hand",
                {{"HOST", host.str()}}});
    return {};
}

}  // namespace vmha
