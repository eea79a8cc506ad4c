// Reads a host's state by commands: the refreshes, the looks, the processes; and tells it as core events.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/net/turn.hpp"
#include "daemon/shell/host.hpp"
#include "daemon/shell/refresh.hpp"
#include "daemon/shell/runner.hpp"

namespace vmha::shell {

// Owned by the Host, for its whole life; the runner answers "not sent" while there is no connection. One
// thread. Its tasks end when they are cancelled; only that throws. Config, world and runner outlive it.
class Reader {
public:
    // Of `world` it uses the clock, events and cannot_read; they are called from the tasks below.
    Reader(boost::asio::any_io_executor executor, const HostConfig& config, const HostWorld& world,
           Runner& runner);

    // A connection was made (each one is a new session, and is read at once), or it was lost.
    void connected(bool up);

    // Refresh every interval from now on, the first at once and in a new session; or no longer.
    void want(bool on);

    // The configuration has other VMs: they are read from the next refresh on.
    void read_vms();

    // The refreshes: spawn it once, it ends only when it is cancelled.
    net::Task<> run();

    // run() has ended: nothing is expected of it any more.
    void rest() { pulse_->rest(); }

    // Each answers its order by exactly one event (Looked, a full Read with its id, or LookFailed;
    // ProcessesTold; VmxChecked), also without a connection.
    net::Task<> look(core::Look order);
    net::Task<> ask_processes(core::AskProcesses order);
    net::Task<> check_vmx(core::CheckVmx order);

    // For writes, which share the vim-cmd turn with the reads.
    net::Turn& turn() { return turn_; }
    const Picture& picture() const { return picture_; }
    bool reads() const { return wanted_ && up_; }
    // A power-on of this VM is under way until the result is dropped.
    std::shared_ptr<void> power_on_begins(std::string vmid);
    // Looks at the VM in the turn that is held and tells it as a Looked that nobody asked for, where SSH is
    // the reader.
    net::Task<> glance(std::string vmid, net::Deadline until);
    // Refreshes at once, not after the interval.
    void refresh_soon();

private:
    struct Failure {
        Error error{Errc::closed, ""};
        bool of_the_host = true;  // else we gave up, or the connection is over
    };
    using Asked = boost::system::result<Reply, Failure>;

    net::Task<Asked> ask(Script script, net::Deadline until, std::shared_ptr<net::Wakeup> give_up = nullptr,
                         std::optional<core::Duration> most_silence = std::nullopt);
    net::Task<std::optional<Failure>> take_refresh(net::Deadline until, std::shared_ptr<net::Wakeup> give_up);
    net::Task<bool> refresh(bool for_looks);
    net::Task<bool> refresh_now(const std::vector<core::LookId>& looks, net::Deadline until,
                                std::shared_ptr<net::Wakeup> give_up);
    net::Task<bool> look_at_one(const core::Look& order);
    // What the look brought; nothing: nothing was learned.
    net::Task<std::optional<core::Looked>> read_one(std::string vmid, net::Deadline until, bool with_tasks);
    net::Task<std::optional<std::vector<core::VmProcess>>> processes_by(std::string_view program);
    void told_whole(const std::vector<core::LookId>& looks, core::Time begun);
    void failed(const Error& error);
    bool overdue() const;
    net::Deadline next_refresh(net::Deadline begun, bool well) const;
    void tell(core::Event event) const { world_.events(std::move(event)); }

    boost::asio::any_io_executor executor_;
    const HostConfig& config_;
    const HostWorld& world_;
    Runner& runner_;
    net::Turn turn_;
    Picture picture_;
    net::Wakeup news_;  // for run()
    std::unique_ptr<net::Pulse> pulse_;
    uint64_t session_ = 0;
    bool wanted_ = false, up_ = false, soon_ = false;
    bool away_ = false;  // the host could not be read: what comes next is of a new session
    bool away_told_ = false;
    std::vector<core::LookId> whole_looks_;  // wait for a refresh that begins after they came
    std::optional<core::Time> last_full_;    // when the last one that came through was sent
    core::Duration pace_{};                  // of refreshes that nothing puts off, as the last one took
    std::multiset<std::string> powering_on_;
};

}  // namespace vmha::shell
