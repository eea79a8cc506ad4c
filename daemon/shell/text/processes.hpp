// "esxcli vm process list": the VMX processes that run, registered or not.
#pragma once
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/facts.hpp"

namespace vmha::shell::text {

// No text: none runs. A process that does not tell its .vmx makes the list useless as a proof: an error.
Result<std::vector<core::VmProcess>> read_processes(std::string_view text);

}  // namespace vmha::shell::text
