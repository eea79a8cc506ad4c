// vmha-genw: what the cluster manager's custom monitor calls. Its own trouble never looks like a VM's.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "client/alerts.hpp"
#include "client/arguments.hpp"
#include "client/follow.hpp"
#include "client/health.hpp"
#include "client/oneshot.hpp"
#include "client/say.hpp"

namespace vmha::client {
namespace {

constexpr std::string_view help_text =
    "usage: vmha-genw [VM...] [--timeout S] [--follow] [--socket PATH] [--config FILE] [--node NAME]\n"
    "\n"
    "Asks vmhad whether VMs are healthy. No VM: every VM that is active on this node, the worst verdict.\n"
    "\n"
    "  --follow        stay, and end the moment a verdict turns unhealthy\n"
    "  --timeout S     the time for the answer, default 20; --follow has none\n"
    "  --socket PATH   default: $VMHAD_SOCKET, else /run/vmhad/vmhad.sock\n"
    "  --config FILE, --node NAME\n"
    "                  handed to 'vmhad --oneshot check', which takes over if vmhad does not answer within 3 "
    "s\n"
    "\n"
    "exit code: 0 healthy, paused or unknown, 1 unhealthy, 2 usage or unknown VM,\n"
    "5 unknown for longer than the configured unknown_tolerance_s\n";

constexpr int64_t timeout_default_s = 20;

// Comes back only if vmhad cannot be run. The cluster manager must not take that for an unhealthy VM.
void try_oneshot(const ShimArguments& arguments, const CheckEnd& end, Deadline total, Alerts& alerts) {
    const std::string why = "vmhad is unreachable: " + describe(end.trouble, arguments.socket);
    alerts.raise("daemon", "down", Alerts::Severity::error, why);
    const std::string program = find_vmhad();
    if (program.empty())
        return say(Level::error,
                   "unknown: " + why + "; and there is no vmhad beside this program or in /usr/sbin");
    const auto words = oneshot_words(program, {.command = "check",
                                               .vms = end.left,
                                               .config = arguments.config,
                                               .node = arguments.node,
                                               .timeout_s = std::max<int64_t>(total.left_ms() / 1000, 1)});
    say(Level::warning, why + "; running '" + program + " --oneshot check' instead");
    replace_by(words);
    say(Level::error, "unknown: cannot run " + program + ": " + std::strerror(errno));
}

ExitCode run(const ShimArguments& arguments) {
    Alerts alerts(!arguments.follow);
    if (arguments.follow) return Follower(arguments.socket, arguments.vms, alerts).run();
    const Deadline total = Deadline::in_ms(arguments.timeout_s.value_or(timeout_default_s) * 1000);
    const CheckEnd end = check_health(arguments.socket, arguments.vms, alerts, total);
    const bool all_answered = !end.list_failed && end.left.empty();
    if (all_answered) {
        alerts.forget("daemon");
    } else if (end.trouble == Trouble::deadline) {
        say(Level::warning, "unknown: vmhad did not say in time which VMs are active here");
    } else if (end.code == ExitCode::ok) {  // else the verdict is known already
        try_oneshot(arguments, end, total, alerts);
    }
    return end.code;
}

int shim_main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto arguments = parse_genw(argc, argv, {std::getenv("VMHAD_SOCKET"), nullptr});
    if (arguments.has_error()) {
        say(Level::error, arguments.error().message);
        complain(help_text);
        return static_cast<int>(ExitCode::usage);
    }
    if (arguments->help) return print(help_text), 0;
    if (arguments->version) return print("vmha-genw " VMHA_VERSION "\n"), 0;
    return static_cast<int>(run(*arguments));
}

}  // namespace
}  // namespace vmha::client

int main(int argc, char** argv) {
    return vmha::client::shim_main(argc, argv);
}
