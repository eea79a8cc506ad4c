#include "daemon/run/files.hpp"

#include <dirent.h>
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
#include <memory>
#include <system_error>
#include <utility>

#include "daemon/run/directory.hpp"

namespace vmha::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t json_bytes_max = 16 << 20;
constexpr std::string_view temporary_end = ".tmp";

constexpr mode_t lock_mode = 0600;

struct Place {
    std::string directory, name;
};

Place place_of(const std::string& path) {
    const fs::path whole(path);
    const auto parent = whole.parent_path().string();
    return {parent.empty() ? "." : parent, whole.filename().string()};
}

std::string hidden(const std::string& name, std::string_view end) {
    return "." + name + std::string(end);
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

Result<> fill(const Fd& directory, const std::string& temporary, const std::string& path,
              std::string_view text, mode_t mode, Sync sync) {
    // Whatever has that name is not ours to write into.
    if (::unlinkat(directory.get(), temporary.c_str(), 0) != 0 && errno != ENOENT)
        return io_error("write", path, errno);
    const Fd fd(::openat(directory.get(), temporary.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (fd.get() < 0) return io_error("write", path, errno);
    if (::fchmod(fd.get(), mode) != 0) return io_error("write", path, errno);
    give_to_owner_of(fd, directory);
    if (auto written = write_all(fd, text, path); !written) return written;
    if (sync == Sync::disk && ::fsync(fd.get()) != 0) return io_error("write", path, errno);
    return {};
}

Fd opened_to_read(const Fd& directory) {
    return Fd(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// A name is on disk when its directory is.
Result<> sync_directory(const Fd& directory, const std::string& path) {
    const Fd fd = opened_to_read(directory);
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

void sweep(const Fd& directory) {
    const Fd listed = opened_to_read(directory);
    // The stream closes the descriptor that it was made of.
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(::dup(listed.get())), &::closedir);
    while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr)
        if (is_left_over(entry->d_name)) ::unlinkat(directory.get(), entry->d_name, 0);
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

void give_to_owner_of(const Fd& fd, const Fd& directory) {
    struct stat status {};
    if (::geteuid() != 0 || ::fstat(directory.get(), &status) != 0 || status.st_uid == 0) return;
    // What fails here shows when the daemon reads the file, with its name.
    [[maybe_unused]] const int given = ::fchown(fd.get(), status.st_uid, status.st_gid);
}

Result<std::string> read_file(const std::string& path, size_t bytes_max) {
    const auto place = place_of(path);
    const Fd directory = open_directory(place.directory);
    if (directory.get() < 0) return io_error("read", path, errno == ENOTDIR ? ENOENT : errno);
    // O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    const int follow = others_rule(directory) ? O_NOFOLLOW : 0;
    const Fd fd(
        ::openat(directory.get(), place.name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | follow));
    if (fd.get() < 0) return io_error("read", path, errno);
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

Result<Fd> open_shared(const std::string& path) {
    const auto place = place_of(path);
    const Fd directory = open_directory(place.directory);
    if (directory.get() < 0) return io_error("open", path, errno);
    constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    Fd fd(::openat(directory.get(), place.name.c_str(), flags | O_CREAT | O_EXCL, lock_mode));
    const bool made = fd.get() >= 0;
    if (!made && errno == EEXIST) fd = Fd(::openat(directory.get(), place.name.c_str(), flags));
    struct stat status {};
    if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0) return io_error("open", path, errno);
    if (!S_ISREG(status.st_mode))
        return Error{Errc::io, "cannot open " + path + ": it is not a regular file"};
    // One that another root made and could not hand on before it was killed; never one with a name elsewhere.
    const bool orphan = status.st_uid == 0 && status.st_nlink == 1 && status.st_size == 0;
    if (made || orphan) give_to_owner_of(fd, directory);
    return fd;
}

Result<> write_file(const std::string& path, std::string_view text, mode_t mode, Sync sync) {
    const auto place = place_of(path);
    const Fd directory = open_directory(place.directory);
    if (directory.get() < 0) return io_error("write", path, errno);
    const std::string temporary =
        hidden(place.name, "." + std::to_string(::getpid()) + std::string(temporary_end));
    auto done = fill(directory, temporary, path, text, mode, sync);
    if (done && ::renameat(directory.get(), temporary.c_str(), directory.get(), place.name.c_str()) != 0)
        done = io_error("write", path, errno);
    if (!done) {
        ::unlinkat(directory.get(), temporary.c_str(), 0);
        return done;
    }
    return sync == Sync::disk ? sync_directory(directory, path) : done;
}

Result<> remove_file(const std::string& path) {
    const auto place = place_of(path);
    const Fd directory = open_directory(place.directory);
    if (directory.get() >= 0 && ::unlinkat(directory.get(), place.name.c_str(), 0) == 0) return {};
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return io_error("remove", path, errno);
}

Result<> prepare_directory(const std::string& path, mode_t mode) {
    if (const Fd there = open_directory(path); there.get() >= 0) {
        sweep(there);
        return {};
    }
    const auto place = place_of(path);
    std::error_code ignored;
    if (!fs::exists(place.directory, ignored))
        if (auto made = prepare_directory(place.directory, mode); !made) return made;
    const Fd parent = open_directory(place.directory);
    if (parent.get() < 0) return io_error("make", path, errno);
    const bool made = ::mkdirat(parent.get(), place.name.c_str(), mode) == 0;
    // Another engine may have been faster.
    if (!made && errno != EEXIST) return io_error("make", path, errno);
    const Fd fd(::openat(parent.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (fd.get() < 0 && (errno == ENOTDIR || errno == ELOOP))
        return Error{Errc::io, "cannot make " + path + ": a file of that name is there"};
    if (fd.get() < 0) return io_error("make", path, errno);
    if (!made) return {};
    // The umask of whoever runs a oneshot must not decide who finds the socket later.
    if (::fchmod(fd.get(), mode) != 0) return io_error("make", path, errno);
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
    const auto place = place_of(path);
    const std::string lock = place.directory + "/" + hidden(place.name, ".lock");
    const auto opened = open_shared(lock);
    if (!opened) return opened.error();
    const Fd& fd = *opened;
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
