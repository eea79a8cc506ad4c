// The two ways to run the engine: as the daemon on its socket, or once for a few VMs.
#pragma once
#include "daemon/options.hpp"
#include "daemon/setup.hpp"

namespace vmha {

// Until SIGTERM or SIGINT. The exit code of the process.
int serve(const Options& options, const Setup& setup, run::Log& log, run::Scrubber& scrubber);

// Prints what the daemon's clients would print, and ends with their exit code.
int run_oneshot(const Options& options, const Setup& setup, run::Log& log, run::Scrubber& scrubber);

}  // namespace vmha
