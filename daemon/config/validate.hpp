// The merged document, checked. Not complete: a file is not in it that could not be read; then nothing is a
// problem only because it is missing, and there is no configuration.
#pragma once
#include "daemon/config/document.hpp"
#include "daemon/config/load.hpp"

namespace vmha::config {

Loaded validate(const Document& document, const Source& source, bool complete = true);

}  // namespace vmha::config
