// One HTTPS connection to a host: one exchange after the other.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "daemon/esx/soap_text.hpp"
#include "daemon/net/deadline.hpp"
#include "daemon/net/http.hpp"
#include "daemon/net/stream.hpp"

namespace vmha::esx {

using net::Deadline;
using net::Task;

// How a stream to the host is made; the default is TLS to the configured endpoint, tests have their own.
using Dial = std::function<Task<Result<net::StreamPtr>>(Deadline)>;

// What stands in front of every call on a host.
struct Peer {
    std::string name;    // for messages: host.name of the configuration
    std::string header;  // the Host header: "172.31.255.2:443"
};

// The outcome of one call. Without a reply either the host said no (fault), or nothing is known (error).
struct Called {
    std::optional<Reply> reply;
    std::optional<SoapFault> fault;
    std::optional<Error> error;
    bool sent = false;   // the request may have reached the host
    std::string cookie;  // of a Set-Cookie header, if the reply had one
    explicit operator bool() const { return reply.has_value(); }
    bool refused_with(std::string_view fault_name) const { return fault && fault->is(fault_name); }
    std::string why() const;  // of a call without a reply, for people
    Errc code() const;
};

// Owned by who opened it; used by one coroutine at a time. Dead after the first error, timeout or
// cancellation: every later call is refused, unsent.
class Link {
public:
    static Task<Result<std::unique_ptr<Link>>> open(const Dial& dial, Peer peer, Deadline deadline);

    // cookie: "name=value" as the host gave it, or empty.
    Task<Called> call(const Request& request, const std::string& cookie, Deadline deadline);

    bool alive() const { return alive_; }
    void close();  // ends a call under way with an error

private:
    Link(Peer peer, net::StreamPtr stream);
    Task<Result<net::HttpResponse>> exchange(const net::HttpRequest& request);

    Peer peer_;
    net::StreamPtr stream_;
    net::HttpReader reader_;
    bool alive_ = true;
};

}  // namespace vmha::esx
