#include "common/exit_codes.hpp"

#include <algorithm>
#include <iterator>

namespace vmha {
namespace {

using enum ExitCode;
constexpr ExitCodeRow table[] = {
    {ok, "done, healthy, paused, or unknown (with a warning line)"},
    {failed, "failed, superseded by a later request, or unhealthy"},
    {usage, "wrong usage, unknown VM, or the configuration was refused"},
    {daemon_unreachable, "the daemon cannot be reached (vmhactl only)"},
    {deadline, "the deadline passed (vmha-exec)"},
    {unknown_too_long, "unknown for longer than unknown_tolerance_s, where that was set"},
};
constexpr ExitCode worst_first[] = {usage, failed, unknown_too_long, deadline, daemon_unreachable, ok};

}  // namespace

std::span<const ExitCodeRow> exit_code_table() {
    return table;
}

ExitCode worse(ExitCode a, ExitCode b) {
    const auto rank = [](ExitCode code) { return std::ranges::find(worst_first, code); };
    return rank(a) < rank(b) ? a : b;
}

}  // namespace vmha
