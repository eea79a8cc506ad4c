// The command lines of the two shims.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace vmha::client {

enum class Action { start, stop };

struct ShimArguments {
    std::optional<Action> action;  // vmha-exec only
    std::vector<std::string> vms;
    bool all = false;
    bool follow = false;
    bool help = false;
    bool version = false;
    std::optional<int64_t> timeout_s;
    std::string socket;
    std::string config;  // handed on to vmhad --oneshot
    std::string node;    // handed on to vmhad --oneshot
};

// The environment that counts: VMHAD_SOCKET and CLP_RESOURCENAME, as they are or null.
struct ShimEnvironment {
    const char* socket = nullptr;
    const char* resource = nullptr;
};

// Options may stand anywhere. The error is one sentence for people.
Result<ShimArguments> parse_exec(int argc, char** argv, const ShimEnvironment& environment);
Result<ShimArguments> parse_genw(int argc, char** argv, const ShimEnvironment& environment);

// --socket, else VMHAD_SOCKET, else the default.
std::string choose_socket(const std::string& option, const char* environment);

}  // namespace vmha::client
