// What the nodes' configurations say, and how a daemon that runs takes a new one.
#include "tests/scenarios/world.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

}  // namespace

core::Settings World::settings_of(const Node& node) const {
    core::Settings settings;
    settings.node = node.name;
    for (const auto& host : config_.site.hosts) {
        const auto found = config_.transports.find(host.name);
        const std::string transport = found == config_.transports.end() ? "api" : found->second;
        settings.hosts[HostName(host.name)] = {host.address,       host.name == node.host.str(),
                                               host.iscsi_adapter, seconds(30),
                                               transport != "ssh", transport != "api"};
    }
    for (const auto& vm : config_.site.vms)
        settings.vms[VmName(vm.files.name)].vmx = {config_.site.datastore, vm.files.path};
    config_.tune(settings);
    for (const auto& edit : node.edits) edit(settings);
    return settings;
}

World::OfLink World::link_of(const Node& node, const HostName& host) const {
    const auto made = node.links_made.find(host);
    return {host, made == node.links_made.end() ? 0 : made->second};
}

bool World::is_over(const std::string& node, const OfLink& link) const {
    return link_of(nodes_.at(node), link.host).links != link.links;
}

bool World::links(const Node& node, const HostName& host) const {
    return node.state && node.state->hosts.contains(host);
}

void World::begin_links(Node& node, const HostName& host) {
    node.links[host].connected = false;
    node.links[host].cookie.clear();
    node.shells[host] = {};
    ++node.links_made[host];
    at(now_ + milliseconds(10), [this, name = node.name, life = node.life, of = link_of(node, host)] {
        if (is_over(name, of)) return;
        if (speaks(of.host, core::Via::api)) tick_link(name, life, of);
        if (speaks(of.host, core::Via::ssh)) tick_shell(name, life, of);
    });
}

std::vector<std::string> World::reload(const std::string& name, const Edit& edit,
                                       const std::map<HostName, core::LinkAnew>& links_anew) {
    Node& node = nodes_.at(name);
    if (!node.state || stunned(name)) return {"no daemon hears it"};
    const std::set<HostName> hosts_before = [&] {
        std::set<HostName> names;
        for (const auto& [host, view] : node.state->hosts) names.insert(host);
        return names;
    }();
    node.edits.push_back(edit);
    core::Reconfiguration with;
    with.settings = settings_of(node);
    with.links = links_anew;
    with.remembered = {node.marks, {}, node.known, node.judgements, {}};
    for (const auto& [vm, item] : node.flying) with.remembered.flying.push_back(item);
    for (const auto& [vm, item] : node.answering) with.remembered.answering.push_back(item);
    now_ += Duration(1);
    auto done = core::reconfigure(*node.state, with, now_);
    if (!done.refused.empty()) {
        node.edits.pop_back();
        for (const auto& why : done.refused) line(name, "reload refused: " + why);
        return done.refused;
    }
    for (const auto& [host, view] : node.state->hosts) {
        if (links_anew.contains(host)) site.logout(id_of(host), node.links[host].cookie);
        if (links_anew.contains(host) || !hosts_before.contains(host)) begin_links(node, host);
    }
    carry_out_step(node, done.step);
    return {};
}

}  // namespace vmha::scenario
