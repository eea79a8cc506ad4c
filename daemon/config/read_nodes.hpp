// The section "nodes": the cluster's nodes, each with its ESXi host.
#pragma once
#include <map>
#include <string>

#include "daemon/config/section.hpp"

namespace vmha::config {

std::map<std::string, Node> read_nodes(Section& top);

}  // namespace vmha::config
