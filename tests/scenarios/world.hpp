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

#include "daemon/core/reconfigure.hpp"
#include "daemon/esx/breaker.hpp"
#include "tests/scenarios/bridge.hpp"
#include "tests/scenarios/network.hpp"

namespace vmha::scenario {

using core::Duration;
using core::Time;

constexpr Duration dead_after = core::seconds(4);       // a wait that is not answered: the connection is dead
constexpr Duration mute_after = core::seconds(14);      // the same, and a new one that is not answered either
constexpr Duration call_delay = core::milliseconds(2);  // one way
constexpr Duration command_delay = core::milliseconds(200);  // of vim-cmd, until it does something

// How a shim run by the cluster manager ended.
struct ShimEnd {
    core::CallerId caller = 0;
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
    std::function<void(core::Settings&)> tune = [](core::Settings&) {};
    std::map<std::string, std::string> transports = {};  // by host: api, ssh or api+ssh; left out: api
};

// The breaker's file of one node: it outlives the daemon.
class BreakerText : public esx::BreakerStore {
public:
    Result<std::string> load() override { return text_; }
    Result<void> save(const std::string& text) override {
        text_ = text;
        return {};
    }

private:
    std::string text_;
};

class World {
public:
    explicit World(const WorldConfig& config);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void run(Duration duration);
    Time now() const { return now_; }

    // --- what people, the cluster manager and fate do
    core::CallerId shim(const std::string& node, core::Kind kind, const VmName& vm, Duration timeout,
                        const std::string& factor = "");
    void kill_shims(const std::string& node);  // the cluster's own limit: they end without a word
    void kill_shim(core::CallerId caller);
    ExitCode monitor(const std::string& node, const VmName& vm) const;  // what vmha-genw would end with
    void kill_daemon(const std::string& node);
    void start_daemon(const std::string& node);         // no-op where it runs
    void node_power(const std::string& node, bool on);  // the guest OS of the EC VM: marks are gone with it
    // The node is a VM of its host: it dies with it, and boots after it.
    void host_power(const std::string& host, bool on);
    void stun(const std::string& node, Duration duration);  // it stands still, and wakes with old decisions
    void secret(const std::string& node, const std::string& host, const std::string& text);
    void retry_login(const std::string& node, const std::string& host);  // a person asks for one more
    void pause(const std::string& node, const VmName& vm, bool paused);
    // The administrator changes the node's configuration, for this daemon and those that follow, and reloads
    // it. Why it was refused; then everything stays as it was.
    using Edit = std::function<void(core::Settings&)>;
    std::vector<std::string> reload(const std::string& node, const Edit& edit,
                                    const std::map<HostName, core::LinkAnew>& links = {});
    void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
    void line(const std::string& who, const std::string& text);
    Network network;
    void mute(const std::string& host, bool on);  // it answers all calls but that which waits for news
    void lose_replies(const std::string& host,
                      int count);  // the next writes are carried out and never answered
    site::Site site;

