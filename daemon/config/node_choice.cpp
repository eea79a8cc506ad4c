#include "daemon/config/node_choice.hpp"

#include <arpa/inet.h>

#include <array>
#include <set>

namespace vmha::config {
namespace {

std::string listed(const Config& config) {
    std::string out;
    for (const auto& [name, node] : config.nodes) {
        if (!out.empty()) out += ", ";
        out += name + " (" + node.address + ")";
    }
    return out;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out.empty() ? "none" : out;
}

}  // namespace

Result<std::string> choose_node(const Config& config, const std::optional<std::string>& wanted,
                                const std::vector<std::string>& addresses) {
    if (wanted) {
        if (config.nodes.contains(*wanted)) return *wanted;
        return Error{Errc::invalid_input,
                     "cannot run as node \"" + *wanted + "\": the configuration has " + listed(config)};
    }
    std::set<std::string> here;
    for (const auto& address : addresses) here.insert(normal_address(address).value_or(address));
    std::vector<std::string> found;
    for (const auto& [name, node] : config.nodes)
        if (here.contains(normal_address(node.address).value_or(node.address))) found.push_back(name);
    if (found.size() == 1) return found.front();
    if (found.empty())
        return Error{Errc::invalid_input, "cannot tell which node this is: this machine's addresses are " +
                                              joined(addresses) + ", and none of them is one of " +
                                              listed(config)};
    return Error{Errc::invalid_input,
                 "cannot tell which node this is: this machine has the addresses of " + joined(found)};
}

std::optional<std::string> normal_address(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string name(text);
    std::array<char, INET6_ADDRSTRLEN> out{};
    in_addr v4{};
    if (::inet_pton(AF_INET, name.c_str(), &v4) == 1)
        return ::inet_ntop(AF_INET, &v4, out.data(), out.size());
    in6_addr v6{};
    if (::inet_pton(AF_INET6, name.c_str(), &v6) != 1) return std::nullopt;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) return ::inet_ntop(AF_INET, &v6.s6_addr[12], out.data(), out.size());
    return ::inet_ntop(AF_INET6, &v6, out.data(), out.size());
}

}  // namespace vmha::config
