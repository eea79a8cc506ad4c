// The closed list of reason words: why a verdict or an operation is what it is. The word is part of the API
// and never changes; the sentence is for people. Documentation is generated from this table.
#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace vmha {

enum class Reason {
    // health
    running,
    heartbeat_red,
    powered_off,
    suspended,
    not_registered,
    not_active_here,
    invalid,
    inaccessible,
    lock_lost,
    left_over,
    question_pending,
    datastore_lost,
    volume_unresolved,
    // operations
    running_elsewhere,
    lock_held,
    vmx_missing,
    vmx_moved,
    register_failed,
    power_on_failed,
    unregister_failed,
    power_off_failed,
    task_in_progress,
    unproved,
    // hosts and links
    host_unreachable,
    not_authenticated,
    bad_password,
    locked_out,
    certificate_changed,
    host_key_changed,
    no_privilege,
    license_restricted,
    tools_unavailable,
    no_capacity,
    network_missing,
    maintenance_mode,
    wrong_product,
    // requests
    deadline,
    superseded,
    busy,
    abandoned,
    settling,
    operation_under_way,
    paused,
    stale,
    unknown_vm,
    unknown_host,
    forbidden,
    bad_request,
    not_found,
    not_writable,
    daemon_unreachable,
    internal,
};

std::string_view word(Reason reason);
std::string_view sentence(Reason reason);
std::optional<Reason> reason_from_word(std::string_view word);
std::span<const Reason> all_reasons();

}  // namespace vmha