    // --- what came of it
    std::function<void(const std::string& line)> on_line = [](const std::string&) {};
    std::function<void(const ShimEnd&)> on_shim_end = [](const ShimEnd&) {};
    std::function<void(const ShimEnd&)> tell_cluster = [](const ShimEnd&) {};
    std::function<void(const std::string& node, const std::string& host, bool right)> on_login =
        [](const auto&, const auto&, bool) {};
    // A write that the daemon hears no answer to, and whether it was carried out.
    std::function<void(const std::string& node, const core::Write&, bool carried_out)> on_lost =
        [](const auto&, const auto&, bool) {};
    std::function<void(const std::string& what)> on_wrong = [](const std::string&) {};
    std::function<void(const std::string& node, const core::Write&)> on_write = [](const auto&, const auto&) {
    };
    std::function<void(const std::string& node)> on_step = [](const auto&) {};
    const core::State* state(const std::string& node) const;  // nullptr: no daemon runs
    bool active(const std::string& node, const VmName& vm) const;
    bool powered(const std::string& node) const { return nodes_.at(node).powered; }
    Time stunned_until(const std::string& node) const { return nodes_.at(node).stunned_until; }
    bool stunned(const std::string& node) const { return now_ < nodes_.at(node).stunned_until; }
    bool runs_at(const std::string& host, const VmName& vm) const;
    bool registered_at(const std::string& host, const VmName& vm) const;
    size_t shims_running() const { return shims_.size(); }
    std::string path_of(const VmName& vm) const;
    std::vector<std::string> node_names() const;
    std::string host_of(const std::string& node) const;
    size_t steps() const { return steps_; }

private:
    struct Link {
        uint64_t session = 0;
        bool connected = false;
        Time asked{};         // when the wait under way was sent
        Time silent_since{};  // no answer since then
        std::string cookie;
        std::set<int> news;         // vmids with changes that were not told yet
        bool storage_news = false;  // and of datastores and the host
        bool loading = false;       // the host showed no inventory yet
    };
    // The SSH session. It reads where there is no API: everything, every 10 s, and nothing is pushed.
    struct Shell {
        bool connected = false;
        Time silent_since{};
        Time read_next{};
        Time read_last{};
        bool hostd_away = false;
        Duration hostd_since{};  // which one it spoke to last: a new one may not have loaded its inventory
        std::map<std::string, Time> looked;  // by vmid, when the last look at it was sent
    };
    struct OnTheWay {
        std::string node;
        unsigned life;
        core::Write write;
        unsigned links = 0;
    };
    // One of the links to a host that a daemon has had, one after the other.
    struct OfLink {
        HostName host;
        unsigned links = 0;
    };
    struct Node {
        std::string name;
        HostName host;
        bool powered = true;
        unsigned life = 0;  // counts daemons: what was sent to an earlier one is lost
        std::optional<core::State> state;
        Time wake = core::never;
        std::map<HostName, Link> links;
        std::map<HostName, Shell> shells = {};
        std::map<HostName, unsigned> links_made = {};  // what is heard over an earlier one is lost
        std::vector<Edit> edits = {};
        std::set<VmName> marks;
        std::map<VmName, core::Flying> flying, answering;
        std::map<HostName, std::map<VmName, core::KnownEntry>> known;
        std::map<VmName, core::Judgement> judgements;
        Time stunned_until{};
        std::map<HostName, std::string> secrets = {};  // other than the right one of the beginning
        std::unique_ptr<BreakerText> breaker_text = std::make_unique<BreakerText>();
        std::unique_ptr<esx::Breaker> breaker = {};
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
    void carry_out_step(Node& node, const core::Step& step);
    void to(const std::string& node, unsigned life, Duration delay, core::Event event,
            std::optional<OfLink> link = std::nullopt);
    core::Settings settings_of(const Node& node) const;
    OfLink link_of(const Node& node, const HostName& host) const;
    bool is_over(const std::string& node, const OfLink& link) const;
    bool links(const Node& node, const HostName& host) const;
    void begin_links(Node& node, const HostName& host);

    // --- world_shell.cpp
    bool speaks(const HostName& host, core::Via via) const;
    bool shell_reachable(const std::string& node, const HostName& host) const;
    bool shell_perform(Node& node, const core::Action& action);  // false: not one of its actions
    void shell_look(Node& node, const core::Look& look);
    void shell_watch_power_on(const OnTheWay& what);
    void tick_shell(const std::string& node, unsigned life, const OfLink& of);
    void shell_lost(Node& node, const HostName& host, Shell& shell);
    void shell_refresh(Node& node, const HostName& host, Shell& shell);
    void shell_cannot_read(Node& node, const HostName& host, Shell& shell);
    core::Read shell_read(const Node& node, const HostName& host);
    core::ProcessesTold shell_processes(const HostName& host) const;
    core::LockTold shell_lock(const core::AskLock& ask) const;
    void know(Node& node, const HostName& host, const VmName& vm, const core::VmEntry& entry);
    void perform(Node& node, const core::Action& action);
    void perform_write(Node& node, const core::Write& write);
    void perform_look(Node& node, const core::Look& look);
    void write_ends(const OnTheWay& what, core::WriteDone done);
    void unanswered(const OnTheWay& what, bool carried_out);
    bool answers(const OnTheWay& what) const;
    void tick_link(const std::string& node, unsigned life, const OfLink& of);
    void log_in(Node& node, const HostName& host, Link& link);
    bool open_session(Node& node, const HostName& host, Link& link);
    void confirm(Node& node, const HostName& host, Link& link);
    void put_storage(core::Read& read, site::HostId host) const;
    void hear_nothing(Node& node, const HostName& host, Link& link);
    void tell_news(const std::string& node, unsigned life, const HostName& host);
    core::Read full_read(const Node& node, const HostName& host);
    bool loading(const HostName& host) const;
    bool reachable(const std::string& node, const HostName& host) const;
    bool says_nothing(const HostName& host) const;
    void on_site_change(const site::Change& change);
    void post(Shim& shim);
    void end_shim(const Node& node, const core::Answer& answer);
    site::HostId id_of(const HostName& host) const { return *site.find_host(host.str()); }

    WorldConfig config_;
    std::map<std::string, Node> nodes_;
    std::vector<Shim> shims_;
    std::multimap<Time, std::function<void()>> queue_;
    std::map<std::pair<site::HostId, std::string>, OnTheWay> tasks_;
    std::map<HostName, int> losses_;
    std::set<HostName> mute_;
    core::CallerId last_caller_ = 0;
    Time now_ = epoch;
    size_t steps_ = 0;
};

}  // namespace vmha::scenario
