#include "daemon/core/decide.hpp"

#include <algorithm>

#include "daemon/core/questions.hpp"

namespace vmha::core {

Time bad_entry_patience_over(const HostView& host, const Seen& seen) {
    const Time patience_over = seen.connection_since + bad_entry_patience;
    if (seen.connection_since > host.session_since) return patience_over;
    return std::max(patience_over, host.session_since + host.settings.settle);
}

bool powering_off(const VmEntry& entry) {
    return entry.task && entry.task->what.ends_with("powerOff");
}

bool powering_on(const VmEntry& entry) {
    // "vim.VirtualMachine.powerOn", or the method's name, "PowerOnVM_Task".
    return entry.task && entry.task->what.find("owerOn") != std::string::npos;
}

std::string why_not_fresh(const HostView& host) {
    if (!host.link_detail.empty()) return host.link_detail;
    return host.link == Link::connecting ? "connecting to the host" : "the host does not answer";
}

}  // namespace vmha::core

namespace vmha::core::decisions {

Decision wait(Stage stage, const HostView& host, Reason blocked_by, std::string why, Time until) {
    Decision decision;
    decision.what = Decision::What::wait;
    decision.stage = stage;
    decision.host = host.name;
    decision.blocked_by = blocked_by;
    decision.why = std::move(why);
    decision.until = until;
    return decision;
}

Decision write(Stage stage, const HostView& host, Verb verb, const std::string& vmid, std::string why) {
    Decision decision;
    decision.what = Decision::What::write;
    decision.stage = stage;
    decision.host = host.name;
    decision.why = std::move(why);
    decision.write.host = host.name;
    decision.write.verb = verb;
    decision.write.vmid = vmid;
    return decision;
}

Decision fail(const HostView& host, Reason reason, std::string why) {
    Decision decision;
    decision.what = Decision::What::finish;
    decision.stage = Stage::failed;
    decision.host = host.name;
    decision.ending = Ending::failed;
    decision.reason = reason;
    decision.why = std::move(why);
    return decision;
}

std::string task_in_the_way(const VmEntry& entry) {
    return entry.task ? "a task is in the way: " + entry.task->what : "";
}

Decision try_again(Stage stage, const VmState& vm, const HostView& host, const VmEntry& entry,
                   Reason reason) {
    const Op& op = *vm.op;
    if (!op.fault || op.fault->kind != FaultKind::task_in_progress)
        return wait(stage, host, reason, "trying again", *op.not_before);
    const std::string task = entry.task ? task_in_the_way(entry) : "another task of it is under way";
    return wait(stage, host, Reason::task_in_progress, task + ": trying again", *op.not_before);
}

std::optional<Decision> on_question(const VmState& vm, const HostView& host, const VmEntry& entry,
                                    Kind purpose) {
    if (!entry.question) return std::nullopt;
    const Question& question = *entry.question;
    const bool answered = vm.op->answered.contains(host.name.str() + "/" + question.id);
    if (const auto choice = answer_for(question, purpose); choice && !answered) {
        Decision decision = write(Stage::waiting_for_vm, host, Verb::answer_question, entry.vmid,
                                  "answers " + summary(question) + " with " + printable(choice->label));
        decision.write.question_id = question.id;
        decision.write.choice_key = choice->key;
        return decision;
    }
    return wait(Stage::waiting_for_vm, host, Reason::question_pending,
                std::string(answered ? "was answered and still waits: " : "waits for a person's answer: ") +
                    summary(question));
}

}  // namespace vmha::core::decisions
