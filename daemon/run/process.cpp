#include "daemon/run/process.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>

namespace vmha::run {

Result<> forbid_core_dumps() {
    const rlimit none{0, 0};
    // The limit alone does not stop a core_pattern that is a pipe.
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return Error{Errc::io, "cannot forbid core dumps: " + std::generic_category().message(errno)};
    return {};
}

}  // namespace vmha::run
