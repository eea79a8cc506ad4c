// The one form of a line for people: "2026/11/22 07:18:02 [I] text". The cluster's log path captures it from
// the shims' stdout, so daemon and clients print alike.
#pragma once
#include <ctime>
#include <string>
#include <string_view>

namespace vmha {

enum class Level : char { error = 'E', warning = 'W', info = 'I', debug = 'D' };

std::string log_line(std::time_t wall_clock, Level level, std::string_view text);

// Control characters become '?', so that text from a host or a client cannot forge a second line.
std::string printable(std::string_view text);

}  // namespace vmha
