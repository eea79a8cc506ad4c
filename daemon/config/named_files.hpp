// Files that the configuration names: found in the credentials directory or beside the configuration, and
// looked at.
#pragma once
#include <optional>
#include <string>

#include "daemon/config/section.hpp"

namespace vmha::config {

enum class FileKind {
    secret,        // a password or a private key
    certificates,  // PEM
    host_keys,
};

// The absolute path of the file that `key` names; nullopt if the key is absent or wrong. What cannot be used
// is a problem, or a warning where Source says so; then the path is returned nevertheless.
std::optional<std::string> named_file(Section& section, std::string_view key, FileKind kind);
std::optional<std::string> required_file(Section& section, std::string_view key, FileKind kind);

}  // namespace vmha::config
