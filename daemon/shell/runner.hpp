// Runs commands on a host. What they print is text from outside: parsed, bounded, never trusted alone.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "daemon/core/time.hpp"
#include "daemon/net/deadline.hpp"
#include "daemon/net/wakeup.hpp"

namespace vmha::shell {

// What the caller wants of one command.
struct Command {
    std::string script;                    // for /bin/sh on the host; every word from outside is quoted
    size_t most_output = 8u << 20;         // more is an error, and ends the command
    std::shared_ptr<net::Wakeup> give_up;  // rung: the command's channel is closed, its output does not count
    std::optional<core::Duration> most_silence = std::nullopt;  // without any output: then it is ended
};

// What a command left behind. Neither status nor text proves anything alone (facts A: exit codes of vim-cmd
// are not reliable): decide by both, then by a fresh read of the state.
struct Output {
    std::optional<int> status;  // unset: the host told none, as when a signal ended it
    std::string out;
    std::string err;  // for people only: programs on the way write into it as they like (facts E)
};

// sent: the host may have begun with it. Then, without an output, it is unknown what came of it.
struct Ran {
    bool sent = false;
    std::optional<Output> output;
    Error error{Errc::closed, ""};  // without output: why
};

// Owned by the host's link. One thread. Never throws but for the cancellation of the coroutine.
class Runner {
public:
    virtual ~Runner() = default;
    virtual net::Task<Ran> run(const Command& command, net::Deadline deadline) = 0;
};

}  // namespace vmha::shell
