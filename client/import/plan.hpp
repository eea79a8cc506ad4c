// What the scripts say together, and whether it makes one configuration.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/import/script.hpp"
#include "client/import/units.hpp"

namespace vmha::migration {

// What the scripts cannot tell.
struct Names {
    std::vector<std::string> nodes;  // in the order of $ec1, $ec2; empty: ec1, ec2
    std::vector<std::string> hosts;  // in the order of $vmk1, $vmk2; empty: their addresses
    std::vector<std::string> vms;    // NEW for the only VM, or OLD=NEW; OLD is its name or .vmx
};

struct NodePlan {
    std::string name;
    std::string address;
    std::string host_name;  // empty: its address
    std::string host_address;
    std::string adapter;  // empty: no script tells
};

struct VmPlan {
    std::string name;
    std::string resource;  // VM of exec-VM; empty: no folder tells it, or it holds several VMs
    Vmx vmx;
    std::string file;  // the start script it comes from
    std::vector<Kind> kinds;
    std::optional<int64_t> guest_shutdown_timeout_s;  // where the stop script was edited
    std::optional<int64_t> stop_timeout_s;  // longer than the default, so that the guest's time fits in
    bool present = false;                   // configured already, as it is
};

struct Plan {
    std::vector<NodePlan> nodes;  // two, or none where the scripts do not tell
    std::vector<VmPlan> vms;
    Remarks remarks;

    bool good() const { return remarks.problems.empty() && nodes.size() == 2 && !vms.empty(); }
};

Plan make_plan(const std::vector<Script>& scripts, const Names& names, Remarks remarks);

// The steps of it.
void plan_nodes(const std::vector<Script>& scripts, const Names& names, Plan& plan);
void plan_vms(const std::vector<Unit>& units, const Names& names, Plan& plan);
void plan_times(const Unit& unit, VmPlan& vm, Remarks& remarks);

}  // namespace vmha::migration
