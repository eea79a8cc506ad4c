#include "client/import/perl.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace vmha::migration {
namespace {

constexpr std::string_view too_clever = "only a plain my $name = 'value'; is understood";

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool is_plain_equals(std::string_view rest) {
    return rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=~") &&
           !rest.starts_with("=>");
}

// $x =~ s/a/b/ and its like change $x; $x =~ /a/ does not.
bool is_substitution(std::string_view rest) {
    if (!rest.starts_with("=~")) return false;
    rest = trimmed(rest.substr(2));
    for (const std::string_view verb : {"s", "tr", "y"})
        if (rest.starts_with(verb) && rest.size() > verb.size() && !is_word(rest[verb.size()])) return true;
    return false;
}

bool changes_otherwise(std::string_view rest) {
    constexpr std::array<std::string_view, 17> operators{
        "+=", "-=",  "*=",  "/=",  ".=",  "%=",  "x=",  "&=", "|=",
        "^=", "**=", "||=", "&&=", "//=", "<<=", ">>=", "++"};
    return rest.starts_with("--") || is_substitution(rest) ||
           std::ranges::any_of(operators, [&](std::string_view op) { return rest.starts_with(op); });
}

class Reader {
public:
    Reader(std::string_view text, const std::vector<std::string_view>& names) : text_(text), names_(names) {}

    std::vector<Assignment> read() {
        while (at_ < text_.size() && !ended_) read_line();
        return std::move(found_);
    }

private:
    // Each line is looked at alone: what is misread in one, such as a quote in a pattern, spoils no other.
    void read_line() {
        const size_t end = line_end();
        const std::string_view line = text_.substr(at_, end - at_);
        if (at_ == 0 || text_[at_ - 1] == '\n')
            if (skips(trimmed(line), line)) return next_line(end);
        statement_ = at_;
        while (at_ < end) {
            const int before = line_;
            if (!step(end)) return next_line(end);
            if (line_ != before)
                return;  // a list went on over several lines: look at the rest of its last one
        }
        next_line(end);
    }

    // Documentation between =pod and =cut, the text of a here-document, and all after __END__.
    bool skips(std::string_view bare, std::string_view line) {
        if (!here_end_.empty()) {
            if (bare == here_end_) here_end_.clear();
            return true;
        }
        if (pod_) {
            if (line.starts_with("=cut")) pod_ = false;
            return true;
        }
        if (line.size() > 1 && line[0] == '=' && std::isalpha(static_cast<unsigned char>(line[1]))) {
            pod_ = !line.starts_with("=cut");
            return true;
        }
        if (bare == "__END__" || bare == "__DATA__") ended_ = true;
        return ended_;
    }

    // One character or one thing; false: nothing more of this line counts.
    bool step(size_t end) {
        const char c = text_[at_];
        const char previous = at_ > 0 ? text_[at_ - 1] : '\n';
        if (c == '#' &&
            (is_space(previous) || std::string_view("\n;{}(),").find(previous) != std::string_view::npos))
            return false;
        if (c == '\\') {
            at_ += 2;
            return true;
        }
        if ((c == '\'' || c == '"' || c == '`') && previous != '$') return step_over_quoted(end);
        if (c == '<' && text_.substr(at_, 2) == "<<") note_here_document(end);
        if (c == '{') ++depth_;
        if (c == '}') depth_ = std::max(0, depth_ - 1);
        if (c == ';') statement_ = at_ + 1;
        if (c == '$' || c == '@') {
            step_over_variable(end);
        } else {
            ++at_;
        }
        return true;
    }

    bool step_over_quoted(size_t end) {
        const char quote = text_[at_];
        for (size_t i = at_ + 1; i < end; ++i) {
            if (text_[i] == '\\') {
                ++i;
            } else if (text_[i] == quote) {
                at_ = i + 1;
                return true;
            }
        }
        // A text of several lines, or a quote in a pattern: then an assignment behind it would be overlooked.
        for (++at_; at_ < end; ++at_)
            if (text_[at_] == '$' || text_[at_] == '@')
                if (const auto variable = variable_here(end);
                    variable && is_plain_equals(rest(variable->end, end)))
                    not_understood(variable->name, "it stands behind a quotation mark without its second");
        return false;
    }

    void note_here_document(size_t end) {
        std::string_view word = text_.substr(at_ + 2, end - at_ - 2);
        if (word.starts_with('~')) word.remove_prefix(1);
        const char quote = !word.empty() && (word[0] == '"' || word[0] == '\'') ? word[0] : '\0';
        if (quote) word.remove_prefix(1);
        size_t length = 0;
        while (length < word.size() && is_word(word[length])) ++length;
        if (length == 0 || std::isdigit(static_cast<unsigned char>(word[0]))) return;
        if (quote && (length == word.size() || word[length] != quote)) return;
        here_end_ = word.substr(0, length);
    }

    struct Variable {
        std::string_view name;
        size_t end;
    };

    // $name, @name, ${name} or $name[0], if it is one that counts.
    std::optional<Variable> variable_here(size_t end) const {
        size_t from = at_ + 1;
        const bool braced = from < end && text_[from] == '{';
        if (braced) ++from;
        size_t to = from;
        while (to < end && is_word(text_[to])) ++to;
        const std::string_view name = text_.substr(from, to - from);
        if (std::ranges::find(names_, name) == names_.end()) return std::nullopt;
        if (braced && (to >= end || text_[to] != '}')) return std::nullopt;
        return Variable{name, braced ? to + 1 : to};
    }

