// The section "host" of a node.
#pragma once
#include "daemon/config/section.hpp"

namespace vmha::config {

Host read_host(Section& host);

// An IP literal under `key`, as it was written; empty if there is none (which is reported).
std::string read_address(Section& section, std::string_view key);

}  // namespace vmha::config
