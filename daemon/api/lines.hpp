// The lines of the event stream and of an operation's progress: one JSON object each, with its newline.
#pragma once
#include <ctime>
#include <string>

#include "daemon/core/actions.hpp"

namespace vmha::api {

std::string event_line(const core::Say& say, std::time_t wall_clock);
std::string accepted_line(const core::Ask& ask, core::Duration timeout, std::time_t wall_clock);
std::string last_line(const core::Answer& answer);
std::string hello_line(const std::string& node, std::time_t wall_clock);

}  // namespace vmha::api
