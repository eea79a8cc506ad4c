// The site on the network: one thread, one loop. Each host listens on its own address with its own
// certificate while it is powered and its network is up.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.hpp"
#include "daemon/net/deadline.hpp"
#include "tests/simulator/model/site.hpp"
#include "tests/simulator/soap/api.hpp"

namespace vmha::sim {

class Children;
class HostServer;
class SshServer;

// The ways into a host: for the node in it, and for those that come over the network between the hosts.
enum class Way : size_t { own, peers };

// Owned by the program. Every change to the site from outside goes through act().
class Network {
public:
    // Errc::io when a host's address cannot be bound.
    static Result<std::unique_ptr<Network>> open(const boost::asio::any_io_executor& executor,
                                                 site::SiteConfig config);
    ~Network();

    site::Site& site() { return *site_; }
    const site::Site& site() const { return *site_; }
    Api& api(site::HostId host) { return *apis_[host]; }
    const std::string& thumbprint(site::HostId host) const;
    // Where it listens; 0: it does not. A configured 0 takes a free one.
    uint16_t port(site::HostId host, Way way = Way::own) const;
    SshServer* ssh(site::HostId host) const { return ssh_[host].get(); }  // nullptr: none
    size_t connections(site::HostId host) const;                          // open ones
    uint64_t connections_total(site::HostId host) const;                  // ever accepted

    // Brings the site's time up to now; to be called before something is done to it.
    void advance();
    // Lets everybody see what has changed: waits are answered, listeners follow their hosts, the timer is
    // set.
    void settle();

    // One way into a host alone: who comes by it is refused, and the others notice nothing.
    void cut(site::HostId host, Way way, bool cut);

    // The guests that wrote with another copy's history in their memory, one by one.
    const std::vector<std::pair<site::HostId, std::string>>& corrupted() const { return corrupted_; }

    void close();

private:
    Network(const boost::asio::any_io_executor& executor, site::SiteConfig config);
    Result<void> open_ssh(site::HostId host, std::chrono::system_clock::time_point wall);
    void follow(site::HostId host);
    void arm();

    boost::asio::any_io_executor executor_;
    net::Deadline began_;
    std::unique_ptr<site::Site> site_;
    std::vector<std::unique_ptr<Api>> apis_;
    std::vector<std::unique_ptr<HostServer>> servers_;
    std::unique_ptr<Children> children_;  // of the SSH servers
    std::vector<std::unique_ptr<SshServer>> ssh_;
    net::Timer timer_;
    std::vector<std::pair<site::HostId, std::string>> corrupted_;
    bool settling_ = false;
};

}  // namespace vmha::sim
