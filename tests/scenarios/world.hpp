// Two nodes with a daemon each, over the site model, in virtual time: deterministic, a whole failover in a
// millisecond. A daemon is the real core; its links, stores and shims are played here with the delays and
// losses of real ones.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/step.hpp"
#include "tests/scenarios/bridge.hpp"

namespace vmha::scenario {

using core::Duration;
using core::Time;

// How a shim run by the cluster manager ended.
struct ShimEnd {
    std::string node;
    VmName vm;
    core::Kind kind;
    core::Ending ending;
    Reason reason;
    std::string detail;
    Duration took{};
    Duration allowed{};
};

struct WorldConfig {
    site::SiteConfig site;
    Duration late_inventory{};  // after a host's boot its API answers that long with an empty inventory
    std::function<void(core::Settings&)> tune = [](core::Settings&) {};
};

class World {
public:
    explicit World(const WorldConfig& config);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void run(Duration duration);
    Time now() const { return now_; }

    // --- what people, the cluster manager and fate do
    void shim(const std::string& node, core::Kind kind, const VmName& vm, Duration timeout,
              const std::string& factor = "");
    void kill_shims(const std::string& node);  // the cluster's own limit: they end without a word
    void kill_daemon(const std::string& node);
    void start_daemon(const std::string& node);         // no-op where it runs
    void node_power(const std::string& node, bool on);  // the guest OS of the EC VM: marks are gone with it
    void cut(const std::string& node, const std::string& host, bool cut);  // the network between these two
    void lose_replies(const std::string& host,
                      int count);  // the next writes are carried out and never answered
    site::Site site;

    // --- what came of it
    std::function<void(const std::string& line)> on_line = [](const std::string&) {};
    std::function<void(const ShimEnd&)> on_shim_end = [](const ShimEnd&) {};
    // A write that the daemon hears no answer to, and whether it was carried out.
    std::function<void(const std::string& node, const core::Write&, bool carried_out)> on_lost =
        [](const auto&, const auto&, bool) {};
    std::function<void(const std::string& what)> on_wrong = [](const std::string&) {};
    std::function<void(const std::string& node, const core::Write&)> on_write = [](const auto&, const auto&) {
    };
    const core::State* state(const std::string& node) const;  // nullptr: no daemon runs
    bool active(const std::string& node, const VmName& vm) const;
    bool runs_at(const std::string& host, const VmName& vm) const;
    bool registered_at(const std::string& host, const VmName& vm) const;
    size_t shims_running() const { return shims_.size(); }
    std::vector<std::string> node_names() const;
    std::string host_of(const std::string& node) const;
    size_t steps() const { return steps_; }

private:
    struct Link {
        uint64_t session = 0;
        bool connected = false;
        Time asked{};          // when the wait under way was sent
        Time silent_since{};   // no answer since then
        std::set<int> news;    // vmids with changes that were not told yet
        bool loading = false;  // the host showed no inventory yet
    };
    struct OnTheWay {
        std::string node;
        unsigned life;
        core::Write write;
    };
    struct Node {
        std::string name;
        HostName host;
        bool powered = true;
        unsigned life = 0;  // counts daemons: what was sent to an earlier one is lost
        std::optional<core::State> state;
        Time wake = core::never;
        std::map<HostName, Link> links;
        std::set<VmName> marks;
        std::map<VmName, core::Flying> flying;
        std::map<HostName, std::map<VmName, std::string>> vmids;
    };
    struct Shim {
        std::string node;
        VmName vm;
        core::Kind kind;
        Time began, deadline;
        std::string factor;
        core::CallerId caller = 0;
        unsigned life = 0;
    };

    void at(Time when, std::function<void()> what) { queue_.emplace(when, std::move(what)); }
    void happen(Node& node, const core::Event& event);
    void to(const std::string& node, unsigned life, Duration delay, core::Event event);
    void perform(Node& node, const core::Action& action);
    void perform_write(Node& node, const core::Write& write);
    void perform_look(Node& node, const core::Look& look);
    void write_ends(const OnTheWay& what, core::WriteDone done);
    void unanswered(const OnTheWay& what, bool carried_out);
    void tick_link(const std::string& node, unsigned life, const HostName& host);
    void log_in(Node& node, const HostName& host, Link& link);
    void tell_news(const std::string& node, unsigned life, const HostName& host);
    core::Read full_read(const Node& node, const HostName& host);
    bool loading(const HostName& host) const;
    bool reachable(const std::string& node, const HostName& host) const;
    void on_site_change(const site::Change& change);
    void post(Shim& shim);
    void end_shim(const Node& node, const core::Answer& answer);
    void line(const std::string& who, const std::string& text);
    site::HostId id_of(const HostName& host) const { return *site.find_host(host.str()); }

    WorldConfig config_;
    std::map<std::string, Node> nodes_;
    std::vector<Shim> shims_;
    std::multimap<Time, std::function<void()>> queue_;
    std::map<std::pair<site::HostId, std::string>, OnTheWay> tasks_;
    std::set<std::pair<std::string, HostName>> cuts_;
    std::map<HostName, int> losses_;
    core::CallerId last_caller_ = 0;
    Time now_ = epoch;
    size_t steps_ = 0;
};

}  // namespace vmha::scenario
