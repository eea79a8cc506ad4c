#include "tests/simulator/model/questions.hpp"

#include <vector>

namespace vmha::site {
namespace {

struct Known {
    const char* message_id;
    const char* text;
    std::vector<std::pair<Question::Choice, Consequence>> choices;
    int default_index;
};

// Keys, labels and defaults as published transcripts show them: the moved-or-copied labels from vim-cmd
// of 7.x and 8.x, the storage questions from a pyVmomi patch that answers them.
const std::vector<Known>& known() {
    static const std::vector<Known> table{
        {"msg.uuid.altered",
         "This virtual machine might have been moved or copied. In order to configure certain management and "
         "networking features, VMware ESX needs to know if this virtual machine was moved or copied.\n\n"
         "If you don't know, answer \"I Copied It\".",
         {{{"0", "button.uuid.cancel", "Cancel"}, Consequence::ends},
          {{"1", "button.uuid.movedTheVM", "I Moved It"}, Consequence::goes_on},
          {{"2", "button.uuid.copiedTheVM", "I Copied It"}, Consequence::new_uuid}},
         2},
        {"msg.hbacommon.locklost",
         "The lock protecting the virtual machine's disk has been lost, possibly due to underlying storage "
         "issues. If "
         "this virtual machine is configured to be highly available, ensure that the virtual machine is "
         "running on "
         "some other host before clicking OK.",
         {{{"0", "button.ok", "OK"}, Consequence::ends}},
         0},
        {"msg.hbacommon.outofspace",
         "There is no more space for the virtual disk. You might be able to continue this session by freeing "
         "disk "
         "space on the relevant volume, and clicking Retry. Click Cancel to terminate this session.",
         {{{"0", "button.retry", "Retry"}, Consequence::asks_again},
          {{"1", "button.cancel", "Cancel"}, Consequence::ends}},
         0},
        {"msg.hbacommon.corruptredo",
         "The redo log of the virtual disk is corrupted. If the problem persists, discard the redo log.",
         {{{"0", "button.ok", "OK"}, Consequence::ends}},
         0},
        {"msg.serial.file.open",
         "The serial port's output file already exists. Do you want to append to it or to replace it?",
         {{{"0", "button.serial.append", "Append"}, Consequence::goes_on},
          {{"1", "button.serial.replace", "Replace"}, Consequence::goes_on},
          {{"2", "button.serial.cancel", "Cancel"}, Consequence::goes_on}},
         0}};
    return table;
}

const Known* find_known(const std::string& message_id) {
    for (const auto& one : known())
        if (message_id == one.message_id) return &one;
    return nullptr;
}

}  // namespace

Question make_question(const std::string& message_id, const std::string& text, const std::string& vm_name) {
    Question question{.id = "", .message_id = message_id, .text = text, .choices = {}};
    const Known* found = find_known(message_id);
    if (!found) {
        if (text.empty()) question.text = "The virtual machine '" + vm_name + "' asks " + message_id + ".";
        question.choices = {{"0", "button.ok", "OK"}};
        return question;
    }
    if (text.empty()) question.text = found->text;
    question.default_index = found->default_index;
    for (const auto& [choice, effect] : found->choices) question.choices.push_back(choice);
    return question;
}

std::optional<Consequence> consequence(const Question& question, const std::string& choice) {
    const Known* found = find_known(question.message_id);
    for (size_t i = 0; i < question.choices.size(); ++i)
        if (question.choices[i].key == choice) return found ? found->choices[i].second : Consequence::goes_on;
    return std::nullopt;
}

}  // namespace vmha::site
