// The daemon's Unix socket.
#pragma once
#include <list>
#include <memory>
#include <string>

#include "daemon/api/connection.hpp"

namespace vmha::api {

// Owned by the app, beside the hub and the backend, which outlive it; stop() it before it is destroyed. No
// client can end it or hold it up: every connection has limits of size, time and number. What it cannot do
// for one client it tells that client.
class Server {
public:
    Server(const boost::asio::any_io_executor& executor, Backend& backend, Hub& hub,
           const Operators& operators, const Limits& limits = {});
    ~Server();

    // Accepts until stop().
    void serve(net::UnixListener listener);

    // One connection that came another way.
    void serve(net::UnixConnection client);

    // No new connection, streams cut (Hub::shutdown()), requests under way answered. True when all had ended
    // by then; what has not is cancelled.
    net::Task<bool> stop(net::Deadline until);

    size_t connections() const;

private:
    net::Task<> accept_all();
    net::Task<> sweep();
    net::Task<> refuse(net::UnixConnection client);
    bool has_room(Access access) const;

    net::TaskGroup tasks_;   // accept and connections
    net::TaskGroup keeper_;  // the sweep, which goes on until the last connection has ended
    Context context_;
    std::optional<net::UnixListener> listener_;
    std::list<std::weak_ptr<Connection>> connections_;
    net::Wakeup first_connection_;
};

}  // namespace vmha::api
