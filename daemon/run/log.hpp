// The daemon's log, and the scrubber that every text for people passes. Owned by the app, one of each; not
// for use by several threads.
#pragma once
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/log_line.hpp"
#include "daemon/run/journal.hpp"
#include "daemon/run/record.hpp"

namespace spdlog {
class logger;
}

namespace vmha::run {

// Knows the secrets and replaces them by ***, also as they stand in XML and in JSON. Secrets are never
// forgotten: one that has been changed may still stand in a late error message.
class Scrubber {
public:
    void hide(std::string_view secret);
    std::string scrub(std::string_view text) const;

private:
    std::vector<std::string> hidden_;  // longest first: one secret may be part of another
};

// One line per call: "2026/11/22 07:18:02 [I] text", at most line_max bytes. Where `out` is the journal's
// stream, each is one entry of the journal instead, with the record's fields; and what the journal does not
// take goes to `out` with the priority in front ("<3>text"). The journal knows the time itself. A line that
// cannot be written at once is lost: the log never fails the daemon nor holds it up.
class Log {
public:
    static constexpr size_t line_max = 4096;

    // `out` stays the caller's. `scrubber` outlives the log.
    Log(const Scrubber& scrubber, std::FILE* out, Level least = Level::info, Journal journal = Journal());
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void write(const Record& record);
    void write(Level level, std::string_view text) {
        write(Record{level, MessageId::none, std::string(text)});
    }
    void error(std::string_view text) { write(Level::error, text); }
    void warning(std::string_view text) { write(Level::warning, text); }
    void info(std::string_view text) { write(Level::info, text); }
    void debug(std::string_view text) { write(Level::debug, text); }

private:
    std::vector<std::string> entry_of(const Record& record) const;
    std::string line_of(const Record& record) const;

    const Scrubber& scrubber_;
    std::unique_ptr<spdlog::logger> logger_;
    bool under_journal_ = false;
    Journal journal_;
};

// Cuts at a character's border and says so with "…".
std::string shorten(std::string text, size_t bytes_max);

}  // namespace vmha::run
