#include "tests/scenarios/setup.hpp"

#include <algorithm>
#include <map>

namespace vmha::scenario {
namespace {

using Tuning = std::function<void(core::Settings&)>;

site::VmConfig* find_vm(Setup& setup, const std::string& name) {
    const auto found = std::ranges::find(
        setup.world.site.vms, name, [](const site::VmConfig& vm) -> const auto& { return vm.files.name; });
    return found == setup.world.site.vms.end() ? nullptr : &*found;
}

site::HostConfig* find_host(Setup& setup, const std::string& name) {
    const auto found = std::ranges::find(setup.world.site.hosts, name, &site::HostConfig::name);
    return found == setup.world.site.hosts.end() ? nullptr : &*found;
}

// The member of the VM's settings that holds a time.
Duration* time_of(core::VmSettings& vm, const std::string& key) {
    const std::map<std::string, Duration*> times = {
        {"start-timeout", &vm.start_timeout},
        {"stop-timeout", &vm.stop_timeout},
        {"guest-shutdown-timeout", &vm.guest_shutdown_timeout},
        {"boot-grace", &vm.boot_grace},
        {"unknown-tolerance", &vm.unknown_tolerance},
        {"confirm-powered-off", &vm.confirm.powered_off},
        {"confirm-not-registered", &vm.confirm.not_registered},
        {"confirm-invalid", &vm.confirm.invalid},
        {"confirm-inaccessible", &vm.confirm.inaccessible},
        {"confirm-datastore-lost", &vm.confirm.datastore_lost},
        {"confirm-question-pending", &vm.confirm.question_pending},
        {"confirm-heartbeat-red", &vm.confirm.heartbeat_red}};
    const auto found = times.find(key);
    return found == times.end() ? nullptr : found->second;
}

// set VM KEY VALUE: a setting of the administrator's.
bool tune(Setup& setup, const Words& words) {
    if (words.size() != 4 || !find_vm(setup, words[1])) return false;
    const VmName vm(words[1]);
    const std::string key = words[2], value = words[3];
    const auto add = [&](auto change) {
        setup.tunings.push_back([vm, change](core::Settings& settings) { change(settings.vms.at(vm)); });
        return true;
    };
    core::VmSettings probe;
    if (const auto time = seconds_of(value); time && time_of(probe, key))
        return add([key, time](core::VmSettings& settings) { *time_of(settings, key) = *time; });
    if (key == "on-running-elsewhere" && value == "refuse")
        return add([](core::VmSettings& s) { s.on_running_elsewhere = core::OnRunningElsewhere::refuse; });
    if (key == "stop-mode" && value == "power-off")
        return add([](core::VmSettings& s) { s.stop_mode = core::StopMode::power_off; });
    if (key == "start-waits-for" && value == "heartbeat")
        return add([](core::VmSettings& s) { s.start_waits_for = core::StartWaitsFor::heartbeat; });
    if (key == "tidy" && value == "false") return add([](core::VmSettings& s) { s.tidy = false; });
    return false;
}

bool vm_setting(Setup& setup, const Words& words) {
    site::VmConfig* vm = words.size() > 2 ? find_vm(setup, words[1]) : nullptr;
    if (!vm) return false;
    const std::string& key = words[2];
    if (words.size() == 3) {
        if (key == "no-tools") return vm->files.tools = false, true;
        if (key == "asks-when-moved") return vm->files.keep_uuid = false, true;
        if (key == "suspended") return vm->files.suspended = true, true;
        return false;
    }
    if (words.size() != 4) return false;
    const std::string& value = words[3];
    if (key == "on" || key == "off") {
        vm->registered_on = value;
        vm->powered_on = key == "on";
        return find_host(setup, value) != nullptr;
    }
    if (key == "shutdown" && value == "never") return vm->files.shutdown.reset(), true;
    const auto time = seconds_of(value);
    if (!time) return false;
    if (key == "shutdown") return vm->files.shutdown = *time, true;
    if (key == "boot") return vm->files.boot = *time, true;
    if (key == "memory") return vm->files.memory_mb = static_cast<int>(*number(value)), true;
    return false;
}

// transport HOST api|ssh|api+ssh
bool transport_setting(Setup& setup, const Words& words) {
    if (words.size() != 3 || !find_host(setup, words[1])) return false;
    setup.world.transports[words[1]] = words[2];
    return words[2] == "api" || words[2] == "ssh" || words[2] == "api+ssh";
}

bool host_setting(Setup& setup, const Words& words) {
    site::HostConfig* host = words.size() == 4 ? find_host(setup, words[1]) : nullptr;
    if (!host) return false;
    if (words[2] == "memory" && number(words[3]))
        return host->memory_mb = static_cast<long>(*number(words[3])), true;
    if (words[2] == "network") return host->networks = {words[3]}, true;
    if (words[2] == "licence" && words[3] == "free") return host->licence = site::Licence::free, true;
    if (words[2] == "licence" && words[3] == "expired") return host->licence = site::Licence::expired, true;
    if (words[2] != "autostart") return false;
    const site::VmConfig* vm = find_vm(setup, words[3]);
    if (vm) host->autostart.push_back(vm->files.path);
    return vm != nullptr;
}

// cluster vm1 vm2 | cluster KEY VALUE
bool cluster_setting(Setup& setup, const Words& words) {
    ClusterConfig& cluster = setup.cluster;
    const std::string& key = words[1];
    const std::string value = words.size() == 3 ? words[2] : "";
    const std::map<std::string, Duration*> times = {
        {"heartbeat-timeout", &cluster.heartbeat_timeout}, {"activation", &cluster.activation},
        {"monitor-interval", &cluster.monitor_interval},   {"script-timeout", &cluster.script_timeout},
        {"stop-timeout", &cluster.stop_timeout},           {"node-boot", &cluster.node_boot}};
    if (const auto time = times.find(key); time != times.end() && seconds_of(value))
        return *time->second = *seconds_of(value), true;
    if (key == "retries" && number(value))
        return cluster.start_retries = cluster.stop_retries = static_cast<int>(*number(value)), true;
    if (key == "dual-active" && value == "both") return cluster.both_go_down = true, true;
    if (key == "revives" && value == "never") return cluster.revives = false, true;
    for (size_t i = 1; i < words.size(); ++i) {
        if (!find_vm(setup, words[i])) return false;
        cluster.vms.push_back(VmName(words[i]));
    }
    return setup.world.site.mirror = true;
}

bool site_time(Setup& setup, const Words& words) {
    site::SiteConfig& site = setup.world.site;
    const auto time = seconds_of(words.back());
    if (words.size() != 2 || !time) return false;
    if (words[0] == "lock-break") return site.lock_break = *time, true;
    if (words[0] == "late-inventory") return site.late_inventory = *time, true;
    if (words[0] == "recovery") return site.recovery = *time, true;
    if (words[0] == "apd-timeout") return site.apd_timeout = *time, true;
    if (words[0] == "invalid-after-register") return site.invalid_after_register = *time, true;
    if (words[0] == "host-boot") {
        for (auto& host : site.hosts) host.boot = *time;
        return true;
    }
    if (words[0] == "freshness") {
        setup.tunings.push_back([time](core::Settings& settings) { settings.freshness = *time; });
        return true;
    }
    if (words[0] != "settle") return false;
    setup.tunings.push_back([time](core::Settings& settings) {
        for (auto& [name, host] : settings.hosts) host.settle = *time;
    });
    return true;
}

bool lost_lock(Setup& setup, const Words& words) {
    site::SiteConfig& site = setup.world.site;
    if (words == Words{"lost-lock", "invalid"}) return site.lost_lock = site::LostLock::invalid, true;
    const auto time = words.size() == 3 && words[1] == "invalid" ? seconds_of(words[2]) : std::nullopt;
    if (!time) return false;
    site.lost_lock = site::LostLock::passing_invalid;
    site.invalid_for = *time;
    return true;
}

}  // namespace

Setup::Setup() {
    world.site = site::default_site();
}

bool read_setting(Setup& setup, const Words& words) {
    if (words == Words{"mirror"}) return setup.world.site.mirror = true;
    if (words == Words{"rescan-needed"}) return setup.world.site.rescan_needed = true;
    if (words == Words{"corruption-by-fate"}) return setup.corruption_expected = true;
    if (words == Words{"lock-fault", "generic"})
        return setup.world.site.lock_fault = "GenericVmConfigFault", true;
    if (words.size() < 2) return false;
    if (words[0] == "unconfigured" && words.size() == 2 && find_vm(setup, words[1])) {
        setup.tunings.push_back(
            [vm = VmName(words[1])](core::Settings& settings) { settings.vms.erase(vm); });
        return true;
    }
    if (words[0] == "vm") return vm_setting(setup, words);
    if (words[0] == "set") return tune(setup, words);
    if (words[0] == "host") return host_setting(setup, words);
    if (words[0] == "transport") return transport_setting(setup, words);
    if (words[0] == "cluster") return cluster_setting(setup, words);
    if (words[0] == "lost-lock") return lost_lock(setup, words);
    if (words[0] != "task-time") return site_time(setup, words);
    const auto verb = site::verb_of(words[1]);
    const auto time = words.size() == 3 ? seconds_of(words[2]) : std::nullopt;
    if (verb && time) setup.world.site.task_times[*verb] = *time;
    return verb && time;
}

}  // namespace vmha::scenario
