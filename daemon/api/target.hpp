// The target of a request: its path and its query.
#pragma once
#include <optional>
#include <string_view>

namespace vmha::api {

// Views into the request's target, so valid as long as that.
struct Target {
    std::string_view path;
    std::string_view query;

    // The text after "key=", empty where there is no "=", nullopt where there is no such key. Nothing in this
    // API needs percent-encoding, so nothing is decoded.
    std::optional<std::string_view> parameter(std::string_view key) const;
};

Target split_target(std::string_view target);

// "/v1/vms/{}/health" against a path: the text in the place of {}, empty where the pattern has none; nullopt
// when they do not match.
std::optional<std::string_view> match_path(std::string_view pattern, std::string_view path);

}  // namespace vmha::api
