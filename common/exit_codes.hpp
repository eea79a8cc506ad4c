// Exit codes of every program, one table. The shims copy them to the cluster manager, so they never change.
#pragma once
#include <span>
#include <string_view>

namespace vmha {

enum class ExitCode : int {
    ok = 0,
    failed = 1,
    usage = 2,
    daemon_unreachable = 3,
    deadline = 4,
    unknown_too_long = 5,
};

struct ExitCodeRow {
    ExitCode code;
    std::string_view sentence;
};

std::span<const ExitCodeRow> exit_code_table();

// Of several VMs' codes the one that counts: the first of 2, 1, 5, 4, 3 that occurs, else 0.
ExitCode worse(ExitCode a, ExitCode b);

}  // namespace vmha
