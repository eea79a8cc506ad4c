// What the administrator wrote, checked: the same file serves every node.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "daemon/core/settings.hpp"

namespace vmha::config {

// The certificate itself: SHA-256 thumbprint as AA:BB:… in capitals.
struct Pinned {
    std::string thumbprint;
    bool operator==(const Pinned&) const = default;
};

// Any certificate that this CA signed for server_name.
struct SignedBy {
    std::string ca_file;
    std::string server_name;
    bool operator==(const SignedBy&) const = default;
};

using Trust = std::variant<Pinned, SignedBy>;

// File names are resolved. A password is not kept here: read_secret() reads it at every login, so a changed
// file counts without a reload.
struct Api {
    uint16_t port = 443;
    std::string user;
    std::string password_file;
    Trust trust;
    bool operator==(const Api&) const = default;
};

struct Ssh {
    uint16_t port = 22;
    std::string user;
    std::string identity_file;
    std::string known_hosts;
    core::Duration interval = core::seconds(10);
    bool operator==(const Ssh&) const = default;
};

// An ESXi host. At least one of api and ssh is set.
struct Host {
    HostName name;
    std::string address;        // IP literal
    std::string iscsi_adapter;  // empty: rescan all
    core::Duration settle = core::seconds(30);
    std::optional<Api> api;
    std::optional<Ssh> ssh;
    bool operator==(const Host&) const = default;
};

struct Node {
    std::string address;  // IP literal
    Host host;            // the one this node runs on
};

struct Listen {
    std::string address;
    uint16_t port = 0;
    bool operator==(const Listen&) const = default;
};

struct Config {
    std::map<std::string, Node> nodes;
    std::map<VmName, core::VmSettings> vms;
    core::Duration freshness = core::seconds(5);
    core::Duration watch_interval = core::seconds(1);
    std::optional<Listen> metrics_listen;

    // nullptr if no node has such a host.
    const Host* host(const HostName& name) const;
};

// The core's part of it, seen from this node. `node` must be a key of config.nodes.
core::Settings to_settings(const Config& config, const std::string& node);

}  // namespace vmha::config
