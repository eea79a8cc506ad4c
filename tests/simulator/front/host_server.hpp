// One host's HTTPS front: its listener, its certificate and its connections.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/result.hpp"
#include "daemon/net/tcp.hpp"
#include "daemon/net/tls.hpp"
#include "tests/simulator/front/network.hpp"

namespace vmha::sim {

class Connection;

// Owned by the network. A connection that fails ends alone.
class HostServer {
public:
    static Result<std::unique_ptr<HostServer>> create(const boost::asio::any_io_executor& executor,
                                                      Network& network, site::HostId id);
    ~HostServer();

    const std::string& thumbprint() const { return tls_.thumbprint(); }
    uint16_t port() const { return listener_ ? listener_->endpoint().port() : 0; }
    size_t connections() const { return connections_.size(); }
    uint64_t connections_total() const { return accepted_; }

    Result<void> listen();           // does nothing when it listens already
    void silence();                  // no listener, and every connection ends
    void set_stalled(bool stalled);  // true: connections are taken and kept, but nothing is read or written
    bool stalled() const { return stalled_; }

    Network& network() { return network_; }
    Api& api() { return network_.api(id_); }
    site::HostId id() const { return id_; }
    net::TlsServer& tls() { return tls_; }
    void ended(Connection* connection) { connections_.erase(connection); }

private:
    HostServer(const boost::asio::any_io_executor& executor, Network& network, site::HostId id,
               net::TlsServer tls)
        : executor_(executor), network_(network), id_(id), tls_(std::move(tls)) {}
    net::Task<> accept(std::shared_ptr<net::TcpListener> listener);

    boost::asio::any_io_executor executor_;
    Network& network_;
    site::HostId id_;
    net::TlsServer tls_;
    std::shared_ptr<net::TcpListener> listener_;
    std::set<Connection*> connections_;  // each keeps itself alive until its streams have ended
    uint64_t accepted_ = 0;
    bool stalled_ = false;
};

}  // namespace vmha::sim
