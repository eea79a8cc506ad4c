// One ESXi host over SSH, as the core sees it: events out, actions in. Alone, or beside the API session.
//
// The link (ShellChanged):
//   connecting -> up            logged in, and commands run
//   up -> down                  the connection is lost; tried again after 0.2 … 5 s
//   connecting -> bad_password  the host refuses the key: no more logins until the key changes or
//   retry_login()
//              -> untrusted     the host's key is unknown or has changed; tried again, as people repair such
//              things
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/ids.hpp"
#include "daemon/core/actions.hpp"
#include "daemon/core/events.hpp"
#include "daemon/net/pulse.hpp"
#include "daemon/net/tcp.hpp"
#include "daemon/shell/limits.hpp"

namespace vmha::shell {

struct HostConfig {
    HostName name;
    net::TcpEndpoint endpoint;
    std::string user;
    std::string identity_file;
    std::string known_hosts;
    std::map<VmName, core::VmxPath> vms;          // whose state is read; all others are listed only
    core::Duration interval = core::seconds(10);  // between two refreshes
    core::Duration freshness = core::seconds(5);  // a dead peer is noticed within this time
    Limits limits = {};
};

// What a host needs of the world around it. Called on the executor's one thread only.
struct HostWorld {
    std::function<core::Time()> clock;
    // Called from the host's own tasks; may call any of Host's functions. Kinds of events: ShellChanged,
    // Read, Looked, LookFailed, ProcessesTold, LockTold, WriteDone, VmxChecked. The session in them grows
    // with every login, and with every return of the host's management service (hostd), whose inventory may
    // come late.
    std::function<void(core::Event)> events;
    // While it reads: an error says why it cannot ("hostd does not answer"), told once, when it begins; the
    // next full Read says that it is over.
    std::function<void(const Error&)> cannot_read;
    net::Pulses pulses = {};  // for the three tasks that never end
};

// Owned by the app. One executor thread. Nothing throws; every Write is answered by exactly one WriteDone,
// every Look by a Looked, a full Read with its id, or a LookFailed, every AskProcesses by a ProcessesTold,
// every AskLock by a LockTold, every CheckVmx by a VmxChecked, unless the host is stopped. At most one SSH
// connection at any time, one vim-cmd at a time, but for the power-on that may be waiting for the answer to a
// question.
class Host {
public:
    Host(boost::asio::any_io_executor executor, HostConfig config, HostWorld world);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    void start();

    // Refreshes every `interval` from now on, the first at once; or no longer. Where the API is the reader,
    // SSH is quiet until it is asked. The first Read after read(true) is full, in a new session.
    void read(bool on);

    // The VMs whose state is read, from the next refresh on.
    void read_vms(std::map<VmName, core::VmxPath> vms);

    void perform(core::Write write);
    void look(core::Look look);
    void check_vmx(core::CheckVmx check);
    void ask_processes(core::AskProcesses ask);
    void ask_lock(core::AskLock ask);

    // One more login with a key that was refused; with a login allowed it is merely tried now, not later.
    void retry_login();

    // Ends all that runs and closes the connection; takes at most about 1 s. No event comes afterwards.
    net::Task<> stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace vmha::shell
