// The site on the network: one thread, one loop. Each host listens on its own address with its own
// certificate while it is powered and its network is up.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "daemon/net/deadline.hpp"
#include "tests/simulator/model/site.hpp"
#include "tests/simulator/soap/api.hpp"

namespace vmha::sim {

class HostServer;

// Owned by the program. Every change to the site from outside goes through act().
class Network {
public:
    // Errc::io when a host's address cannot be bound.
    static Result<std::unique_ptr<Network>> open(const boost::asio::any_io_executor& executor,
                                                 site::SiteConfig config);
    ~Network();

    site::Site& site() { return *site_; }
    Api& api(site::HostId host) { return *apis_[host]; }
    const std::string& thumbprint(site::HostId host) const;
    uint16_t port(
        site::HostId host) const;  // where it listens; 0: it does not. A configured 0 takes a free one
    size_t connections(site::HostId host) const;          // open ones
    uint64_t connections_total(site::HostId host) const;  // ever accepted

    // Brings the site's time up to now; to be called before something is done to it.
    void advance();
    // Lets everybody see what has changed: waits are answered, listeners follow their hosts, the timer is
    // set.
    void settle();

    void close();

private:
    Network(const boost::asio::any_io_executor& executor, site::SiteConfig config);
    void follow(site::HostId host);
    void arm();

    boost::asio::any_io_executor executor_;
    net::Deadline began_;
    std::unique_ptr<site::Site> site_;
    std::vector<std::unique_ptr<Api>> apis_;
    std::vector<std::unique_ptr<HostServer>> servers_;
    net::Timer timer_;
    bool settling_ = false;
};

}  // namespace vmha::sim
