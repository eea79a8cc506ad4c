// The plan as a shell script.
#pragma once
#include <string>
#include <string_view>

#include "client/ec/plan.hpp"

namespace vmha::ec {

// A POSIX shell script for one node of the running cluster: pulls the configuration, adds each VM's EXEC
// resource and custom monitor with clpcfset, pushes it. Same plan, same text. `config` is the file that the
// times come from.
std::string script(const Plan& plan, std::string_view config);

// As one word of a POSIX shell.
std::string shell_word(std::string_view text);

}  // namespace vmha::ec
