// The fixed numbers (MESSAGE_ID=) of what the daemon writes to the journal. Each has an entry in
// systemd/vmha.catalog, which `journalctl -x` shows below the line. A number never changes its meaning and is
// never used again; new ones come from `systemd-id128 new`.
#pragma once
#include <span>
#include <string_view>

namespace vmha::run {

enum class MessageId {
    none,  // a line without an entry of its own
    daemon_ready,
    daemon_ends,
    cannot_start,
    configuration_fallback,
    reload_done,
    reload_refused,
    operation_moved,
    operation_done,
    operation_failed,
    vm_healthy,
    vm_unhealthy,
    vm_unknown,
    left_over,
    monitoring_paused,
    monitoring_goes_on,
    link_up,
    link_down,
    login_refused,
    login_stopped,
    host_untrusted,
    login_allowed,
    not_ready,
    ready_again,
    remark,
    store_failed,
    store_works,
    task_stalls,
    task_goes_on,
    socket_lost,
};

struct MessageEntry {
    MessageId id = MessageId::none;
    std::string_view number;  // 128 bits in hexadecimal
    std::string_view fields;  // that a line with this number always carries, and its catalog entry may show
};

std::span<const MessageEntry> message_entries();

// "" for none.
std::string_view number_of(MessageId id);

}  // namespace vmha::run
