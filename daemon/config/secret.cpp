#include "daemon/config/secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "daemon/run/files.hpp"

namespace vmha::config {
namespace {

constexpr size_t secret_bytes_max = 64 << 10;

Error unusable(const std::string& file, const std::string& cause) {
    return Error{Errc::invalid_input, "cannot use " + file + ": " + cause};
}

// Only an entry of the directory itself: systemd makes no subdirectories there.
bool is_credential(const std::string& file, const std::string& directory) {
    namespace fs = std::filesystem;
    if (directory.empty()) return false;
    return fs::path(file).lexically_normal().parent_path() ==
           (fs::path(directory) / "").lexically_normal().parent_path();
}

// systemd.exec(5): a credential is readable by the unit's user alone. Where an access control list says so,
// the group's bits show what the list allows at most (acl(5)); so they tell nothing about the group.
bool others_may_read(const struct stat& status, bool credential) {
    return status.st_mode & (credential ? 007 : 077);
}

// The service's folder of secrets is root's alone: what is not among the credentials looks forbidden there,
// whether it is missing or came after the service had started. So what matters is said first.
Error unreadable(const std::string& file, const std::string& credentials_directory) {
    namespace fs = std::filesystem;
    const std::error_code why(errno, std::generic_category());
    Error error = run::io_error("read", file, why.value());
    const bool not_there = why == std::errc::no_such_file_or_directory || why == std::errc::permission_denied;
    if (!not_there || credentials_directory.empty() || is_credential(file, credentials_directory))
        return error;
    const std::string folder = fs::path(file).parent_path().filename().string();
    const std::string name = fs::path(file).filename().string();
    if (folder == credentials_folder) {
        error.message = "cannot read " + file + ": the service was handed no credential \"" + folder + "_" +
                        name + "\" when it started; put the file there as root, call it " + folder + "/" +
                        name + " in the configuration, then systemctl restart vmhad (" + why.message() + ")";
    } else {
        error.message += "; nor is it among the service's credentials in " + credentials_directory +
                         ": put it as root into " + std::string(credentials_folder) +
                         "/ beside the configuration, call it " + std::string(credentials_folder) + "/" +
                         name + " there, then systemctl restart vmhad";
    }
    return error;
}

std::string without_line_end(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

}  // namespace

Result<std::string> read_secret(const std::string& file, const std::string& credentials_directory) {
    // O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    const run::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd.get() < 0) return unreadable(file, credentials_directory);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return run::io_error("read", file, errno);
    if (!S_ISREG(status.st_mode)) return unusable(file, "it is not a regular file");
    if (others_may_read(status, is_credential(file, credentials_directory)))
        return unusable(file, "others than its owner may read or change it, chmod 600 helps");
    auto text = run::read_open_file(fd, file, secret_bytes_max);
    if (!text) return text.error();
    std::string secret = without_line_end(std::move(*text));
    if (secret.empty()) return unusable(file, "it is empty");
    return secret;
}

Result<std::string> read_secret(const std::string& file) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return read_secret(file, directory ? directory : "");
}

}  // namespace vmha::config
