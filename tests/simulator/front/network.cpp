#include "tests/simulator/front/network.hpp"

#include "tests/simulator/front/host_server.hpp"
#include "tests/simulator/front/ssh_server.hpp"

namespace vmha::sim {

Network::Network(const boost::asio::any_io_executor& executor, site::SiteConfig config)
    : executor_(executor),
      began_(net::BootClock::now()),
      site_(std::make_unique<site::Site>(std::move(config))),
      timer_(executor) {}

Network::~Network() {
    close();
}

Result<std::unique_ptr<Network>> Network::open(const boost::asio::any_io_executor& executor,
                                               site::SiteConfig config) {
    std::unique_ptr<Network> network(new Network(executor, std::move(config)));
    const auto wall = std::chrono::system_clock::now();
    for (site::HostId id = 0; id < network->site_->hosts().size(); ++id) {
        network->apis_.push_back(std::make_unique<Api>(*network->site_, id, wall));
        auto server = HostServer::create(executor, *network, id);
        if (!server) return server.error();
        network->servers_.push_back(std::move(*server));
        if (auto listening = network->servers_.back()->listen(); !listening) return listening.error();
        if (auto opened = network->open_ssh(id, wall); !opened) return opened.error();
    }
    network->site_->on_change = [raw = network.get()](const site::Change& change) {
        raw->apis_[change.host]->note(change);
    };
    network->site_->on_corruption = [raw = network.get()](site::HostId host, const std::string& path) {
        raw->corrupted_.emplace_back(host, path);
    };
    network->arm();
    return network;
}

Result<void> Network::open_ssh(site::HostId id, std::chrono::system_clock::time_point wall) {
    ssh_.emplace_back();
    if (!site_->host(id).config.ssh) return {};
    if (!children_) children_ = std::make_unique<Children>(executor_);
    const auto vmx = [this, id](const std::string& path) {
        const auto* disk = site_->disk_of(id);
        return disk ? apis_[id]->file(path, disk->datastore()) : std::nullopt;
    };
    auto server = SshServer::create(executor_, *this, id, *children_, {wall, vmx, nullptr});
    if (!server) return server.error();
    ssh_.back() = std::move(*server);
    return {};
}

const std::string& Network::thumbprint(site::HostId host) const {
    return servers_[host]->thumbprint();
}
uint16_t Network::port(site::HostId host, Way way) const {
    return servers_[host]->port(way);
}
size_t Network::connections(site::HostId host) const {
    return servers_[host]->connections();
}
uint64_t Network::connections_total(site::HostId host) const {
    return servers_[host]->connections_total();
}

void Network::cut(site::HostId host, Way way, bool cut) {
    servers_[host]->set_cut(way, cut);
    if (ssh_[host]) ssh_[host]->set_cut(way, cut);
}

void Network::advance() {
    site_->run_until(net::BootClock::now() - began_);
}

void Network::settle() {
    if (settling_) return;  // an answer's own doings are settled by the settle that gave it
    settling_ = true;
    for (site::HostId id = 0; id < apis_.size(); ++id) {
        follow(id);
        apis_[id]->publish();
        if (ssh_[id]) ssh_[id]->shell().publish();
    }
    settling_ = false;
    arm();
}

void Network::follow(site::HostId id) {
    const auto& host = site_->host(id);
    if (ssh_[id]) ssh_[id]->follow(host);
    servers_[id]->set_restarting(host.restarting);
    if (!host.powered || host.restarting) apis_[id]->forget_everything();
    const bool hears =
        host.powered && (host.answering || host.restarting) && host.network != site::Network::cut;
    if (!hears) return servers_[id]->silence();
    servers_[id]->set_stalled(host.network == site::Network::stalled);
    // A port that somebody took in the meantime: the host stays unreachable, as a host with a bad cable
    // would.
    (void)servers_[id]->listen();
}

void Network::arm() {
    auto next = site_->next_wake();
    for (const auto& api : apis_)
        if (const auto wake = api->next_wake(); wake && (!next || *wake < *next)) next = wake;
    if (!next) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(began_ + *next);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        advance();
        for (const auto& api : apis_) api->run_until(site_->now());
        settle();
    });
}

void Network::close() {
    timer_.cancel();
    for (const auto& server : servers_) server->silence();
    ssh_.clear();
    children_.reset();
}

}  // namespace vmha::sim
