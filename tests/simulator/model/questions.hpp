// The questions a VM's process can ask, and what each answer does to it.
#pragma once
#include <optional>
#include <string>

#include "tests/simulator/model/types.hpp"

namespace vmha::site {

enum class Consequence { goes_on, ends, new_uuid, asks_again };

// The question with its real choices; an unknown id gets the single choice OK. `text` replaces the usual
// text.
Question make_question(const std::string& message_id, const std::string& text, const std::string& vm_name);

// nullopt: there is no such choice.
std::optional<Consequence> consequence(const Question& question, const std::string& choice);

}  // namespace vmha::site
