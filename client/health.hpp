// The monitor's view: what vmhad says of some VMs' health, as lines, alerts and an exit code.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/alerts.hpp"
#include "client/answers.hpp"
#include "client/ask.hpp"

namespace vmha::client {

// Says the line and keeps the alert log in step.
void report(const Health& health, Alerts& alerts);

// The names in an answer to GET /v1/vms; unset if it is no such answer.
std::optional<std::vector<std::string>> read_vm_list(std::string_view body, bool active_only);

struct VmList {
    std::optional<std::vector<std::string>> names;  // unset: trouble says why
    Trouble trouble = Trouble::none;
};
VmList list_vms(const std::string& socket_path, bool active_only, Deadline total,
                const Patience& patience = {});

struct CheckEnd {
    ExitCode code = ExitCode::ok;
    std::vector<std::string> left;  // no usable answer about these
    bool list_failed = false;       // it is not even known which VMs are active here
    Trouble trouble = Trouble::none;
};

// One health answer per VM; no VM: all that are active here.
CheckEnd check_health(const std::string& socket_path, std::vector<std::string> vms, Alerts& alerts,
                      Deadline total);

}  // namespace vmha::client
