// Reading and placing whole files.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha::migration {

// Regular files only; not_found where there is none.
Result<std::string> read_whole_file(const std::string& file, size_t bytes_max);

struct NewFile {
    std::string file;
    std::string text;
    mode_t mode = 0644;
    std::optional<uid_t> owner;  // and its group stays this process's
    bool secret = false;         // its text is shown nowhere
    bool over_sample = false;    // what is there is the package's sample: nobody's work is lost
};

// The whole file or nothing: it is written beside its place, brought to the disk and moved there. An existing
// one is replaced only if `replace`.
Result<> place_file(const NewFile& file, bool replace);

// With the directories above it, 0755.
Result<> make_directory(const std::string& directory);

}  // namespace vmha::migration
