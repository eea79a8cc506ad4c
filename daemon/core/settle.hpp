// What every step ends with, for each VM that it concerns.
#pragma once
#include "daemon/core/operation.hpp"

namespace vmha::core {

// Lets the VM take its next step, evaluates it anew and says when it has to be asked again.
void settle(Turn& turn, VmState& vm);

void say_link(Turn& turn, const LinkChanged& changed, Link before);

}  // namespace vmha::core
