#include "client/oneshot.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace vmha::client {
namespace {

std::string own_directory() {
    std::array<char, 4096> path;
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length <= 0) return {};
    const std::string program(path.data(), static_cast<std::size_t>(length));
    return program.substr(0, program.rfind('/'));
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> list;
    for (const std::string& word : words) list.push_back(const_cast<char*>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

}  // namespace

std::string find_vmhad() {
    for (const std::string& directory : {own_directory(), std::string("/usr/sbin")})
        if (const std::string path = directory + "/vmhad";
            !directory.empty() && ::access(path.c_str(), X_OK) == 0)
            return path;
    return {};
}

std::vector<std::string> oneshot_words(const std::string& program, const OneshotCall& call) {
    std::vector<std::string> words{program, "--oneshot", call.command};
    words.insert(words.end(), call.vms.begin(), call.vms.end());
    if (call.all) words.emplace_back("--all");
    if (!call.config.empty()) words.insert(words.end(), {"--config", call.config});
    if (!call.node.empty()) words.insert(words.end(), {"--node", call.node});
    if (call.timeout_s) words.insert(words.end(), {"--timeout", std::to_string(*call.timeout_s)});
    return words;
}

void replace_by(const std::vector<std::string>& words) {
    std::signal(SIGPIPE, SIG_DFL);  // an ignored signal would be inherited
    ::execv(words.front().c_str(), pointers(words).data());
    const int why = errno;
    std::signal(SIGPIPE, SIG_IGN);
    errno = why;
}

std::optional<int> run_and_wait(const std::vector<std::string>& words) {
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t child = 0;
    const int failed =
        ::posix_spawn(&child, words.front().c_str(), nullptr, &attributes, pointers(words).data(), environ);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) return std::nullopt;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return std::nullopt;
    if (!WIFEXITED(status)) return std::nullopt;
    return WEXITSTATUS(status);
}

}  // namespace vmha::client
