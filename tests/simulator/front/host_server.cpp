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

uint16_t HostServer::port(Way way) const {
    const auto& listener = doors_[static_cast<size_t>(way)].listener;
    return listener ? listener->endpoint().port() : 0;
}

size_t HostServer::connections() const {
    return doors_[0].connections.size() + doors_[1].connections.size();
}

std::vector<Connection*> HostServer::all() const {
    std::vector<Connection*> both;
    for (const Door& door : doors_) both.insert(both.end(), door.connections.begin(), door.connections.end());
    return both;
}

void HostServer::ended(Connection* connection) {
    for (Door& door : doors_) door.connections.erase(connection);
}

Result<void> HostServer::listen() {
    const auto& config = network_.site().host(id_).config;
    if (auto own = open(Way::own, config.port); !own) return own;
    return config.peer_port ? open(Way::peers, *config.peer_port) : Result<void>();
}

Result<void> HostServer::open(Way way, uint16_t port) {
    Door& door = doors_[static_cast<size_t>(way)];
    if (door.listener || door.cut) return {};
    const auto endpoint = net::tcp_endpoint(network_.site().host(id_).config.address, port);
    if (!endpoint) return endpoint.error();
    auto listener = net::TcpListener::bind(executor_, *endpoint);
    if (!listener) return listener.error();
    door.listener = std::make_shared<net::TcpListener>(std::move(*listener));
    boost::asio::co_spawn(executor_, accept(way, door.listener), boost::asio::detached);
    return {};
}

void HostServer::shut(Door& door) {
    if (door.listener) door.listener->close();
    door.listener.reset();
    const auto ending = door.connections;
    for (Connection* connection : ending) connection->close();
}

void HostServer::silence() {
    for (Door& door : doors_) shut(door);
    stalled_ = false;
}

void HostServer::set_cut(Way way, bool cut) {
    Door& door = doors_[static_cast<size_t>(way)];
    door.cut = cut;
    if (cut) shut(door);
}

void HostServer::set_stalled(bool stalled) {
    if (stalled_ == stalled) return;
    stalled_ = stalled;
    for (Connection* connection : all()) connection->wake();
}

void HostServer::set_restarting(bool restarting) {
    if (restarting_ == restarting) return;
    restarting_ = restarting;
    if (!restarting) return;
    for (Connection* connection : all()) connection->give_up_wait();
}

net::Task<> HostServer::accept(Way way, std::shared_ptr<net::TcpListener> listener) {
    // Ends with its listener: silence() closes it before the server goes away.
    while (true) {
        auto stream = co_await listener->accept();
        if (!stream) co_return;
        ++accepted_;
        auto connection = std::make_shared<Connection>(executor_, *this);
        doors_[static_cast<size_t>(way)].connections.insert(connection.get());
        const std::string address = network_.site().host(id_).config.address;
        boost::asio::co_spawn(executor_, Connection::run(connection, std::move(*stream), address),
                              boost::asio::detached);
    }
}

}  // namespace vmha::sim
