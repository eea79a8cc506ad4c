// Lines on stdout, which the cluster manager captures: each is written at once, by one write.
#pragma once
#include <string>
#include <string_view>

#include "common/log_line.hpp"

namespace vmha::client {

// "2026/11/22 07:18:02 [I] text". Trouble with stdout is ignored: a full log must not change a verdict.
void say(Level level, std::string_view text);

// Text as it is, to stdout or stderr.
void print(std::string_view text);
void complain(std::string_view text);

}  // namespace vmha::client
