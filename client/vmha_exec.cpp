// vmha-exec: what the cluster manager's EXEC resource calls to start and stop VMs.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "client/alerts.hpp"
#include "client/health.hpp"
#include "client/oneshot.hpp"
#include "client/operation.hpp"
#include "client/say.hpp"

namespace vmha::client {
namespace {

constexpr std::string_view help_text =
    "usage: vmha-exec start|stop [VM... | --all] [--timeout S] [--socket PATH] [--config FILE] [--node "
    "NAME]\n"
    "\n"
    "Starts or stops VMs through vmhad and reports progress, one line per event.\n"
    "No VM: the one in CLP_RESOURCENAME, without a leading 'exec-'. Several run side by side.\n"
    "\n"
    "  --all           every configured VM\n"
    "  --timeout S     the time for the whole operation; default: each VM's own, at most 1770 s\n"
    "  --socket PATH   default: $VMHAD_SOCKET, else /run/vmhad/vmhad.sock\n"
    "  --config FILE, --node NAME\n"
    "                  handed to 'vmhad --oneshot', which takes over if vmhad does not answer within 3 s\n"
    "\n"
    "exit code: 0 done, 1 failed, 2 usage or unknown VM, 4 deadline passed\n";

// vmhad ends an operation at the deadline that we give it, and its answer says why. That answer needs a
// moment.
constexpr int64_t answer_ms = 2000;
// The cluster manager kills a script after 1800 s unless configured otherwise: be done before.
constexpr int64_t limit_s = 1770;

int finish_by_oneshot(const ShimArguments& arguments, OneshotCall call, Trouble trouble, ExitCode so_far,
                      Deadline total, Alerts& alerts) {
    const std::string why = "vmhad is unreachable: " + describe(trouble, arguments.socket);
    alerts.raise("daemon", "down", Alerts::Severity::error, why);
    call.command = word(*arguments.action);
    call.config = arguments.config;
    call.node = arguments.node;
    if (arguments.timeout_s) call.timeout_s = std::max<int64_t>((total.left_ms() - answer_ms) / 1000, 1);
    const std::string program = find_vmhad();
    if (program.empty()) {
        say(Level::error,
            why + "; and there is no vmhad beside this program or in /usr/sbin to do it directly");
        return static_cast<int>(worse(so_far, ExitCode::failed));
    }
    const auto words = oneshot_words(program, call);
    say(Level::warning, why + "; running '" + program + " --oneshot " + call.command + "' instead");
    if (so_far == ExitCode::ok) {
        replace_by(words);
        say(Level::error, "cannot run " + program + ": " + std::strerror(errno));
        return static_cast<int>(ExitCode::failed);
    }
    // A result of another VM is to be kept, so this process has to stay.
    const auto code = run_and_wait(words);
    if (!code) say(Level::error, "cannot run " + program);
    return static_cast<int>(worse(so_far, code ? static_cast<ExitCode>(*code) : ExitCode::failed));
}

int run(const ShimArguments& arguments) {
    Alerts alerts(true);
    const Deadline total = arguments.timeout_s ? Deadline::in_ms(*arguments.timeout_s * 1000 + answer_ms)
                                               : Deadline::in_ms(limit_s * 1000);
    Operation operation{*arguments.action, arguments.vms, arguments.timeout_s, cluster_context(environ)};
    if (arguments.all) {
        const VmList list = list_vms(arguments.socket, false, total);
        if (list.trouble == Trouble::deadline) {
            say(Level::error, "gave up: vmhad did not say in time which VMs there are");
            return static_cast<int>(ExitCode::deadline);
        }
        if (!list.names)
            return finish_by_oneshot(arguments, {.all = true}, list.trouble, ExitCode::ok, total, alerts);
        operation.vms = *list.names;
    }
    const OperationHooks hooks{.say = [](Level level, const std::string& text) { say(level, text); },
                               .raw = {},
                               .ended =
                                   [&](const VmEnd& end) {
                                       if (end.code == ExitCode::ok) return alerts.forget("exec-" + end.vm);
                                       alerts.raise("exec-" + end.vm, end.reason, Alerts::Severity::error,
                                                    end.sentence);
                                   }};
    const OperationEnd end = operate(arguments.socket, operation, hooks, total);
    if (!end.left.empty())
        return finish_by_oneshot(arguments, {.vms = end.left}, end.trouble, end.code, total, alerts);
    alerts.forget("daemon");
    return static_cast<int>(end.code);
}

int shim_main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto arguments =
        parse_exec(argc, argv, {std::getenv("VMHAD_SOCKET"), std::getenv("CLP_RESOURCENAME")});
    if (arguments.has_error()) {
        say(Level::error, arguments.error().message);
        complain(help_text);
        return static_cast<int>(ExitCode::usage);
    }
    if (arguments->help) return print(help_text), 0;
    if (arguments->version) return print("vmha-exec " VMHA_VERSION "\n"), 0;
    return run(*arguments);
}

}  // namespace
}  // namespace vmha::client

int main(int argc, char** argv) {
    return vmha::client::shim_main(argc, argv);
}
