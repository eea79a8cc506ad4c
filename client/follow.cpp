#include "client/follow.hpp"

#include <algorithm>

#include "client/say.hpp"

namespace vmha::client {
namespace {

constexpr int64_t header_ms = 3000;
constexpr int64_t read_ms = 20'000;
constexpr int64_t again_first_ms = 20;
constexpr int64_t again_max_ms = 1000;
constexpr int64_t stable_ns = 1'000'000'000;
constexpr int64_t alert_after_ns = 3'000'000'000;

}  // namespace

Follower::Follower(std::string socket_path, const std::vector<std::string>& vms, Alerts& alerts)
    : socket_path_(std::move(socket_path)),
      all_(vms.empty()),
      vms_(vms.begin(), vms.end()),
      alerts_(alerts),
      again_ms_(again_first_ms) {}

ExitCode Follower::run() {
    for (;;) {
        subscribe();
        while (!end_ && events_ && !events_->ended()) {
            if (!subscribed_ && events_->status() == 200) begin_reads();
            std::vector<Exchange*> busy{events_.get()};
            for (const Read& read : reads_) busy.push_back(read.exchange.get());
            poll_once(busy, Deadline::never());
            settle_reads();
        }
        if (end_) return *end_;
        lose();
    }
}

void Follower::subscribe() {
    subscribed_ = false;
    events_ = std::make_unique<Exchange>(socket_path_, Request{"GET", "/v1/events?follow=1", {}},
                                         Deadline::in_ms(header_ms), Deadline::never(),
                                         [this](std::string_view line) { return take_event(line); });
}

void Follower::begin_reads() {
    subscribed_ = true;
    subscribed_ns_ = boot_ns();
    if (lost_ns_) say(Level::info, "vmhad answers again");
    lost_ns_.reset();
    alerts_.forget("daemon");
    if (all_) begin_read({});
    for (const std::string& vm : vms_) begin_read(vm);
}

void Follower::begin_read(const std::string& vm) {
    const std::string target = vm.empty() ? "/v1/vms" : "/v1/vms/" + vm + "/health";
    reads_.push_back({vm, std::make_unique<Exchange>(socket_path_, Request{"GET", target, {}},
                                                     Deadline::in_ms(header_ms), Deadline::in_ms(read_ms))});
}

void Follower::settle_reads() {
    std::vector<Read> ended;
    const auto running = std::stable_partition(reads_.begin(), reads_.end(),
                                               [](const Read& read) { return !read.exchange->ended(); });
    std::move(running, reads_.end(), std::back_inserter(ended));
    reads_.erase(running, reads_.end());
    for (const Read& read : ended) {
        if (end_ || !events_) return;
        if (read.vm.empty())
            take_list(*read.exchange);
        else
            take_answer(read.vm, *read.exchange);
    }
}

bool Follower::take_event(std::string_view line) {
    const auto event = parse_json(line);
    if (event.has_error()) return true;
    const std::string kind = get_string(*event, "event").value_or("");
    const std::string vm = get_string(*event, "vm").value_or("");
    if (!vm.empty() && !mine(vm)) return true;
    if (kind == "health") {
        if (auto health = read_health(*event)) take_health(std::move(*health));
    } else if (const auto message = get_string(*event, "message"); message && !message->empty()) {
        say(read_level(*event), *message);
    }
    return !end_;
}

void Follower::take_list(const Exchange& exchange) {
    const auto names = exchange.trouble() == Trouble::none && exchange.status() == 200
                           ? read_vm_list(exchange.body(), true)
                           : std::nullopt;
    if (!names) return events_.reset();
    if (names->empty()) say(Level::info, "no VM is active on this node yet");
    for (const std::string& vm : *names) begin_read(vm);
}

void Follower::take_answer(const std::string& vm, const Exchange& exchange) {
    if (exchange.trouble() == Trouble::deadline) {
        const std::string text = "vm '" + vm + "': unknown: vmhad had no answer in time";
        if (std::exchange(said_[vm], text) != text) say(Level::warning, text);
        return begin_read(vm);
    }
    if (exchange.trouble() != Trouble::none) return events_.reset();
    const Refusal refusal = read_refusal(exchange.body());
    if (exchange.status() == 404 && refusal.word == "unknown_vm") {
        if (all_) return;  // removed from the configuration between list and read
        say(Level::error, "vm '" + vm + "': " + refusal.word + ": " + refusal.sentence);
        end_ = ExitCode::usage;
        return;
    }
    const auto body = parse_json(exchange.body());
    auto health = body.has_error() ? std::nullopt : read_health(*body);
    if (!health) return events_.reset();
    if (health->vm.empty()) health->vm = vm;
    take_health(std::move(*health));
}

void Follower::take_health(Health health) {
    // Asked for all that are active here, one that is not any more is no fault: the cluster stopped it.
    if (all_ && health.reason == "not_active_here") {
        said_.erase(health.vm);
        return;
    }
    const std::string text = health_text(health);
    if (health.exit_code != ExitCode::ok) end_ = health.exit_code;
    if (std::exchange(said_[health.vm], text) != text || end_) report(health, alerts_);
}

void Follower::lose() {
    const Trouble trouble =
        events_ && events_->trouble() != Trouble::none ? events_->trouble() : Trouble::closed;
    events_.reset();
    reads_.clear();
    if (!lost_ns_) {
        lost_ns_ = boot_ns();
    }
    if (subscribed_ && boot_ns() - subscribed_ns_ >= stable_ns) again_ms_ = again_first_ms;
    const std::string text = "cannot follow: " + describe(trouble, socket_path_) + "; trying again";
    if (std::exchange(lost_by_, trouble) != trouble || subscribed_) say(Level::warning, text);
    if (boot_ns() - *lost_ns_ >= alert_after_ns)
        alerts_.raise("daemon", "down", Alerts::Severity::error, text);
    poll_once({}, Deadline::in_ms(again_ms_));
    again_ms_ = std::min(again_ms_ * 2, again_max_ms);
}

}  // namespace vmha::client
