// The site file of esxsim: JSON, described in README.md.
#pragma once
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "tests/simulator/model/config.hpp"

namespace vmha::sim {

// What the file does not mention is as in the default site. Unknown keys are errors that name their place.
Result<site::SiteConfig> read_site_text(std::string_view text);
Result<site::SiteConfig> read_site_file(const std::string& path);

}  // namespace vmha::sim
