// All that the core knows: per host its view, per VM its operation, its unanswered write and its health.
// Written by step() alone; read by everybody (the API renders it).
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/exit_codes.hpp"
#include "daemon/core/actions.hpp"
#include "daemon/core/settings.hpp"

namespace vmha::core {

// What a host last called a VM, and what it said of it: kept over restarts by the app.
struct KnownEntry {
    std::string vmid;
    std::optional<VmxPath> path;  // in the host's spelling
    std::string instance_uuid;    // may be empty
    std::optional<int64_t> memory_mb;
    std::vector<std::string> networks;
    bool operator==(const KnownEntry&) const = default;
};

// One inventory entry with the age of its news.
struct Seen {
    VmEntry entry;
    bool path_remembered = false;  // the host does not tell the path now: it is the one that we remember
    Time asked{};                  // when the read that told us was sent
    Time told{};                   // when a Read of the watch last brought news of it (not a Look)
    Time power_since{};            // since when we see this power state
    Time connection_since{};       // since when we see this connection state
};

struct DatastoreSeen {
    Datastore datastore;
    Time asked{};
};

// What was last said of a readiness, and what may be said next.
struct Announced {
    std::optional<Reason> said;  // unset: ready
    std::optional<Reason> next;
    std::optional<Time> next_since;    // since when fresh views hold `next`
    std::set<std::string> warnings{};  // standing ones, each said once
};

// The SSH session to a host, beside its API session or alone.
struct ShellSeen {
    Link link = Link::connecting;
    Reason reason = Reason::host_unreachable;
    std::string detail;
    Time since{};
};

struct ProcessesSeen {
    std::vector<VmProcess> list;
    Time asked{};
};

struct HostView {
    HostName name;
    HostSettings settings;
    Link link = Link::connecting;
    Reason link_reason = Reason::host_unreachable;
    std::string link_detail;
    Time link_since{};

    uint64_t session = 0;           // the session that the facts below come from; 0: none yet
    Time session_since{};           // first full read of that session
    Time inventory_since{};         // the set of entries is unchanged since then
    std::optional<Time> confirmed;  // all facts were true at that time or later (the read was sent then)
    Duration good_for{};            // how long they stay fresh, where that is longer than freshness_s
    Time fresh_since{};             // when it became so after it had not been
    bool complete = false;          // a full read came in this session
    std::map<std::string, Seen> entries;  // by vmid
    std::map<std::string, DatastoreSeen> datastores;
    HostFacts facts;
    std::optional<Time> last_rescan;
    bool api_up = false;                         // its API session lives
    ShellSeen shell;                             // `connecting` for ever where no SSH is configured
    std::optional<Via> said_via;                 // of writes, where there are two ways
    std::optional<ProcessesSeen> processes;      // as they were told last
    std::map<std::string, Announced> announced;  // readiness of the host itself (""), and by datastore
    std::map<VmName, std::string> where;         // configured VM -> vmid of its entry
    std::map<VmName, KnownEntry> remembered;     // the last that was told of it: tells an invalid entry's VM
    std::map<std::string, VmName> remembered_vmid;    // vmid -> the VM in `remembered`
    std::multimap<std::string, std::string> by_uuid;  // instance uuid -> vmids in `entries`
    // Unreadable entries that cannot be this VM's: its own entry stood beside them, and no host registers one
    // VM twice.
    std::map<VmName, std::set<std::string>> not_ours;
    std::set<VmName> seen_left;  // we saw the VM's entry leave in this session
    std::set<VmName>
        left_unproved;  // its entry left while it was not valid: nothing proves that it is off here
    std::set<std::string>
        doubtful;                // a full read did not hold them, but a later look did: the next news tells
    std::set<std::string> gone;  // vmids that left in this session: a late Look must not revive them
};

enum class Stage {
    idle,
    waiting_for_lock,  // the one among engines on this node
    waiting_for_host,
    waiting_for_peer,
    waiting_for_storage,
    waiting_for_writes,  // a write of an earlier operation is unanswered
    waiting_for_vm,      // the entry is invalid, blocked by a question, or not proved
    checking,
    stopping_elsewhere,
    registering,
    waiting_for_disk_lock,
    powering_on,
    waiting_for_heartbeat,
    clearing_elsewhere,
    shutting_down,
    powering_off,
    unregistering,
    proving,
    tidying,
    started,
    stopped,
    tidied,
    failed,
    timed_out,
};

std::string_view word(Stage stage);

struct Caller {
    CallerId id = 0;
    Time since{};
    Time deadline{};
};

// A start or stop under way. At most one per VM. What it remembers is only what the view cannot tell.
struct Op {
    uint64_t id = 0;
    Kind kind = Kind::start;
    Stage stage = Stage::idle;
    HostName at;  // the host that the stage is about
    Time began{};
    Time deadline{};  // the latest of its callers
    std::vector<Caller> callers;
    std::optional<Time> alone_since;  // no caller is left
    std::optional<Time> hurry;      // the earliest deadline of all its callers: the guest's grace ends before
    std::optional<Duration> grace;  // of the guest shutdown; the shorter one of joined callers wins

