#include "client/ec/found.hpp"

#include <algorithm>

namespace vmha::ec {
namespace {

constexpr int64_t script_default = 1800;  // clpcfset, doc/linux/exec.md

std::string seconds(int64_t value) {
    return std::to_string(value) + " s";
}

void compare_time(Plan& plan, const std::string& about, const char* key, int64_t there, int64_t ours) {
    if (there < ours)
        plan.warnings.push_back(about + key + " is " + seconds(there) + " there and has to be " +
                                seconds(ours) +
                                " at least: the cluster manager would lose patience before vmhad does; the "
                                "commands set it");
}

// clpcfset takes such a dependency without a word, and the commands only add one.
void compare_dependencies(Plan& plan, const std::string& about, const FoundResource& there,
                          const Found& found) {
    for (const std::string& other : there.depends)
        if (std::ranges::find(found.resources, other, &FoundResource::name) == found.resources.end())
            plan.warnings.push_back(about + "depends on '" + other +
                                    "', which is not there; take that dependency out in the WebUI");
}

void compare_resource(Plan& plan, const VmGlue& vm, const FoundResource& there, const Found& found) {
    const std::string about = "resource '" + vm.resource + "': ";
    if (there.type != "exec") {
        plan.problems.push_back(about + "exists already, of the type '" + there.type + "'");
        return;
    }
    if (!there.group.empty() && there.group != plan.wish.group) {
        plan.problems.push_back(about + "belongs to the group '" + there.group + "' already, not to '" +
                                plan.wish.group + "'");
        return;
    }
    plan.warnings.push_back(about + "exists already: the commands replace its scripts and settings");
    const int64_t start = there.start_script_s.value_or(script_default);
    const int64_t stop = there.stop_script_s.value_or(script_default);
    compare_time(plan, about, "parameters/timeout/start", start, vm.start_script_s);
    compare_time(plan, about, "parameters/timeout/stop", stop, vm.stop_script_s);
    if (there.activation_s) compare_time(plan, about, "act/timeout", *there.activation_s, vm.activation_s);
    if (there.deactivation_s)
        compare_time(plan, about, "deact/timeout", *there.deactivation_s, vm.deactivation_s);
    compare_dependencies(plan, about, there, found);
}

void compare_monitor(Plan& plan, const VmGlue& vm, const FoundMonitor& there) {
    const std::string about = "monitor '" + vm.monitor + "': ";
    if (there.type != "genw") {
        plan.problems.push_back(about + "exists already, of the type '" + there.type + "'");
        return;
    }
    plan.warnings.push_back(about + "exists already: the commands replace its script and settings");
    if (there.polling_timeout_s)
        compare_time(plan, about, "polling/timeout", *there.polling_timeout_s, 2 * plan.wish.genw_timeout_s);
}

}  // namespace

void compare(Plan& plan, const Found& found) {
    plan.compared = true;
    if (!found.partition_resolution && !found.forced_stop)
        plan.warnings.emplace_back(
            "neither network partition resolution nor forced stop is configured in this cluster: when the "
            "nodes lose sight of each other, both start the group, and two copies of a VM write to two "
            "copies of its disk; configure one of them");
    if (std::ranges::find(found.groups, plan.wish.group) == found.groups.end())
        plan.problems.push_back("there is no group '" + plan.wish.group +
                                "' in the cluster; name it with --group");
    const auto dependency = std::ranges::find(found.resources, plan.wish.depends, &FoundResource::name);
    if (dependency == found.resources.end())
        plan.problems.push_back(
            "there is no resource '" + plan.wish.depends +
            "' in the cluster; name the one that exports the iSCSI target with --depends");
    else if (dependency->group != plan.wish.group)
        plan.problems.push_back("the resource '" + plan.wish.depends + "' belongs to the group '" +
                                dependency->group + "', not to '" + plan.wish.group + "'");
    for (const VmGlue& vm : plan.vms) {
        for (const FoundResource& there : found.resources)
            if (there.name == vm.resource) compare_resource(plan, vm, there, found);
        for (const FoundMonitor& there : found.monitors)
            if (there.name == vm.monitor) compare_monitor(plan, vm, there);
    }
}

}  // namespace vmha::ec
