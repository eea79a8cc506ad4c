#include "daemon/core/health.hpp"

#include <algorithm>

#include "daemon/core/known.hpp"
#include "daemon/core/questions.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {
namespace {

struct Finding {
    Reason reason;
    Duration confirm;
    std::string detail;
    std::optional<Reason> held_as{};  // it goes on where that one began: the same trouble, better known
};

// What a fresh view of the local host says against the VM, in the order in which it counts.
struct Findings {
    std::vector<Finding> against;
    bool settling = false;
    Time look_again = never;
};

std::string on(const HostView& host) {
    return " on " + host.name.str();
}

void find_storage(const State& state, const HostView& host, const VmState& vm, Findings& found) {
    const StorageState storage = storage_of(host, vm);
    if (storage == StorageState::ok) return;
    const std::string volume = "datastore " + vm.settings.vmx.volume;
    const DatastoreSeen* seen = datastore_of(host, vm);
    std::string detail = storage == StorageState::missing   ? volume + " is not there" + on(host)
                         : storage == StorageState::no_path ? volume + " has no active path" + on(host)
                                                            : volume + " is not accessible" + on(host);
    if (seen && !seen->datastore.trouble.empty()) detail += " (" + seen->datastore.trouble + ")";
    if (volume_unresolved(state, host, vm))
        return found.against.push_back({Reason::volume_unresolved, vm.settings.confirm.datastore_lost,
                                        detail + ": the host sees it as a snapshot and did not mount it",
                                        Reason::datastore_lost});
    found.against.push_back({Reason::datastore_lost, vm.settings.confirm.datastore_lost, detail});
}

void find_heartbeat(const HostView& host, const VmState& vm, const Seen& seen, Time now, Findings& found) {
    if (seen.entry.heartbeat != Heartbeat::red) return;
    // Right after power-on Tools is not up yet; gray and red are normal then (facts D9).
    const Time grace_over = seen.entry.booted.value_or(seen.power_since) + vm.settings.boot_grace;
    if (now < grace_over) {
        found.look_again = std::min(found.look_again, grace_over);
        return;
    }
    found.against.push_back({Reason::heartbeat_red, vm.settings.confirm.heartbeat_red,
                             "no heartbeat from VMware Tools" + on(host)});
}

void find_connection(const HostView& host, const VmState& vm, const Seen& seen, Time now, Findings& found) {
    const Connection connection = seen.entry.connection;
    const bool invalid = connection == Connection::invalid || connection == Connection::orphaned;
    if (!invalid && connection != Connection::inaccessible) return;
    const Time settled = host.session_since + host.settings.settle;
    if (now < settled && seen.connection_since <= host.session_since) {
        found.settling = true;  // a host that has just come up shows VMs so before it has read them
        found.look_again = std::min(found.look_again, settled);
        return;
    }
    if (invalid)
        found.against.push_back({Reason::invalid, vm.settings.confirm.invalid,
                                 "the entry is " +
                                     std::string(connection == Connection::invalid ? "invalid" : "orphaned") +
                                     on(host)});
    else
        found.against.push_back({Reason::inaccessible, vm.settings.confirm.inaccessible,
                                 "the configuration file cannot be read" + on(host)});
}

void find_question(const HostView& host, const VmState& vm, const Seen& seen, Findings& found) {
    if (!seen.entry.question) return;
    if (kind_of(*seen.entry.question) == QuestionKind::lock_lost)
        found.against.push_back({Reason::lock_lost, vm.settings.confirm.lock_lost,
                                 "the host lost the lock on the VM's disk" + on(host)});
    else
        found.against.push_back({Reason::question_pending, vm.settings.confirm.question_pending,
                                 "waits for an answer" + on(host) + ": " + summary(*seen.entry.question)});
}

// "; it runs on esxi1", as far as fresh views tell.
std::string where_it_runs(const State& state, const HostView& host, const VmState& vm, Time now) {
    for (const auto& [name, peer] : state.hosts) {
        const Seen* seen = name == host.name || !fresh(state, peer, now) ? nullptr : entry_of(peer, vm);
        if (seen && seen->entry.power == Power::on) return "; it runs on " + name.str();
    }
    return {};
}

void find_absence(const State& state, const HostView& host, const VmState& vm, Time now, Findings& found) {
    const Seen* moved = moved_entry(state, host, vm);
    if (moved && vm.active)
        return found.against.push_back({Reason::vmx_moved, vm.settings.confirm.not_registered,
                                        moved_text(host, vm, *moved), Reason::not_registered});
    const Time settled = host.session_since + host.settings.settle;
    if (!host.seen_left.contains(vm.name) && now < settled) {
        found.settling = true;
        found.look_again = std::min(found.look_again, settled);
        return;
    }
    if (vm.active)
        found.against.push_back({Reason::not_registered, vm.settings.confirm.not_registered,
                                 "not in the inventory" + on(host) + where_it_runs(state, host, vm, now)});
    else
        found.against.push_back({Reason::not_active_here, Duration::zero(),
                                 "not started here, and not seen in the inventory" + on(host)});
}

Findings look_for_trouble(const State& state, const HostView& host, const VmState& vm, Time now) {
    Findings found;
    const Seen* seen = entry_of(host, vm);
    if (!seen) {
        find_absence(state, host, vm, now, found);
        return found;
    }
    const bool off = seen->entry.power == Power::off || seen->entry.power == Power::suspended;
    // The target of the storage is away from the standby's host whenever the group moves.
    const bool readable =
        seen->entry.connection == Connection::connected || seen->entry.connection == Connection::inaccessible;
    if (!vm.active && off && readable) {
        found.against.push_back({Reason::not_active_here, Duration::zero(),
                                 "not started here; registered but not running" + on(host)});
        return found;
    }
    if (vm.left_over)
        found.against.push_back(
            {Reason::left_over, Duration::zero(),
             "a copy that the cluster did not start here runs" + on(host) + ", and a peer runs it too"});
    find_connection(host, vm, *seen, now, found);
    find_question(host, vm, *seen, found);
    // What a host says of the power of an entry that is not valid means nothing (facts A2).
    const bool valid = seen->entry.connection == Connection::connected;
    if (valid && seen->entry.power == Power::off)
        found.against.push_back(
            {Reason::powered_off, vm.settings.confirm.powered_off, "powered off" + on(host)});
    if (valid && seen->entry.power == Power::suspended)
        found.against.push_back({Reason::suspended, vm.settings.confirm.suspended, "suspended" + on(host)});
    find_storage(state, host, vm, found);
    find_heartbeat(host, vm, *seen, now, found);
    return found;
}

Reason unreachable_reason(const HostView& host) {
    if (host.link == Link::up || host.link == Link::connecting) return Reason::stale;
    return host.link_reason;
}

void set_unknown(VmState& vm, Reason reason, std::string detail) {
    vm.suspicions.clear();
    vm.health.verdict = Verdict::unknown;
    vm.health.reason = reason;
    vm.health.detail = std::move(detail);
}

// Moves the findings into vm.suspicions, judges, and returns when the next one would be confirmed.
Time judge(VmState& vm, const Findings& found, const HostView& host, Time now, bool was_unhealthy) {
    const Time known = known_as_of(host, vm).value_or(Time{});
    std::map<Reason, Time> held;
    for (const auto& finding : found.against) {
        const Reason reason = finding.held_as.value_or(finding.reason);
        const auto before = vm.suspicions.find(reason);
        held[reason] = before == vm.suspicions.end() ? now : before->second;
    }
    vm.suspicions = std::move(held);

    Time wake = found.look_again;
    for (const auto& finding : found.against) {
        const Time since = vm.suspicions.at(finding.held_as.value_or(finding.reason));
        // One read, however long it counts, has seen a moment only.
        const bool seen_again =
            !slow(host) || finding.confirm == Duration{} || known >= since + finding.confirm;
        if (now >= since + finding.confirm && seen_again) {
            vm.health.verdict = Verdict::unhealthy;
            vm.health.reason = finding.reason;
            vm.health.detail = finding.detail;
            vm.health.pending.reset();
            return never;
        }
        if (now < since + finding.confirm) wake = std::min(wake, since + finding.confirm);
        if (!vm.health.pending) {
            vm.health.pending = finding.reason;
            vm.health.pending_held = now - since;
            vm.health.pending_needed = finding.confirm;
            vm.health.detail = finding.detail;
        }
    }
    if (was_unhealthy && !found.against.empty()) {
        // From one trouble into the next, such as powered off and then unregistered: that was never well in
        // between.
        vm.health.verdict = Verdict::unhealthy;
        vm.health.reason = found.against.front().reason;
        vm.health.detail = found.against.front().detail;
        vm.health.pending.reset();
        return wake;
    }
    if (found.settling) {
        vm.suspicions.clear();
        vm.health.verdict = Verdict::unknown;
        vm.health.reason = Reason::settling;
        vm.health.detail = host.name.str() + " was connected a moment ago and may still be loading";
        return wake;
    }
    vm.health.verdict = Verdict::healthy;
    vm.health.reason = Reason::running;
    if (!vm.health.pending) vm.health.detail = "powered on" + on(host);
    return wake;
}

Time judge_fresh(const State& state, const HostView& host, VmState& vm, Time now, bool was_unhealthy) {
    const Findings found = look_for_trouble(state, host, vm, now);
    if (vm.flying && (!found.against.empty() || found.settling)) {
        // Rule 6: while a write is unanswered nothing negative is concluded about its VM.
        set_unknown(vm, Reason::operation_under_way,
                    "a write on " + vm.flying->write.host.str() + " is not answered yet");
        return vm.flying->write.limit > now ? vm.flying->write.limit : never;
    }
    return judge(vm, found, host, now, was_unhealthy);
}

}  // namespace

