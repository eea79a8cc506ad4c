// Small pieces of JSON text for the paths where building a tree would be the largest part of the work.
#pragma once
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace vmha::api {

// With its quotes, escaped; invalid UTF-8 is replaced.
void append_json_string(std::string& out, std::string_view text);
void append_integer(std::string& out, int64_t number);

// "2026/11/22 07:18:02", as in the log.
std::string time_text(std::time_t wall_clock);

}  // namespace vmha::api
