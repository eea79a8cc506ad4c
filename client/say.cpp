#include "client/say.hpp"

#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace vmha::client {
namespace {

void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

void say(Level level, std::string_view text) {
    write_all(STDOUT_FILENO, log_line(std::time(nullptr), level, text) + "\n");
}

void print(std::string_view text) {
    write_all(STDOUT_FILENO, text);
}

void complain(std::string_view text) {
    write_all(STDERR_FILENO, text);
}

}  // namespace vmha::client
