#include "client/alerts.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace vmha::client {
namespace {

constexpr unsigned limit_s = 2;

std::string memory_directory() {
    const char* const given = std::getenv("VMHA_ALERT_DIR");
    return given && *given ? given : "/run/vmha-alerts";
}

std::string find_clplogcmd() {
    if (const char* const given = std::getenv("VMHA_CLPLOGCMD"); given && *given) return given;
    for (const char* path :
         {"/opt/nec/clusterpro/bin/clplogcmd", "/usr/sbin/clplogcmd", "/usr/bin/clplogcmd"})
        if (::access(path, X_OK) == 0) return path;
    return {};
}

std::string read_small(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return {};
    std::array<char, 256> text;
    const ssize_t length = ::read(fd, text.data(), text.size());
    ::close(fd);
    return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

bool write_small(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    return written;
}

[[noreturn]] void become(const std::string& program, const std::string& text, const char* level) {
    ::alarm(limit_s);  // survives exec: whatever the program does, it ends
    std::signal(SIGPIPE, SIG_DFL);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd < 3; ++fd) ::dup2(null, fd);
    ::execl(program.c_str(), program.c_str(), "-m", text.c_str(), "--alert", "-l", level,
            static_cast<char*>(nullptr));
    ::_exit(127);
}

void wait_shortly(pid_t child) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    if (fd < 0) return;
    pollfd ended{fd, POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(limit_s) * 1000) > 0) ::waitpid(child, nullptr, 0);
    ::close(fd);
}

}  // namespace

void Alerts::raise(const std::string& subject, const std::string& state, Severity severity,
                   const std::string& text) {
    const std::string program = find_clplogcmd();
    if (program.empty()) return;
    const std::string directory = memory_directory();
    const std::string file = directory + "/" + subject;
    const std::string wanted = state.substr(0, 200);
    if (said_.contains(subject + " " + wanted) || read_small(file) == wanted) return;
    ::mkdir(directory.c_str(), 0755);
    if (!write_small(file, wanted)) said_.insert(subject + " " + wanted);
    if (!wait_) std::signal(SIGCHLD, SIG_IGN);  // nobody waits for it, so the kernel does
    const pid_t child = ::fork();
    if (child == 0) become(program, text, severity == Severity::error ? "ERR" : "WARN");
    if (child > 0 && wait_) wait_shortly(child);
}

void Alerts::forget(const std::string& subject) {
    std::erase_if(said_, [&](const std::string& entry) { return entry.starts_with(subject + " "); });
    ::unlink((memory_directory() + "/" + subject).c_str());
}

}  // namespace vmha::client
