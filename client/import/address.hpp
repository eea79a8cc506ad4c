// IP addresses in their one form, to compare them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace vmha::migration {

// nullopt: not an IP literal.
std::optional<std::string> normal_address(const std::string& text);

// The same address, or the same text where one is no address.
bool same_address(const std::string& a, const std::string& b);

}  // namespace vmha::migration
