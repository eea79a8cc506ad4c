// How long things may take over SSH (rule 9), in one place.
#pragma once
#include "daemon/core/time.hpp"

namespace vmha::shell {

// The defaults are for real hosts; tests have shorter ones.
struct Limits {
    core::Duration connect = core::seconds(3);      // connect, key exchange and login together
    core::Duration refresh = core::seconds(60);     // and of silence in it: one command hangs
    core::Duration refresh_vm = core::seconds(10);  // more of a refresh for each protected VM
    core::Duration look = core::seconds(20);
    core::Duration backoff_first = core::milliseconds(200);
    core::Duration backoff_most = core::seconds(5);
    core::Duration key_check = core::seconds(5);      // has a refused key been replaced?
    core::Duration second_try = core::seconds(60);    // of a refused key that has worked before
    core::Duration later_tries = core::seconds(960);  // of it, from then on
    core::Duration service_check = core::seconds(60);
};

}  // namespace vmha::shell
