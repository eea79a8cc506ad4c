// The merged document, checked.
#pragma once
#include "daemon/config/document.hpp"
#include "daemon/config/load.hpp"

namespace vmha::config {

Loaded validate(const Document& document, const Source& source);

}  // namespace vmha::config
