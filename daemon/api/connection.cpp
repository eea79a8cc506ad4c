#include "daemon/api/connection.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/processes.hpp"

namespace vmha::api {

namespace {

constexpr auto lock_patience = std::chrono::seconds(3);
constexpr std::string_view common_fields = "Vmha-Api: 1\r\nContent-Type: ";

}  // namespace

Connection::Connection(Context& context, net::UnixConnection client)
    : context_(context),
      stream_(std::move(client.stream)),
      reader_(*stream_, context.limits.http),
      access_(access_of(client.peer, context.operators)),
      pid_(client.peer.pid) {}

void Connection::enter(Phase phase) {
    phase_ = phase;
    const auto& limits = context_.limits;
    switch (phase) {
        case Phase::idle: limit_ = context_.recently + limits.idle; break;
        case Phase::receiving: limit_ = net::BootClock::now() + limits.request; break;
        case Phase::writing: limit_ = context_.recently + limits.stall + limits.sweep; break;
        case Phase::working:
        case Phase::streaming: limit_ = net::Deadline::max(); break;
    }
}

void Connection::check_limit(net::Deadline now) {
    if (now < limit_) return;
    limit_ = net::Deadline::max();
    if (phase_ == Phase::receiving) {
        context_.tasks.spawn("late request", [](std::shared_ptr<Connection> self) -> net::Task<> {
            co_await self->refuse_late();
        }(shared_from_this()));
        return;
    }
    if (phase_ == Phase::writing)
        context_.backend.log(Level::warning, "a client of the socket is dropped: process " +
                                                 std::to_string(pid_) + " does not read its answer");
    close();
}

void Connection::finish() {
    if (phase_ == Phase::idle || phase_ == Phase::receiving) close();
}

void Connection::close() {
    stream_->close();
}

net::Task<> Connection::serve() {
    const auto self = shared_from_this();
    for (bool go_on = true; go_on && !context_.stopping;) {
        const auto complete = reader_.parse(request_);
        if (!complete) {
            co_await refuse_message();
            break;
        }
        if (*complete) {
            go_on = co_await answer();
            continue;
        }
        if (!reader_.mid_message())
            enter(Phase::idle);
        else if (phase_ != Phase::receiving)
            enter(Phase::receiving);
        const auto bytes = co_await stream_->read_some(reader_.space());
        if (!bytes || refused_) break;
        reader_.received(*bytes);
    }
    close();
}

bool Connection::allowed(const Route& route) {
    // A browser that a web page sent here says so; no client of ours does.
    if (request_.fields.find("Origin") || request_.fields.find("Referer"))
        set_error(reply_, 403, word(Reason::forbidden), "requests of web pages are refused");
    else if (route.access == Access::operate && access_ != Access::operate)
        set_error(reply_, 403, word(Reason::forbidden), "this needs root or the group vmha");
    else
        return true;
    return false;
}

net::Task<bool> Connection::answer() {
    enter(Phase::working);
    reply_.status = 200;
    reply_.body.clear();
    reply_.allow = {};
    reply_.content_type = "application/json";
    Exchange exchange{
        context_.backend, context_.hub, request_, split_target(request_.target), {}, reply_, {}};
    const auto* route = find_route(request_.method, exchange.target.path, exchange.name, reply_);
    if (route != nullptr && allowed(*route)) {
        bool go_on = true;
        if (route->waits_for_view && !context_.hub.has_view())
            go_on = co_await wait_for_view(exchange.target);
        if (go_on && exchange.target.parameter("lock") == "ask") co_await ask_for_lock(exchange);
        if (go_on) route->handler(exchange);
    }
    if (exchange.streaming) {
        co_await stream(std::move(*exchange.streaming));
        co_return false;
    }
    co_return co_await send(request_.keep_alive && !context_.stopping);
}

net::Task<bool> Connection::send(bool keep_alive) {
    out_.clear();
    net::append_status_line(out_, reply_.status);
    out_ += common_fields;
    out_ += reply_.content_type;
    out_ += "\r\n";
    if (!reply_.allow.empty()) (out_ += "Allow: ").append(reply_.allow) += "\r\n";
    net::append_body(out_, reply_.body, keep_alive);
    enter(Phase::writing);
    const auto written = co_await stream_->write(boost::asio::buffer(out_));
    enter(Phase::idle);
    co_return keep_alive&& written.has_value();
}

// The status is known only with the view, but the client has to learn at once that the daemon lives: 102 is
// the interim answer for that, and clients skip it.
net::Task<bool> Connection::wait_for_view(const Target& target) {
    const auto timeout = view_timeout(target);
    if (!timeout) {
        set_error(reply_, 400, word(Reason::bad_request), "timeout_ms is not a number from 0 to 600000");
        co_return false;
    }
    const auto until = net::deadline_in(*timeout);
    if (request_.minor_version != 0) {
        enter(Phase::writing);
        out_ = "HTTP/1.1 102 Processing\r\nVmha-Api: 1\r\n\r\n";
        const auto written = co_await stream_->write(boost::asio::buffer(out_));
        enter(Phase::working);
        if (!written) co_return false;
    }
    co_await context_.hub.wait_for_view(until);
    co_return true;
}

// Who holds the VM's files is asked only where somebody wants to know; the core sees to it that it is not too
// often.
net::Task<> Connection::ask_for_lock(Exchange& exchange) {
    const VmName name{std::string(exchange.name)};
    const auto& state = exchange.backend.state();
    const auto told = [&state, name] {
        const auto found = state.vms.find(name);  // a reload may have taken it away
        if (found == state.vms.end()) return true;
        const auto& vm = found->second;
        return vm.disk_lock && vm.disk_lock_asked && vm.disk_lock->asked >= *vm.disk_lock_asked;
    };
    const bool somebody_can_tell =
        std::ranges::any_of(state.hosts, [](const auto& host) { return core::shell_up(host.second); });
    if (!state.vms.contains(name) || !somebody_can_tell) co_return;
    exchange.backend.submit(core::LockWanted{name});
    co_await context_.hub.wait_for(told, net::deadline_in(lock_patience));
}

net::Task<> Connection::refuse_message() {
    switch (reader_.problem()) {
        case net::HttpProblem::header_too_large:
            set_error(reply_, 431, "header_too_large",
                      "the request's header is larger than this socket accepts");
            break;
        case net::HttpProblem::body_too_large:
            set_error(reply_, 413, "too_large", "the request's body is larger than this socket accepts");
            break;
        default: set_error(reply_, 400, word(Reason::bad_request), "this is not an HTTP request"); break;
    }
    reply_.allow = {};
    co_await send(false);
}

// The read is still waiting in serve(): it ends when this closes the stream.
net::Task<> Connection::refuse_late() {
    refused_ = true;
    set_error(reply_, 408, "request_timeout", "the request was not complete in time");
    reply_.allow = {};
    co_await send(false);
    close();
}

net::Task<> Connection::stream(Streaming streaming) {
    const auto feed = streaming.feed;
    const std::weak_ptr<Connection> weak = weak_from_this();
    feed->on_cut = [weak] {
        if (const auto self = weak.lock()) self->close();
    };
    if (request_.minor_version == 0) {
        set_error(reply_, 400, word(Reason::bad_request), "a stream of lines needs HTTP/1.1");
        co_await send(false);
        co_return;
    }
    out_.clear();
    net::append_status_line(out_, 200);
    out_ += common_fields;
    out_ += "application/x-ndjson\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    net::append_chunk(out_, streaming.first);
    context_.tasks.spawn("watch a listener",
                         [](std::shared_ptr<Connection> self, std::shared_ptr<Feed> lines) -> net::Task<> {
                             co_await self->watch_for_end(lines);
                         }(shared_from_this(), feed));
    // Before the first write: a client that reads slowly does not hold up its own operation.
    if (streaming.ask) context_.backend.submit(*streaming.ask);
    const bool whole = co_await stream_lines(*feed);
    if (streaming.ask && !whole && !context_.stopping)
        context_.backend.submit(core::CallerGone{streaming.ask->caller});
}

// Sends what the feed brings, `out_` first. True when it was sent to its end.
net::Task<bool> Connection::stream_lines(Feed& feed) {
    for (;;) {
        std::string lines;
        for (const auto& line : feed.lines) lines += *line;
        feed.lines.clear();
        const bool last = feed.ended;
        net::append_chunk(out_, lines);
        if (last) net::append_last_chunk(out_);
        if (!out_.empty()) {
            enter(Phase::writing);
            const auto written = co_await stream_->write(boost::asio::buffer(out_));
            enter(Phase::streaming);
            if (!written) co_return false;
        }
        out_.clear();
        if (last) co_return true;
        while (feed.lines.empty() && !feed.ended && !feed.cut) {
            const bool rung = co_await feed.bell.wait();
            if (!rung) co_return false;
        }
        if (feed.cut) co_return false;
    }
}

// What a client sends while it listens is thrown away; that it has gone must be seen at once.
net::Task<> Connection::watch_for_end(std::shared_ptr<Feed> feed) {
    std::array<char, 256> ignored{};
    for (;;) {
        const auto bytes = co_await stream_->read_some(boost::asio::buffer(ignored));
        if (!bytes) break;
    }
    feed->cut = true;
    feed->bell.ring();
}

}  // namespace vmha::api
