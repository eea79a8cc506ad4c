#include "daemon/config/config.hpp"

namespace vmha::config {
const Host* Config::host(const HostName& name) const {
    for (const auto& [node_name, node] : nodes)
        if (node.host.name == name) return &node.host;
    return nullptr;
}

core::Settings to_settings(const Config& config, const std::string& node) {
    core::Settings settings;
    settings.node = node;
    settings.freshness = config.freshness;
    settings.vms = config.vms;
    for (const auto& [name, value] : config.nodes) {
        const Host& host = value.host;
        settings.hosts.emplace(host.name, core::HostSettings{.address = host.address,
                                                             .local = name == node,
                                                             .iscsi_adapter = host.iscsi_adapter,
                                                             .settle = host.settle,
                                                             .api = host.api.has_value(),
                                                             .ssh = host.ssh.has_value()});
    }
    return settings;
}

}  // namespace vmha::config
