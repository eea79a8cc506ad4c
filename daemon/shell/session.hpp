// One SSH connection to a host, over which many commands run.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "daemon/core/time.hpp"
#include "daemon/net/tcp.hpp"
#include "daemon/shell/runner.hpp"

namespace vmha::shell {

struct SessionSettings {
    std::string host;  // its name, for messages
    net::TcpEndpoint endpoint;
    std::string user;
    std::string identity_file;
    std::string known_hosts;
    core::Duration freshness = core::seconds(5);  // a dead peer is noticed within this time
    core::Duration leave = core::seconds(5);  // a channel that the host does not close is counted that long
    std::function<void()> progress = {};      // called at least every `freshness` while the connection lives
};

// Owned by the host's link; one thread, whose loop it never blocks but for the few milliseconds of a key
// exchange's or a signature's arithmetic. At most four commands run at a time, the others wait in the order
// they came; where the host allows one channel only, one at a time (known from the first login on). A command
// that takes too long, prints too much or is given up is killed on the host and its channel closed; the
// connection goes on. What the host does not let die is forgotten after `leave`.
//
// A peer that gives no sign of life for `freshness` is dead. Dead or closed: every run ends with
// Errc::closed, and nothing can be run any more.
class Session : public Runner {
public:
    // Connect, key exchange, host key, login with this one key (one attempt, no agent, no configuration file,
    // nothing else tried), first command. Errc: invalid_input (the key's file), host_key_changed,
    // key_refused, timeout, not_authenticated (logged in, but commands do not run), unreachable (all else).
    static net::Task<Result<std::unique_ptr<Session>>> connect(SessionSettings settings,
                                                               net::Deadline deadline);

    // Says goodbye and closes, at once. Runs that are still pending end.
    ~Session() override;

    net::Task<Ran> run(const Command& command, net::Deadline deadline) override;

    // Waits until the connection is over and says why. One waiter.
    net::Task<Error> ended();

    bool one_at_a_time() const;

private:
    struct Impl;
    explicit Session(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace vmha::shell
