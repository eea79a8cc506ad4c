// vmhad --oneshot in the place of a daemon that cannot be reached.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace vmha::client {

struct OneshotCall {
    std::string command;  // start, stop or check
    std::vector<std::string> vms;
    bool all = false;
    std::string config;
    std::string node;
    std::optional<int64_t> timeout_s;
};

// vmhad beside this program, else in /usr/sbin; empty if neither can be executed.
std::string find_vmhad();

std::vector<std::string> oneshot_words(const std::string& program, const OneshotCall& call);

// Replaces this program. Comes back, with errno set, only if that failed.
void replace_by(const std::vector<std::string>& words);

// Runs it as a child and waits: the exit code, or unset if it could not be run or was killed.
std::optional<int> run_and_wait(const std::vector<std::string>& words);

}  // namespace vmha::client
