// vim-cmd: what changes something.
#include <set>

#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/shell/print.hpp"
#include "tests/simulator/shell/shell.hpp"

namespace vmha::sim {
namespace {

// Faults that refuse an order before its task is begun are printed as they are, without "Power on failed".
bool refuses(const site::Fault& fault) {
    static const std::set<std::string> names{"InvalidPowerState", "InvalidState",      "QuestionPending",
                                             "TaskInProgress",    "NotEnoughLicenses", "RestrictedVersion"};
    return names.contains(fault.name);
}

// The labels that hosts of 4.x and 5.x showed, with the mark of the key that chooses them.
std::string old_label(const std::string& summary) {
    if (summary == "I Moved It") return "I _moved it";
    if (summary == "I Copied It") return "I _copied it";
    return summary;
}

const char* user = "root";

}  // namespace

Shell::Outcome Shell::register_vm(const Argv& words) {
    const std::string path = words[0].starts_with('/') ? "[] " + words[0] : words[0];
    const std::string task =
        site_.register_vm(id_, path, words.size() > 1 ? words[1] : "", user, site::Through::shell);
    return Pending{task, "", [this](const site::Task* ended) {
                       if (!ended) return hostd_is_away();
                       if (!ended->fault) return Printed{std::to_string(ended->result_vm) + "\n", "", 0};
                       // A path on a volume that the host does not see is one that does not exist.
                       if (ended->fault->name.starts_with("InvalidDatastore"))
                           return fault(site::faults::not_found());
                       return fault(*ended->fault);
                   }};
}

Shell::Outcome Shell::unregister(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    const auto failed = site_.unregister_vm(id_, entry->id, site::Through::shell);
    return failed ? fault(*failed) : Printed{"", "", 0};
}

site::Fault Shell::with_question_id(site::Fault why, const std::string& number) const {
    const site::Vm* entry = vm(number);
    if (why.name == "QuestionPending" && entry && entry->question)
        why.fields = {{"text", entry->question->message_id + ":" + entry->question->text}};
    return why;
}

Shell::Outcome Shell::power(const Argv& words, site::Verb verb, const std::string& begins,
                            const std::string& fails) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    const std::string task = site_.power(id_, entry->id, verb, user, site::Through::shell);
    return Pending{task, begins + "\n", [this, number = words[0], fails](const site::Task* ended) {
                       if (!ended) return hostd_is_away();
                       if (!ended->fault) return Printed{"", "", 0};
                       if (refuses(*ended->fault)) return fault(with_question_id(*ended->fault, number));
                       const bool bare = texts_.is("power_on_failed", "bare");
                       if (bare) return Printed{fails + "\n", "", texts_.is("fault_status", "1") ? 1 : 0};
                       return fault(*ended->fault, fails + ": ");
                   }};
}

Shell::Outcome Shell::power_on(const Argv& words) {
    return power(words, site::Verb::power_on, "Powering on VM:", "Power on failed");
}
Shell::Outcome Shell::power_off(const Argv& words) {
    return power(words, site::Verb::power_off, "Powering off VM:", "Power off failed");
}
Shell::Outcome Shell::power_reset(const Argv& words) {
    return power(words, site::Verb::reset, "Reset VM:", "Reset failed");
}
Shell::Outcome Shell::power_suspend(const Argv& words) {
    return power(words, site::Verb::suspend, "Suspending VM:", "Suspend failed");
}

Shell::Outcome Shell::power_shutdown(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    const auto failed = site_.shutdown_guest(id_, entry->id, site::Through::shell);
    return failed ? fault(with_question_id(*failed, words[0])) : Printed{"", "", 0};
}

Shell::Outcome Shell::power_reboot(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    const auto failed = site_.reboot_guest(id_, entry->id);
    return failed ? fault(*failed) : Printed{"", "", 0};
}

std::string Shell::question_id(const site::Question& question) const {
    constexpr std::string_view prefix = "_vmx";
    return texts_.is("question_id", "number") ? question.id.substr(prefix.size()) : question.id;
}

std::string Shell::print_question(const site::Question& question) const {
    const bool old_text = texts_.is("question", "old");
    std::string out = "Virtual machine message " + question_id(question) + ":\n";
    if (old_text && question.message_id == "msg.uuid.altered")
        out += "msg.uuid.altered:This virtual machine may have been moved or copied.\n\n";
    else
        out += (old_text ? question.message_id + ":" : "") + question.text + "\n\n";
    for (size_t at = 0; at < question.choices.size(); ++at) {
        const auto& choice = question.choices[at];
        const std::string label = old_text ? old_label(choice.summary) : choice.label;
        const std::string summary = old_text ? label : choice.summary;
        out += (old_text ? "" : "   ") + choice.key + ". " + label + " (" + summary + ")";
        out += at == static_cast<size_t>(question.default_index) ? " [default]\n" : "\n";
    }
    return out;
}

Shell::Outcome Shell::message(const Argv& words) {
    const site::Vm* entry = vm(words[0]);
    if (!entry) return no_vm(words[0]);
    if (words.size() < 3)
        return Printed{entry->question ? print_question(*entry->question) : "No message.\n", "", 0};
    if (!entry->question) return Printed{"No message.\n", "", 0};
    const bool same = words[1] == question_id(*entry->question);
    const auto failed = site_.answer(id_, entry->id, same ? entry->question->id : "", words[2]);
    return failed ? fault(*failed) : Printed{"", "", 0};
}

Shell::Outcome Shell::task_cancel(const Argv& words) {
    const auto failed = site_.cancel_task(id_, words[0]);
    return failed ? fault(*failed) : Printed{"", "", 0};
}

}  // namespace vmha::sim
