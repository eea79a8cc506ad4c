#include "client/health.hpp"

#include <algorithm>

#include "client/say.hpp"

namespace vmha::client {
namespace {

Question list_question() {
    return {.request = [] { return Request{"GET", "/v1/vms", {}}; }, .is_last = {}};
}

// vmhad waits for its first view of the host as long as it is told to; its answer then needs a moment to
// arrive.
Question health_question(const std::string& vm, Deadline total) {
    return {
        .request =
            [vm, total] {
                const int64_t left_ms = std::min<int64_t>(total.left_ms(), 600'000);
                const int64_t wait_ms = left_ms - std::min<int64_t>(left_ms / 10, 1000);
                return Request{"GET", "/v1/vms/" + vm + "/health?timeout_ms=" + std::to_string(wait_ms), {}};
            },
        .is_last = {}};
}

// Unset: no answer that a verdict can be taken from.
std::optional<ExitCode> judge(const std::string& vm, const Question& asked, Alerts& alerts) {
    if (asked.end == Question::End::deadline) {
        const std::string text = "vm '" + vm + "': unknown: vmhad had no answer in time";
        say(Level::warning, text);
        alerts.raise("genw-" + vm, "unknown deadline", Alerts::Severity::warning, text);
        return ExitCode::ok;
    }
    if (asked.end != Question::End::answered) return std::nullopt;
    const auto body = parse_json(asked.reply.body);
    if (body.has_error()) return std::nullopt;
    if (asked.reply.status == 404) {
        const Refusal refusal = read_refusal(asked.reply.body);
        if (refusal.word != "unknown_vm") return std::nullopt;
        say(Level::error, "vm '" + vm + "': " + refusal.word + ": " + refusal.sentence);
        return ExitCode::usage;
    }
    auto health = read_health(*body);
    if (!health) return std::nullopt;
    if (health->vm.empty()) health->vm = vm;
    report(*health, alerts);
    return health->exit_code;
}

}  // namespace

void report(const Health& health, Alerts& alerts) {
    const std::string text = health_text(health);
    say(level_of(health), text);
    // Both come with every start, stop and new session, and go by themselves.
    if (health.reason == "operation_under_way" || health.reason == "settling") return;
    const std::string subject = "genw-" + health.vm;
    // A VM that is plainly unhealthy is the cluster manager's to report, it does so by itself.
    if (health.verdict == Verdict::unknown)
        alerts.raise(subject, "unknown " + health.reason,
                     health.exit_code == ExitCode::ok ? Alerts::Severity::warning : Alerts::Severity::error,
                     text);
    else if (health.reason == "left_over")
        alerts.raise(subject, health.reason, Alerts::Severity::error, text);
    else
        alerts.forget(subject);
}

std::optional<std::vector<std::string>> read_vm_list(std::string_view body, bool active_only) {
    const auto answer = parse_json(body, {.bytes = 16 << 20});
    if (answer.has_error() || !answer->is_object() || !answer->contains("vms")) return std::nullopt;
    const Json& vms = (*answer)["vms"];
    if (!vms.is_array()) return std::nullopt;
    std::vector<std::string> names;
    for (const Json& vm : vms) {
        auto name = get_string(vm, "vm");
        if (!name) return std::nullopt;
        if (!active_only || get_bool(vm, "active").value_or(false)) names.push_back(std::move(*name));
    }
    return names;
}

VmList list_vms(const std::string& socket_path, bool active_only, Deadline total, const Patience& patience) {
    Question list[] = {list_question()};
    ask_all(socket_path, list, patience, total);
    switch (list[0].end) {
        case Question::End::answered: {
            auto names =
                list[0].reply.status == 200 ? read_vm_list(list[0].reply.body, active_only) : std::nullopt;
            return {names, names ? Trouble::none : Trouble::bad_reply};
        }
        case Question::End::deadline: return {std::nullopt, Trouble::deadline};
        default: return {std::nullopt, list[0].reply.trouble};
    }
}

CheckEnd check_health(const std::string& socket_path, std::vector<std::string> vms, Alerts& alerts,
                      Deadline total) {
    CheckEnd end;
    if (vms.empty()) {
        const VmList list = list_vms(socket_path, true, total);
        if (!list.names) return {.list_failed = true, .trouble = list.trouble};
        vms = *list.names;
        if (vms.empty()) say(Level::info, "no VM is active on this node");
    }
    std::vector<Question> questions;
    for (const std::string& vm : vms) questions.push_back(health_question(vm, total));
    ask_all(socket_path, questions, {}, total);
    for (std::size_t i = 0; i < vms.size(); ++i) {
        if (const auto code = judge(vms[i], questions[i], alerts)) {
            end.code = worse(end.code, *code);
        } else {
            end.left.push_back(vms[i]);
            const Reply& reply = questions[i].reply;
            end.trouble = reply.trouble == Trouble::none ? Trouble::bad_reply : reply.trouble;
        }
    }
    return end;
}

}  // namespace vmha::client
