// The step of a script that changes a node's configuration and reloads it.
#include "tests/scenarios/steps.hpp"

namespace vmha::scenario {
namespace {

using core::Settings;

struct Change {
    World::Edit edit = [](Settings&) {};
    std::map<HostName, core::LinkAnew> links = {};
};

// add VM | remove VM | path VM PATH
std::optional<Change> change_of_vm(const Words& words, const std::string& volume, const std::string& path) {
    const VmName vm(words[1]);
    if (words[0] == "remove") return Change{[vm](Settings& settings) { settings.vms.erase(vm); }};
    const core::VmxPath vmx{volume, words.size() == 3 ? words[2] : path};
    return Change{[vm, vmx](Settings& settings) { settings.vms[vm].vmx = vmx; }};
}

// address HOST ADDRESS [same] | link HOST | host-drop HOST
std::optional<Change> change_of_host(const Words& words) {
    const HostName host(words[1]);
    if (words[0] == "host-drop") return Change{[host](Settings& settings) { settings.hosts.erase(host); }};
    if (words[0] == "link") return Change{.links = {{host, {false, {"api.port 443 -> 8443"}}}}};
    if (words.size() < 3) return std::nullopt;
    return Change{
        [host, address = words[2]](Settings& settings) { settings.hosts.at(host).address = address; },
        {{host, {words.back() != "same", {}}}}};
}

// Anything that may stand before the first step: set VM KEY VALUE, freshness SECONDS, settle SECONDS.
std::optional<Change> change_of_settings(Setup setup, const Words& words) {
    setup.tunings.clear();
    if (!read_setting(setup, words) || setup.tunings.empty()) return std::nullopt;
    return Change{setup.tunings.back()};
}

std::optional<Change> change_of(const Setup& setup, const World& world, const Words& words) {
    if (words == Words{"nothing"}) return Change{};
    if (words[0] == "node" && words.size() == 2)
        return Change{[name = words[1]](Settings& settings) { settings.node = name; }};
    if (words.size() >= 2 && (words[0] == "add" || words[0] == "remove" || words[0] == "path"))
        return change_of_vm(words, setup.world.site.datastore, world.path_of(VmName(words[1])));
    if (words.size() >= 2 && (words[0] == "address" || words[0] == "link" || words[0] == "host-drop"))
        return change_of_host(words);
    return change_of_settings(setup, words);
}

}  // namespace

bool Play::reload(const std::string& node, const Words& words) {
    const auto change = change_of(setup_, world_, words);
    if (!change) return false;
    refused_[node] = world_.reload(node, change->edit, change->links);
    return true;
}

}  // namespace vmha::scenario
