#include "daemon/esx/link.hpp"

#include <boost/asio/error.hpp>

namespace vmha::esx {

namespace {

// 1,000 VMs come in pages of 0.5 MB; a host whose every VM is asked for in one reply stays below this.
constexpr net::HttpLimits limits{.header_bytes = 16 * 1024, .body_bytes = 32u << 20};

// "vmware_soap_session="…"; Path=/; HttpOnly" -> the pair in front, byte for byte, quotes included.
std::string cookie_of(const net::HttpFields& fields) {
    for (const auto& field : fields) {
        std::string name = field.name;
        for (auto& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (name == "set-cookie" && field.value.starts_with("vmware_soap_session="))
            return field.value.substr(0, field.value.find(';'));
    }
    return {};
}

// The link is dead unless the exchange came to its end, also when the coroutine is cancelled.
class DeadUnlessDone {
public:
    DeadUnlessDone(bool& alive, net::ByteStream& stream) : alive_(alive), stream_(stream) {}
    ~DeadUnlessDone() {
        if (done) return;
        alive_ = false;
        stream_.close();
    }
    DeadUnlessDone(const DeadUnlessDone&) = delete;
    DeadUnlessDone& operator=(const DeadUnlessDone&) = delete;
    bool done = false;

private:
    bool& alive_;
    net::ByteStream& stream_;
};

}  // namespace

std::string Called::why() const {
    if (fault) return fault->fault.message;
    return error ? error->message : "";
}

Errc Called::code() const {
    if (error) return error->code;
    return refused_with("NotAuthenticated") ? Errc::not_authenticated : Errc::fault;
}

Link::Link(Peer peer, net::StreamPtr stream)
    : peer_(std::move(peer)), stream_(std::move(stream)), reader_(*stream_, limits) {}

Task<Result<std::unique_ptr<Link>>> Link::open(const Dial& dial, Peer peer, Deadline deadline) {
    auto stream = co_await dial(deadline);
    if (!stream) co_return stream.error();
    co_return std::unique_ptr<Link>(new Link(std::move(peer), std::move(*stream)));
}

void Link::close() {
    alive_ = false;
    stream_->close();
}

Task<Result<net::HttpResponse>> Link::exchange(const net::HttpRequest& request) {
    const auto written = co_await net::write_request(*stream_, request);
    if (!written) co_return written.error();
    net::HttpResponse response;
    const auto read = co_await reader_.read(response);
    if (!read) co_return read.error();
    co_return response;
}

Task<Called> Link::call(const Request& request, const std::string& cookie, Deadline deadline) {
    Called called;
    const std::string what = "call " + request.method() + " on " + peer_.name;
    if (!alive_) {
        called.error = Error{Errc::closed, "cannot " + what + ": the connection is closed"};
        co_return called;
    }
    net::HttpRequest http;
    http.method = "POST";
    http.target = "/sdk";
    http.fields = {{"Host", peer_.header},
                   {"User-Agent", "vmhad/" VMHA_VERSION},
                   {"Content-Type", "text/xml; charset=utf-8"},
                   {"SOAPAction", std::string(soap_action)}};
    if (!cookie.empty()) http.fields.push_back({"Cookie", cookie});
    http.body = request.envelope();

    DeadUnlessDone guard(alive_, *stream_);
    called.sent = true;
    auto response = co_await net::with_deadline(exchange(http), deadline, what);
    if (!response) {
        called.error = Error{response.error().code, response.error().message};
        if (called.error->message.find(what) == std::string::npos)
            called.error->message = "cannot " + what + ": " + called.error->message;
        co_return called;
    }
    guard.done = response->keep_alive;
    called.cookie = cookie_of(response->fields);
    auto parsed = parse_response(response->status, response->body, request.method(), peer_.name);
    called.reply = std::move(parsed.reply);
    called.fault = std::move(parsed.fault);
    called.error = std::move(parsed.error);
    co_return called;
}

}  // namespace vmha::esx
