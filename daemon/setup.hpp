// From the command line to a checked configuration: the same for daemon, oneshot and --check-config.
#pragma once
#include <optional>
#include <string>

#include "daemon/config/load.hpp"
#include "daemon/options.hpp"
#include "daemon/run/log.hpp"

namespace vmha {

struct Setup {
    config::Config config;
    std::string node;
    bool last_good = false;  // the configuration is broken, and this is the last good one
};

// Which node of the configuration this machine is.
Result<std::string> find_node(const config::Config& config, const Options& options);

// Strict: prints every problem, changes nothing. Exit code 0 or 2.
int check_config(const Options& options);

// A broken configuration falls back, loudly, to the last good one. nullopt: neither can be used, or this
// machine is no node; it was said in the log.
std::optional<Setup> set_up(const Options& options, run::Log& log);

}  // namespace vmha
