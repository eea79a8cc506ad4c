// The command line of vmhad.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/events.hpp"
#include "daemon/engine.hpp"

namespace vmha {

enum class Job { serve, check_config, oneshot };
enum class OneshotVerb { start, stop, check };

struct Options {
    Job job = Job::serve;
    std::string config;
    bool json = false;  // check_config
    std::optional<std::string> node;
    std::string socket;
    Paths paths;
    OneshotVerb verb = OneshotVerb::check;
    std::vector<VmName> vms;  // oneshot; empty with check: all that are active here
    bool all_vms = false;     // oneshot: every configured VM
    std::optional<core::Duration> timeout;
};

// nullopt: the program ends now with `exit_code` (help, version, wrong usage); what is to be said was
// printed.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace vmha
