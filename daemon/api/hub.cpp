#include "daemon/api/hub.hpp"

#include <algorithm>

#include "daemon/api/lines.hpp"

namespace vmha::api {

namespace {

// The progress of an operation is what was said about it, not every remark about its VM.
bool concerns(const core::Say& say, const Feed& feed, bool of_operation) {
    if (of_operation) return say.vm == feed.vm && say.operation.has_value();
    return feed.vm.empty() || say.vm == feed.vm;
}

}  // namespace

Hub::Hub(boost::asio::any_io_executor executor, Backend& backend)
    : executor_(std::move(executor)), backend_(backend) {}

void Hub::say(const core::Say& say) {
    const auto line = std::make_shared<const std::string>(event_line(say, backend_.wall_clock()));
    recent_.push_back(line);
    if (recent_.size() > recent_capacity) recent_.pop_front();
    std::erase_if(listeners_, [](const Listener& listener) { return listener.feed.expired(); });
    for (const auto& listener : listeners_) {
        const auto feed = listener.feed.lock();
        if (feed && concerns(say, *feed, listener.caller != 0)) push(*feed, line);
    }
}

void Hub::answer(const core::Answer& answer) {
    const auto found = std::ranges::find(listeners_, answer.caller, &Listener::caller);
    if (answer.caller == 0 || found == listeners_.end()) return;
    if (const auto feed = found->feed.lock()) {
        push(*feed, std::make_shared<const std::string>(last_line(answer)));
        feed->ended = true;
    }
    listeners_.erase(found);
}

void Hub::state_changed() {
    if (!has_view_) {
        const auto& state = backend_.state();
        const auto local = state.hosts.find(state.local);
        has_view_ = local != state.hosts.end() && local->second.complete;
    }
    for (const auto& waiting : waiting_)
        if (waiting.holds()) waiting.bell->ring();
}

void Hub::shutdown() {
    shut_down_ = true;
    for (const auto& listener : listeners_)
        if (const auto feed = listener.feed.lock()) cut(*feed);
    listeners_.clear();
    for (const auto& waiting : waiting_) waiting.bell->ring();
}

std::shared_ptr<Feed> Hub::follow(const VmName& only_vm) {
    return add(0, only_vm);
}

std::shared_ptr<Feed> Hub::follow_operation(core::CallerId caller, const VmName& vm) {
    return add(caller, vm);
}

std::shared_ptr<Feed> Hub::add(core::CallerId caller, const VmName& vm) {
    auto feed = std::make_shared<Feed>(executor_);
    feed->vm = vm;
    feed->cut = shut_down_;
    if (!shut_down_) listeners_.push_back({feed, caller});
    return feed;
}

void Hub::push(Feed& feed, const Line& line) {
    if (feed.cut) return;
    if (feed.lines.size() >= Feed::capacity) {
        backend_.log(Level::warning, "a client of the socket is dropped: it has left " +
                                         std::to_string(Feed::capacity) + " lines unread");
        cut(feed);
        return;
    }
    feed.lines.push_back(line);
    feed.bell.ring();
}

void Hub::cut(Feed& feed) {
    feed.cut = true;
    feed.lines.clear();
    feed.bell.ring();
    if (feed.on_cut) feed.on_cut();
}

net::Task<> Hub::wait_for_view(net::Deadline until) {
    return wait_for([this] { return has_view_; }, until);
}

net::Task<> Hub::wait_for(std::function<bool()> holds, net::Deadline until) {
    net::Wakeup bell(executor_);
    // Also leaves the list when this coroutine is cancelled or destroyed.
    struct Registration {
        std::list<Waiting>& list;
        std::list<Waiting>::iterator at;
        ~Registration() { list.erase(at); }
    } registration{waiting_, waiting_.insert(waiting_.end(), {holds, &bell})};
    while (!holds() && !shut_down_ && net::BootClock::now() < until) {
        const bool rung = co_await bell.wait(until);
        if (!rung) break;
    }
}

}  // namespace vmha::api
