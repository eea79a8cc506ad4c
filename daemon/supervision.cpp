#include "daemon/supervision.hpp"

#include <sys/stat.h>

#include "daemon/net/http.hpp"
#include "daemon/net/unix.hpp"
#include "daemon/run/clock.hpp"
#include "daemon/run/systemd.hpp"

namespace vmha {
namespace {

// Over what a task's own limits come to: the loop has other things to do, too.
constexpr auto allowance = core::seconds(5);
// Where systemd sets no watchdog, what stalls is said all the same.
constexpr auto usual_rhythm = core::seconds(7);
// A burst of news is one line.
constexpr auto status_pause = core::milliseconds(250);

class Felt : public net::Pulse {
public:
    Felt(std::shared_ptr<run::Watchdog> watchdog, std::string task, core::Duration at_most)
        : watchdog_(std::move(watchdog)), party_(watchdog_->add(std::move(task), at_most, run::boot_now())) {}
    ~Felt() override { watchdog_->remove(party_); }
    void beat() override { watchdog_->beat(party_, run::boot_now()); }
    void rest() override { watchdog_->rest(party_); }

private:
    std::shared_ptr<run::Watchdog> watchdog_;
    run::Watchdog::Party party_;
};

// Any answer at all shows that connections are accepted, read and answered.
net::Task<Result<void>> ask_healthz(std::string socket, net::Deadline until) {
    auto stream = co_await net::connect_unix(socket, until);
    if (!stream) co_return stream.error();
    net::HttpRequest request;
    request.target = "/healthz";
    request.keep_alive = false;
    auto asked = co_await net::write_request(**stream, request);
    if (!asked) co_return asked;
    net::HttpReader reader(**stream);
    net::HttpResponse response;
    co_return co_await reader.read(response);
}

}  // namespace

Supervision::Supervision(boost::asio::io_context& io, run::Log& log, std::string socket)
    : io_(io),
      log_(log),
      socket_(std::move(socket)),
      fed_(run::watchdog_limit().has_value()),
      rhythm_(fed_ ? *run::watchdog_limit() / 4 : core::Duration(usual_rhythm)),
      watchdog_(std::make_shared<run::Watchdog>(rhythm_)),
      news_(io.get_executor()),
      tasks_(io.get_executor(), [this](std::string_view task, std::string_view what) {
          log_.error("cannot go on with " + std::string(task) + ": " + std::string(what));
      }) {}

net::Pulses Supervision::pulses() {
    return [watchdog = watchdog_](std::string task, core::Duration at_most) {
        return std::make_unique<Felt>(watchdog, std::move(task), at_most + allowance);
    };
}

void Supervision::start(std::function<std::string()> status) {
    status_ = std::move(status);
    told_ = status_();
    run::notify_ready(told_);
    if (fed_) run::notify_watchdog();
    tasks_.spawn("the watchdog", feed());
    tasks_.spawn("the proof that the socket is served", prove_socket());
    tasks_.spawn("the status line", tell_status());
}

void Supervision::stop() {
    run::notify_stopping("ends");
    tasks_.cancel();
}

net::Task<> Supervision::feed() {
    for (;;) {
        if (!co_await net::sleep_until(net::deadline_in(rhythm_))) co_return;
        const auto check = watchdog_->check(run::boot_now());
        for (const auto& silence : check.begun)
            log_.write(
                {Level::error,
                 run::MessageId::task_stalls,
                 text_of(silence) + (fed_ ? ": asking systemd for a restart by not feeding the watchdog"
                                          : ": a restart of vmhad would help"),
                 {{"TASK", silence.name}}});
        for (const auto& name : check.over)
            log_.write({Level::warning,
                        run::MessageId::task_goes_on,
                        name + " makes progress again",
                        {{"TASK", name}}});
        if (fed_ && check.well) run::notify_watchdog();
    }
}

std::optional<Supervision::Identity> Supervision::socket_file() const {
    struct stat status {};
    if (::stat(socket_.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
    return Identity{status.st_dev, status.st_ino};
}

// Where the file is not the one that we serve any more, nobody reaches us; but a restart would not mend that
// where the socket is systemd's.
net::Task<> Supervision::prove_socket() {
    const auto pulse = std::make_unique<Felt>(watchdog_, "the socket " + socket_, 3 * rhythm_);
    const auto ours = socket_file();
    bool lost = false;
    for (;;) {
        const auto next = net::deadline_in(rhythm_);
        const auto answered = co_await net::with_deadline(ask_healthz(socket_, next), next, "ask " + socket_);
        const bool now_lost = socket_file() != ours;
        if (answered || now_lost) pulse->beat();
        if (now_lost && !lost)
            log_.write({Level::error, run::MessageId::socket_lost,
                        "nobody can reach vmhad any more: " + socket_ +
                            " is gone or another's; systemctl restart vmhad.socket vmhad.service"});
        lost = now_lost;
        if (!co_await net::sleep_until(next)) co_return;
    }
}

net::Task<> Supervision::tell_status() {
    for (;;) {
        if (!co_await news_.wait()) co_return;
        if (const auto line = status_(); line != told_) run::notify_status(told_ = line);
        if (!co_await net::sleep_until(net::deadline_in(status_pause))) co_return;
    }
}

}  // namespace vmha
