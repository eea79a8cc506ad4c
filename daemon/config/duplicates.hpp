// Keys that stand twice in one object: JSON readers keep one of them silently, and nobody can tell which was
// meant.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vmha::config {

// Their paths, in the text's order; up to the first syntax error.
std::vector<std::string> duplicate_keys(std::string_view text);

}  // namespace vmha::config
