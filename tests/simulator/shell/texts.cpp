#include "tests/simulator/shell/texts.hpp"

#include <algorithm>
#include <vector>

namespace vmha::sim {
namespace {

constexpr const char* one_vm = "annotation.";

// The first value is the one without any setting.
const std::map<std::string, std::vector<std::string>>& known() {
    static const std::map<std::string, std::vector<std::string>> table{
        {"question", {"new", "old"}},           // labels and texts of 7.x, or of 4.x and 5.x
        {"question_id", {"_vmx", "number"}},    // _vmx1, or 1
        {"power_on_failed", {"body", "bare"}},  // with the fault behind it, or without
        {"fault_status", {"1", "0"}},           // exit status of vim-cmd after a fault
        {"fault_stream", {"out", "err"}},       // where vim-cmd prints a fault
        {"fields", {"new", "old"}},             // old: dynamicType, and a blank behind each comma
        {"skipping", {"before", "after"}},      // where getallvms names invalid VMs
        {"header_only_blanks", {"off", "on"}},  // blanks and an empty line after the header of an empty list
        {"system_vm", {"off", "on"}},           // a VM of the host's own in getallvms
        {"hostd_down", {"login", "ssl", "connect", "crash"}},
        {"lock_tail", {"old", "new"}},                  // of vmkfstools -D
        {"stranger_lock", {"read-only", "exclusive"}},  // what a stranger's lock looks like
        {"volume", {"uuid", "label"}}};                 // what paths below /vmfs/volumes name
    return table;
}

}  // namespace

bool Texts::set(const std::string& key, const std::string& value) {
    if (key != "annotation" && !key.starts_with(one_vm)) {
        const auto found = known().find(key);
        if (found == known().end()) return false;
        if (std::find(found->second.begin(), found->second.end(), value) == found->second.end()) return false;
    }
    set_[key] = value;
    return true;
}

const std::string& Texts::get(const std::string& key) const {
    const auto found = set_.find(key);
    return found == set_.end() ? known().at(key).front() : found->second;
}

const std::string& Texts::annotation(const std::string& vm_name) const {
    static const std::string none;
    for (const auto& key : {one_vm + vm_name, std::string("annotation")})
        if (const auto found = set_.find(key); found != set_.end()) return found->second;
    return none;
}

}  // namespace vmha::sim
