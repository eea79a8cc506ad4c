#include "daemon/shell/text/tree.hpp"

#include "daemon/shell/text/lines.hpp"

namespace vmha::shell::text {

namespace {

constexpr size_t deepest = 64;
constexpr size_t longest_type = 200;
constexpr size_t longest_title = 1000;
constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";

// "(vim.vm.Summary) {" -> "vim.vm.Summary", and what is left; empty: there is no type.
std::string_view take_type(std::string_view& text) {
    if (!text.starts_with('(')) return {};
    const size_t close = text.substr(0, longest_type).find(')');
    if (close == std::string_view::npos || close < 2) return {};
    const auto type = text.substr(1, close - 1);
    if (type.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:[]") !=
        std::string_view::npos)
        return {};
    text = trimmed(text.substr(close + 1));
    return type;
}

std::string_view take_name(std::string_view& text) {
    const size_t end = text.find_first_not_of(letters);
    if (end == 0 || end == std::string_view::npos || !text.substr(end).starts_with(" =")) return {};
    const auto name = text.substr(0, end);
    text = trimmed(text.substr(end + 2));
    return name;
}

std::string_view without_comma(std::string_view text) {
    if (text.ends_with(',')) text.remove_suffix(1);
    return text;
}

struct Open {
    Value* value;
    size_t indent;
};

class TreeReader {
public:
    explicit TreeReader(std::string_view text) : rest_(text) {}

    Result<Value> read(bool whole) {
        if (!find_root()) return not_a("object of the API", all_);
        for (std::string_view line; !open_.empty() && take_line(rest_, line);)
            if (!take(line)) return Error{Errc::bad_reply, "its objects are nested too deep"};
        if (whole && !open_.empty())
            return Error{Errc::bad_reply, "the object " + root_.type + " does not end"};
        return std::move(root_);
    }

private:
    // The line on which the first object begins; something may stand before it: "Power on failed: (vim.…) {".
    bool find_root() {
        for (std::string_view whole; take_line(rest_, whole);) {
            // "Power on failed: (vim.fault.…) {"
            const auto line = whole.substr(0, longest_title);
            for (size_t at = line.find('('); at != std::string_view::npos; at = line.find('(', at + 1)) {
                std::string_view tail = trimmed(line.substr(at));
                const auto type = take_type(tail);
                if (type.find('.') == std::string_view::npos && type != "ManagedObjectReference") continue;
                if (!begins_block(tail)) continue;
                root_.type = type;
                begin_block(root_, tail, indent_of(line));
                return true;
            }
        }
        return false;
    }

    static bool begins_block(std::string_view text) {
        text = without_comma(text);
        return text == "{" || text == "[" || text == "[]" || text == "{}";
    }

    void begin_block(Value& value, std::string_view text, size_t indent) {
        text = without_comma(text);
        value.kind = text.front() == '{' ? Value::Kind::object : Value::Kind::array;
        if (text.size() == 1) open_.push_back({&value, indent});
    }

    bool take(std::string_view line) {
        const size_t indent = indent_of(line);
        std::string_view text = trimmed(line);
        const auto& now = open_.back();
        const auto bare = without_comma(text);
        if (bare == "}" || bare == "]") {
            // One inside a text stands elsewhere.
            if (indent <= now.indent) open_.pop_back();
            return true;
        }
        if (text.empty() || indent <= now.indent) return true;
        const bool array = now.value->kind == Value::Kind::array;
        const auto name = array ? std::string_view() : take_name(text);
        if (!array && name.empty()) return true;  // a line of a text
        // The children of an open block do not move: only the innermost grows.
        auto& value = now.value->parts.emplace_back(Part{std::string(name), {}}).value;
        return fill(value, text, indent);
    }

    bool fill(Value& value, std::string_view text, size_t indent) {
        value.type = take_type(text);
        if (begins_block(text)) {
            if (open_.size() >= deepest) return false;
            begin_block(value, text, indent);
        } else if (without_comma(text) == "null") {
            value.kind = Value::Kind::null;
        } else if (text.starts_with('"') || text.starts_with('\'')) {
            value.text = quoted(text);
        } else if (without_comma(text) != "<unset>") {
            value.text = without_comma(text);
        }
        return true;
    }

    // Ends with the line that ends with a quote: those inside are not escaped.
    std::string quoted(std::string_view text) {
        const char quote = text.front();
        const auto ends = [&](std::string_view line) { return without_comma(line).ends_with(quote); };
        text.remove_prefix(1);
        std::string out;
        while (!ends(text)) {
            out += text;
            out += '\n';
            std::string_view line;
            if (!take_line(rest_, line)) return out;
            const size_t end = line.find_last_not_of(" \t");
            text = end == std::string_view::npos ? std::string_view() : line.substr(0, end + 1);
        }
        text = without_comma(text);
        text.remove_suffix(1);
        return out += text;
    }

    std::string_view rest_;
    const std::string_view all_ = rest_;
    Value root_;
    std::vector<Open> open_;
};

}  // namespace

const Value* Value::at(std::string_view path) const {
    const Value* value = this;
    while (value != nullptr && !path.empty()) {
        const size_t dot = path.find('.');
        const auto name = path.substr(0, dot);
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
        const Value* found = nullptr;
        for (const auto& part : value->parts)
            if (part.name == name) {
                found = &part.value;
                break;
            }
        value = found;
    }
    return value;
}

std::string_view Value::text_at(std::string_view path) const {
    const Value* value = at(path);
    return value == nullptr || value->kind != Kind::scalar ? std::string_view()
                                                           : std::string_view(value->text);
}

Result<Value> read_tree(std::string_view text, bool whole) {
    return TreeReader(text).read(whole);
}

}  // namespace vmha::shell::text
