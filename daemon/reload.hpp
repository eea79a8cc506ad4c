// Reading the configuration anew while the daemon runs: SIGHUP and POST /v1/reload.
#pragma once
#include "daemon/api/backend.hpp"
#include "daemon/engine.hpp"
#include "daemon/options.hpp"

namespace vmha {

// Strict, as --check-config is. Says in the log what has changed, or why nothing was. A good configuration
// becomes the last good one. systemd hears that it begins and that it has ended.
api::Reloaded reload(const Options& options, Engine& engine, run::Log& log);

}  // namespace vmha
