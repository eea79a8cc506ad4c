// What a command's answer means for the write that it carried out. Pure.
#pragma once
#include <string>

#include "daemon/core/events.hpp"
#include "daemon/shell/script.hpp"

namespace vmha::shell {

core::WriteDone done_well(const core::Write& order);
core::WriteDone refused(const core::Write& order, core::Fault fault);
// Nothing came back; sent: it may have been carried out all the same.
core::WriteDone without_answer(const core::Write& order, bool sent, std::string why);

// By status and text together; neither is trusted alone. Text that is no answer to this command, and a hostd
// that went away in the middle, count as no answer: a look tells.
core::WriteDone done_by(const core::Write& order, const text::Frame& frame);

}  // namespace vmha::shell
