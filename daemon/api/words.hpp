// The API's words for those of the core's enums that the core itself never speaks of. They are part of the
// API and never change.
#pragma once
#include <string_view>

#include "daemon/core/actions.hpp"
#include "daemon/core/facts.hpp"

namespace vmha::api {

std::string_view word(core::Power power);
std::string_view word(core::Connection connection);
std::string_view word(core::Heartbeat heartbeat);
std::string_view word(core::Topic topic);
std::string_view word(core::Ending ending);

}  // namespace vmha::api
