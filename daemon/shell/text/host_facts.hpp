// What hardly changes on a host: its version, licence, network, and what it does by itself.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace vmha::shell::text {

// "esxcli system version get" -> "VMware ESXi 8.0.2 build-22380479"
Result<std::string> read_version(std::string_view text);

// "esxcli system maintenanceMode get": Enabled or Disabled.
Result<bool> read_maintenance(std::string_view text);

// "esxcli network nic list": MAC addresses of the physical adapters, in lower case.
Result<std::vector<std::string>> read_nics(std::string_view text);

// "esxcli network vswitch standard portgroup list": their names.
Result<std::vector<std::string>> read_port_groups(std::string_view text);

// "vim-cmd hostsvc/autostartmanager/get_autostartseq": vmids that are powered on when the host boots.
Result<std::vector<std::string>> read_autostart(std::string_view text);

// "vim-cmd hostsvc/autostartmanager/get_defaults": whether any of that happens at all.
Result<bool> read_autostart_enabled(std::string_view text);

// "vim-cmd hostsvc/hostsummary": memory that no VM and nothing else uses; unset: it does not tell.
Result<std::optional<int64_t>> read_free_memory_mb(std::string_view text);

// "vim-cmd vimsvc/license --show": begun days of evaluation that are left; unset: there is a licence.
Result<std::optional<int>> read_evaluation_days(std::string_view text);

}  // namespace vmha::shell::text
