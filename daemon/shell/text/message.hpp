// "vim-cmd vmsvc/message ID": the questions that block a VM.
#pragma once
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/shell/text/tree.hpp"

namespace vmha::shell::text {

// "No message." -> none. An id is a number or "_vmx1". message_ids only where the text begins with one
// ("msg.uuid.altered:This virtual machine …"); newer hosts print none. A label is what people read: "I Moved
// It".
Result<std::vector<core::Question>> read_questions(std::string_view text);

// A vim.vm.QuestionInfo, as get.summary prints it; with the ids of its messages.
core::Question question_of(const Value& info);

}  // namespace vmha::shell::text
