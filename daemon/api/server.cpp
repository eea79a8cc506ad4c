#include "daemon/api/server.hpp"

#include <algorithm>

namespace vmha::api {

namespace {

net::TaskGroup::OnException report_to(Backend& backend) {
    return [&backend](std::string_view task, std::string_view what) {
        backend.log(Level::error,
                    "cannot go on with '" + std::string(task) + "' of the socket: " + std::string(what));
    };
}

}  // namespace

Server::Server(const boost::asio::any_io_executor& executor, Backend& backend, Hub& hub,
               const Operators& operators, const Limits& limits)
    : tasks_(executor, report_to(backend)),
      keeper_(executor, report_to(backend)),
      context_{backend, hub, operators, limits, tasks_},
      first_connection_(executor) {
    keeper_.spawn("sweep", sweep());
}

Server::~Server() = default;

void Server::serve(net::UnixListener listener) {
    listener_ = std::move(listener);
    tasks_.spawn("accept", accept_all());
}

net::Task<> Server::accept_all() {
    for (;;) {
        auto client = co_await listener_->accept();
        if (!client) {
            if (!context_.stopping) context_.backend.log(Level::error, client.error().message);
            co_return;
        }
        serve(std::move(*client));
    }
}

size_t Server::connections() const {
    return static_cast<size_t>(
        std::ranges::count_if(connections_, [](const auto& connection) { return !connection.expired(); }));
}

// The last places are for those who may operate: a crowd of readers must not keep a start or a stop out.
bool Server::has_room(Access access) const {
    const auto& limits = context_.limits;
    const size_t kept = access == Access::operate ? 0 : limits.kept_for_operators;
    return connections_.size() + kept < limits.connections;
}

void Server::serve(net::UnixConnection client) {
    std::erase_if(connections_, [](const auto& connection) { return connection.expired(); });
    if (!has_room(access_of(client.peer, context_.operators))) {
        tasks_.spawn("refuse", refuse(std::move(client)));
        return;
    }
    context_.recently = net::BootClock::now();
    auto connection = std::make_shared<Connection>(context_, std::move(client));
    connections_.push_back(connection);
    first_connection_.ring();
    tasks_.spawn("connection", [](std::shared_ptr<Connection> self) -> net::Task<> {
        co_await self->serve();
    }(std::move(connection)));
}

// Said without having read the request, so that a crowd costs nothing but this.
net::Task<> Server::refuse(net::UnixConnection client) {
    Reply reply;
    set_error(reply, 503, word(Reason::busy), "too many connections to this socket");
    std::string text;
    net::append_status_line(text, reply.status);
    text += "Vmha-Api: 1\r\nContent-Type: application/json\r\n";
    net::append_body(text, reply.body, false);
    co_await client.stream->write(boost::asio::buffer(text));
    client.stream->close();
}

net::Task<> Server::sweep() {
    for (;;) {
        if (connections_.empty()) co_await first_connection_.wait();
        co_await net::sleep_until(net::deadline_in(context_.limits.sweep));
        context_.recently = net::BootClock::now();
        std::erase_if(connections_, [](const auto& connection) { return connection.expired(); });
        for (const auto& weak : connections_)
            if (const auto connection = weak.lock()) connection->check_limit(context_.recently);
    }
}

net::Task<bool> Server::stop(net::Deadline until) {
    context_.stopping = true;
    if (listener_) listener_->close();
    context_.hub.shutdown();
    for (const auto& weak : connections_)
        if (const auto connection = weak.lock()) connection->finish();
    const bool ended = co_await tasks_.join(until);
    tasks_.cancel();
    keeper_.cancel();
    const auto at_last = net::deadline_in(std::chrono::milliseconds(200));
    co_await tasks_.join(at_last);
    co_await keeper_.join(at_last);
    co_return ended;
}

}  // namespace vmha::api
