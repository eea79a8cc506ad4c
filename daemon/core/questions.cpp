#include "daemon/core/questions.hpp"

#include <algorithm>

#include <initializer_list>

#include "common/log_line.hpp"

namespace vmha::core {
namespace {

bool has_id(const Question& question, std::string_view id) {
    return std::ranges::find(question.message_ids, id) != question.message_ids.end();
}

std::string letters(std::string_view text) {
    std::string out;
    for (const char c : text)
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out += c;
        else if (c >= 'A' && c <= 'Z')
            out += static_cast<char>(c - 'A' + 'a');
    return out;
}

// The choice whose label is one of these, compared by letters alone ("I _moved it",
// "button.uuid.movedTheVM").
std::optional<Choice> by_label(const Question& question, std::initializer_list<std::string_view> labels) {
    for (const auto& choice : question.choices)
        for (const auto label : labels)
            if (letters(choice.label) == label) return choice;
    return std::nullopt;
}

}  // namespace

QuestionKind kind_of(const Question& question) {
    // public notes on vmsvc/message and vim.vm.QuestionInfo; facts C3
    if (has_id(question, "msg.uuid.altered")) return QuestionKind::moved_or_copied;
    if (has_id(question, "msg.hbacommon.locklost")) return QuestionKind::lock_lost;
    if (has_id(question, "msg.hbacommon.outofspace")) return QuestionKind::out_of_space;
    // vim-cmd of new hosts tells no id (facts A6): text and labels together.
    if (!question.message_ids.empty()) return QuestionKind::unknown;
    const std::string text = letters(question.text);
    const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
    if (by_label(question, {"buttonuuidmovedthevm", "imovedit"}) &&
        by_label(question, {"buttonuuidcopiedthevm", "icopiedit"}))
        return QuestionKind::moved_or_copied;
    if (says("lockprotecting") && says("hasbeenlost") && question.choices.size() == 1 &&
        by_label(question, {"ok", "buttonok"}))
        return QuestionKind::lock_lost;
    if (says("thereisnomorespace") && by_label(question, {"retry", "buttonretry"}))
        return QuestionKind::out_of_space;
    return QuestionKind::unknown;
}

std::optional<Choice> answer_for(const Question& question, Kind operation) {
    switch (kind_of(question)) {
        case QuestionKind::moved_or_copied:
            // "copied", the default, gives a new uuid and a new MAC address.
            if (operation == Kind::start) return by_label(question, {"buttonuuidmovedthevm", "imovedit"});
            return by_label(question, {"buttonuuidcancel", "cancel"});
        case QuestionKind::lock_lost:
            // One choice, OK: that copy goes off.
            if (question.choices.size() != 1) return std::nullopt;
            return question.choices.front();
        case QuestionKind::out_of_space:
            if (operation == Kind::stop) return by_label(question, {"buttoncancel", "buttonabort", "cancel"});
            return std::nullopt;
        case QuestionKind::unknown: return std::nullopt;
    }
    return std::nullopt;
}

std::string summary(const Question& question) {
    std::string line = "\"" + printable(question.text) + "\"";
    for (const auto& choice : question.choices) line += " [" + choice.key + "] " + printable(choice.label);
    return line;
}

}  // namespace vmha::core
