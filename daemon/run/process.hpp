// What the process forbids itself.
#pragma once
#include "common/result.hpp"

namespace vmha::run {

// No core dump, and no ptrace by the same user: memory holds passwords (rule 10).
Result<> forbid_core_dumps();

}  // namespace vmha::run
