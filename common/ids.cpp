#include "common/ids.hpp"

#include <algorithm>

namespace vmha {

bool is_valid_name(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    };
    // Names become file names and parts of addresses, and stand on command lines.
    if (text == "." || text == ".." || text.starts_with('-')) return false;
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

}  // namespace vmha
