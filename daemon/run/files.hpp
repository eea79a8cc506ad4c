// Small files: read with a limit, written so that a reader sees the old or the new text, never a part. Errors
// are Errc::not_found where the file is absent, else Errc::io, with the file's name in the message. All calls
// block.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/json.hpp"
#include "common/result.hpp"

namespace vmha::run {

// An open file descriptor, closed at the end of its life.
class Fd {
public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    Fd(Fd&& other) noexcept;
    Fd& operator=(Fd&& other) noexcept;
    ~Fd();
    int get() const { return fd_; }

private:
    int fd_;
};

// "cannot <doing> <path>: <errno's text>"
Error io_error(std::string_view doing, const std::string& path, int number);

// Where this process is root and the directory is not root's, the file becomes the directory's owner's: a
// daemon without privileges must be able to use what a oneshot, run by root, left. Only for what this process
// has made itself: what is found there may have been put there to be given away.
void give_to_owner_of(const Fd& fd, const Fd& directory);

// An empty regular file for what it is, not for what is in it: a mark, a lock. Made (0600) where it is
// missing; its directory must be there. Never follows a symbolic link.
Result<Fd> open_shared(const std::string& path);

// Regular files only; a FIFO or a device is refused without waiting for it. A symbolic link is followed only
// where nobody but root and this user can have put it.
Result<std::string> read_file(const std::string& path, size_t bytes_max);
// Of an open file; path is for the message only.
Result<std::string> read_open_file(const Fd& fd, const std::string& path, size_t bytes_max);

enum class Sync {
    none,  // outlives the process, not always a crash of the machine
    disk,  // outlives both
};

// Writes a new file beside `path` and renames it over; it belongs to the directory's owner where possible.
Result<> write_file(const std::string& path, std::string_view text, mode_t mode, Sync sync);

Result<> remove_file(const std::string& path);  // absent is no error

// Makes it and its parents where missing, with exactly this mode, and sweeps out what killed writers left
// half written.
Result<> prepare_directory(const std::string& path, mode_t mode);

// JSON files of the state directory, mode 0600. Absent: an empty object. An unreadable or broken one is an
// error: the caller says so and goes on without.
Result<Json> load_json(const std::string& path);
Result<> save_json(const std::string& path, const Json& value);

// Load, change, save, as one step among processes. A broken file is handed to `change` as an empty object.
Result<> update_json(const std::string& path, const std::function<void(Json&)>& change,
                     Sync sync = Sync::disk);

}  // namespace vmha::run
