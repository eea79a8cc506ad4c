// The commands of vmhactl. Each returns the exit code and prints to stdout; complaints go to stderr.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "client/arguments.hpp"
#include "client/unix_http.hpp"
#include "common/exit_codes.hpp"

namespace vmha::client {

struct CtlOptions {
    bool json = false;  // what vmhad says, as it says it
    std::string socket;
};

ExitCode ctl_status(const CtlOptions& options);
ExitCode ctl_hosts(const CtlOptions& options);
ExitCode ctl_vms(const CtlOptions& options);
ExitCode ctl_vm(const CtlOptions& options, const std::string& vm);
ExitCode ctl_events(const CtlOptions& options, bool follow);
// No VM: all that are active on this node.
ExitCode ctl_check(const CtlOptions& options, std::vector<std::string> vms);

ExitCode ctl_operate(const CtlOptions& options, Action action, const std::vector<std::string>& vms,
                     std::optional<int64_t> timeout_s);
// No VM: all that are configured.
ExitCode ctl_pause(const CtlOptions& options, std::vector<std::string> vms, std::optional<int64_t> for_s);
ExitCode ctl_resume(const CtlOptions& options, std::vector<std::string> vms);
// Refused is ExitCode::usage, with all reasons. Quiet: nothing where it was taken, one line where not, for
// whom vmhad's own log is at hand. Waits `timeout_s` for the answer.
ExitCode ctl_reload(const CtlOptions& options, bool quiet, int64_t timeout_s);
ExitCode ctl_retry_login(const CtlOptions& options, const std::string& host);

// Why vmhad cannot be reached, after a look at what is there, and what to try. Says it and returns the exit
// code.
std::string explain_unreachable(Trouble trouble, const std::string& socket_path);
ExitCode complain_unreachable(Trouble trouble, const CtlOptions& options);

// A refusal in words; the exit code that goes with it.
ExitCode complain_refused(const Reply& reply, const std::string& about);

// One request without second tries: a person waits.
Reply ctl_call(const CtlOptions& options, const Request& request);

}  // namespace vmha::client
