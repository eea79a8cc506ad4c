#include "common/json.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace vmha {
namespace {

std::string position(std::string_view text, size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto newline = before.rfind('\n');
    const auto column = newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
    return "line " + std::to_string(line) + ", column " + std::to_string(std::max<size_t>(column, 1));
}

// Builds the value as nlohmann's own reader does, but says no where that one is generous.
class StrictReader : public nlohmann::json_sax<Json> {
public:
    StrictReader(std::string_view text, size_t depth_max, Json& root)
        : text_(text), depth_max_(depth_max), builder_(root, false) {}

    bool null() override { return builder_.null(); }
    bool boolean(bool value) override { return builder_.boolean(value); }
    bool number_integer(number_integer_t value) override { return builder_.number_integer(value); }
    bool number_unsigned(number_unsigned_t value) override { return builder_.number_unsigned(value); }
    bool number_float(number_float_t value, const string_t& text) override {
        return builder_.number_float(value, text);
    }
    bool string(string_t& value) override { return builder_.string(value); }
    bool binary(binary_t& value) override { return builder_.binary(value); }
    bool start_object(size_t count) override {
        keys_.emplace_back();
        return descend() && builder_.start_object(count);
    }
    bool key(string_t& name) override {
        if (!keys_.back().insert(name).second)
            return fail("the key \"" + name + "\" stands twice in one object");
        return builder_.key(name);
    }
    bool end_object() override {
        keys_.pop_back();
        --depth_;
        return builder_.end_object();
    }
    bool start_array(size_t count) override { return descend() && builder_.start_array(count); }
    bool end_array() override {
        --depth_;
        return builder_.end_array();
    }
    bool parse_error(size_t byte, const std::string&, const nlohmann::detail::exception& cause) override {
        std::string what = cause.what();
        // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
        if (const auto colon = what.find("column "); colon != std::string::npos)
            if (const auto start = what.find(": ", colon); start != std::string::npos)
                what.erase(0, start + 2);
        return fail(what + ", " + position(text_, byte));
    }

    std::string problem;

private:
    bool descend() {
        return ++depth_ <= depth_max_ || fail("nested deeper than " + std::to_string(depth_max_));
    }
    bool fail(std::string why) {
        if (problem.empty()) problem = std::move(why);
        return false;
    }

    std::string_view text_;
    size_t depth_max_;
    size_t depth_ = 0;
    std::vector<std::set<std::string>> keys_;
    nlohmann::detail::json_sax_dom_parser<Json> builder_;
};

const Json* member(const Json& object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(std::string(key));
    return found == object.end() ? nullptr : &*found;
}

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes)
        return Error{Errc::invalid_input, "larger than " + std::to_string(limits.bytes) + " bytes"};
    Json root;
    StrictReader reader(text, limits.depth, root);
    if (!Json::sax_parse(text, &reader, nlohmann::detail::input_format_t::json, true, limits.comments)) {
        if (reader.problem.empty()) reader.problem = "not JSON";
        return Error{Errc::invalid_input, reader.problem};
    }
    return Result<Json>(boost::system::in_place_value, std::move(root));
}

std::optional<std::string> get_string(const Json& object, std::string_view key) {
    const Json* value = member(object, key);
    if (!value || !value->is_string()) return std::nullopt;
    return value->get<std::string>();
}

std::optional<int64_t> get_integer(const Json& object, std::string_view key) {
    const Json* value = member(object, key);
    if (!value || !value->is_number_integer()) return std::nullopt;
    return value->get<int64_t>();
}

std::optional<bool> get_bool(const Json& object, std::string_view key) {
    const Json* value = member(object, key);
    if (!value || !value->is_boolean()) return std::nullopt;
    return value->get<bool>();
}

std::string dump_json(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vmha
