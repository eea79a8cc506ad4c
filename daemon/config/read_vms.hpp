// The sections "defaults" and "vms".
#pragma once
#include <map>

#include "daemon/config/section.hpp"

namespace vmha::config {

std::map<VmName, core::VmSettings> read_vms(Section& top);

}  // namespace vmha::config
