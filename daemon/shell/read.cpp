#include "daemon/shell/read.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/processes.hpp"

namespace vmha::shell {

namespace {

constexpr auto longest_pause = core::seconds(5);  // after a refresh that failed (rule 9)
constexpr auto process_limit = core::seconds(5);
constexpr auto check_limit = core::seconds(10);

// Each VM costs one vim-cmd or two, one after the other, and on a busy host each of them takes seconds.
core::Duration refresh_limit(const HostConfig& config) {
    return config.limits.refresh + static_cast<int64_t>(config.vms.size()) * config.limits.refresh_vm;
}

std::unique_ptr<net::Pulse> pulse_of_reads(const HostConfig& config, const net::Pulses& pulses) {
    return net::make_pulse(pulses, "the SSH reads of " + config.name.str(),
                           refresh_limit(config) + config.interval + longest_pause);
}

}  // namespace

Reader::Reader(boost::asio::any_io_executor executor, const HostConfig& config, const HostWorld& world,
               Runner& runner)
    : executor_(executor),
      config_(config),
      world_(world),
      runner_(runner),
      turn_(executor),
      picture_(config.name, config.vms),
      news_(executor),
      pulse_(pulse_of_reads(config, world.pulses)) {}

void Reader::connected(bool up) {
    up_ = up;
    if (up) ++session_;
    if (up) away_ = away_told_ = false;
    last_full_.reset();
    refresh_soon();
}

void Reader::want(bool on) {
    if (on && !wanted_) ++session_;
    if (on && !wanted_) away_told_ = false;
    wanted_ = on;
    last_full_.reset();
    refresh_soon();
}

void Reader::read_vms() {
    picture_.set_ours(config_.vms);
    pulse_ = pulse_of_reads(config_, world_.pulses);
    if (!reads()) pulse_->rest();
}

void Reader::refresh_soon() {
    soon_ = true;
    news_.ring();
}

net::Task<> Reader::run() {
    for (;;) {
        if (!reads()) {
            pulse_->rest();
            co_await news_.wait();
            continue;
        }
        pulse_->beat();
        soon_ = false;
        const auto begun = net::BootClock::now();
        const bool well = co_await refresh(false);
        pulse_->beat();
        const auto next = next_refresh(begun, well);
        while (reads() && !soon_ && net::BootClock::now() < next) co_await news_.wait(next);
    }
}

net::Deadline Reader::next_refresh(net::Deadline begun, bool well) const {
    // One that was given up is tried again in its turn, behind what was more urgent.
    if (!well && !away_) return net::deadline_in(core::milliseconds(100));
    if (!well) return net::deadline_in(std::min<core::Duration>(config_.interval, longest_pause));
    return begun + config_.interval;
}

// The host's state as a whole must not be put off for ever: not beyond the time for which it is good.
bool Reader::overdue() const {
    return !last_full_ || world_.clock() - *last_full_ > 2 * pace_;
}

net::Task<Reader::Asked> Reader::ask(Script script, net::Deadline until, std::shared_ptr<net::Wakeup> give_up,
                                     std::optional<core::Duration> most_silence) {
    Command command;
    command.script = script.text();
    command.give_up = give_up;
    command.most_silence = most_silence;
    auto ran = co_await runner_.run(command, until);
    if (!ran.output) {
        co_return Failure{ran.error, up_ && ran.error.code != Errc::closed};
    }
    auto reply = reply_of(std::move(*ran.output), script.marker());
    if (!reply)
        co_return Failure{
            {Errc::bad_reply, "cannot read " + config_.name.str() + ": " + reply.error().message}, true};
    co_return std::move(*reply);
}

net::Task<std::optional<Reader::Failure>> Reader::take_refresh(net::Deadline until,
                                                               std::shared_ptr<net::Wakeup> give_up) {
    const auto asked = world_.clock();
    const auto script = picture_.ask(asked);
    const auto reply = co_await ask(script, until, give_up, config_.limits.refresh);
    if (!reply) co_return reply.error();
    const auto more = picture_.take(*reply, asked);
    tell(core::ProcessesTold{config_.name, asked, picture_.processes()});
    if (!more) co_return Failure{more.error()};
    if (!*more) co_return std::nullopt;
    const auto second = co_await ask(**more, until, give_up, config_.limits.refresh);
    if (!second) co_return second.error();
    const auto taken = picture_.take_more(*second);
    if (!taken) co_return Failure{taken.error()};
    co_return std::nullopt;
}

// False: nothing whole was told.
net::Task<bool> Reader::refresh(bool for_looks) {
    const auto until = net::deadline_in(refresh_limit(config_));
    const auto give_up = std::make_shared<net::Wakeup>(executor_);
    // What somebody waits for is not put off.
    net::Turn::GiveWay give_way;
    if (!for_looks) give_way = {give_up, [this] { return !overdue(); }};
    const auto held = co_await turn_.take(until, for_looks, std::move(give_way));
    // Whoever asked before it begins is answered by it.
    const auto looks = for_looks ? std::exchange(whole_looks_, {}) : std::vector<core::LookId>();
    bool told = false;
    if (held && up_) told = co_await refresh_now(looks, until, give_up);
    if (!told)
        for (const auto look : looks) tell(core::LookFailed{config_.name, look});
    co_return told;
}

net::Task<bool> Reader::refresh_now(const std::vector<core::LookId>& looks, net::Deadline until,
                                    std::shared_ptr<net::Wakeup> give_up) {
    const auto session = session_;
    const auto begun = world_.clock();
    picture_.set_powering_on({powering_on_.begin(), powering_on_.end()});
    const auto failure = co_await take_refresh(until, give_up);
    if (session != session_ || !up_) co_return false;  // of a connection that is over
    if (failure) {
        if (failure->of_the_host) failed(failure->error);
        co_return false;
    }
    if (away_ || picture_.hostd_is_new()) ++session_;
    away_ = away_told_ = false;
    told_whole(looks, begun);
    co_return true;
}

void Reader::told_whole(const std::vector<core::LookId>& looks, core::Time begun) {
    auto read = picture_.read();
    read.session = session_;
    // Until two more have come: one may fail, and they may take longer than the interval.
    const core::Duration took = world_.clock() - begun;
    pace_ = std::max(config_.interval, took) + took;
    core::Duration rhythm = pace_;
    if (last_full_) rhythm = std::max(rhythm, read.asked - *last_full_);
    read.good_for = std::max(config_.freshness, 3 * rhythm);
    last_full_ = read.asked;
    // It is a refresh as any other, too: an answer to a look confirms less.
    tell(read);
    for (const auto look : looks) {
        read.look = look;
        tell(read);
    }
}

void Reader::failed(const Error& error) {
    away_ = true;
    last_full_.reset();  // how long it was away is no measure of how often it is read
    if (!wanted_ || std::exchange(away_told_, true)) return;
    if (world_.cannot_read) world_.cannot_read(error);
}

net::Task<std::optional<core::Looked>> Reader::read_one(std::string vmid, net::Deadline until,
                                                        bool with_tasks) {
    core::Looked looked;
    looked.host = config_.name;
    looked.session = session_;
    looked.asked = world_.clock();
    looked.vmid = vmid;
    picture_.set_powering_on({powering_on_.begin(), powering_on_.end()});
    const auto reply = co_await ask(picture_.ask_one(vmid, with_tasks), until);
    if (!reply || looked.session != session_) co_return std::nullopt;
    auto one = picture_.take_one(*reply, vmid, looked.asked);
    if (!one) co_return std::nullopt;
    if (one->gone) {
        // hostd says so of a VM that it has not loaded yet, too.
        if (away_) co_return std::nullopt;
        const auto listing = co_await ask(picture_.ask_presence(), until);
        if (!listing || looked.session != session_ || away_) co_return std::nullopt;
        const auto present = picture_.take_presence(*listing, vmid);
        if (!present || *present) co_return std::nullopt;
    } else {
        looked.entry = std::move(one->entry);
        if (!one->tasks.empty()) {
            const auto tasks = co_await ask(picture_.ask_tasks(one->tasks), until);
            if (!tasks || looked.session != session_) co_return std::nullopt;
            picture_.add_task(*looked.entry, picture_.take_tasks(*tasks, one->tasks));
        }
    }
    picture_.looked(vmid, looked.entry, looked.asked);
    co_return looked;
}

net::Task<bool> Reader::look_at_one(const core::Look& order) {
    // Before it may be a refresh that cannot be put off.
    const auto held = co_await turn_.urgent(net::deadline_in(refresh_limit(config_)));
    if (!held || !up_ || !text::is_digits(order.vmid)) co_return false;
    const auto until = net::deadline_in(config_.limits.look);
    auto looked = co_await read_one(order.vmid, until, true);
    if (!looked) co_return false;
    looked->look = order.id;
    tell(std::move(*looked));
    co_return true;
}

net::Task<> Reader::look(core::Look order) {
    if (order.vmid.empty()) {
        whole_looks_.push_back(order.id);
        // The first of them waits for the turn for all: a hundred starts at once ask for one refresh.
        if (whole_looks_.size() == 1) co_await refresh(true);
        co_return;
    }
    const bool learned = co_await look_at_one(order);
    if (!learned) tell(core::LookFailed{config_.name, order.id});
}

std::shared_ptr<void> Reader::power_on_begins(std::string vmid) {
    const auto place = powering_on_.insert(std::move(vmid));
    return {nullptr, [this, place](void*) { powering_on_.erase(place); }};
}

net::Task<> Reader::glance(std::string vmid, net::Deadline until) {
    if (!reads()) co_return;
    auto looked = co_await read_one(std::move(vmid), until, false);
    if (looked && looked->entry && reads()) tell(std::move(*looked));
}

net::Task<std::optional<std::vector<core::VmProcess>>> Reader::processes_by(std::string_view program) {
    Script script;
    script.run("processes", std::string(program) + " vm process list");
    const auto reply = co_await ask(script, net::deadline_in(process_limit));
    const auto* frame = reply ? reply->frame("processes") : nullptr;
    if (frame == nullptr || frame->status != 0) co_return std::nullopt;
    if (text::trimmed(frame->out).empty() && !text::trimmed(frame->err).empty()) co_return std::nullopt;
    auto processes = text::read_processes(frame->out);
    if (!processes) co_return std::nullopt;
    co_return std::move(*processes);
}

net::Task<> Reader::ask_processes(core::AskProcesses order) {
    core::ProcessesTold told{order.host, world_.clock(), {}};
    told.processes = co_await processes_by("esxcli");
    if (!told.processes && up_) {
        // Without hostd, which may hang while storage is away (facts A).
        told.asked = world_.clock();
        told.processes = co_await processes_by("localcli");
    }
    tell(std::move(told));
}

net::Task<> Reader::check_vmx(core::CheckVmx order) {
    core::VmxChecked checked{order.vm, order.host, core::Presence::cannot_tell};
    const std::string volume = quoted("/vmfs/volumes/" + order.path.volume + "/.");
    Script script;
    script.run("volume", "test -d " + volume).run("vmx", "test -r " + quoted(core::file_path(order.path)));
    const auto reply = co_await ask(script, net::deadline_in(check_limit));
    const auto* mounted = reply ? reply->frame("volume") : nullptr;
    const auto* vmx = reply ? reply->frame("vmx") : nullptr;
    if (mounted != nullptr && vmx != nullptr) {
        if (vmx->status == 0)
            checked.presence = core::Presence::present;
        else if (mounted->status == 0 && vmx->status == 1)
            checked.presence = core::Presence::missing;
    }
    tell(std::move(checked));
}

}  // namespace vmha::shell
