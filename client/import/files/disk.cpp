#include "client/import/files/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace vmha::migration {
namespace {

class Fd {
public:
    explicit Fd(int fd) : fd_(fd) {}
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

Error failed(const std::string& verb, const std::string& file, int number) {
    return Error{number == ENOENT ? Errc::not_found : Errc::io,
                 "cannot " + verb + " " + file + ": " + std::generic_category().message(number)};
}

Result<> write_all(int fd, std::string_view text, const std::string& file) {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("write", file, errno);
        text.remove_prefix(static_cast<size_t>(count));
    }
    return {};
}

// Owner before mode: nobody else may read a secret for a moment.
Result<> fill(const NewFile& file, const std::string& path) {
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (fd.get() < 0) return failed("write", path, errno);
    if (auto written = write_all(fd.get(), file.text, path); written.has_error()) return written;
    if (file.owner && ::fchown(fd.get(), *file.owner, static_cast<gid_t>(-1)) != 0)
        return failed("give away", path, errno);
    if (::fchmod(fd.get(), file.mode) != 0) return failed("set the mode of", path, errno);
    if (::fsync(fd.get()) != 0) return failed("write", path, errno);
    return {};
}

}  // namespace

Result<std::string> read_whole_file(const std::string& file, size_t bytes_max) {
    // O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd.get() < 0) return failed("read", file, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return failed("read", file, errno);
    if (!S_ISREG(status.st_mode))
        return Error{Errc::invalid_input, "cannot read " + file + ": it is not a regular file"};
    std::string text;
    std::array<char, 16384> part;
    for (;;) {
        const ssize_t count = ::read(fd.get(), part.data(), part.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("read", file, errno);
        if (count == 0) return text;
        text.append(part.data(), static_cast<size_t>(count));
        if (text.size() > bytes_max)
            return Error{Errc::invalid_input, "cannot read " + file + ": it is larger than " +
                                                  std::to_string(bytes_max) + " bytes"};
    }
}

Result<> place_file(const NewFile& file, bool replace) {
    const std::string beside = file.file + ".new." + std::to_string(::getpid());
    if (auto filled = fill(file, beside); filled.has_error()) {
        ::unlink(beside.c_str());
        return filled;
    }
    // link() refuses an existing name, rename() replaces it.
    const int moved =
        replace ? std::rename(beside.c_str(), file.file.c_str()) : ::link(beside.c_str(), file.file.c_str());
    const int number = errno;
    if (!replace || moved != 0) ::unlink(beside.c_str());
    if (moved != 0) return failed("write", file.file, number);
    return {};
}

Result<> make_directory(const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::vector<fs::path> missing;
    for (fs::path at = fs::absolute(directory, error).lexically_normal(); !fs::exists(at, error);
         at = at.parent_path())
        missing.push_back(at);
    fs::create_directories(directory, error);
    // The service's user reads the configuration, whatever umask the person has who runs this.
    for (const auto& made : missing)
        if (!error) fs::permissions(made, static_cast<fs::perms>(0755), error);
    if (error) return Error{Errc::io, "cannot make the directory " + directory + ": " + error.message()};
    return {};
}

}  // namespace vmha::migration
