#include "client/answers.hpp"

namespace vmha::client {
namespace {

std::optional<Verdict> verdict_of(std::string_view word) {
    if (word == "healthy") return Verdict::healthy;
    if (word == "unhealthy") return Verdict::unhealthy;
    if (word == "unknown") return Verdict::unknown;
    return std::nullopt;
}

std::string seconds_text(int64_t milliseconds) {
    return std::to_string((milliseconds + 500) / 1000) + " s";
}

std::string pending_text(const Json& answer) {
    if (!answer.contains("pending") || !answer["pending"].is_object()) return {};
    const Json& pending = answer["pending"];
    std::string text = get_string(pending, "reason").value_or("a fault");
    const auto held = get_integer(pending, "held_ms");
    const auto needed = get_integer(pending, "needed_ms");
    if (held && needed) text += " for " + seconds_text(*held) + " of " + seconds_text(*needed);
    return text;
}

}  // namespace

std::optional<Health> read_health(const Json& answer) {
    Health health;
    const auto verdict = verdict_of(get_string(answer, "verdict").value_or(""));
    const auto code = get_integer(answer, "exit_code");
    if (!verdict || !code) return std::nullopt;
    health.verdict = *verdict;
    health.exit_code = static_cast<ExitCode>(*code);
    if (health.exit_code != ExitCode::ok && health.exit_code != ExitCode::failed &&
        health.exit_code != ExitCode::unknown_too_long)
        return std::nullopt;
    health.vm = get_string(answer, "vm").value_or("");
    health.reason = get_string(answer, "reason").value_or("");
    health.detail = get_string(answer, "detail").value_or("");
    health.host = get_string(answer, "host").value_or("");
    health.pending = pending_text(answer);
    return health;
}

Level level_of(const Health& health) {
    if (health.exit_code != ExitCode::ok) return Level::error;
    return health.verdict == Verdict::unknown || !health.pending.empty() ? Level::warning : Level::info;
}

std::string health_text(const Health& health) {
    static constexpr std::string_view words[] = {"healthy", "unhealthy", "unknown"};
    std::string text = "vm '" + health.vm + "': ";
    text += words[static_cast<int>(health.verdict)];
    if (health.verdict != Verdict::healthy || health.reason == "paused") {
        if (!health.reason.empty()) text += ": " + health.reason;
        if (!health.detail.empty()) text += ": " + health.detail;
    }
    if (!health.host.empty()) text += " (" + health.host + ")";
    if (!health.pending.empty()) text += ", pending " + health.pending;
    return text;
}

Refusal read_refusal(std::string_view body) {
    const auto answer = parse_json(body);
    if (answer.has_error()) return {};
    return {get_string(*answer, "error").value_or(""), get_string(*answer, "message").value_or("")};
}

Level read_level(const Json& event) {
    const std::string word = get_string(event, "level").value_or("I");
    switch (word.empty() ? 'I' : word.front()) {
        case 'E': return Level::error;
        case 'W': return Level::warning;
        case 'D': return Level::debug;
        default: return Level::info;
    }
}

}  // namespace vmha::client
