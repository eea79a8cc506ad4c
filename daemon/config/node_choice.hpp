// Which of the configured nodes is this machine?
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "daemon/config/config.hpp"

namespace vmha::config {

// The node named `wanted`, whatever its address; else exactly the one whose address is among `addresses`. The
// error says what was found.
Result<std::string> choose_node(const Config& config, const std::optional<std::string>& wanted,
                                const std::vector<std::string>& addresses);

// All addresses of this machine's interfaces, up or down, by getifaddrs. Never by bind: a socket can be bound
// to an address that is not here (net.ipv4.ip_nonlocal_bind is usual on cluster nodes).
Result<std::vector<std::string>> machine_addresses();

// The one spelling of an IP literal, so that two can be compared; an IPv4-mapped IPv6 address becomes IPv4.
// nullopt: not a literal, or with a scope id.
std::optional<std::string> normal_address(std::string_view text);

}  // namespace vmha::config
