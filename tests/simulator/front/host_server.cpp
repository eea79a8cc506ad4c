#include "tests/simulator/front/host_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "daemon/net/certificate.hpp"
#include "tests/simulator/front/connection.hpp"

namespace vmha::sim {

Result<std::unique_ptr<HostServer>> HostServer::create(const boost::asio::any_io_executor& executor,
                                                       Network& network, site::HostId id) {
    const auto& config = network.site().host(id).config;
    const auto identity = net::make_self_signed({.names = {config.address, config.name}});
    if (!identity) return identity.error();
    auto tls = net::TlsServer::create(*identity, {.ask_for_client_certificate = true});
    if (!tls) return tls.error();
    return std::unique_ptr<HostServer>(new HostServer(executor, network, id, std::move(*tls)));
}

HostServer::~HostServer() {
    silence();
}

Result<void> HostServer::listen() {
    if (listener_) return {};
    const auto& config = network_.site().host(id_).config;
    const auto endpoint = net::tcp_endpoint(config.address, config.port);
    if (!endpoint) return endpoint.error();
    auto listener = net::TcpListener::bind(executor_, *endpoint);
    if (!listener) return listener.error();
    listener_ = std::make_shared<net::TcpListener>(std::move(*listener));
    boost::asio::co_spawn(executor_, accept(listener_), boost::asio::detached);
    return {};
}

void HostServer::silence() {
    if (listener_) listener_->close();
    listener_.reset();
    stalled_ = false;
    const auto all = connections_;
    for (Connection* connection : all) connection->close();
}

void HostServer::set_stalled(bool stalled) {
    if (stalled_ == stalled) return;
    stalled_ = stalled;
    const auto all = connections_;
    for (Connection* connection : all) connection->wake();
}

net::Task<> HostServer::accept(std::shared_ptr<net::TcpListener> listener) {
    // Ends with its listener: silence() closes it before the server goes away.
    while (true) {
        auto stream = co_await listener->accept();
        if (!stream) co_return;
        ++accepted_;
        auto connection = std::make_shared<Connection>(executor_, *this);
        connections_.insert(connection.get());
        const std::string address = network_.site().host(id_).config.address;
        boost::asio::co_spawn(executor_, Connection::run(connection, std::move(*stream), address),
                              boost::asio::detached);
    }
}

}  // namespace vmha::sim
