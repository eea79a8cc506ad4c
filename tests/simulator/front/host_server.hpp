// One host's HTTPS front: its listeners, its certificate and its connections.
#pragma once
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

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
    uint16_t port(Way way = Way::own) const;  // 0: nobody listens
    size_t connections() const;
    uint64_t connections_total() const { return accepted_; }

    Result<void> listen();  // on the ways that are not cut, where it does not listen already
    void silence();         // no listener, and every connection ends
    void set_cut(Way way, bool cut);
    void set_restarting(bool restarting);  // hostd is away: what is asked is answered 503
    void set_stalled(bool stalled);  // true: connections are taken and kept, but nothing is read or written
    bool stalled() const { return stalled_; }
    bool restarting() const { return restarting_; }

    Network& network() { return network_; }
    Api& api() { return network_.api(id_); }
    site::HostId id() const { return id_; }
    net::TlsServer& tls() { return tls_; }
    void ended(Connection* connection);

private:
    HostServer(const boost::asio::any_io_executor& executor, Network& network, site::HostId id,
               net::TlsServer tls)
        : executor_(executor), network_(network), id_(id), tls_(std::move(tls)) {}
    struct Door {
        std::shared_ptr<net::TcpListener> listener = {};
        std::set<Connection*> connections = {};  // each keeps itself alive until its streams have ended
        bool cut = false;
    };
    Result<void> open(Way way, uint16_t port);
    void shut(Door& door);
    net::Task<> accept(Way way, std::shared_ptr<net::TcpListener> listener);
    std::vector<Connection*> all() const;

    boost::asio::any_io_executor executor_;
    Network& network_;
    site::HostId id_;
    net::TlsServer tls_;
    std::array<Door, 2> doors_;  // by Way
    uint64_t accepted_ = 0;
    bool stalled_ = false;
    bool restarting_ = false;
};

}  // namespace vmha::sim
