#include "daemon/config/named_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "daemon/config/secret.hpp"
#include "daemon/run/files.hpp"

namespace vmha::config {
namespace {

namespace fs = std::filesystem;

constexpr size_t trust_file_bytes_max = 4 << 20;

// systemd.exec(5), LoadCredential=: a file in a directory that is loaded whole gets the directory's name,
// "_", and its own.
std::string credential_name(const std::string& name) {
    std::string flat = fs::path(name).lexically_normal().string();
    std::ranges::replace(flat, '/', '_');
    return flat;
}

std::string resolve(const Source& source, const std::string& name) {
    std::error_code ignored;
    if (fs::path(name).is_absolute()) return name;
    if (!source.credentials_directory.empty()) {
        const auto credential = fs::path(source.credentials_directory) / credential_name(name);
        if (fs::exists(credential, ignored)) return credential.string();
    }
    return (fs::absolute(source.file, ignored).parent_path() / name).lexically_normal().string();
}

// Whoever can write it decides which hosts are trusted.
Result<> check_trust_file(const std::string& path, FileKind kind) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IWOTH))
        return Error{Errc::invalid_input, "cannot use " + path + ": everybody may write it, chmod o-w helps"};
    auto text = run::read_file(path, trust_file_bytes_max);
    if (!text) return text.error();
    if (text->empty()) return Error{Errc::invalid_input, "cannot use " + path + ": it is empty"};
    if (kind == FileKind::certificates && text->find("-----BEGIN CERTIFICATE-----") == std::string::npos)
        return Error{Errc::invalid_input, "cannot use " + path + ": it holds no certificate in PEM form"};
    return {};
}

Result<> check_file(const Source& source, const std::string& path, FileKind kind) {
    if (kind != FileKind::secret) return check_trust_file(path, kind);
    auto secret = read_secret(path, source.credentials_directory);
    if (!secret) return secret.error();
    return {};
}

// A secret is looked at again at every login, and without the file that says whom to trust nobody is trusted:
// both harm one link. A file that everybody may write must not say whom to trust.
bool tolerated(const Source& source, FileKind kind, const Error& error) {
    if (!source.files_must_be_usable) return true;
    return source.files_may_be_missing && (kind == FileKind::secret || error.code != Errc::invalid_input);
}

}  // namespace

std::optional<std::string> named_file(Section& section, std::string_view key, FileKind kind) {
    const auto name = section.text(key);
    if (!name) return std::nullopt;
    const Source& source = section.check().source;
    const std::string path = resolve(source, *name);
    if (const auto usable = check_file(source, path, kind); !usable) {
        if (tolerated(source, kind, usable.error())) {
            section.check().warn(section.path_of(key), usable.error().message);
        } else {
            section.problem(key, usable.error().message);
        }
    }
    return path;
}

std::optional<std::string> required_file(Section& section, std::string_view key, FileKind kind) {
    if (!section.find(key)) section.missing(key);
    return named_file(section, key, kind);
}

}  // namespace vmha::config
