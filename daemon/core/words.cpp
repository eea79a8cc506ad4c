// The words of stages, verdicts and verbs: log lines, API and tests are made of them.
#include <string_view>

#include "daemon/core/operation.hpp"

namespace vmha::core {

std::string_view word(Stage stage) {
    switch (stage) {
        case Stage::idle: return "idle";
        case Stage::waiting_for_lock: return "waiting for the lock on this node";
        case Stage::waiting_for_host: return "waiting for the host";
        case Stage::waiting_for_peer: return "waiting for the peer";
        case Stage::waiting_for_storage: return "waiting for storage";
        case Stage::waiting_for_writes: return "waiting for an unanswered write";
        case Stage::waiting_for_vm: return "waiting for the VM";
        case Stage::checking: return "checking";
        case Stage::stopping_elsewhere: return "stopping elsewhere";
        case Stage::registering: return "registering";
        case Stage::waiting_for_disk_lock: return "waiting for the disk lock";
        case Stage::powering_on: return "powering on";
        case Stage::waiting_for_heartbeat: return "waiting for the heartbeat";
        case Stage::clearing_elsewhere: return "clearing elsewhere";
        case Stage::shutting_down: return "shutting down";
        case Stage::powering_off: return "powering off";
        case Stage::unregistering: return "unregistering";
        case Stage::proving: return "proving";
        case Stage::tidying: return "tidying up";
        case Stage::started: return "started";
        case Stage::stopped: return "stopped";
        case Stage::tidied: return "tidied up";
        case Stage::failed: return "failed";
        case Stage::timed_out: return "timed out";
    }
    return "?";
}

std::string_view word(Verdict verdict) {
    switch (verdict) {
        case Verdict::healthy: return "healthy";
        case Verdict::unhealthy: return "unhealthy";
        case Verdict::unknown: return "unknown";
    }
    return "?";
}

std::string_view word(Kind kind) {
    switch (kind) {
        case Kind::start: return "start";
        case Kind::stop: return "stop";
        case Kind::tidy: return "tidy up";
    }
    return "?";
}

std::string_view word(Link link) {
    switch (link) {
        case Link::connecting: return "connecting";
        case Link::up: return "up";
        case Link::down: return "down";
        case Link::bad_password: return "bad_password";
        case Link::locked_out: return "locked_out";
        case Link::untrusted: return "untrusted";
    }
    return "?";
}

std::string_view word(Verb verb) {
    switch (verb) {
        case Verb::register_vm: return "register";
        case Verb::unregister: return "unregister";
        case Verb::power_on: return "power on";
        case Verb::power_off: return "power off";
        case Verb::shutdown_guest: return "shut down the guest of";
        case Verb::answer_question: return "answer the question of";
        case Verb::rescan_storage: return "rescan the storage for";
        case Verb::cancel_task: return "cancel the task of";
        case Verb::kill_process: return "end the process of";
    }
    return "?";
}

std::string doing(const Write& write) {
    return std::string(word(write.verb)) + " " + write.vm.str() + " on " + write.host.str();
}

}  // namespace vmha::core
