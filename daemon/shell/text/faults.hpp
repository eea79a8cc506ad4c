// Why a command was refused, or why hostd did not even hear it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/facts.hpp"

namespace vmha::shell::text {

// hostd did not answer vim-cmd or esxcli, which are only its clients: the line that says so. Says nothing
// about any VM. The output of a healthy command never begins a line like that.
struct HostdDown {
    std::string line;
    bool heard = false;  // the command may have reached hostd before: it ended in the middle, or hostd did
};
std::optional<HostdDown> hostd_down(std::string_view text);

// The fault that the text tells, by its form "(vim.fault.X) {" or by words that are known; nothing: it tells
// none. Exit statuses are not reliable (a fault may come with 0), so every answer is searched for one.
std::optional<core::Fault> fault_in(std::string_view text);

// The same, for a command that changes something: also its "Power on failed", and any status but 0.
std::optional<core::Fault> refusal_of(std::optional<int> status, std::string_view out, std::string_view err);

}  // namespace vmha::shell::text
