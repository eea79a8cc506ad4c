#include "tests/simulator/front/network_fixture.hpp"

namespace vmha::sim {
namespace {

std::string envelope(const std::string& call) {
    return "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>" + call +
           "</e:Body></e:Envelope>";
}

}  // namespace

site::SiteConfig loopback_site() {
    auto config = site::default_site();
    config.hosts[0].address = "127.0.0.61";
    config.hosts[1].address = "127.0.0.62";
    for (auto& host : config.hosts) host.port = 0;
    return config;
}

std::string on_vm(const std::string& method, int vm) {
    return "<" + method + " xmlns=\"urn:vim25\"><_this type=\"VirtualMachine\">" + std::to_string(vm) +
           "</_this></" + method + ">";
}

net::Task<bool> Client::connect(Network& network, Way way) {
    const auto endpoint = net::tcp_endpoint("127.0.0.61", network.port(esxi1, way));
    auto stream = co_await net::connect_tls(*endpoint, net::PinnedCertificate{network.thumbprint(esxi1)},
                                            net::deadline_in(std::chrono::milliseconds(500)));
    if (!stream) co_return false;
    stream_ = std::move(*stream);
    reader_ = std::make_unique<net::HttpReader>(*stream_, net::HttpLimits{.body_bytes = 1 << 20});
    co_return true;
}

net::Task<int> Client::send(net::HttpRequest request, net::BootClock::duration limit) {
    if (!cookie.empty()) request.fields.push_back({"Cookie", cookie});
    const auto written = co_await net::write_request(*stream_, request);
    if (!written) co_return -1;
    co_return co_await hear(limit);
}

net::Task<int> Client::hear(net::BootClock::duration limit) {
    const auto read = co_await net::with_deadline(reader_->read(answer), net::deadline_in(limit), "read");
    if (!read) co_return read.error().code == Errc::timeout ? 0 : -1;
    if (const std::string* set = answer.fields.find("Set-Cookie")) cookie = set->substr(0, set->find(';'));
    co_return static_cast<int>(answer.status);
}

net::Task<int> Client::call(std::string text, net::BootClock::duration limit) {
    net::HttpRequest request{.method = "POST", .target = "/sdk", .fields = {}, .body = envelope(text)};
    co_return co_await send(std::move(request), limit);
}

net::Task<int> Client::login() {
    co_return co_await call(
        "<Login xmlns=\"urn:vim25\"><_this type=\"SessionManager\">ha-sessionmgr</_this>"
        "<userName>root</userName><password>esxsim</password></Login>");
}

}  // namespace vmha::sim
