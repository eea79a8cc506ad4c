#include "daemon/core/reconfigure_text.hpp"

#include <functional>

namespace vmha::core {
namespace {

template <class T>
struct Key {
    const char* name;
    std::function<std::string(const T&)> text;
};

std::string text_of(bool value) {
    return value ? "true" : "false";
}

std::string text_of(StopMode mode) {
    return mode == StopMode::shutdown ? "shutdown" : "power-off";
}

std::string text_of(OnRunningElsewhere policy) {
    return policy == OnRunningElsewhere::takeover ? "takeover" : "refuse";
}

std::string text_of(StartWaitsFor what) {
    return what == StartWaitsFor::power ? "power" : "heartbeat";
}

std::string text_of(Duration duration) {
    return seconds_text(duration);
}

template <class Value>
Key<VmSettings> key(const char* name, Value VmSettings::*member) {
    return {name, [member](const VmSettings& vm) { return text_of(vm.*member); }};
}

Key<VmSettings> key(const char* name, Duration ConfirmTimes::*member) {
    return {name, [member](const VmSettings& vm) { return text_of(vm.confirm.*member); }};
}

const std::vector<Key<VmSettings>>& vm_keys() {
    static const std::vector<Key<VmSettings>> keys = {
        key("start_timeout_s", &VmSettings::start_timeout),
        key("stop_timeout_s", &VmSettings::stop_timeout),
        key("guest_shutdown_timeout_s", &VmSettings::guest_shutdown_timeout),
        key("stop_mode", &VmSettings::stop_mode),
        key("on_running_elsewhere", &VmSettings::on_running_elsewhere),
        key("start_waits_for", &VmSettings::start_waits_for),
        key("boot_grace_s", &VmSettings::boot_grace),
        key("tidy", &VmSettings::tidy),
        key("unknown_tolerance_s", &VmSettings::unknown_tolerance),
        key("confirm_s.powered_off", &ConfirmTimes::powered_off),
        key("confirm_s.suspended", &ConfirmTimes::suspended),
        key("confirm_s.not_registered", &ConfirmTimes::not_registered),
        key("confirm_s.invalid", &ConfirmTimes::invalid),
        key("confirm_s.inaccessible", &ConfirmTimes::inaccessible),
        key("confirm_s.datastore_lost", &ConfirmTimes::datastore_lost),
        key("confirm_s.question_pending", &ConfirmTimes::question_pending),
        key("confirm_s.heartbeat_red", &ConfirmTimes::heartbeat_red),
        key("confirm_s.lock_lost", &ConfirmTimes::lock_lost),
    };
    return keys;
}

const std::vector<Key<HostSettings>>& host_keys() {
    static const std::vector<Key<HostSettings>> keys = {
        {"address", [](const HostSettings& host) { return host.address; }},
        {"iscsi_adapter",
         [](const HostSettings& host) { return host.iscsi_adapter.empty() ? "all" : host.iscsi_adapter; }},
        {"settle_s", [](const HostSettings& host) { return text_of(host.settle); }},
    };
    return keys;
}

template <class T>
std::vector<std::string> differences(const std::vector<Key<T>>& keys, const T& before, const T& after) {
    std::vector<std::string> found;
    for (const auto& key : keys)
        if (const auto from = key.text(before), to = key.text(after); from != to)
            found.push_back(std::string(key.name) + " " + from + " -> " + to);
    return found;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

void add_host_lines(const State& state, const Reconfiguration& with, const Plan& plan,
                    std::vector<ChangeLine>& lines) {
    const auto add = [&](const HostName& host, const std::string& what) {
        lines.push_back({"host '" + host.str() + "'" + what, {}, host});
    };
    for (const auto& name : plan.hosts_removed) add(name, " removed");
    for (const auto& name : plan.hosts_added) add(name, " added, at " + with.settings.hosts.at(name).address);
    for (const auto& [name, host] : state.hosts) {
        if (plan.hosts_removed.contains(name)) continue;
        auto what = differences(host_keys(), host.settings, with.settings.hosts.at(name));
        const auto link = with.links.find(name);
        if (link != with.links.end())
            what.insert(what.end(), link->second.what.begin(), link->second.what.end());
        if (!what.empty())
            add(name,
                ": " + joined(what) + (link == with.links.end() ? "" : "; the link to it is made anew"));
    }
}

std::string leaves_with(const VmState& vm) {
    return vm.active ? "; its active mark goes too, and if it runs, nobody here watches or stops it" : "";
}

void add_setting_lines(const State& state, const Reconfiguration& with, const Plan& plan,
                       std::vector<ChangeLine>& lines) {
    std::map<std::string, std::vector<std::string>> same;  // change -> VMs
    for (const auto& [name, vm] : state.vms) {
        const auto after = with.settings.vms.find(name);
        if (after == with.settings.vms.end() || plan.repathed.contains(name)) continue;
        auto what = differences(vm_keys(), vm.settings, after->second);
        if (!(vm.settings.vmx == after->second.vmx)) what.emplace_back("its vmx is written another way");
        if (!what.empty()) same[joined(what)].push_back(name.str());
    }
    for (const auto& [what, vms] : same)
        if (vms.size() == 1)
            lines.push_back({"vm '" + vms.front() + "': " + what, VmName(vms.front()), {}});
        else
            lines.push_back(
                {std::to_string(vms.size()) + " VMs: " + what + " (" + joined(vms) + ")", {}, {}});
}

void add_vm_lines(const State& state, const Reconfiguration& with, const Plan& plan,
                  std::vector<ChangeLine>& lines) {
    for (const auto& name : plan.removed)
        lines.push_back({"vm '" + name.str() + "' removed" + leaves_with(state.vms.at(name)), name, {}});
    for (const auto& name : plan.repathed)
        lines.push_back({"vm '" + name.str() + "': vmx " + file_path(state.vms.at(name).settings.vmx) +
                             " -> " + file_path(with.settings.vms.at(name).vmx) + ": counts as another VM" +
                             leaves_with(state.vms.at(name)),
                         name,
                         {}});
    for (const auto& name : plan.added)
        lines.push_back({"vm '" + name.str() + "' added: " + file_path(with.settings.vms.at(name).vmx) +
                             (with.remembered.active.contains(name) ? ", with its active mark" : ""),
                         name,
                         {}});
    add_setting_lines(state, with, plan, lines);
}

}  // namespace

std::string seconds_text(Duration duration) {
    const auto ms = to_ms(duration);
    std::string text = std::to_string(ms / 1000);
    if (ms % 1000 == 0) return text;
    std::string rest = std::to_string(1000 + ms % 1000).substr(1);
    while (rest.back() == '0') rest.pop_back();
    return text + "." + rest;
}

std::vector<ChangeLine> change_lines(const State& state, const Reconfiguration& with, const Plan& plan) {
    std::vector<ChangeLine> lines;
    if (state.settings.freshness != with.settings.freshness)
        lines.push_back({"freshness_s " + seconds_text(state.settings.freshness) + " -> " +
                             seconds_text(with.settings.freshness),
                         {},
                         {}});
    for (const auto& other : with.others) lines.push_back({other, {}, {}});
    add_host_lines(state, with, plan, lines);
    add_vm_lines(state, with, plan, lines);
    return lines;
}

}  // namespace vmha::core
