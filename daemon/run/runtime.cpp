#include "daemon/run/runtime.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace vmha::run {
namespace {

namespace fs = std::filesystem;

constexpr mode_t directory_mode = 0755;

// Makes the file if it is missing; its directory, too. 0600: anyone who can open a lock's file can hold it,
// and so keep the VM from being started.
Result<Fd> open_mark(const std::string& directory, const VmName& vm) {
    const std::string path = directory + "/" + vm.str();
    auto opened = open_shared(path);
    if (opened || opened.error().code != Errc::not_found) return opened;
    if (auto made = prepare_directory(directory, directory_mode); !made) return made.error();
    return open_shared(path);
}

// Root may do everything, so this says nothing about the service where root asks.
Result<> check_access(const std::string& path, int mode) {
    if (::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 || errno == ENOENT) return {};
    return Error{Errc::io, "cannot write " + path + ": " + std::generic_category().message(errno) +
                               "; until that is put right, starts and stops fail"};
}

// What is there already, such as a lock that somebody else has made, must be usable, too.
Result<> check_writable(const std::string& directory) {
    if (auto usable = check_access(directory, W_OK | X_OK); !usable) return usable;
    std::error_code error;
    fs::directory_iterator entry(directory, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        if (auto usable = check_access(entry->path().string(), R_OK | W_OK); !usable) return usable;
    return {};
}

}  // namespace

Result<> Runtime::prepare() const {
    for (const char* name : {"/active", "/locks"}) {
        if (auto made = prepare_directory(directory_ + name, directory_mode); !made) return made;
        if (auto usable = check_writable(directory_ + name); !usable) return usable;
    }
    return {};
}

Result<> Runtime::set_active(const VmName& vm) const {
    auto fd = open_mark(directory_ + "/active", vm);
    if (!fd) return fd.error();
    return {};
}

Result<> Runtime::clear_active(const VmName& vm) const {
    return remove_file(directory_ + "/active/" + vm.str());
}

Result<std::set<VmName>> Runtime::active() const {
    const std::string directory = directory_ + "/active";
    std::set<VmName> vms;
    std::error_code error;
    fs::directory_iterator entry(directory, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (is_valid_name(name)) vms.insert(VmName(name));
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return Error{Errc::io, "cannot read " + directory + ": " + error.message()};
    return vms;
}

Result<std::optional<VmLock>> Runtime::try_lock(const VmName& vm) const {
    auto fd = open_mark(directory_ + "/locks", vm);
    if (!fd) return fd.error();
    while (::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return std::optional<VmLock>();
        if (errno != EINTR) return io_error("lock", directory_ + "/locks/" + vm.str(), errno);
    }
    return std::optional<VmLock>(VmLock(std::move(*fd)));
}

}  // namespace vmha::run
