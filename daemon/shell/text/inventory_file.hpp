// /etc/vmware/hostd/vmInventory.xml: the paths of entries, also of those that hostd cannot read.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "daemon/core/vmx_path.hpp"

namespace vmha::shell::text {

// By vmid; unset: the path cannot be understood.
Result<std::map<std::string, std::optional<core::VmxPath>>> read_inventory_file(std::string_view text);

}  // namespace vmha::shell::text
