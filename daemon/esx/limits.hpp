// How long things may take on one host (rule 9), in one place.
#pragma once
#include <chrono>

#include "daemon/core/time.hpp"

namespace vmha::esx {

// The defaults are for real hosts; tests have shorter ones.
struct Limits {
    core::Duration connect = core::seconds(3);         // connect, handshake and login together
    core::Duration login_verdict = core::seconds(27);  // more, for the answer to a login that was sent
    core::Duration call = core::seconds(10);           // one call on the command connection
    core::Duration first_read = core::seconds(10);     // one page of the first full view
    core::Duration wait_grace = core::seconds(3);      // over the watch interval; then the connection is dead
    core::Duration check_interval =
        core::seconds(5);  // of the session's sign of life, on the command connection
    core::Duration aside_interval = core::seconds(3600);  // of licence and rights
    core::Duration unresolved_pause = core::seconds(10);  // at least, between two looks for unmounted volumes
    core::Duration watch_life = core::seconds(1);  // a watch that ends sooner is a failure, not an incident
    core::Duration logout = core::seconds(1);      // on the way out, all together
    core::Duration backoff_first = core::milliseconds(200);
    core::Duration backoff_most = core::seconds(5);
    core::Duration task_poll_first = core::milliseconds(50);  // of a task whose VM has no news
    core::Duration task_poll_most = core::milliseconds(500);
    core::Duration secret_check = core::seconds(5);  // while no login is allowed: has the secret changed
};

}  // namespace vmha::esx
