// The core in the real world: feeds it events, carries out its actions. The daemon and `--oneshot` run the
// same one.
#pragma once
#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "daemon/api/backend.hpp"
#include "daemon/config/config.hpp"
#include "daemon/core/reconfigure.hpp"
#include "daemon/esx/breaker.hpp"
#include "daemon/net/task_group.hpp"
#include "daemon/run/flying_store.hpp"
#include "daemon/run/id_map.hpp"
#include "daemon/run/judgement_store.hpp"
#include "daemon/run/log.hpp"
#include "daemon/run/runtime.hpp"
#include "daemon/transports.hpp"

namespace vmha {

// Whose state is read.
std::map<VmName, core::VmxPath> vmx_of(const config::Config& config);

struct Paths {
    std::string state_dir;
    std::string runtime_dir;
};

// Who hears what the core says. Called from within a step; must not submit from within.
class Listener {
public:
    virtual ~Listener() = default;
    virtual void say(const core::Say& say) = 0;
    virtual void answer(const core::Answer& answer) = 0;
    virtual void state_changed() = 0;
    // Whether the log is to have it.
    virtual bool for_log(const core::Say&) const { return true; }
};

// Owned by the app, outlives the server that uses it as its backend. One thread. Nothing throws out of it; a
// store that fails is said in the log and never ends the daemon, but a write that cannot be stored is not
// sent.
class Engine : public api::Backend {
public:
    Engine(boost::asio::io_context& io, const config::Config& config, const std::string& node,
           const Paths& paths, run::Log& log, run::Scrubber& scrubber, net::Pulses pulses = {});
    ~Engine() override;

    void listen(Listener* listener) { listener_ = listener; }
    void start();
    net::Task<> stop();  // logs out everywhere; bounded

    const core::State& state() const override { return state_; }
    bool on_last_good() const override { return on_last_good_; }
    void set_on_last_good(bool is) { on_last_good_ = is; }
    core::Time now() const override;
    std::time_t wall_clock() const override;
    void submit(core::Event event) override;
    void pause(const VmName& vm, std::optional<core::Duration> for_how_long) override;
    void resume(const VmName& vm) override;
    Result<void> retry_login(const HostName& host) override;
    api::Reloaded reload() override { return reload_(); }
    void on_reload(std::function<api::Reloaded()> reload) { reload_ = std::move(reload); }

    // Takes a new configuration while everything goes on, or says why not and changes nothing. A link whose
    // settings are the same goes on; one that is made anew begins when the old one has logged out.
    core::Reconfigured reconfigure(const config::Config& config, const std::string& node);
    void log(Level level, std::string_view text) override { log_.write(level, text); }

private:
    static constexpr auto judgement_file = "judgement.json";

    class BreakerFile;
    // The writes of one slot of the core's VMs that are in their store.
    struct Stored {
        run::FlyingStore store;
        std::optional<core::Flying> core::VmState::*slot;
        std::map<VmName, core::WriteId> ids{};
    };

    void make_link(const config::Config& config, const config::Host& host);
    void change_links(const config::Config& config, const std::map<HostName, core::LinkAnew>& made_anew);
    void end_link(const HostName& name);
    void link_ended(const HostName& name);
    core::Remembered recall_new(const core::Settings& settings);
    std::map<HostName, std::map<VmName, core::KnownEntry>> known_entries() const;
    Transports::Ways ways_to(const config::Config& config, const config::Host& host);
    void drain();
    void take(core::Step step);
    void perform(const core::Action& action);
    void perform(const core::Write& write);
    core::Remembered recall(const std::set<VmName>& vms);
    void load_ids();
    void save_new_ids();  // at leisure: it is a memory, not needed for what is under way
    void save_judgements();
    bool store(const core::Write& write, Stored& stored);
    void try_locks(bool contended);
    void read_marks();
    void drop_landed();
    void drop_landed(Stored& stored);
    void arm_wake(core::Time wake);
    net::Task<> run_timer();
    void on_timer();
    void complain(const Result<>& result);
    // The same trouble once, and once that it is over.
    void complain_once(const std::string& file, const Result<>& result, const std::string& so);

    boost::asio::io_context& io_;
    run::Log& log_;
    run::Scrubber& scrubber_;
    net::Pulses pulses_;
    std::unique_ptr<net::Pulse> timer_pulse_;
    std::string state_dir_;
    run::Runtime runtime_;
    Stored flying_;
    Stored answering_;
    run::JudgementStore judgements_;
    std::unique_ptr<BreakerFile> breaker_file_;
    esx::Breaker breaker_;
    core::State state_;
    run::IdMap ids_;
    bool ids_changed_ = false;
    std::map<VmName, core::Judgement> unsaved_;
    std::map<std::string, std::string> complaints_;  // by file
    config::Config config_;
    std::function<api::Reloaded()> reload_;
    std::map<HostName, std::unique_ptr<Transports>> hosts_;
    std::map<HostName, unsigned> links_made_;  // what an earlier link says is not heard any more
    std::map<HostName, int> leaving_;          // links that have not ended yet
    net::TaskGroup ends_;
    Listener* listener_ = nullptr;

    std::deque<core::Event> events_;
    bool draining_ = false;
    bool on_last_good_ = false;
    bool stopping_ = false;
    std::set<VmName> locks_wanted_;
    std::map<VmName, int> lock_failures_;
    std::map<VmName, run::VmLock> locks_;
    net::Timer timer_;
    core::Time wake_ = core::never;
    core::Time armed_ = core::never;
    core::Time marks_due_{};
};

}  // namespace vmha
