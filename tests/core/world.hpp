// A tiny world in virtual time for tests of the core: hosts that carry out writes, push their changes and
// answer looks. What a test wants to go wrong it says in the public members.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/core/step.hpp"
#include "tests/support/catch.hpp"

namespace vmha::core::test {

inline constexpr auto start = Time(std::chrono::hours(1));

struct FakeHost {
    bool answers = true;         // false: silent; calls are lost
    bool loses_replies = false;  // carries out writes and never answers them
    uint64_t session = 0;
    int next_vmid = 1;
    std::map<std::string, VmEntry> entries;
    std::map<std::string, Datastore> datastores;
    HostFacts facts;
    std::map<Verb, std::deque<Fault>> refusals;  // taken one by one
    Duration task_time = milliseconds(5);
    Duration guest_shutdown_time = seconds(20);
    bool guest_ignores_shutdown = false;
    bool registers_as_invalid = false;
    std::optional<std::vector<VmProcess>> processes;  // unset: it cannot be found out
    Kill dies_of = Kill::soft;                        // its processes do not end by anything milder
};

class World {
public:
    explicit World(std::function<void(Settings&)> change = {});

    // Hosts
    void connect(const std::string& host);                       // login and full read
    void lose(const std::string& host, Link link = Link::down);  // the link breaks and the daemon knows it
    VmEntry& add(const std::string& host, const std::string& vm, Power power);  // registered behind our back
    void push(const std::string& host, const std::string& vmid);  // tells the daemon of a change
    void remove(const std::string& host, std::string vmid);
    void shell(const std::string& host, Link link = Link::up);  // its SSH session

    // Requests: the caller's number
    CallerId ask(Kind kind, const std::string& vm = "vm1", std::optional<Duration> timeout = {},
                 std::map<std::string, std::string> context = {});
    void happen(const Event& event);
    void take(const Step& out);
    void run(Duration duration);
    void run_until_answered(CallerId caller, Duration limit = seconds(1200));
    void restart_daemon();  // kill -9: flying writes and marks are what the stores hold

    // What came of it
    const Answer* answer_to(CallerId caller) const;
    Verdict verdict(const std::string& vm = "vm1") const { return health(vm).verdict; }
    const Health& health(const std::string& vm = "vm1") const { return state.vms.at(VmName(vm)).health; }
    bool runs(const std::string& host, const std::string& vm = "vm1") const;
    bool registered(const std::string& host, const std::string& vm = "vm1") const;
    std::vector<std::string> stages() const;  // "registering", … of all operations, in order
    int count(Verb verb, const std::string& host) const;

    Time now = start;
    Settings settings;
    State state;
    std::map<std::string, FakeHost> hosts;
    std::vector<Write> writes;
    std::vector<Say> said;
    std::vector<Answer> answers;
    std::map<std::string, bool> marks;
    std::map<std::string, Judgement> judgements;
    bool lock_is_free = true;
    Presence vmx = Presence::present;
    std::optional<DiskLock> disk_lock;
    int process_questions = 0, lock_questions = 0;

private:
    void perform(const Action& action);
    void perform_write(const Write& write);
    void carry_out(const Write& write);
    void end_process(const std::string& host, const VmxPath& path);
    std::optional<Fault> refusal(const Write& write);
    void at(Time when, std::function<void()> what) { queue_.emplace(when, std::move(what)); }
    void watch(const std::string& host);
    Read full_read(const std::string& host);

    std::multimap<Time, std::function<void()>> queue_;
    Time wake_ = never;
    CallerId last_caller_ = 0;
    int daemon_ = 0;
};

// Both hosts are up and have told all.
void both_connected(World& world);

// A line that says this was said.
bool said(const World& world, std::string_view what);

}  // namespace vmha::core::test
