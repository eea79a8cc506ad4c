// vmhad's JSON as tables for people. Missing or odd values show as "-": a table never fails.
#pragma once
#include <string>
#include <vector>

#include "common/json.hpp"

namespace vmha::client {

// Columns as wide as their widest cell; the first row is the heading.
std::string render_table(const std::vector<std::vector<std::string>>& rows);

std::string render_status(const Json& status);
std::string render_hosts(const Json& answer);
std::string render_vms(const Json& answer);
std::string render_vm(const Json& vm);

// One event of the stream as a line, with its time; empty if there is nothing to say.
std::string render_event(const Json& event);

// 812 -> "0.8 s", 75000 -> "75 s"; null -> "never".
std::string render_age(const Json& object, const char* key);

}  // namespace vmha::client
