#include "daemon/api/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/json.hpp"
#include "common/log_line.hpp"

namespace vmha::api {

void append_json_string(std::string& out, std::string_view text) {
    const bool plain =
        std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
    if (!plain) {
        out += dump_json(Json(text));
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

void append_integer(std::string& out, int64_t number) {
    std::array<char, 24> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc()) out.append(digits.data(), end);
}

std::string time_text(std::time_t wall_clock) {
    constexpr size_t stamp_length = 19;
    return log_line(wall_clock, Level::info, "").substr(0, stamp_length);
}

}  // namespace vmha::api
