// What a cluster's configuration says already, and what of it does not go with a plan.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/ec/plan.hpp"

namespace vmha::ec {

struct FoundResource {
    std::string type;
    std::string name;
    std::string group;  // empty: in none
    std::vector<std::string> depends;
    // Unset: the cluster manager's default.
    std::optional<int64_t> start_script_s;
    std::optional<int64_t> stop_script_s;
    std::optional<int64_t> activation_s;
    std::optional<int64_t> deactivation_s;
};

struct FoundMonitor {
    std::string type;
    std::string name;
    std::optional<int64_t> polling_timeout_s;
};

struct Found {
    std::vector<std::string> groups;
    std::vector<FoundResource> resources;
    std::vector<FoundMonitor> monitors;
    bool partition_resolution = false;
    bool forced_stop = false;
};

// Adds problems where the commands would make a cluster that cannot work, and warnings where a person should
// look.
void compare(Plan& plan, const Found& found);

}  // namespace vmha::ec
