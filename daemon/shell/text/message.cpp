#include "daemon/shell/text/message.hpp"

#include <algorithm>

#include "daemon/shell/text/lines.hpp"

namespace vmha::shell::text {

namespace {

constexpr std::string_view begin_words = "Virtual machine message ";

// "Virtual machine message _vmx1:" -> "_vmx1"
std::string_view id_in(std::string_view line) {
    line = trimmed(line);
    if (!line.starts_with(begin_words) || !line.ends_with(':')) return {};
    line.remove_prefix(begin_words.size());
    line.remove_suffix(1);
    return line.find_first_of(" \t") == std::string_view::npos ? line : std::string_view();
}

// "button.uuid.movedTheVM (I Moved It) [default]" -> "I Moved It"; "I _moved it (I _moved it)" likewise.
std::string_view label_in(std::string_view text) {
    constexpr std::string_view by_default = "[default]";
    if (text.ends_with(by_default)) text = trimmed(text.substr(0, text.size() - by_default.size()));
    if (!text.ends_with(')')) return text;
    // The part in the last parentheses, which may hold some of its own.
    size_t depth = 0;
    for (size_t at = text.size(); at-- > 0;) {
        if (text[at] == ')') ++depth;
        if (text[at] == '(' && --depth == 0) {
            const auto label = trimmed(text.substr(at + 1, text.size() - at - 2));
            return at == 0 || label.empty() ? text : label;
        }
    }
    return text;
}

// "   1. button.uuid.movedTheVM (I Moved It)"
bool take_choice(std::string_view line, std::vector<core::Choice>& into) {
    line = trimmed(line);
    const size_t dot = line.find(". ");
    if (dot == std::string_view::npos || dot > 3 || !is_digits(line.substr(0, dot))) return false;
    // Numbered as they come, from 0: a text may have lines that begin with a number.
    if (line.substr(0, dot) != std::to_string(into.size())) return false;
    const auto label = label_in(trimmed(line.substr(dot + 2)));
    if (label.empty()) return false;
    into.push_back({std::string(line.substr(0, dot)), std::string(label)});
    return true;
}

// Message ids in front of the text: "msg.uuid.altered:This virtual machine may have been moved or copied."
void take_message_id(core::Question& question) {
    const std::string_view text = question.text;
    const size_t colon = text.find(':');
    if (!text.starts_with("msg.") || colon == std::string_view::npos) return;
    const auto id = text.substr(0, colon);
    if (id.find_first_of(" \t\n") == std::string_view::npos) question.message_ids.emplace_back(id);
}

void add_line(std::string& text, std::string_view line) {
    line = trimmed(line);
    if (line.empty()) return;
    if (!text.empty()) text += '\n';
    text += line;
}

}  // namespace

Result<std::vector<core::Question>> read_questions(std::string_view text) {
    if (const auto all = trimmed(text); all == "No message." || all == "No message")
        return std::vector<core::Question>();
    std::vector<core::Question> questions;
    for (const auto line : lines_of(text)) {
        if (const auto id = id_in(line); !id.empty()) {
            questions.emplace_back().id = id;
            continue;
        }
        if (questions.empty()) {
            if (trimmed(line).empty()) continue;
            return not_a("question of a VM", text);
        }
        auto& question = questions.back();
        if (take_choice(line, question.choices)) continue;
        if (question.choices.empty()) add_line(question.text, line);
    }
    if (questions.empty()) return not_a("question of a VM", text);
    for (auto& question : questions) {
        if (question.text.empty() && question.choices.empty())
            return Error{Errc::bad_reply, "question " + question.id + " says nothing"};
        take_message_id(question);
    }
    return questions;
}

core::Question question_of(const Value& info) {
    core::Question question;
    question.id = info.text_at("id");
    question.text = info.text_at("text");
    if (const Value* messages = info.at("message"))
        for (const auto& [name, message] : messages->parts)
            if (const auto id = message.text_at("id"); !id.empty()) question.message_ids.emplace_back(id);
    if (question.message_ids.empty()) take_message_id(question);
    if (const Value* choices = info.at("choice.choiceInfo"))
        for (const auto& [name, choice] : choices->parts) {
            core::Choice one{std::string(choice.text_at("key")), std::string(choice.text_at("label"))};
            if (one.label.empty()) one.label = choice.text_at("summary");
            question.choices.push_back(std::move(one));
        }
    return question;
}

}  // namespace vmha::shell::text
