#include "tests/simulator/front/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "tests/simulator/model/faults.hpp"

namespace vmha::sim {
namespace {

constexpr size_t body_max = 8u << 20;
constexpr size_t queue_max = 16;

std::string cookie_of(const net::HttpRequest& request) {
    constexpr std::string_view name = "vmware_soap_session=";
    const std::string* field = request.fields.find("Cookie");
    if (!field) return {};
    const auto at = field->find(name);
    if (at == std::string::npos) return {};
    std::string value = field->substr(at + name.size());
    value = value.substr(0, value.find(';'));
    // The value is quoted where it is set; clients give it back either way.
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    return value;
}

std::string decoded(std::string_view text) {
    std::string out;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && isxdigit(text[i + 1]) && isxdigit(text[i + 2])) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string query_value(const std::string& target, const std::string& key) {
    const auto question = target.find('?');
    if (question == std::string::npos) return {};
    for (size_t at = question + 1; at < target.size();) {
        const auto end = std::min(target.find('&', at), target.size());
        const std::string pair = target.substr(at, end - at);
        if (pair.starts_with(key + "=")) return decoded(pair.substr(key.size() + 1));
        at = end + 1;
    }
    return {};
}

}  // namespace

Connection::Connection(const boost::asio::any_io_executor& executor, HostServer& server)
    : executor_(executor), server_(&server), bell_(executor) {}

net::Task<> Connection::run(std::shared_ptr<Connection> self, net::StreamPtr tcp, std::string address) {
    self->address_ = std::move(address);
    while (self->server_ && self->server_->stalled()) co_await self->bell_.wait();
    if (!self->server_) co_return;
    auto stream =
        co_await self->server_->tls().handshake(std::move(tcp), net::deadline_in(std::chrono::seconds(10)));
    if (!stream || !self->server_) {
        self->close();
        co_return;
    }
    self->stream_ = std::move(*stream);
    boost::asio::co_spawn(self->executor_, write_answers(self), boost::asio::detached);
    co_await self->read_requests();
    self->close();
}

net::Task<> Connection::read_requests() {
    net::HttpReader reader(*stream_, {.body_bytes = body_max});
    while (server_) {
        net::HttpRequest request;
        const auto read = co_await reader.read(request);
        if (!read || queue_.size() >= queue_max) co_return;
        queue_.push_back(std::move(request));
        next();
    }
}

net::Task<> Connection::write_answers(std::shared_ptr<Connection> self) {
    while (self->server_) {
        co_await self->bell_.wait();
        while (self->server_ && !self->server_->stalled() && !self->out_.empty()) {
            const std::string text = std::exchange(self->out_, {});
            const auto written = co_await self->stream_->write(boost::asio::buffer(text));
            if (!written) self->close();
        }
        if (self->last_ && self->out_.empty()) self->close();
    }
}

void Connection::close() {
    if (!server_) return;
    HostServer* server = std::exchange(server_, nullptr);
    if (ticket_ != 0) server->api().drop(ticket_);
    if (stream_) stream_->close();
    bell_.ring();
    server->ended(this);
}

void Connection::wake() {
    bell_.ring();
    next();
}

void Connection::give_up_wait() {
    if (!server_ || ticket_ == 0) return;
    server_->api().drop(std::exchange(ticket_, 0));
    reply_no_hostd();
}

void Connection::next() {
    if (!server_ || server_->stalled() || busy_ || queue_.empty()) return;
    busy_ = true;
    net::HttpRequest request = std::move(queue_.front());
    queue_.pop_front();
    keep_alive_ = request.keep_alive;
    handle(std::move(request));
}

void Connection::handle(net::HttpRequest request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (request.method == "GET") return handle_get(request);
    if (request.method != "POST" || (path != "/sdk" && path != "/sdk/"))
        return reply(404, "text/plain", "no such page\n");
    handle_call(std::move(request));
}

void Connection::handle_call(net::HttpRequest request) {
    const auto parsed = parse_request(request.body);
    if (!parsed) {
        Reply refused = fault_answer(site::faults::not_supported("InvalidRequest", parsed.error().message));
        return reply(refused.status, "text/xml; charset=utf-8", std::move(refused.body));
    }
    server_->api().count(parsed->method);
    const auto effect =
        server_->network().site().rules(server_->id()).apply(parsed->method, parsed->target.id);
    if (effect.delay <= site::Time{}) return carry_out(request, effect);
    boost::asio::co_spawn(executor_, after(shared_from_this(), effect.delay, std::move(request), effect),
                          boost::asio::detached);
}

net::Task<> Connection::after(std::shared_ptr<Connection> self, site::Time delay, net::HttpRequest request,
                              site::Effect effect) {
    co_await net::sleep_until(net::deadline_in(delay));
    if (self->server_) self->carry_out(request, effect);
}

void Connection::carry_out(const net::HttpRequest& request, const site::Effect& effect) {
    const auto trouble = effect.trouble ? effect.trouble->trouble : site::Trouble::delay;
    if (trouble == site::Trouble::hang) return;
    if (trouble == site::Trouble::drop) return close();
    if (trouble == site::Trouble::status) {
        const std::string page =
            "<html><body>simulated " + std::to_string(effect.trouble->status) + "</body></html>";
        return reply(static_cast<unsigned>(effect.trouble->status), "text/html", page);
    }
    if (trouble == site::Trouble::fault) {
        Reply refused = fault_answer(site::Fault{effect.trouble->fault, effect.trouble->message});
        return reply(refused.status, "text/xml; charset=utf-8", std::move(refused.body));
    }
    const auto parsed = parse_request(request.body);
    const std::string* agent = request.fields.find("User-Agent");
    const Caller caller{cookie_of(request), address_, agent ? *agent : ""};
    Network& network = server_->network();
    network.advance();
    if (network.site().host(server_->id()).restarting) return reply_no_hostd();
    const bool lost = trouble == site::Trouble::lose_reply;
    const auto self = shared_from_this();
    const auto ticket = server_->api().call(*parsed, caller, [self, lost](Reply answered) {
        self->ticket_ = 0;
        if (lost) return self->close();
        self->reply(answered.status, "text/xml; charset=utf-8", std::move(answered.body),
                    answered.set_cookie);
    });
    if (server_) ticket_ = ticket;
    network.settle();
}

void Connection::handle_get(const net::HttpRequest& request) {
    const std::string path = decoded(request.target.substr(0, request.target.find('?')));
    if (path == "/sdk/vimServiceVersions.xml") return reply(200, "text/xml", service_versions());
    if (path == "/sdk") return reply(405, "text/plain", "POST here\n");
    if (!path.starts_with("/folder/")) return reply(404, "text/plain", "no such page\n");
    server_->network().advance();
    if (server_->network().site().host(server_->id()).restarting) return reply_no_hostd();
    if (!server_->network().site().use_session(server_->id(), cookie_of(request)))
        return reply(401, "text/plain", "log in first\n");
    auto text = server_->api().file(path.substr(8), query_value(request.target, "dsName"));
    if (!text) return reply(404, "text/plain", "no such file\n");
    reply(200, "application/octet-stream", std::move(*text));
}

// What the host's reverse proxy says while hostd restarts.
void Connection::reply_no_hostd() {
    reply(503, "text/html",
          "<html><body><h1>503 Service Unavailable (Failed to connect to endpoint: "
          "[N7Vmacore4Http20NamedPipeServiceSpecE] _serverNamespace = /sdk)</h1></body></html>");
}

void Connection::reply(unsigned status, const std::string& type, std::string body,
                       const std::string& cookie) {
    if (!server_ || !busy_) return;
    net::HttpResponse response{
        .status = status, .fields = {}, .body = std::move(body), .keep_alive = keep_alive_};
    response.fields.push_back({"Content-Type", type});
    if (!cookie.empty())
        response.fields.push_back({"Set-Cookie", "vmware_soap_session=\"" + cookie + "\"; Path=/; HttpOnly"});
    net::append_response(out_, response);
    busy_ = false;
    last_ = !keep_alive_;
    bell_.ring();
    // Not from here: this may be the answer to a call of another connection.
    boost::asio::post(executor_, [self = shared_from_this()] { self->next(); });
}

}  // namespace vmha::sim
