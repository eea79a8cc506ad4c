#include "daemon/run/message_ids.hpp"

#include <algorithm>
#include <array>

namespace vmha::run {
namespace {

constexpr std::array entries{
    MessageEntry{MessageId::daemon_ready, "47a606bf1e7a4e0782d4bc3912d10050", ""},
    MessageEntry{MessageId::daemon_ends, "58f5ff60dff2419baac053691cea8306", ""},
    MessageEntry{MessageId::cannot_start, "fbbdc3ae52d04c2bb77a5dc2d1ae30c5", ""},
    MessageEntry{MessageId::configuration_fallback, "14858daa0ffd42ed976c30d848890faf", ""},
    MessageEntry{MessageId::reload_done, "59157204baf8473f90035200a82117c8", ""},
    MessageEntry{MessageId::reload_refused, "b1d06136a07b4153bdd8689c9e941622", ""},
    MessageEntry{MessageId::operation_moved, "96ca0eed927f4f5696e46f43a7b756fa", "VM HOST OPERATION FROM TO"},
    MessageEntry{MessageId::operation_done, "0e8adc0cdae849b6b34a346899756886", "VM HOST OPERATION FROM TO"},
    MessageEntry{MessageId::operation_failed, "b684e15ec18d4310a2f8002860b4c0cb",
                 "VM HOST OPERATION FROM TO"},
    MessageEntry{MessageId::vm_healthy, "ce0679595f7d49b7b6b92c0fb19dc5ce", "VM HOST FROM TO REASON"},
    MessageEntry{MessageId::vm_unhealthy, "d3c5886d2f89436aa47fc537894639d8", "VM HOST FROM TO REASON"},
    MessageEntry{MessageId::vm_unknown, "d7bd3409149b4375966749f91010debe", "VM HOST FROM TO REASON"},
    MessageEntry{MessageId::left_over, "1562c67f088642019005360dac995d88", "VM HOST"},
    MessageEntry{MessageId::monitoring_paused, "0eefbedf55dd4bf6a00097b352b6f38b", "VM HOST FROM TO"},
    MessageEntry{MessageId::monitoring_goes_on, "aac71d35b8314a0bbbf9bb40dd0c6aec", "VM HOST FROM TO"},
    MessageEntry{MessageId::link_up, "ba85f2f35180487790478e0039743f07", "HOST FROM TO"},
    MessageEntry{MessageId::link_down, "a9e6a6055d2840f399201fa2c4b1d2b2", "HOST FROM TO"},
    MessageEntry{MessageId::login_refused, "6b2dc41a167c497798c56c87c794ee04", "HOST FROM TO"},
    MessageEntry{MessageId::login_stopped, "5946a3bb09d14920a8a96961f867bd1b", "HOST FROM TO"},
    MessageEntry{MessageId::host_untrusted, "e04e8c1ca30e4ba4839c413b87df526b", "HOST FROM TO"},
    MessageEntry{MessageId::login_allowed, "114504b6e9634076a54257ad70fbb57f", "HOST"},
    MessageEntry{MessageId::not_ready, "f82682c0385e45d4aeae4b07d94d1ca5", "HOST FROM TO REASON"},
    MessageEntry{MessageId::ready_again, "4f57842bf2d34a05a18a01271b38ba3e", "HOST FROM TO"},
    MessageEntry{MessageId::remark, "a116f6d777c14ac7a63d46722549ff49", ""},
    MessageEntry{MessageId::store_failed, "9e6fba8134144163bab647acdd78a037", ""},
    MessageEntry{MessageId::store_works, "5798bb6373e142008bb04014511ec95a", ""},
    MessageEntry{MessageId::task_stalls, "52d7a0ebb41746e482eafcc2a5d1e1cf", "TASK"},
    MessageEntry{MessageId::task_goes_on, "5cf75419c0f94a65903f460d2bc93f06", "TASK"},
    MessageEntry{MessageId::socket_lost, "afde12a0b68d48bbab064b2baa70465a", ""},
};

}  // namespace

std::span<const MessageEntry> message_entries() {
    return entries;
}

std::string_view number_of(MessageId id) {
    const auto found = std::ranges::find(entries, id, &MessageEntry::id);
    return found == entries.end() ? std::string_view() : found->number;
}

}  // namespace vmha::run
