// What the administrator decided, as the core needs it. daemon/config fills it; times carry their defaults
// here.
#pragma once
#include <map>
#include <string>

#include "common/ids.hpp"
#include "daemon/core/time.hpp"
#include "daemon/core/vmx_path.hpp"

namespace vmha::core {

enum class StopMode { shutdown, power_off };
enum class OnRunningElsewhere { takeover, refuse };
enum class StartWaitsFor { power, heartbeat };

// A health reason counts only after fresh views held it that long.
struct ConfirmTimes {
    Duration powered_off = seconds(3);
    Duration suspended = seconds(3);
    Duration not_registered = seconds(10);
    Duration invalid = seconds(30);
    Duration inaccessible = seconds(30);
    Duration datastore_lost = seconds(30);
    Duration question_pending = seconds(30);
    Duration heartbeat_red = seconds(60);
    Duration lock_lost = seconds(0);
};

struct VmSettings {
    VmxPath vmx;
    Duration start_timeout = seconds(600);
    Duration stop_timeout = seconds(600);
    Duration guest_shutdown_timeout = seconds(300);
    StopMode stop_mode = StopMode::shutdown;
    OnRunningElsewhere on_running_elsewhere = OnRunningElsewhere::takeover;
    StartWaitsFor start_waits_for = StartWaitsFor::power;
    Duration boot_grace = seconds(120);
    bool tidy = true;
    Duration unknown_tolerance = seconds(0);  // 0: unknown is never a failure
    ConfirmTimes confirm;
};

struct HostSettings {
    std::string address;
    bool local = false;
    std::string iscsi_adapter;  // empty: rescan all
    Duration settle = seconds(30);
    bool api = true, ssh = false;  // the ways to it, at least one

    std::string transports() const { return api && ssh ? "api+ssh" : api ? "api" : "ssh"; }
};

struct Settings {
    std::string node;
    Duration freshness = seconds(5);
    std::map<HostName, HostSettings> hosts;  // exactly one is local
    std::map<VmName, VmSettings> vms;
};

}  // namespace vmha::core
