// A configuration that is there already: one more VM joins it only where its nodes are the scripts' nodes.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "client/import/plan.hpp"
#include "common/json.hpp"

namespace vmha::migration {

struct Existing {
    std::string file;  // …/vmhad.json
    Json main;
    std::vector<std::pair<std::string, Json>> parts;  // conf.d, in name order
};

// Takes the nodes' names over from it, marks the VMs that it has already, and reports every difference. True:
// vmhad.json stays as it is. With `replace`, other nodes are no difference but a reason to write it anew, and
// what stands in a VM's own file of conf.d may be overwritten.
bool join(Plan& plan, const Names& given, const Existing& existing, bool replace);

// conf.d/VM.json beside vmhad.json
std::string file_of_vm(const std::string& main_file, const std::string& vm);

}  // namespace vmha::migration
