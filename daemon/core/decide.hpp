// The next step of an operation, as a pure function of what is known. Called only while none of the VM's
// writes is flying and no look is awaited. What each stage waits for is in the Decision, so that an operation
// that ends at its deadline can say why.
#pragma once
#include <optional>
#include <string>

#include "daemon/core/state.hpp"

namespace vmha::core {

struct Decision {
    enum class What { wait, write, check_vmx, ask_processes, finish };

    What what = What::wait;
    Stage stage = Stage::idle;
    HostName host;
    std::string why;  // in the transition's line

    Time until = never;                    // wait: decide again then
    Reason blocked_by = Reason::deadline;  // wait: the reason if the deadline passes meanwhile
    Write write;                           // write: all but id, vm and limit
    Ending ending = Ending::ok;            // finish
    Reason reason = Reason::running;       // finish
};

Decision decide_start(const State& state, const VmState& vm, Time now);
Decision decide_stop(const State& state, const VmState& vm, Time now);

// Bring the VM to rest on this host: the body of a stop, and of a takeover aimed at a peer.
// nullopt: proved off and not registered there.
std::optional<Decision> decide_halt(const State& state, const VmState& vm, const HostView& host, Time now);

// How long an unregistered, invalid or blocked entry is given to come right by itself.
inline constexpr Duration bad_entry_patience = seconds(15);
// When an entry that is not valid may be acted upon: later for one that was so when the session began, as a
// host that has just come up shows VMs so before it has read them.
Time bad_entry_patience_over(const HostView& host, const Seen& seen);

struct Trouble {
    Reason reason;
    std::string text;
};

// Why nothing can be powered on there, whichever VM it is.
std::optional<Trouble> writing_trouble(const HostView& host);
// The VM needs more memory than is free there, as far as both are known.
std::optional<Trouble> memory_trouble(const State& state, const VmState& vm, const HostView& host);

// Somebody's power-on of it has not ended.
bool powering_on(const VmEntry& entry);
bool powering_off(const VmEntry& entry);

// Why nothing fresh is known of the host, for people.
std::string why_not_fresh(const HostView& host);

// Between two tries of a write that the host refused for a passing reason.
inline constexpr Duration retry_delay = seconds(2);
inline constexpr Duration rescan_interval = seconds(5);
inline constexpr Duration peer_patience = seconds(10);
inline constexpr Duration partition_patience = seconds(30);
// For an answer to a question to show its effect.
inline constexpr Duration question_patience = seconds(10);
// What a stop keeps back from the guest's grace for power off, proof and unregister.
inline constexpr Duration stop_reserve = seconds(60);

namespace decisions {

Decision wait(Stage stage, const HostView& host, Reason blocked_by, std::string why, Time until = never);
Decision write(Stage stage, const HostView& host, Verb verb, const std::string& vmid, std::string why = {});
Decision fail(const HostView& host, Reason reason, std::string why);

// The host's own state, the VM's needs, and, before a peer's copy is stopped, the peer's state and our .vmx.
std::optional<Decision> preflight(const HostView& host);
std::optional<Decision> preflight_memory(const State& state, const VmState& vm, const HostView& host);
std::optional<Decision> preflight_takeover(const VmState& vm, const HostView& local, const HostView& peer,
                                           Time now);

// Nothing if the VM's datastore is well there; the local host is asked to rescan, every 5 s at most (rule 9).
std::optional<Decision> await_storage(const State& state, const HostView& host, const VmState& vm, Time now);

// Why the peer seems to use the other copy of the mirror: its storage stayed while ours was away.
std::optional<std::string> on_another_copy(const State& state, const VmState& vm, const HostView& peer,
                                           Time now);

// Ours under another path, on any host that we see: touch nothing.
std::optional<Decision> check_moved(const State& state, const VmState& vm, Time now);

// "a task is in the way: vim.VirtualMachine.createSnapshot", or nothing.
std::string task_in_the_way(const VmEntry& entry);

// The wait before a write that was refused is tried again; where a task is in the way it is named.
Decision try_again(Stage stage, const VmState& vm, const HostView& host, const VmEntry& entry, Reason reason);

// A question of the entry: answer it if rule 5 knows how, else wait for a person.
std::optional<Decision> on_question(const VmState& vm, const HostView& host, const VmEntry& entry,
                                    Kind purpose);

}  // namespace decisions

}  // namespace vmha::core
