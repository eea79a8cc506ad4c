// One schedule of the explorer: a random site, random trouble and requests, then calm; what must hold is
// checked at every write, every answer and every tick. The seed is the schedule.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "tests/scenarios/cluster.hpp"
#include "tests/scenarios/explorer.hpp"

namespace vmha::scenario {

inline const VmName vm1("vm1");
inline const std::string stranger_path = "vm2/vm2.vmx", path_that_ends_the_same = "old/vm1/vm1.vmx";
// The view of a host may be that old: what is fresh, and the way there.
inline constexpr Duration api_view_age = core::seconds(8), ssh_view_age = core::seconds(42);

class Schedule {
public:
    Schedule(uint64_t seed, const std::function<void(const std::string&)>& on_line, const Exploring& how);

    Explored run();

private:
    // --- schedule.cpp: the site, the course of things, and what must hold all the time
    WorldConfig make_config(uint64_t seed);
    void choose_transports(WorldConfig& config, uint64_t seed) const;
    void make_vm(site::SiteConfig& site);
    void make_stranger(site::SiteConfig& site);
    ClusterConfig make_cluster();
    void advance();
    void run_for(Duration duration);
    void settle();
    void repair();
    void repair_host(const std::string& node);
    void take_strangers_out();
    void settle_requests();
    void settle_cluster();
    bool healthy_at(const std::string& node) const;
    void expect(const std::string& node, core::Kind kind);

    // at every tick
    void check_state();
    void check_daemon(const std::string& node);
    void check_monitor(const std::string& node);
    void check_confirmed(const std::string& node, const core::VmState& vm);
    void check_turned(const std::string& node);
    bool runs_well(const std::string& host) const;

    // --- schedule_trouble.cpp
    void make_trouble();
    void trouble_with_power();
    void trouble_with_networks();
    void trouble_with_daemons();
    void trouble_with_host();
    void trouble_with_storage();
    void trouble_with_vm();
    void trouble_with_stranger();
    void trouble_with_accounts();
    void trouble_with_ssh();
    void mistype(const std::string& node, const std::string& host);
    void change_password(const std::string& node, const std::string& host);
    void wait_for_third_login();
    void ask_something();
    void maintenance(const std::string& host, bool on);
    void free_licence(const std::string& host, bool on);
    void no_memory(const std::string& host, bool on);
    void person_ends_questions();
    void person_stops_copies(const std::string& except);
    void free_lost_device(const std::string& node);

    // --- schedule_reload.cpp
    void trouble_with_reloads();
    void reload_settings(const std::string& node);
    void reload_links(const std::string& node);
    void reload_another_vm(const std::string& node);
    void reload_without_vm(const std::string& node);
    void check_gone(const std::string& node, const std::string& what);

    // --- schedule_people.cpp
    void trouble_with_people();
    void work_on_vm(const std::string& host);
    bool meddled(const std::string& host) const;

    // --- schedule_checks.cpp
    void violated(const std::string& what);
    bool disturbed(const std::string& host) const;
    void disturb(const std::string& host) { disturbed_[host] = world_.now(); }
    void check_end(const ShimEnd& end);
    void check_stopped(const ShimEnd& end, const std::string& host);
    void check_started(const ShimEnd& end, const std::string& host);
    void check_line(const std::string& line);
    void check_vouched(const std::string& node);
    void check_write(const std::string& node, const core::Write& write);
    void check_target(const core::Write& write);
    void check_moved(const core::State& state, const core::VmState& vm, const core::Write& write);
    void check_looked(const core::State& state, const core::VmState& vm, const core::Write& write);
    void check_tidy(const std::string& node, const core::VmState& vm, const core::Write& write);
    void check_rescan(const std::string& node, const core::Write& write);
    void check_peer_write(const std::string& node, const core::Write& write);
    void check_preflight(const std::string& node, const core::VmState& vm, const core::Write& write);
    void check_takeover(const std::string& node, const core::VmState& vm, const core::Write& write);
    void check_power_on(const core::State& state, const core::VmState& vm, const core::Write& write);
    void check_replay(const std::string& node, const core::Write& write);
    void check_answer(const core::State& state, const core::VmState& vm, const core::Write& write);
    void check_purpose(const core::State& state, const core::VmState& vm, const core::Write& write,
                       const std::string& asked, const std::string& label);
    void check_corruption(site::HostId host, const std::string& path);
    void check_login(const std::string& node, const std::string& host, bool right);
    bool long_since(const std::map<std::string, Time>& since, const std::string& host) const;
    bool rested(const std::string& node) const;
    bool seen_on_a_peer(const core::State& state) const;
    bool no_process_seen(const core::State& state) const;
    void check_way(const core::State& state, const core::Write& write);
    void check_kill(const core::VmState& vm, const core::Write& write);
    bool late_register(const core::State& state) const;

    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
    std::string some_node() { return chance(0.5) ? "ec1" : "ec2"; }
    site::HostId id(const std::string& host) const { return *world_.site.find_host(host); }
    const site::Vm* entry_at(const std::string& host) const;
    std::string stranger() const { return world_.site.config().vms.back().files.path; }
    site::Site& site() { return world_.site; }

    std::mt19937_64 random_;
    std::string transport_;
    bool reloads_, people_;
    Duration view_age;
    // Of their own, so that the rest of a schedule is the same whatever carries the calls, and with reloads.
    std::minstd_rand ssh_random_, reload_random_, people_random_;
    bool with_cluster_;
    bool refuses_ = false;  // on_running_elsewhere
    World world_;
    std::optional<Cluster> cluster_;
    std::string violation_;
    std::map<std::string, core::Write> lost_;  // by node: the last write that never arrived
    std::map<std::string, Time> disturbed_;    // by host: fate had its hand in it
    std::map<std::string, Time> meddled_;      // by host: somebody had
    std::map<std::string, Time> not_well_;     // by host: when the VM was last not running well there
    std::map<std::string, Time> unmarked_;     // by node: when it last had no mark
    std::map<std::string, Time> powered_on_;   // by node: its last power-on here
    std::map<std::string, Time> well_, ran_;   // by host: when it last was so
    std::map<std::string, Time> well_since_;   // by host: the beginning of that
    std::map<std::string, Time> not_here_;     // by host: when it last had no process there
    std::map<std::string, Time> maintenance_since_, free_since_, no_memory_since_;  // by host
    std::map<std::string, Time> answered_;      // by host and path: our last answer to a question
    std::map<std::string, Time> rescanned_;     // by node and host, of the daemon that runs
    std::map<std::string, Time> taken_out_;     // by node: its last unregister on its own host
    std::map<std::string, bool> unhealthy_;     // by node, at its last step
    std::map<std::string, core::Kill> killed_;  // by host and operation: the last manner
    struct Since {
        uint64_t op = 0;
        Time since{};
    };
    std::map<std::string, Since> began_;      // by node: its last operation
    std::map<std::string, Since> takeovers_;  // by node: the start that has begun one
    struct Logins {
        bool worked = false;
        std::vector<Time> wrong = {};
    };
    std::map<std::string, Logins> logins_;        // by node, host and secret
    std::map<std::string, std::string> secrets_;  // by node and host, other than that of the beginning
    std::set<std::string> all_secrets_;
    enum class Accounts { untouched, mistyped, changed };
    Accounts accounts_ = Accounts::untouched;
};

}  // namespace vmha::scenario
