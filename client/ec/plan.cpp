#include "client/ec/plan.hpp"

#include <algorithm>
#include <map>

namespace vmha::ec {
namespace {

constexpr size_t name_max = 31;        // bytes: Reference Guide, settings of groups and resources
constexpr size_t path_max = 1023;      // bytes: the same
constexpr int64_t timeout_max = 9999;  // parameters/timeout/start and stop: clpcfset, doc/linux/exec.md
constexpr int64_t script_reserve = 60;
constexpr int64_t resource_reserve = 180;  // what NEC adds to a script's limit: the same page
constexpr int64_t polling_min = 60;

bool is_ascii_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

VmGlue glue(const VmTimes& vm) {
    VmGlue made{vm, "exec-" + vm.name, "genw-" + vm.name};
    made.start_script_s = vm.start_timeout_s + script_reserve;
    made.stop_script_s = vm.stop_timeout_s + script_reserve;
    made.activation_s = made.start_script_s + resource_reserve;
    made.deactivation_s = made.stop_script_s + resource_reserve;
    return made;
}

void check_vm(const VmGlue& vm, Plan& plan) {
    const std::string about = "vm '" + vm.vm.name + "': ";
    for (const std::string& name : {vm.resource, vm.monitor})
        if (const std::string why = name_problem(name); !why.empty())
            plan.problems.push_back(about + "cannot name a resource '" + name + "': " + why);
    const auto check_time = [&](const char* key, int64_t own, int64_t theirs) {
        if (theirs > timeout_max)
            plan.problems.push_back(about + key + " " + std::to_string(own) + " is too long: with " +
                                    std::to_string(theirs - own) +
                                    " s more for the cluster manager it would be over its limit of " +
                                    std::to_string(timeout_max) + " s");
    };
    check_time("start_timeout_s", vm.vm.start_timeout_s, vm.activation_s);
    check_time("stop_timeout_s", vm.vm.stop_timeout_s, vm.deactivation_s);
    if (vm.resource == plan.wish.depends)
        plan.problems.push_back(about + "its resource cannot depend on itself ('" + vm.resource + "')");
}

void check_wish(Plan& plan) {
    const Wish& wish = plan.wish;
    if (const std::string why = name_problem(wish.group); !why.empty())
        plan.problems.push_back("cannot use the group '" + wish.group + "': " + why);
    if (const std::string why = name_problem(wish.depends); !why.empty())
        plan.problems.push_back("cannot depend on '" + wish.depends + "': " + why);
    const bool has_control = std::ranges::any_of(
        wish.log_dir, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    // Room for the longest name of a log file.
    if (!wish.log_dir.starts_with('/') || has_control ||
        wish.log_dir.size() + name_max + sizeof "/.log" > path_max)
        plan.problems.push_back("cannot log to '" + wish.log_dir +
                                "': the cluster manager wants an absolute path of less than 1024 bytes");
}

void choose_vms(const std::vector<VmTimes>& configured, const std::vector<std::string>& wanted, Plan& plan) {
    if (wanted.empty()) {
        for (const VmTimes& vm : configured) plan.vms.push_back(glue(vm));
        if (configured.empty()) plan.problems.emplace_back("no VM is configured");
        return;
    }
    for (const std::string& name : wanted) {
        if (std::ranges::find(plan.vms, name, [](const VmGlue& vm) { return vm.vm.name; }) != plan.vms.end())
            continue;
        const auto found = std::ranges::find(configured, name, &VmTimes::name);
        if (found == configured.end())
            plan.problems.push_back("vm '" + name + "': no such VM is configured");
        else
            plan.vms.push_back(glue(*found));
    }
}

// Two folders or log files that differ in capitals alone are two on Linux; people and other tools mix them
// up.
void check_alike(Plan& plan) {
    std::map<std::string, std::string> seen;
    for (const VmGlue& vm : plan.vms) {
        std::string lower = vm.vm.name;
        std::ranges::transform(lower, lower.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        const auto [place, is_new] = seen.emplace(lower, vm.vm.name);
        if (!is_new)
            plan.warnings.push_back("'" + place->second + "' and '" + vm.vm.name +
                                    "' differ in capitals alone: easy to mix up in the cluster manager");
    }
}

}  // namespace

std::string name_problem(std::string_view name) {
    if (name.empty()) return "it is empty";
    if (name.size() > name_max)
        return "it has " + std::to_string(name.size()) + " bytes, the cluster manager takes " +
               std::to_string(name_max);
    for (const char c : name)
        if (!is_ascii_letter_or_digit(c) && c != '.' && c != '_' && c != '-')
            return "only letters, digits, '.', '_' and '-' may stand in it";
    if (name.front() == '-' || name.back() == '-') return "it must not begin or end with '-'";
    if (name == "." || name == "..") return "it is a folder of its own meaning";
    return {};
}

Plan make_plan(const std::vector<VmTimes>& configured, const std::vector<std::string>& wanted,
               const Wish& wish) {
    Plan plan{wish};
    plan.polling_timeout_s = std::max(polling_min, 2 * wish.genw_timeout_s);
    check_wish(plan);
    choose_vms(configured, wanted, plan);
    for (const VmGlue& vm : plan.vms) check_vm(vm, plan);
    check_alike(plan);
    return plan;
}

}  // namespace vmha::ec
