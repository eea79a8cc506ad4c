#include <csignal>
#include <cstdio>

#include "common/exit_codes.hpp"
#include "daemon/app.hpp"
#include "daemon/run/process.hpp"

int main(int argc, char** argv) {
    using namespace vmha;
    int exit_code = 0;
    const auto options = parse_options(argc, argv, exit_code);
    if (!options) return exit_code;
    // Before the first secret is read, also by --check-config.
    const auto forbidden = run::forbid_core_dumps();
    if (options->job == Job::check_config) return check_config(*options);

    std::signal(SIGPIPE, SIG_IGN);
    run::Scrubber scrubber;
    // The cluster captures what a oneshot prints on stdout; the daemon's log goes where systemd collects it.
    run::Log log(scrubber, options->job == Job::oneshot ? stdout : stderr);
    if (!forbidden) log.warning(forbidden.error().message);
    const auto setup = set_up(*options, log);
    if (!setup) {
        if (options->job != Job::oneshot || options->verb != OneshotVerb::check)
            return static_cast<int>(ExitCode::usage);
        // A monitor's own trouble is no failover (rule 12): vmha-genw ends with this program's code.
        log.error("cannot check any VM without a configuration; this counts as unknown, not as unhealthy");
        return static_cast<int>(ExitCode::ok);
    }
    return options->job == Job::oneshot ? run_oneshot(*options, *setup, log, scrubber)
                                        : serve(*options, *setup, log, scrubber);
}
