// The commands about one VM.
#include <functional>
#include <map>

#include "tests/simulator/front/control_words.hpp"

namespace vmha::sim {
namespace {

using site::HostId;

// What a command does to each of the VM's entries, and on which host; an empty name is every host. An act is
// false where the VM is in no state for it.
struct Order {
    std::string host;
    std::function<bool(site::Site&, HostId, const site::Vm&)> act;
};

// The VM's path on the datastore, by its display name or path.
std::optional<std::string> path_of(const site::Site& site, const std::string& name) {
    for (const auto& disk : site.disks())
        for (const auto& [path, files] : disk.vms())
            if (files.name == name || path == name) return path;
    return std::nullopt;
}

bool is_on(const site::Vm& vm) {
    return vm.power == site::Power::powered_on;
}

std::optional<Order> crash(const Words& how) {
    return Order{word(how, 0), [](site::Site& site, HostId id, const site::Vm& vm) {
                     const bool runs = vm.process || vm.question;
                     if (runs) site.crash(id, vm.id);
                     return runs;
                 }};
}

std::optional<Order> reboot(const Words& how) {
    return Order{word(how, 0), [](site::Site& site, HostId id, const site::Vm& vm) {
                     if (is_on(vm)) site.guest_reboots(id, vm.id);
                     return is_on(vm);
                 }};
}

std::optional<Order> heartbeat(const Words& how) {
    const auto color = site::color_of(word(how, 0));
    if (!color) return std::nullopt;
    return Order{word(how, 1), [color](site::Site& site, HostId id, const site::Vm& vm) {
                     if (is_on(vm)) site.set_heartbeat(id, vm.id, *color);
                     return is_on(vm);
                 }};
}

std::optional<Order> question(const Words& how) {
    if (how.empty()) return std::nullopt;
    return Order{"", [&how](site::Site& site, HostId id, const site::Vm& vm) {
                     if (is_on(vm)) site.ask(id, vm.id, how[0], rest_of(how, 1));
                     return is_on(vm);
                 }};
}

std::optional<Order> connection(const Words& how) {
    const auto connection = site::connection_of(word(how, 0));
    if (!connection) return std::nullopt;
    return Order{word(how, 1), [connection](site::Site& site, HostId id, const site::Vm& vm) {
                     site.set_connection(id, vm.id, *connection);
                     return true;
                 }};
}

std::optional<Order> backup(const Words& how) {
    const auto time = number(word(how, 0));
    if (!time) return std::nullopt;
    const bool fixed = word(how, 1) == "fixed";
    return Order{word(how, fixed ? 2 : 1), [time, fixed](site::Site& site, HostId id, const site::Vm& vm) {
                     const bool is_free = vm.task.empty();
                     if (is_free) site.backup(id, vm.id, std::chrono::milliseconds(*time), !fixed);
                     return is_free;
                 }};
}

std::optional<Order> deaf(const Words& how) {
    const auto kind = site::kill_of(word(how, 0));
    if (!kind && word(how, 0) != "none") return std::nullopt;
    return Order{word(how, 1), [kind](site::Site& site, HostId id, const site::Vm& vm) {
                     site.set_deaf(id, vm.path, kind);
                     return true;
                 }};
}

}  // namespace

std::string vm_command(Network& network, const Words& words) {
    static const std::map<std::string, std::optional<Order> (*)(const Words&)> acts{
        {"crash", crash},       {"reboot", reboot},         {"heartbeat", heartbeat},
        {"question", question}, {"connection", connection}, {"backup", backup},
        {"deaf", deaf}};
    site::Site& site = network.site();
    const auto path = path_of(site, word(words, 1));
    if (!path) return error("no VM '" + word(words, 1) + "'");
    const std::string what = word(words, 2), how = word(words, 3);
    if (what == "tools" && (how == "on" || how == "off")) return site.set_tools(*path, how == "on"), "ok";
    if (what == "stranger-lock" && (how == "on" || how == "off"))
        return site.stranger_locks(*path, how == "on"), "ok";
    const Words rest(words.size() > 3 ? words.begin() + 3 : words.end(), words.end());
    const auto act = acts.find(what);
    const auto order = act == acts.end() ? std::nullopt : act->second(rest);
    if (!order) return error("vm " + words[1] + ": cannot understand '" + rest_of(words, 2) + "'");
    int done = 0;
    for (HostId id = 0; id < site.hosts().size(); ++id) {
        if (!order->host.empty() && site.host(id).config.name != order->host) continue;
        if (const auto* vm = site.vm_by_path(id, *path)) done += order->act(site, id, *vm) ? 1 : 0;
    }
    return done > 0 ? "ok" : error("vm " + words[1] + " is in no state for that there");
}

}  // namespace vmha::sim
