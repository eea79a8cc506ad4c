// Every key that the configuration knows. The JSON schema is checked against known_keys().
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/settings.hpp"

namespace vmha::config::keys {

inline constexpr std::array<std::string_view, 7> top{
    "$schema", "nodes", "vms", "defaults", "freshness_s", "watch_interval_s", "metrics_listen"};
inline constexpr std::array<std::string_view, 2> node{"address", "host"};
inline constexpr std::array<std::string_view, 6> host{"name",     "address", "iscsi_adapter",
                                                      "settle_s", "api",     "ssh"};
inline constexpr std::array<std::string_view, 6> api{"port",       "user",    "password_file",
                                                     "thumbprint", "ca_file", "server_name"};
inline constexpr std::array<std::string_view, 5> ssh{"port", "user", "identity_file", "known_hosts",
                                                     "interval_s"};
inline constexpr std::array<std::string_view, 10> vm_settings{"start_timeout_s",
                                                              "stop_timeout_s",
                                                              "guest_shutdown_timeout_s",
                                                              "boot_grace_s",
                                                              "unknown_tolerance_s",
                                                              "stop_mode",
                                                              "on_running_elsewhere",
                                                              "start_waits_for",
                                                              "tidy",
                                                              "confirm_s"};

struct TimeKey {
    std::string_view key;
    core::Duration core::VmSettings::*member;
    bool zero_allowed;
    core::Duration max;
};
inline constexpr core::Duration day = std::chrono::hours(24);
inline constexpr std::array<TimeKey, 5> vm_times{{
    {"start_timeout_s", &core::VmSettings::start_timeout, false, day},
    {"stop_timeout_s", &core::VmSettings::stop_timeout, false, day},
    {"guest_shutdown_timeout_s", &core::VmSettings::guest_shutdown_timeout, false, day},
    {"boot_grace_s", &core::VmSettings::boot_grace, true, day},
    {"unknown_tolerance_s", &core::VmSettings::unknown_tolerance, true, day},
}};

struct ConfirmKey {
    std::string_view key;
    core::Duration core::ConfirmTimes::*member;
};
inline constexpr std::array<ConfirmKey, 9> confirm{{
    {"powered_off", &core::ConfirmTimes::powered_off},
    {"suspended", &core::ConfirmTimes::suspended},
    {"not_registered", &core::ConfirmTimes::not_registered},
    {"invalid", &core::ConfirmTimes::invalid},
    {"inaccessible", &core::ConfirmTimes::inaccessible},
    {"datastore_lost", &core::ConfirmTimes::datastore_lost},
    {"question_pending", &core::ConfirmTimes::question_pending},
    {"heartbeat_red", &core::ConfirmTimes::heartbeat_red},
    {"lock_lost", &core::ConfirmTimes::lock_lost},
}};

// "nodes.*.host.api.port": every path, sorted; * stands for a name that the administrator chooses.
std::vector<std::string> known_keys();

}  // namespace vmha::config::keys