Time evaluate_health(const State& state, VmState& vm, Time now) {
    const HostView& host = state.hosts.at(state.local);
    // A VM that belongs on another node was in no trouble.
    const bool was_unhealthy =
        vm.health.verdict == Verdict::unhealthy && vm.health.reason != Reason::not_active_here;
    vm.health = Health{};
    vm.health.host = host.name;
    vm.health.asked = host.confirmed;
    Time wake = never;

    if (vm.paused) {
        vm.suspicions.clear();
        vm.health.verdict = Verdict::healthy;
        vm.health.reason = Reason::paused;
        vm.health.detail = "monitoring is paused";
    } else if (vm.op) {
        set_unknown(vm, Reason::operation_under_way,
                    std::string("a ") +
                        (vm.op->kind == Kind::start  ? "start"
                         : vm.op->kind == Kind::stop ? "stop"
                                                     : "tidy-up") +
                        " is under way" +
                        (vm.op->stage == Stage::idle ? "" : ": " + std::string(word(vm.op->stage))));
    } else if (!fresh(state, host, now)) {
        set_unknown(vm, unreachable_reason(host),
                    host.confirmed
                        ? "no news of " + host.name.str() + " for more than " +
                              std::to_string(to_ms(std::max(state.settings.freshness, host.good_for))) + " ms"
                        : "no news of " + host.name.str() + " yet");
        if (!host.link_detail.empty() && host.link != Link::up) vm.health.detail += ": " + host.link_detail;
    } else if (!looked_for(host, vm)) {
        set_unknown(vm, Reason::settling,
                    "it was added a moment ago, and " + host.name.str() + " is looked at anew");
    } else {
        wake = std::min(judge_fresh(state, host, vm, now, was_unhealthy), freshness_ends(state, host));
    }

    if (vm.health.verdict != Verdict::unknown || vm.op) {
        vm.unknown_since.reset();
    } else {
        if (!vm.unknown_since) vm.unknown_since = now;
        const Time limit = *vm.unknown_since + vm.settings.unknown_tolerance;
        if (vm.settings.unknown_tolerance > Duration::zero()) {
            if (now >= limit) {
                vm.health.exit_code = ExitCode::unknown_too_long;
                vm.health.detail += "; for longer than its unknown_tolerance_s, so the monitor ends 5";
            } else
                wake = std::min(wake, limit);
        }
    }
    if (vm.health.verdict == Verdict::unhealthy) vm.health.exit_code = ExitCode::failed;
    return wake;
}

std::string health_line(const VmState& vm) {
    const Health& health = vm.health;
    const std::string name = vm.name.str();
    if (health.pending)
        return name + " counts as " + std::string(word(health.verdict)) + " for now: " + health.detail +
               " (" + std::string(word(*health.pending)) + ") for " +
               std::to_string(to_ms(health.pending_held)) + " of " +
               std::to_string(to_ms(health.pending_needed)) + " ms";
    return name + " is " + std::string(word(health.verdict)) + " (" + std::string(word(health.reason)) +
           "): " + health.detail;
}

}  // namespace vmha::core
