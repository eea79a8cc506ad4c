#include "daemon/run/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace vmha::run {

bool others_rule(const Fd& directory) {
    struct stat status {};
    if (::geteuid() != 0) return false;
    if (::fstat(directory.get(), &status) != 0 || status.st_uid != 0) return true;
    return (status.st_mode & S_IWOTH) || ((status.st_mode & S_IWGRP) && status.st_gid != 0);
}

Fd open_directory(const std::string& path) {
    const std::filesystem::path whole(path.empty() ? "." : path);
    Fd at(::open(whole.is_absolute() ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (const auto& part : whole.relative_path()) {
        if (at.get() < 0) break;
        if (part.empty() || part == ".") continue;
        const int follow = others_rule(at) ? O_NOFOLLOW : 0;
        at = Fd(::openat(at.get(), part.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | follow));
    }
    return at;
}

}  // namespace vmha::run
