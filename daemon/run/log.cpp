#include "daemon/run/log.hpp"

#include <poll.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "common/json.hpp"
#include "daemon/run/clock.hpp"

namespace vmha::run {
namespace {

// In an attribute quotes are escaped, in an element's text they need not be.
std::string in_xml(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (quotes && c == '"') {
            out += "&quot;";
        } else if (quotes && c == '\'') {
            out += "&apos;";
        } else {
            out += c;
        }
    }
    return out;
}

std::string in_json(std::string_view text) {
    const std::string quoted = dump_json(Json(text));
    return quoted.substr(1, quoted.size() - 2);
}

spdlog::level::level_enum spd_level(Level level) {
    switch (level) {
        case Level::error: return spdlog::level::err;
        case Level::warning: return spdlog::level::warn;
        case Level::info: return spdlog::level::info;
        case Level::debug: return spdlog::level::debug;
    }
    return spdlog::level::info;
}

// syslog(3)
char priority(Level level) {
    switch (level) {
        case Level::error: return '3';
        case Level::warning: return '4';
        case Level::info: return '6';
        case Level::debug: return '7';
    }
    return '6';
}

// systemd.exec(5): JOURNAL_STREAM names the journal's end of the stream, so that a redirected one can be told
// apart.
bool is_journal(std::FILE* out) {
    const char* wanted = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (!wanted || ::fstat(::fileno(out), &status) != 0) return false;
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == wanted;
}

// spdlog's own file sink throws when the disk is full; a lost line must not be a lost daemon. And a journal
// that hangs must not hang the daemon, which is what a write to its stream would do once that is full.
class StreamSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    StreamSink(std::FILE* out, bool under_journal) : out_(out), under_journal_(under_journal) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        pollfd wanted{::fileno(out_), POLLOUT, 0};
        if (under_journal_ && ::poll(&wanted, 1, 0) != 1) return;
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        std::fwrite(line.data(), 1, line.size(), out_);
        std::fflush(out_);
    }
    void flush_() override { std::fflush(out_); }

private:
    std::FILE* out_;
    bool under_journal_;
};

}  // namespace

void Scrubber::hide(std::string_view secret) {
    if (secret.empty()) return;
    for (auto form : {std::string(secret), in_xml(secret, true), in_xml(secret, false), in_json(secret)})
        if (std::ranges::find(hidden_, form) == hidden_.end()) hidden_.push_back(std::move(form));
    std::ranges::stable_sort(hidden_, std::ranges::greater{}, &std::string::size);
}

std::string Scrubber::scrub(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
        const auto found = std::ranges::find_if(
            hidden_, [text](const std::string& secret) { return text.starts_with(secret); });
        out += found == hidden_.end() ? text.substr(0, 1) : "***";
        text.remove_prefix(found == hidden_.end() ? 1 : found->size());
    }
    return out;
}

std::string shorten(std::string text, size_t bytes_max) {
    constexpr std::string_view ellipsis = "…";
    if (text.size() <= bytes_max) return text;
    size_t end = bytes_max > ellipsis.size() ? bytes_max - ellipsis.size() : 0;
    // A byte 10xxxxxx continues a UTF-8 character.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    return text.append(ellipsis);
}

Log::Log(const Scrubber& scrubber, std::FILE* out, Level least, Journal journal)
    : scrubber_(scrubber), under_journal_(is_journal(out)), journal_(std::move(journal)) {
    logger_ = std::make_unique<spdlog::logger>("vmhad", std::make_shared<StreamSink>(out, under_journal_));
    logger_->set_pattern("%v");
    logger_->set_level(spd_level(least));
}

Log::~Log() = default;

// Scrubbed before it is shortened: half a secret would pass.
std::string Log::line_of(const Record& record) const {
    const std::string text = scrubber_.scrub(record.text);
    if (!under_journal_) return shorten(log_line(wall_now(), record.level, text), line_max - 1);
    return std::string{'<', priority(record.level), '>'} + shorten(printable(text), line_max - 4);
}

// systemd.journal-fields(7)
std::vector<std::string> Log::entry_of(const Record& record) const {
    std::vector<std::string> fields{
        "MESSAGE=" + shorten(printable(scrubber_.scrub(record.text)), line_max),
        std::string("PRIORITY=") + priority(record.level),
        "SYSLOG_IDENTIFIER=vmhad",
    };
    if (record.id != MessageId::none) fields.push_back("MESSAGE_ID=" + std::string(number_of(record.id)));
    for (const auto& [name, value] : record.fields)
        if (!value.empty())
            fields.push_back(std::string(name) + "=" + shorten(printable(scrubber_.scrub(value)), line_max));
    return fields;
}

void Log::write(const Record& record) {
    if (!logger_->should_log(spd_level(record.level))) return;
    if (under_journal_ && journal_.write(entry_of(record))) return;
    const std::string line = line_of(record);
    logger_->log(spd_level(record.level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace vmha::run
