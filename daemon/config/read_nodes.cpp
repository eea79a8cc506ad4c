#include "daemon/config/read_nodes.hpp"

#include "daemon/config/keys.hpp"
#include "daemon/config/node_choice.hpp"
#include "daemon/config/read_host.hpp"

namespace vmha::config {
namespace {

// What must not occur twice, with the node that had it first.
class Uniqueness {
public:
    void check(Section& node, const std::string& name, const Node& value) {
        const auto& host = value.host;
        if (const auto first = claim("node " + normal(value.address), name); first && !value.address.empty())
            node.problem("address",
                         "\"" + value.address + "\" is also the address of node \"" + *first + "\"");
        const std::string host_path = node.path_of("host");
        if (const auto first = claim("host " + host.name.str(), name); first && !host.name.empty())
            node.check().problem(
                child_path(host_path, "name"),
                "\"" + host.name.str() + "\" is also the name of the host of node \"" + *first + "\"");
        if (host.api) check_port(node, name, host.address, host.api->port);
        if (host.ssh) check_port(node, name, host.address, host.ssh->port);
    }

private:
    static std::string normal(const std::string& address) {
        return normal_address(address).value_or(address);
    }

    void check_port(Section& node, const std::string& name, const std::string& address, uint16_t port) {
        const std::string endpoint = normal(address) + " port " + std::to_string(port);
        const auto first = claim("endpoint " + endpoint, name);
        if (!first || address.empty()) return;
        const std::string by = *first == name ? "named for both api and ssh"
                                              : "also used by the host of node \"" + *first + "\"";
        node.check().problem(child_path(node.path_of("host"), "address"), endpoint + " is " + by);
    }

    std::optional<std::string> claim(const std::string& what, const std::string& node) {
        const auto [owner, is_new] = owners_.try_emplace(what, node);
        if (is_new) return std::nullopt;
        return owner->second;
    }

    std::map<std::string, std::string> owners_;
};

Node read_node(Section& section) {
    Node node;
    node.address = read_address(section, "address");
    if (auto host = section.section("host", {keys::host.begin(), keys::host.end()})) {
        node.host = read_host(*host);
    } else if (!section.find("host")) {
        section.missing("host");
    }
    return node;
}

}  // namespace

std::map<std::string, Node> read_nodes(Section& top) {
    std::map<std::string, Node> nodes;
    auto section = top.section("nodes", {});
    if (!top.find("nodes")) top.missing("nodes");
    if (!section) return nodes;
    Uniqueness uniqueness;
    for (const auto& item : section->object().items()) {
        const std::string& name = item.key();
        if (!is_valid_name(name))
            section->problem(
                name, "is no valid name of a node: 1 to 64 characters of A-Z, a-z, 0-9, \".\", \"_\", \"-\"");
        auto node = section->section(name, {keys::node.begin(), keys::node.end()});
        if (!node) continue;
        auto read = read_node(*node);
        uniqueness.check(*node, name, read);
        nodes.emplace(name, std::move(read));
    }
    const size_t count = section->object().size();
    if (count < 2)
        top.check().lack(top.path_of("nodes"), count == 0 ? "names no node, two or more are needed"
                                                          : "names one node, two or more are needed");
    return nodes;
}

}  // namespace vmha::config
