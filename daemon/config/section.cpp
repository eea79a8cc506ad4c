#include "daemon/config/section.hpp"

#include <algorithm>
#include <boost/assert.hpp>
#include <cmath>
#include <numeric>

namespace vmha::config {
namespace {

std::string seconds_text(core::Duration time) {
    return std::to_string(std::chrono::duration_cast<core::seconds>(time).count());
}

std::string must_be_object(const Json& value) {
    return "must be an object, not " + std::string(type_word(value));
}

std::string listed(const std::vector<std::string_view>& names) {
    std::string out;
    for (size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
        out += "\"" + std::string(names[i]) + "\"";
    }
    return out;
}

// Levenshtein's distance; names are short.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

void Check::problem(const std::string& path, std::string message) {
    problems.push_back({document.file_of(path), path, std::move(message)});
}

void Check::lack(const std::string& path, std::string message) {
    if (complete) problem(path, std::move(message));
}

void Check::warn(const std::string& path, const std::string& message) {
    warnings.push_back(Problem{document.file_of(path), path, message}.text());
}

std::string_view type_word(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null: return "null";
        case Json::value_t::object: return "an object";
        case Json::value_t::array: return "an array";
        case Json::value_t::string: return "a string";
        case Json::value_t::boolean: return "true or false";
        default: return "a number";
    }
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> known) {
    std::string_view best;
    size_t best_distance = std::max<size_t>(1, wrong.size() / 3) + 1;
    if (wrong.size() > 64) return best;
    for (const auto name : known)
        if (const size_t d = distance(wrong, name); d < best_distance) {
            best = name;
            best_distance = d;
        }
    return best;
}

Section::Section(Check& check, const Json& object, std::string path, std::vector<std::string_view> known)
    : check_(check), object_(object), path_(std::move(path)) {
    BOOST_ASSERT(object.is_object());
    if (!known.empty()) report_unknown(known);
}

void Section::report_unknown(const std::vector<std::string_view>& known) {
    for (const auto& [key, value] : object_.items()) {
        if (std::ranges::find(known, key) != known.end()) continue;
        if (const auto meant = nearest(key, known); !meant.empty()) {
            problem(key, "unknown key, did you mean \"" + std::string(meant) + "\"?");
        } else {
            problem(key, "unknown key, known here: " + listed(known));
        }
    }
}

const Json* Section::find(std::string_view key) const {
    const auto found = object_.find(std::string(key));
    return found == object_.end() ? nullptr : &*found;
}

std::optional<std::string> Section::text(std::string_view key) {
    const Json* value = find(key);
    if (!value) return std::nullopt;
    if (!value->is_string()) {
        problem(key, "must be a string, not " + std::string(type_word(*value)));
        return std::nullopt;
    }
    const auto& text = value->get_ref<const std::string&>();
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (text.empty()) {
        problem(key, "must not be empty");
    } else if (std::ranges::any_of(text, control)) {
        problem(key, "must not contain control characters");
    } else {
        return text;
    }
    return std::nullopt;
}

std::optional<std::string> Section::required_text(std::string_view key) {
    if (!find(key)) missing(key);
    return text(key);
}

uint16_t Section::port(std::string_view key, uint16_t fallback) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (!value->is_number_integer()) {
        problem(key, "must be a whole number from 1 to 65535, not " +
                         (value->is_number() ? dump_json(*value) : std::string(type_word(*value))));
        return fallback;
    }
    const bool in_range =
        value->is_number_unsigned() && value->get<uint64_t>() >= 1 && value->get<uint64_t>() <= 65535;
    if (!in_range) {
        problem(key, "must be from 1 to 65535, not " + dump_json(*value));
        return fallback;
    }
    return static_cast<uint16_t>(value->get<uint64_t>());
}

bool Section::boolean(std::string_view key, bool fallback) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (!value->is_boolean()) {
        problem(key, "must be true or false, not " + std::string(type_word(*value)));
        return fallback;
    }
    return value->get<bool>();
}

core::Duration Section::time(std::string_view key, core::Duration fallback, const TimeRange& range) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (!value->is_number()) {
        problem(key, "must be a number of seconds, not " + std::string(type_word(*value)));
        return fallback;
    }
    const double seconds = value->get<double>();
    const double seconds_max = std::chrono::duration<double>(range.max).count();
    if (seconds > seconds_max) {
        problem(key, "must be at most " + seconds_text(range.max) + " seconds, not " + dump_json(*value));
        return fallback;
    }
    if (seconds < 0 || (seconds < 1e-9 && !range.zero_allowed)) {
        problem(key, std::string(range.zero_allowed ? "must not be negative" : "must be greater than 0") +
                         ", not " + dump_json(*value));
        return fallback;
    }
    return core::Duration(std::llround(seconds * 1e9));
}

std::optional<Section> Section::section(std::string_view key, std::vector<std::string_view> known) {
    const Json* value = find(key);
    if (!value) return std::nullopt;
    if (value->is_object()) return Section(check_, *value, path_of(key), std::move(known));
    problem(key, must_be_object(*value));
    return std::nullopt;
}

std::optional<size_t> Section::index_of(std::string_view key, const std::vector<std::string_view>& names) {
    const Json* value = find(key);
    if (!value) return std::nullopt;
    if (!value->is_string()) {
        problem(key, "must be " + listed(names) + ", not " + std::string(type_word(*value)));
        return std::nullopt;
    }
    const auto& text = value->get_ref<const std::string&>();
    const auto found = std::ranges::find(names, text);
    if (found != names.end()) return static_cast<size_t>(found - names.begin());
    problem(key, "must be " + listed(names) + ", not " + dump_json(*value));
    return std::nullopt;
}

}  // namespace vmha::config
