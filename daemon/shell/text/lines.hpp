// Small tools for text that a host prints. Nothing here copies: views live as long as the text.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace vmha::shell::text {

std::string_view trimmed(std::string_view text);

// How many blanks the line begins with.
size_t indent_of(std::string_view line);

// Takes the first line, without its end ("\n" or "\r\n"), off the text. False: nothing is left.
bool take_line(std::string_view& text, std::string_view& line);

std::vector<std::string_view> lines_of(std::string_view text);

bool is_digits(std::string_view text);
std::optional<int64_t> integer_of(std::string_view text);

// `text` in lower case letters, for words that versions write differently.
std::string lowered(std::string_view text);

// The first line that says something, short and printable: to be quoted in a sentence.
std::string said(std::string_view text);

// An Errc::bad_reply whose message is the cause alone; who asked puts "cannot <verb> <object>: " before it.
Error not_a(std::string_view what, std::string_view text);

}  // namespace vmha::shell::text
