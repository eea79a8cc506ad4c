#include "daemon/shell/text/lines.hpp"

#include <algorithm>
#include <charconv>

#include "common/log_line.hpp"

namespace vmha::shell::text {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";
constexpr size_t most_said = 200;

}  // namespace

std::string_view trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

size_t indent_of(std::string_view line) {
    const size_t at = line.find_first_not_of(" \t");
    return at == std::string_view::npos ? line.size() : at;
}

bool take_line(std::string_view& text, std::string_view& line) {
    if (text.empty()) return false;
    const size_t end = text.find('\n');
    line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return true;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::string_view line; take_line(text, line);) lines.push_back(line);
    return lines;
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<int64_t> integer_of(std::string_view text) {
    text = trimmed(text);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

std::string said(std::string_view text) {
    for (std::string_view line; take_line(text, line);) {
        line = trimmed(line);
        if (!line.empty()) return printable(line.substr(0, most_said));
    }
    return {};
}

Error not_a(std::string_view what, std::string_view text) {
    const std::string words = said(text);
    const std::string told = words.empty() ? "nothing" : "\"" + words + "\"";
    return Error{Errc::bad_reply, "this is no " + std::string(what) + ": " + told};
}

}  // namespace vmha::shell::text
