#include "common/reasons.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vmha {
namespace {

struct Row {
    Reason reason;
    std::string_view word;
    std::string_view sentence;
};

using enum Reason;
constexpr Row rows[] = {
    {running, "running", "the VM is powered on and connected"},
    {heartbeat_red, "heartbeat_red", "VMware Tools in the guest sends no heartbeat"},
    {powered_off, "powered_off", "the VM is powered off"},
    {suspended, "suspended", "the VM is suspended"},
    {not_registered, "not_registered", "the VM is not in the host's inventory"},
    {not_active_here, "not_active_here", "the cluster has not started this VM on this node"},
    {invalid, "invalid", "the host cannot parse the VM's configuration file"},
    {inaccessible, "inaccessible", "the host cannot read the VM's configuration file"},
    {lock_lost, "lock_lost", "the host lost the lock on the VM's disk; this copy must not go on"},
    {left_over, "left_over", "a copy runs here that the cluster did not start here, and a peer runs it too"},
    {question_pending, "question_pending", "the VM waits for an answer to a question"},
    {datastore_lost, "datastore_lost", "the VM's datastore is missing, inaccessible or without a path"},
    {volume_unresolved, "volume_unresolved", "the VM's volume is seen as a snapshot and was not mounted"},
    {running_elsewhere, "running_elsewhere", "the VM runs on another host"},
    {lock_held, "lock_held", "another host holds the lock on the VM's files"},
    {vmx_missing, "vmx_missing", "the VM's configuration file does not exist"},
    {vmx_moved, "vmx_moved", "a VM with the same instance uuid is registered from another path"},
    {register_failed, "register_failed", "the host did not register the VM"},
    {power_on_failed, "power_on_failed", "the host did not power the VM on"},
    {unregister_failed, "unregister_failed", "the host did not unregister the VM"},
    {power_off_failed, "power_off_failed", "the host did not power the VM off"},
    {task_in_progress, "task_in_progress", "another task of the VM is under way on the host"},
    {unproved, "unproved", "it could not be proved that the VM is off"},
    {host_unreachable, "host_unreachable", "the host does not answer"},
    {not_authenticated, "not_authenticated", "the session with the host is not valid"},
    {bad_password, "bad_password", "the host refused the user name or password"},
    {locked_out, "locked_out", "no login is tried, so that the account is not locked"},
    {certificate_changed, "certificate_changed", "the host's certificate is not the configured one"},
    {host_key_changed, "host_key_changed", "the host's SSH key is not the known one"},
    {no_privilege, "no_privilege", "the account lacks a privilege for this"},
    {license_restricted, "license_restricted", "the host's licence does not allow writes through the API"},
    {tools_unavailable, "tools_unavailable", "VMware Tools does not run in the guest"},
    {no_capacity, "no_capacity", "the host has not enough free resources"},
    {network_missing, "network_missing", "the host lacks a port group that the VM is connected to"},
    {maintenance_mode, "maintenance_mode", "the host is in maintenance mode"},
    {wrong_product, "wrong_product", "the address is not a standalone ESXi host"},
    {deadline, "deadline", "the time given for the operation is over"},
    {superseded, "superseded", "a later request took the place of this one"},
    {busy, "busy", "another operation of this VM did not end in time"},
    {abandoned, "abandoned", "nobody waits for the operation any more"},
    {settling, "settling", "the host was connected a moment ago and may still be loading its inventory"},
    {operation_under_way, "operation_under_way", "a start or stop of the VM is under way"},
    {paused, "paused", "monitoring of the VM is paused"},
    {stale, "stale", "the last news of the host is too old"},
    {unknown_vm, "unknown_vm", "no such VM is configured"},
    {unknown_host, "unknown_host", "no such host is configured"},
    {forbidden, "forbidden", "starting, stopping and pausing needs root or the group vmha"},
    {bad_request, "bad_request", "the request is not understood"},
    {not_found, "not_found", "there is nothing at this address"},
    {not_writable, "not_writable", "a file of vmhad in its state or runtime directory cannot be written"},
    {daemon_unreachable, "daemon_unreachable", "vmhad does not answer"},
    {internal, "internal", "vmhad made a mistake; please report it with the log"},
};
static_assert(std::size(rows) == static_cast<size_t>(internal) + 1, "every reason has its row");

constexpr auto reasons = [] {
    std::array<Reason, std::size(rows)> list{};
    for (size_t i = 0; i < std::size(rows); ++i) list[i] = rows[i].reason;
    return list;
}();
static_assert(
    [] {
        for (size_t i = 0; i < std::size(rows); ++i)
            if (static_cast<size_t>(rows[i].reason) != i) return false;
        return true;
    }(),
    "rows stand in the order of the enum");

}  // namespace

std::string_view word(Reason reason) {
    return rows[static_cast<size_t>(reason)].word;
}

std::string_view sentence(Reason reason) {
    return rows[static_cast<size_t>(reason)].sentence;
}

std::optional<Reason> reason_from_word(std::string_view text) {
    const auto row = std::ranges::find(rows, text, &Row::word);
    if (row == std::end(rows)) return std::nullopt;
    return row->reason;
}

std::span<const Reason> all_reasons() {
    return reasons;
}

}  // namespace vmha
