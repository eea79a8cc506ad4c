// JSON as this project reads it: strict, bounded, never throwing. Everything that comes from outside goes
// through parse_json.
#pragma once
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha {

using Json = nlohmann::ordered_json;

struct JsonLimits {
    size_t depth = 64;  // nlohmann's dump recurses
    size_t bytes = 1 << 20;
    bool comments = false;
};

// Refuses duplicate keys (nlohmann silently keeps the last), too deep and too large text, and text after the
// value. The error's message ends in "line L, column C" where that is known.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// Typed getters: nullopt if the key is absent or has another type.
std::optional<std::string> get_string(const Json& object, std::string_view key);
std::optional<int64_t> get_integer(const Json& object, std::string_view key);
std::optional<bool> get_bool(const Json& object, std::string_view key);

// One line, invalid UTF-8 replaced.
std::string dump_json(const Json& value);

}  // namespace vmha