    // what was tried, so that it is not tried blindly again
    std::map<HostName, Time> shutdown_sent;
    std::set<HostName> shutdown_unheard;  // never answered: the guest may be going down all the same
    std::map<HostName, Time>
        shutdown_tried;                    // the first time, taken or not: the guest's grace runs from then
    std::set<HostName> no_tools;           // the guest cannot be shut down there
    std::set<std::string> cancelled;       // tasks in the way that were cancelled, each once
    bool taking_out_bad_entry = false;     // what the unregister under way is for
    std::map<HostName, int> unregistered;  // entries taken out because they were not valid
    std::set<HostName> taken_out;          // this operation itself took an entry of the VM out there
    std::set<std::string> answered;        // ids of questions that were answered, each once
    bool left_over = false;  // a start that found a left-over copy: it goes off hard before anything else
    bool registered_here = false;  // this start put it into the inventory
    bool power_on_sent = false;    // and asked for its power-on
    int power_on_tries = 0;
    int register_tries = 0;
    int shutdown_tries = 0;
    int odd_refusals = 0;                            // that only make sense if the view is behind
    std::map<HostName, int> power_off_tries;         // answered, or without an effect within their limit
    std::map<HostName, std::pair<int, Time>> kills;  // of its process: how many, and the last
    std::map<HostName, Time> answered_at;            // the last question's answer
    std::optional<Time> powered_on;                  // our power-on succeeded here
    bool power_on_ended = false;                     // and the host said so itself: its task is over
    std::set<HostName> touched;                      // where it has written anything
    std::optional<HostName> taking_over;             // the peer whose copy this start stops first
    bool taken_over = false;                         // that is done; one takeover per start
    std::optional<Presence> vmx;                     // of the preflight for a takeover
    bool vmx_asked = false;
    std::optional<Time> not_before;  // the next write waits for this (a retry)
    std::optional<Fault> fault;      // the last refusal, for the failure's sentence
    std::string fault_doing;         // what was refused: "power on vm1 on esxi1"
    struct PeerDecision {
        Time since;
        bool looked_again = false;  // as the first look came back late
    };
    std::map<HostName, PeerDecision> peer_decided;  // rule 6: a write to a peer needs a look begun after it
    std::set<HostName> clear_failed;       // a peer's left entry could not be unregistered: a warning only
    Reason blocked_by = Reason::deadline;  // why it waits, for the answer if it waits until the deadline
    std::string blocked_detail;
    std::optional<Reason> said_blocked;  // that a person has to do something about it was said
};

enum class Verdict { healthy, unhealthy, unknown };

std::string_view word(Verdict verdict);

struct Health {
    Verdict verdict = Verdict::unknown;
    Reason reason = Reason::stale;
    std::string detail;
    HostName host;
    std::optional<Time> asked;
    ExitCode exit_code = ExitCode::ok;
    // a reason that is not confirmed yet
    std::optional<Reason> pending;
    Duration pending_held{}, pending_needed{};
};

// Who held the VM's files when it was asked last.
struct LockSeen {
    HostName by;  // the host that was asked
    Time asked{};
    std::optional<DiskLock> lock;  // unset: it could not be found out
    std::string why;               // then
};

// A time without the VM's datastore on a host.
struct StorageGap {
    Time lost{}, back{};
};

struct VmState {
    VmName name;
    VmSettings settings;
    bool active = false;        // the cluster started this VM here
    std::optional<Time> since;  // it was added by a reload then: what was read before is no word about it
    std::optional<Op> op;
    std::vector<Ask> waiting_starts;  // behind a stop
    std::map<CallerId, Time> waiting_since;
    std::optional<Flying> flying;
    std::optional<Flying> answering;  // a question's answer, while the power-on that asks it is flying
    // A register whose answer was lost, and whose effect was seen: it may have been another one's, so this
    // one may come until then.
    std::map<HostName, Time> late_register;
    std::map<HostName, Time> look_after;        // only facts asked at or after this count there
    std::map<HostName, Time> looked;            // when the last finished Look was asked
    std::map<HostName, LookId> looking;         // a Look under way
    std::map<HostName, Time> processes_asked;   // under way there, since when
    std::map<HostName, Time> processes_failed;  // when it last could not be found out
    std::optional<Time> disk_lock_asked;        // the last time
    std::optional<LockSeen> disk_lock;
    bool lock_asked = false, lock_held = false;
    bool paused = false;
    std::optional<Time> paused_until;  // unset: until resumed

    bool left_over = false;  // runs here without the mark, and was seen running on a peer at the same time
    bool unjudged = false;   // its mark was set by a start before all hosts were seen: it may be left over
    Judgement kept;          // what the app was last told to keep
    std::map<HostName, Announced> announced;  // its readiness there
    int tidy_failures = 0;                    // in a row
    Time tidy_not_before{};                   // after a failed one
    std::optional<Time> tidy_since;           // since when there is something to tidy up here
    std::map<Reason, Time> suspicions;        // reasons that fresh views hold, each since when
    std::optional<Time> unknown_since;
    std::map<HostName, Time> storage_bad;        // since when its datastore is not well there
    std::map<HostName, StorageGap> storage_gap;  // the last time that it was not, and now is again
    Verdict settled_verdict = Verdict::unknown;  // of the time before the operation under way
    Health health;                               // as last evaluated
    Time wake = never;
};

struct State {
    Settings settings;
    HostName local;
    std::map<HostName, HostView> hosts;
    std::map<VmName, VmState> vms;
    uint64_t last_id = 0;                        // operations, writes, looks
    std::multimap<std::string, VmName> by_file;  // VmxPath::file -> the VMs it may belong to
    std::set<std::pair<Time, VmName>> wakes;
    std::map<CallerId, VmName> callers;
};

}  // namespace vmha::core
