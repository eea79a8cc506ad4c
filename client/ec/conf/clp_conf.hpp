// Reads clp.conf, the cluster's configuration as 'clpcfctrl --pull' writes it.
#pragma once
#include <string_view>

#include "client/ec/found.hpp"
#include "common/result.hpp"

namespace vmha::ec {

// The error says what is wrong with the text as a whole. What it does not know it passes over.
Result<Found> read_clp_conf(std::string_view text);

}  // namespace vmha::ec
