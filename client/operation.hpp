// A start or stop of some VMs, side by side, to its end.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/arguments.hpp"
#include "client/ask.hpp"
#include "common/exit_codes.hpp"
#include "common/json.hpp"
#include "common/log_line.hpp"

namespace vmha::client {

struct Operation {
    Action action = Action::start;
    std::vector<std::string> vms;
    std::optional<int64_t> timeout_s;            // unset: each VM's own, as vmhad knows it
    std::map<std::string, std::string> context;  // the cluster manager's CLP_… variables
};

struct OperationEnd {
    ExitCode code = ExitCode::ok;   // of the VMs that have a result
    std::vector<std::string> left;  // could not be asked for: vmhad is unreachable
    Trouble trouble = Trouble::none;
};

// How one VM's operation ended, for whoever raises alerts.
struct VmEnd {
    std::string vm;
    ExitCode code = ExitCode::ok;
    std::string reason;  // the verb and the word: the same for the same trouble
    std::string sentence;
};

struct OperationHooks {
    std::function<void(Level, const std::string& text)> say;
    std::function<void(const std::string& line)> raw;  // every line of the streams as it came; may be unset
    std::function<void(const VmEnd&)> ended;           // may be unset
};

std::string_view word(Action action);

// The variables whose names begin with CLP_.
std::map<std::string, std::string> cluster_context(const char* const* environment);

// Posts all at once; after a loss of the daemon posts again with the time that is left.
OperationEnd operate(const std::string& socket_path, const Operation& operation, const OperationHooks& hooks,
                     Deadline total);

}  // namespace vmha::client
