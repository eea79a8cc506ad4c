#include "client/capture.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace vmha::client {
namespace {

Error cannot_run(const std::string& program, const std::string& why) {
    return Error{Errc::io, "cannot run " + program + ": " + why};
}

// The child has the pipe's end as its stdout; 0 or errno.
int spawn(const std::vector<std::string>& words, int stdout_fd, pid_t& child) {
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, stdout_fd, STDOUT_FILENO);
    const int failed = ::posix_spawn(&child, pointers.front(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

// Everything up to the end of the file; false: more than bytes_max.
bool read_all(int fd, std::string& text, size_t bytes_max) {
    std::array<char, 4096> piece;
    for (;;) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        if (text.size() + static_cast<size_t>(got) > bytes_max) return false;
        text.append(piece.data(), static_cast<size_t>(got));
    }
}

}  // namespace

Result<Captured> capture(const std::vector<std::string>& words, size_t bytes_max) {
    std::array<int, 2> pipe_ends{};
    if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return cannot_run(words.front(), std::strerror(errno));
    pid_t child = 0;
    const int failed = spawn(words, pipe_ends[1], child);
    ::close(pipe_ends[1]);
    Captured captured;
    const bool whole = failed == 0 && read_all(pipe_ends[0], captured.text, bytes_max);
    ::close(pipe_ends[0]);
    if (failed != 0) return cannot_run(words.front(), std::strerror(failed));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return cannot_run(words.front(), std::strerror(errno));
    if (!whole) return cannot_run(words.front(), "it wrote too much");
    if (!WIFEXITED(status)) return cannot_run(words.front(), "it was killed");
    captured.exit_code = WEXITSTATUS(status);
    return captured;
}

}  // namespace vmha::client
