// Everything that can happen to the core.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/reasons.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/core/write.hpp"

namespace vmha::core {

using LookId = uint64_t;
using CallerId = uint64_t;

enum class Link { connecting, up, down, bad_password, locked_out, untrusted };

// The link to a host changed its state. `session` grows with every new login and stands in every Read of it.
struct LinkChanged {
    HostName host;
    Link link = Link::connecting;
    Reason reason = Reason::host_unreachable;
    std::string detail;  // a sentence for people, without a secret
    uint64_t session = 0;
    Via reader = Via::api;  // up: who brings the news
};

// News of a host. `asked` is when the read was SENT: what it says was true at that time or later.
// full: this is everything there is; entries that are not in it are not in the inventory.
// not full: what changed since the last Read of this session. With nothing in it, it confirms all that is
// known.
struct Read {
    HostName host;
    uint64_t session = 0;
    Time asked{};
    bool full = false;
    std::optional<LookId> look;  // a full read that a Look without vmid asked for
    std::vector<VmEntry> entries;
    std::vector<std::string> left;  // vmids that left the inventory
    std::vector<Datastore> datastores;
    std::vector<std::string> datastores_left;
    std::optional<HostFacts> facts;
    Duration good_for{};  // how long it stays fresh, where that is longer than freshness_s: SSH reads seldom
};

// The SSH session to a host, beside its API session or alone. While it is up, writes may go over it, and
// processes and locks can be asked for.
struct ShellChanged {
    HostName host;
    Link link = Link::connecting;
    Reason reason = Reason::host_unreachable;
    std::string detail;  // a sentence for people
};

// All VMX processes on the host at that time or later.
struct ProcessesTold {
    HostName host;
    Time asked{};
    std::optional<std::vector<VmProcess>> processes;  // unset: it could not be found out
};

// The answer to AskLock.
struct LockTold {
    VmName vm;
    HostName host;  // that was asked
    Time asked{};
    std::optional<DiskLock> lock;  // unset: it could not be found out
    std::string why;               // then
};

// The answer to a Look at one entry. gone: the host said that there is no such object, in a valid session.
struct Looked {
    HostName host;
    uint64_t session = 0;
    LookId look = 0;
    Time asked{};
    std::string vmid;
    std::optional<VmEntry> entry;  // unset: gone
};

// A Look that brought nothing: the connection failed. The next full Read takes its place.
struct LookFailed {
    HostName host;
    LookId look = 0;
};

enum class Outcome {
    ok,          // done; for a task: the task ended well
    refused,     // the host said no, with a fault: nothing was done
    unsent,      // it never left: there was no session
    unanswered,  // sent, and no answer came: it may or may not have been carried out
};

struct WriteDone {
    WriteId id = 0;
    Outcome outcome = Outcome::ok;
    Fault fault;
    std::string vmid;  // register_vm: the new entry
};

enum class Presence { present, missing, cannot_tell };

struct VmxChecked {
    VmName vm;
    HostName host;
    Presence presence = Presence::cannot_tell;
};

// tidy is the daemon's own: nobody asks for it.
enum class Kind { start, stop, tidy };

// A request for an operation. context holds the cluster manager's CLP_… variables.
struct Ask {
    CallerId caller = 0;
    VmName vm;
    Kind kind = Kind::start;
    std::optional<Duration> timeout;  // unset: the VM's own
    std::map<std::string, std::string> context;
};

struct CallerGone {
    CallerId caller = 0;
};

// The exclusive lock among engines on this node (rule 7) is ours now. `left` is what the stores tell at this
// moment: another engine may have written meanwhile, and may have died with its write unanswered.
struct LockTaken {
    VmName vm;
    std::optional<Flying> left;
    bool contended = false;  // another engine held it until now: what it wrote may not have been told yet
};

// The lock cannot be had at all: its file cannot be opened. Or the active mark cannot be set.
struct LockRefused {
    VmName vm;
    std::string why;
};

// The active marks as they lie in the runtime directory: a oneshot sets them too.
struct MarksRead {
    std::set<VmName> active;
};

struct Tick {};

// Somebody wants to know who holds the VM's files.
struct LockWanted {
    VmName vm;
};

using Event =
    std::variant<LinkChanged, ShellChanged, Read, Looked, LookFailed, ProcessesTold, LockTold, LockWanted,
                 WriteDone, VmxChecked, Ask, CallerGone, LockTaken, LockRefused, MarksRead, Tick>;

}  // namespace vmha::core
