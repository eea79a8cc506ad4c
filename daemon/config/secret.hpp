// Secrets in files: found, checked and read.
#pragma once
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha::config {

// Beside the configuration: what LoadCredential= of the unit hands to the service, each file with "_" for the
// "/".
inline constexpr std::string_view credentials_folder = "credentials";

// The secret without its line end. Refused: empty, not a regular file, larger than 64 KiB, or readable by
// group or others; in `credentials_directory`, where systemd put it, by others. Missing there, too: the
// message says how it gets there. The message names the file and never what is in it. Blocks for one small
// file read; never on a FIFO.
Result<std::string> read_secret(const std::string& file, const std::string& credentials_directory);

// The same for this process: $CREDENTIALS_DIRECTORY from the environment.
Result<std::string> read_secret(const std::string& file);

}  // namespace vmha::config
