// One line of the log with what programs want to know of it.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/actions.hpp"
#include "daemon/run/message_ids.hpp"

namespace vmha::run {

struct Record {
    Level level = Level::info;
    MessageId id = MessageId::none;
    std::string text;  // the whole line for people
    // VM, HOST, FROM, TO, REASON, OPERATION, TASK; those without a value are left out.
    std::vector<std::pair<std::string_view, std::string>> fields = {};
};

Record record_of(const core::Say& say);

}  // namespace vmha::run