    std::string_view rest(size_t from, size_t end) const { return trimmed(text_.substr(from, end - from)); }

    void step_over_variable(size_t end) {
        const auto variable = variable_here(end);
        if (!variable) {
            ++at_;
            return;
        }
        const size_t begin = at_;
        const std::string_view before = trimmed(text_.substr(statement_, begin - statement_));
        std::string_view after = rest(variable->end, end);
        const bool element = text_[begin] == '$' && (after.starts_with('[') || after.starts_with("->"));
        if (element)
            if (const size_t close = after.find(']'); close != std::string_view::npos)
                after = trimmed(after.substr(close + 1));
        if (!is_plain_equals(after)) {
            const bool changed = changes_otherwise(after) || before.ends_with("++") || before.ends_with("--");
            if (changed || is_in_assigned_list(before, after)) not_understood(variable->name, too_clever);
            at_ = variable->end;
        } else if (element || text_[begin + 1] == '{' ||
                   !(before.empty() || before == "my" || before == "our")) {
            not_understood(variable->name, too_clever);
            at_ = variable->end;
        } else if (depth_ > 0) {
            not_understood(variable->name, "it is assigned inside a block, which may or may not be run");
            at_ = variable->end;
        } else {
            read_assignment(*variable, text_[begin] == '@', end);
        }
    }

    // my ($ec1, $ec2) = …: the values stand in another order than the names may tell.
    static bool is_in_assigned_list(std::string_view before, std::string_view after) {
        for (const std::string_view word : {"my", "our"})
            if (before.starts_with(word)) before = trimmed(before.substr(word.size()));
        if (!before.starts_with('(') || before.find(')') != std::string_view::npos) return false;
        const size_t close = after.find(')');
        return close != std::string_view::npos && is_plain_equals(trimmed(after.substr(close + 1)));
    }

    void read_assignment(const Variable& variable, bool list, size_t end) {
        Assignment found{std::string(variable.name), line_, list, {}, {}};
        at_ = text_.find('=', variable.end) + 1;
        const size_t resume = at_;
        const int begun = line_;
        const bool read = list ? read_list(found.values) : read_scalar(found.values);
        if (read && (skip_space(false), at_ < text_.size() && text_[at_] == ';')) {
            statement_ = ++at_;
        } else {
            found.values.clear();
            found.trouble = too_clever;
            at_ = std::min(resume, end);
            line_ = begun;
        }
        found_.push_back(std::move(found));
    }

    bool read_scalar(std::vector<std::string>& values) {
        skip_space(false);
        if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) {
            std::string digits;
            while (at_ < text_.size() && is_word(text_[at_])) digits += text_[at_++];
            values.push_back(std::move(digits));
            return std::ranges::all_of(values.back(), [](unsigned char c) { return std::isdigit(c); });
        }
        return read_quoted(values);
    }

    bool read_quoted(std::vector<std::string>& values) {
        if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
        const char quote = text_[at_++];
        std::string value;
        for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
            const char c = text_[at_];
            // Perl would put something else in its place.
            if (c == '\n' || c == '\\' || (quote == '"' && (c == '$' || c == '@'))) return false;
            value += c;
        }
        if (at_ >= text_.size()) return false;
        ++at_;
        values.push_back(std::move(value));
        return true;
    }

    bool read_list(std::vector<std::string>& values) {
        skip_space(true);
        if (at_ >= text_.size() || text_[at_] != '(') return false;
        ++at_;
        for (bool comma = true;;) {
            skip_space(true);
            if (at_ >= text_.size()) return false;
            if (text_[at_] == ')') break;
            if (!comma || !read_quoted(values)) return false;
            skip_space(true);
            comma = at_ < text_.size() && text_[at_] == ',';
            if (comma) ++at_;
        }
        ++at_;
        return true;
    }

    void skip_space(bool lines) {
        for (; at_ < text_.size(); ++at_) {
            if (lines && text_[at_] == '#') {
                at_ = line_end();
                if (at_ >= text_.size()) return;
            }
            if (lines && text_[at_] == '\n') {
                ++line_;
            } else if (!is_space(text_[at_])) {
                return;
            }
        }
    }

    void not_understood(std::string_view name, std::string_view why) {
        found_.push_back({std::string(name), line_, false, {}, std::string(why)});
    }

    size_t line_end() const { return std::min(text_.find('\n', at_), text_.size()); }

    void next_line(size_t end) {
        at_ = end + 1;
        ++line_;
    }

    std::string_view text_;
    const std::vector<std::string_view>& names_;
    std::vector<Assignment> found_;
    std::string here_end_;  // not empty: inside a here-document that this word ends
    size_t at_ = 0;
    size_t statement_ = 0;
    int line_ = 1;
    int depth_ = 0;
    bool pod_ = false;
    bool ended_ = false;
};

}  // namespace

std::vector<Assignment> read_assignments(std::string_view text, const std::vector<std::string_view>& names) {
    return Reader(text, names).read();
}

}  // namespace vmha::migration
