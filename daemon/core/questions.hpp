// Which questions of a VM may be answered, and how (rule 5): by message id, never by position or default, and
// by what we are doing. Everything else is reported and left to a person.
#pragma once
#include <optional>
#include <string>

#include "daemon/core/events.hpp"
#include "daemon/core/facts.hpp"

namespace vmha::core {

enum class QuestionKind { moved_or_copied, lock_lost, out_of_space, unknown };

QuestionKind kind_of(const Question& question);

// The choice to send, or nullopt: do not answer.
std::optional<Choice> answer_for(const Question& question, Kind operation);

// Text and choices in one line, for a person.
std::string summary(const Question& question);

}  // namespace vmha::core
