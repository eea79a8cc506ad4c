#include "daemon/run/files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace vmha::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t json_bytes_max = 16 << 20;
constexpr std::string_view temporary_end = ".tmp";

std::string directory_of(const std::string& path) {
    const auto parent = fs::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

std::string beside(const std::string& path, const std::string& end) {
    return directory_of(path) + "/." + fs::path(path).filename().string() + end;
}

Result<> write_all(const Fd& fd, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return io_error("write", path, errno);
        text.remove_prefix(static_cast<size_t>(written));
    }
    return {};
}

Result<> fill(const std::string& temporary, const std::string& path, std::string_view text, mode_t mode,
              Sync sync) {
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (fd.get() < 0) return io_error("write", path, errno);
    if (::fchmod(fd.get(), mode) != 0) return io_error("write", path, errno);
    give_to_owner_of(fd, directory_of(path));
    if (auto written = write_all(fd, text, path); !written) return written;
    if (sync == Sync::disk && ::fsync(fd.get()) != 0) return io_error("write", path, errno);
    return {};
}

// A name is on disk when its directory is.
Result<> sync_directory(const std::string& path) {
    const Fd fd(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) return io_error("write", path, errno);
    return {};
}

// ".name.PID.tmp" of a process that is no more.
bool is_left_over(const std::string& name) {
    if (!name.starts_with('.') || !name.ends_with(temporary_end)) return false;
    const std::string stem = name.substr(0, name.size() - temporary_end.size());
    const std::string digits = stem.substr(stem.rfind('.') + 1);
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    if (error != std::errc{} || end != digits.data() + digits.size() || pid <= 0) return false;
    return ::kill(pid, 0) != 0 && errno == ESRCH;
}

void sweep(const std::string& directory) {
    std::error_code error;
    fs::directory_iterator entry(directory, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        if (is_left_over(entry->path().filename().string())) ::unlink(entry->path().c_str());
}

}  // namespace

Fd::Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Fd& Fd::operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

Error io_error(std::string_view doing, const std::string& path, int number) {
    return Error{
        number == ENOENT ? Errc::not_found : Errc::io,
        "cannot " + std::string(doing) + " " + path + ": " + std::generic_category().message(number)};
}

void give_to_owner_of(const Fd& fd, const std::string& directory) {
    struct stat status {};
    if (::geteuid() != 0 || ::stat(directory.c_str(), &status) != 0 || status.st_uid == 0) return;
    // What fails here shows when the daemon reads the file, with its name.
    [[maybe_unused]] const int given = ::fchown(fd.get(), status.st_uid, status.st_gid);
}

Result<std::string> read_file(const std::string& path, size_t bytes_max) {
    // O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    // Below a file there is none, as below a folder that is not there.
    if (fd.get() < 0) return io_error("read", path, errno == ENOTDIR ? ENOENT : errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return io_error("read", path, errno);
    if (!S_ISREG(status.st_mode))
        return Error{Errc::io, "cannot read " + path + ": it is not a regular file"};
    return read_open_file(fd, path, bytes_max);
}

Result<std::string> read_open_file(const Fd& fd, const std::string& path, size_t bytes_max) {
    std::string text;
    std::string part(std::min<size_t>(bytes_max + 1, 64 << 10), '\0');
    while (true) {
        const ssize_t count = ::read(fd.get(), part.data(), part.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return io_error("read", path, errno);
        if (count == 0) return text;
        text.append(part, 0, static_cast<size_t>(count));
        if (text.size() > bytes_max)
            return Error{Errc::io, "cannot read " + path + ": it is larger than " +
                                       std::to_string(bytes_max) + " bytes"};
    }
}

Result<> write_file(const std::string& path, std::string_view text, mode_t mode, Sync sync) {
    const std::string temporary = beside(path, "." + std::to_string(::getpid()) + std::string(temporary_end));
    auto done = fill(temporary, path, text, mode, sync);
    if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = io_error("write", path, errno);
    if (!done) {
        ::unlink(temporary.c_str());
        return done;
    }
    return sync == Sync::disk ? sync_directory(path) : done;
}

Result<> remove_file(const std::string& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return io_error("remove", path, errno);
}

Result<> prepare_directory(const std::string& path, mode_t mode) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
        sweep(path);
        return {};
    }
    const std::string parent = directory_of(path);
    if (!fs::exists(parent, error))
        if (auto made = prepare_directory(parent, mode); !made) return made;
    if (::mkdir(path.c_str(), mode) != 0) {
        // Another engine may have been faster.
        if (errno != EEXIST) return io_error("make", path, errno);
        if (!fs::is_directory(path, error))
            return Error{Errc::io, "cannot make " + path + ": a file of that name is there"};
        return {};
    }
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    // The umask of whoever runs a oneshot must not decide who finds the socket later.
    if (fd.get() < 0 || ::fchmod(fd.get(), mode) != 0) return io_error("make", path, errno);
    give_to_owner_of(fd, parent);
    return {};
}

Result<Json> load_json(const std::string& path) {
    const auto text = read_file(path, json_bytes_max);
    if (!text) {
        if (text.error().code == Errc::not_found) return Json::object();
        return text.error();
    }
    auto value = parse_json(*text, {.bytes = json_bytes_max});
    if (!value) return Error{Errc::io, "cannot read " + path + ": " + value.error().message};
    if (!value->is_object()) return Error{Errc::io, "cannot read " + path + ": it holds no JSON object"};
    return value;
}

Result<> save_json(const std::string& path, const Json& value) {
    return write_file(path, dump_json(value), 0600, Sync::disk);
}

Result<> update_json(const std::string& path, const std::function<void(Json&)>& change, Sync sync) {
    const std::string lock = beside(path, ".lock");
    const Fd fd(::open(lock.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd.get() < 0) return io_error("write", path, errno);
    give_to_owner_of(fd, directory_of(path));
    // Held for a read, a change and a write by whoever has it: microseconds, and nothing of it waits for a
    // host.
    while (::flock(fd.get(), LOCK_EX) != 0)
        if (errno != EINTR) return io_error("lock", lock, errno);
    auto value = load_json(path);
    Json changed = value ? std::move(*value) : Json::object();
    change(changed);
    return write_file(path, dump_json(changed), 0600, sync);
}

}  // namespace vmha::run
