// A line of a script as words.
#pragma once
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"

namespace vmha::scenario {

using Words = std::vector<std::string>;

inline Words words_of(const std::string& line) {
    std::istringstream text(line.substr(0, line.find('#')));
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

inline std::optional<double> number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

inline std::optional<core::Duration> seconds_of(const std::string& text) {
    const auto value = number(text);
    if (!value || *value < 0) return std::nullopt;
    return core::milliseconds(std::llround(*value * 1000));
}

}  // namespace vmha::scenario
