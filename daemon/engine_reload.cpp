// The engine and a new configuration: which links go on, which end, which begin.
#include "daemon/engine.hpp"
#include "daemon/reload_changes.hpp"

namespace vmha {

// What the stores hold about VMs that were not ours until now: another engine, or this one in an earlier
// configuration.
core::Remembered Engine::recall_new(const core::Settings& settings) {
    std::set<VmName> names;
    for (const auto& [name, vm] : settings.vms)
        if (!state_.vms.contains(name)) names.insert(name);
    if (names.empty()) return {};
    core::Remembered remembered = recall(names);
    for (const auto& [name, judgement] : unsaved_)
        if (names.contains(name)) remembered.judgements[name] = judgement;
    remembered.known = known_entries();
    return remembered;
}

core::Reconfigured Engine::reconfigure(const config::Config& config, const std::string& node) {
    core::Reconfiguration with;
    with.settings = config::to_settings(config, node);
    with.links = links_anew(config_, config);
    with.others = other_changes(config_, config);
    const core::Time at = now();
    core::Reconfigured done;
    done.refused = core::why_refused(state_, with, at);
    if (!done.refused.empty()) return done;
    with.remembered = recall_new(with.settings);
    done = core::reconfigure(state_, with, at);
    draining_ = true;  // what an action brings forth waits for its turn
    change_links(config, with.links);
    config_ = config;
    take(std::move(done.step));
    drain();
    return done;
}

void Engine::change_links(const config::Config& config, const std::map<HostName, core::LinkAnew>& made_anew) {
    std::vector<HostName> leaving;
    for (const auto& [name, host] : hosts_)
        if (config.host(name) == nullptr || made_anew.contains(name)) leaving.push_back(name);
    for (const auto& name : leaving) end_link(name);
    for (const auto& [node_name, node] : config.nodes) {
        const HostName& name = node.host.name;
        if (const auto host = hosts_.find(name); host != hosts_.end()) {
            host->second->read_vms(vmx_of(config));
            continue;
        }
        make_link(config, node.host);
        // The host is not to have two sessions of ours: the old one leaves first.
        if (!leaving_.contains(name)) hosts_.at(name)->start();
    }
}

void Engine::end_link(const HostName& name) {
    auto old = hosts_.extract(name);
    ++links_made_[name];
    ++leaving_[name];
    ends_.spawn("the old link to " + name.str(),
                [](Engine& engine, HostName of, std::unique_ptr<Transports> link) -> net::Task<> {
                    co_await link->stop();
                    engine.link_ended(of);
                }(*this, name, std::move(old.mapped())));
}

void Engine::link_ended(const HostName& name) {
    if (--leaving_[name] > 0) return;
    leaving_.erase(name);
    const auto next = hosts_.find(name);
    if (next != hosts_.end() && !stopping_) next->second->start();
}

}  // namespace vmha
