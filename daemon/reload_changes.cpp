#include "daemon/reload_changes.hpp"

#include "daemon/core/reconfigure_text.hpp"

namespace vmha {
namespace {

class Differences {
public:
    void compare(const std::string& key, const std::string& before, const std::string& after) {
        if (before != after) found_.push_back(key + " " + before + " -> " + after);
    }
    void compare(const std::string& key, core::Duration before, core::Duration after) {
        compare(key, core::seconds_text(before), core::seconds_text(after));
    }
    void compare(const std::string& key, int before, int after) {
        compare(key, std::to_string(before), std::to_string(after));
    }
    void add(std::string line) { found_.push_back(std::move(line)); }
    // False: it has come or gone, or is in neither.
    template <class T>
    bool in_both(const std::string& key, const std::optional<T>& before, const std::optional<T>& after) {
        if (before.has_value() != after.has_value()) add(key + (after ? " added" : " removed"));
        return before && after;
    }
    std::vector<std::string> take() { return std::move(found_); }

private:
    std::vector<std::string> found_;
};

std::string thumbprint_of(const config::Host& host) {
    const auto* pinned = host.api ? std::get_if<config::Pinned>(&host.api->trust) : nullptr;
    return pinned == nullptr ? "" : pinned->thumbprint;
}

std::vector<std::string> link_differences(const config::Host& before, const config::Host& after) {
    Differences all;
    if (all.in_both("api", before.api, after.api)) {
        all.compare("api.port", before.api->port, after.api->port);
        all.compare("api.user", before.api->user, after.api->user);
        all.compare("api.password_file", before.api->password_file, after.api->password_file);
        if (!(before.api->trust == after.api->trust)) all.add("another certificate is trusted");
    }
    if (all.in_both("ssh", before.ssh, after.ssh)) {
        all.compare("ssh.port", before.ssh->port, after.ssh->port);
        all.compare("ssh.user", before.ssh->user, after.ssh->user);
        all.compare("ssh.identity_file", before.ssh->identity_file, after.ssh->identity_file);
        all.compare("ssh.known_hosts", before.ssh->known_hosts, after.ssh->known_hosts);
        all.compare("ssh.interval_s", before.ssh->interval, after.ssh->interval);
    }
    return all.take();
}

// A link is made with them.
bool rhythm_differs(const config::Host& host, const config::Config& before, const config::Config& after) {
    return (host.api && before.watch_interval != after.watch_interval) ||
           (host.ssh && before.freshness != after.freshness);
}

std::string text_of(const std::optional<config::Listen>& listen) {
    return listen ? listen->address + ":" + std::to_string(listen->port) : "nowhere";
}

}  // namespace

std::map<HostName, core::LinkAnew> links_anew(const config::Config& before, const config::Config& after) {
    std::map<HostName, core::LinkAnew> links;
    for (const auto& [node_name, node] : after.nodes) {
        const config::Host* old = before.host(node.host.name);
        if (old == nullptr) continue;
        core::LinkAnew link{.what = link_differences(*old, node.host)};
        const bool moved = old->address != node.host.address;
        if (!moved && link.what.empty() && !rhythm_differs(node.host, before, after)) continue;
        const std::string thumbprint = thumbprint_of(node.host);
        link.another_machine = moved && (thumbprint.empty() || thumbprint != thumbprint_of(*old));
        links.emplace(node.host.name, std::move(link));
    }
    return links;
}

std::vector<std::string> other_changes(const config::Config& before, const config::Config& after) {
    Differences all;
    for (const auto& [name, node] : after.nodes)
        if (const auto old = before.nodes.find(name); old != before.nodes.end())
            all.compare("node '" + name + "': address", old->second.address, node.address);
    all.compare("watch_interval_s", before.watch_interval, after.watch_interval);
    if (!(before.metrics_listen == after.metrics_listen))
        all.add("metrics_listen " + text_of(before.metrics_listen) + " -> " + text_of(after.metrics_listen) +
                ": this version of vmhad serves no metrics");
    return all.take();
}

}  // namespace vmha
