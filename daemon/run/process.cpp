#include "daemon/run/process.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>

namespace vmha::run {

Result<> forbid_core_dumps() {
    const rlimit none{0, 0};
    rlimit limit{1, 1};
    // The limit alone does not stop a core_pattern that is a pipe. Where the unit has set it already
    // (LimitCORE=), its system call filter may refuse to set it again.
    const bool unreadable = ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
    const bool limited = (::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0) ||
                         ::setrlimit(RLIMIT_CORE, &none) == 0;
    if (unreadable && limited) return {};
    return Error{Errc::io, "cannot forbid core dumps: " + std::generic_category().message(errno)};
}

}  // namespace vmha::run
