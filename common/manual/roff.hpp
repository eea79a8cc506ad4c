// Text as roff takes it.
#pragma once
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha::manual {

// ASCII out: "…" becomes "...", any other character that is not ASCII is an error, as a page has to look the
// same in every locale. Nothing in it is taken for a request or an escape.
Result<std::string> roff(std::string_view text);

// A paragraph whose tag stands in bold.
Result<std::string> tagged(std::string_view tag, std::string_view text);

}  // namespace vmha::manual
