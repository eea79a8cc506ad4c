// The files that a plan becomes, and the tables that people read.
#pragma once
#include <string>
#include <vector>

#include "client/import/plan.hpp"
#include "common/json.hpp"

namespace vmha::migration {

// vmhad.json: the nodes. Over SSH as root, as the scripts do it; the key and the host keys lie beside it.
std::string main_text(const Plan& plan, const std::string& identity_name);

// conf.d/VM.json
std::string vm_text(const VmPlan& vm);

// The first row of each is the heading.
using Rows = std::vector<std::vector<std::string>>;
Rows node_rows(const Plan& plan);
Rows vm_rows(const Plan& plan);

}  // namespace vmha::migration
