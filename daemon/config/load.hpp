// Reads vmhad.json, then conf.d/*.json beside it in name order as JSON merge patches (RFC 7386), and checks
// the whole. Every problem is reported at once, each with the file that set the value last and its place in
// it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/config.hpp"

namespace vmha::config {

inline constexpr std::string_view default_file = "/etc/vmhad/vmhad.json";

struct Problem {
    std::string file;
    std::string path;  // vms.vm1.vmx; empty: the file as a whole
    std::string message;

    std::string text() const;  // "file: path: message"
};

struct Loaded {
    std::optional<Config> config;       // set exactly if there are no problems
    std::vector<Problem> problems;      // in the order of the files and their contents
    std::vector<std::string> warnings;  // whole lines for people; the configuration works nevertheless
    std::string merged;                 // one JSON text of all files: what save_last_good() keeps
};

struct Source {
    std::string file{default_file};
    // $CREDENTIALS_DIRECTORY of systemd: relative file names are looked up there first, with "_" for every
    // "/", then beside `file`.
    std::string credentials_directory;
    // false: a secret or certificate file that cannot be used is a warning, not a problem. Its host stays
    // unreachable, all others work.
    bool files_must_be_usable = true;
    // The same for a secret that cannot be used, and for any file that is missing.
    bool files_may_be_missing = false;
};

// Source for this process: $CREDENTIALS_DIRECTORY from the environment.
Source source_of(std::string file);

// Where a file cannot be read, what the others say is checked all the same, but for what they lack.
Loaded load(const Source& source);

// The main file, conf.d, and the files in it that load() reads; they need not be there.
std::vector<std::string> files_of(const std::string& main_file);

// The last configuration that was found good, kept in the state directory. It falls back to what worked, so
// files that cannot be used are warnings. Problems if there is none or it is broken itself.
Result<> save_last_good(const std::string& state_dir, const std::string& merged);
Loaded load_last_good(const std::string& state_dir, Source source);

}  // namespace vmha::config
