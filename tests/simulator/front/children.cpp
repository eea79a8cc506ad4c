#include "tests/simulator/front/children.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

extern char** environ;

namespace vmha::sim {
namespace {

// The process itself: 0, or the cause.
int spawn(const std::vector<std::string>& argv, const std::vector<int>& standard, pid_t& child) {
    std::vector<char*> words;
    for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (size_t to = 0; to < standard.size(); ++to)
        posix_spawn_file_actions_adddup2(&files, standard[to], static_cast<int>(to));
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // This program ignores SIGPIPE; a child that inherited that would not end with its connection.
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int failed = ::posix_spawn(&child, argv[0].c_str(), &files, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

std::vector<pid_t> children_of(pid_t process) {
    const std::string name = std::to_string(process);
    std::ifstream file("/proc/" + name + "/task/" + name + "/children");
    std::vector<pid_t> children;
    for (pid_t child; file >> child;) children.push_back(child);
    return children;
}

bool has_in_environment(pid_t process, const std::string& variable) {
    std::ifstream file("/proc/" + std::to_string(process) + "/environ");
    for (std::string word; std::getline(file, word, '\0');)
        if (word == variable) return true;
    return false;
}

void end_below(pid_t process, const std::string& variable) {
    for (const pid_t child : children_of(process)) {
        end_below(child, variable);
        if (has_in_environment(child, variable)) ::kill(child, SIGKILL);
    }
}

Error cannot_run(const std::string& program, const std::string& cause) {
    return {Errc::io, "cannot run " + program + ": " + cause};
}

}  // namespace

Children::Children(const boost::asio::any_io_executor& executor) : ended_(executor, SIGCHLD) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    reap();
}

Children::~Children() {
    // Whoever is ended leaves its own children to us: until nobody is left.
    for (pid_t ended = 0; ended >= 0 || errno == EINTR; ended = ::waitpid(-1, nullptr, 0))
        for (const pid_t child : children_of(::getpid())) ::kill(child, SIGKILL);
}

void Children::end_those_with(const std::string& variable) {
    end_below(::getpid(), variable);
}

void Children::reap() {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    ended_.async_wait([this](const boost::system::error_code& error, int) {
        if (!error) reap();
    });
}

Result<void> Children::start(const std::vector<std::string>& argv, int in_out, int errors) {
    pid_t child = 0;
    const int failed = spawn(argv, {in_out, in_out, errors}, child);
    if (failed != 0) return cannot_run(argv[0], std::strerror(failed));
    return {};
}

Result<void> Children::run(const std::vector<std::string>& argv) {
    pid_t child = 0;
    const int failed = spawn(argv, {}, child);
    if (failed != 0) return cannot_run(argv[0], std::strerror(failed));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return cannot_run(argv[0], "it failed");
    return {};
}

}  // namespace vmha::sim
