// The keys of one object of the configuration's JSON schema, as paragraphs of a man page.
#pragma once
#include <string>

#include "common/json.hpp"
#include "common/result.hpp"

namespace vmha::manual {

// `pointer` such as /$defs/vm; empty: the schema's root. Each key with what it takes, its default and its
// description.
Result<std::string> schema_keys(const Json& schema, const std::string& pointer);

}  // namespace vmha::manual
