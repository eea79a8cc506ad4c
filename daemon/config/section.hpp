// One object of the configuration while it is checked. Every getter reports what is wrong and then goes on
// with the fallback, so that one run finds all problems.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/document.hpp"
#include "daemon/config/load.hpp"

namespace vmha::config {

// Where one check of a whole document reads from and reports to.
struct Check {
    const Document& document;
    const Source& source;
    std::vector<Problem> problems;
    std::vector<std::string> warnings;
    // false: a file could not be read, and what is missing may stand there.
    bool complete = true;

    void problem(const std::string& path, std::string message);
    // What is wrong only because something is missing.
    void lack(const std::string& path, std::string message);
    void warn(const std::string& path, const std::string& message);
};

struct TimeRange {
    bool zero_allowed = false;
    core::Duration max;
};

// The names of an enum, as they stand in the configuration.
template <class T>
using Words = std::span<const std::pair<std::string_view, T>>;

class Section {
public:
    // Reports keys that are not in `known`; an empty list allows every key (names that the administrator
    // chose). `value` outlives the section. What is no object is reported and read as an empty one.
    Section(Check& check, const Json& value, std::string path, std::vector<std::string_view> known);

    Check& check() const { return check_; }
    const std::string& path() const { return path_; }
    std::string path_of(std::string_view key) const { return child_path(path_, key); }
    const Json* find(std::string_view key) const;
    const Json& object() const { return object_; }

    void problem(std::string_view key, std::string message) {
        check_.problem(path_of(key), std::move(message));
    }
    void missing(std::string_view key) { check_.lack(path_of(key), "is missing"); }

    std::optional<std::string> text(std::string_view key);  // not empty, no control characters
    std::optional<std::string> required_text(std::string_view key);
    uint16_t port(std::string_view key, uint16_t fallback);
    bool boolean(std::string_view key, bool fallback);
    core::Duration time(std::string_view key, core::Duration fallback, const TimeRange& range);
    // nullopt: absent, or reported as no object.
    std::optional<Section> section(std::string_view key, std::vector<std::string_view> known);

    template <class T>
    T one_of(std::string_view key, T fallback, Words<T> words) {
        std::vector<std::string_view> names;
        for (const auto& [name, value] : words) names.push_back(name);
        const auto index = index_of(key, names);
        return index ? words[*index].second : fallback;
    }

private:
    std::optional<size_t> index_of(std::string_view key, const std::vector<std::string_view>& names);
    void report_unknown(const std::vector<std::string_view>& known);

    Check& check_;
    const Json& object_;
    std::string path_;
};

// "a string", "a number", …
std::string_view type_word(const Json& value);

// The known name that was probably meant; empty if none is near.
std::string_view nearest(std::string_view wrong, std::span<const std::string_view> known);

}  // namespace vmha::config
