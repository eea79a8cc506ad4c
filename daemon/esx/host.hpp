// One ESXi host over its API, as the core sees it: events out, actions in.
//
//   connecting -> up                  the first full view is there
//   up -> down                        the connections are lost; tried again after 0.2 … 5 s
//   up -> connecting -> up            the session expired: a new login, a new full view
//   connecting, down -> bad_password  refused once; the breaker allows one more try later
//                    -> locked_out    no more logins until the secret changes or retry_login()
//                    -> untrusted     another certificate, or not an ESXi; tried again, as people repair such
//                    things
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/ids.hpp"
#include "daemon/core/actions.hpp"
#include "daemon/core/events.hpp"
#include "daemon/esx/breaker.hpp"
#include "daemon/esx/limits.hpp"
#include "daemon/net/pulse.hpp"
#include "daemon/net/stream.hpp"
#include "daemon/net/tls.hpp"

namespace vmha::esx {

struct HostConfig {
    HostName name;
    net::TcpEndpoint endpoint;
    net::TlsTrust trust = net::PinnedCertificate("");  // an empty pin trusts nobody
    std::string user;
    std::function<Result<std::string>()> secret;  // read again for every login
    core::Duration watch_interval = core::seconds(1);
    Limits limits = {};
};

// What a host needs of the world around it. Called on the executor's one thread only.
struct HostWorld {
    std::function<core::Time()> clock;
    std::function<int64_t()> wall_s;  // for the breaker
    std::function<void(core::Event)>
        events;                  // called from the host's own tasks; may call perform() and look()
    Breaker* breaker = nullptr;  // outlives the host
    net::Pulses pulses = {};     // for the two tasks that never end
};

// Owned by the app. One executor thread. Nothing throws; every Write is answered by exactly one WriteDone,
// every Look by a Looked, a full Read with its id, or a LookFailed, every CheckVmx by a VmxChecked, unless
// the host is stopped. No secret is in any event. Destroying it without stop() abandons the session on the
// host, which expires there.
class Host {
public:
    Host(boost::asio::any_io_executor executor, HostConfig config, HostWorld world);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    void start();

    void perform(core::Write write);
    void look(core::Look look);
    void check_vmx(core::CheckVmx check);

    // One more login although the breaker says no; with a login allowed it is merely tried now, not later.
    void retry_login();

    // Ends all that runs, then logs out; takes at most about 1 s, whatever the host does. No event comes
    // afterwards.
    net::Task<> stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace vmha::esx
