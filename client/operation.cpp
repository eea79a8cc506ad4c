#include "client/operation.hpp"

#include <algorithm>
#include <memory>

#include "client/answers.hpp"

namespace vmha::client {
namespace {

// One VM's part: what is asked for, and what its stream says.
class VmOperation {
public:
    VmOperation(std::string vm, const Operation& operation, const OperationHooks& hooks)
        : vm_(std::move(vm)), operation_(operation), hooks_(hooks) {
        if (operation.timeout_s) daemon_limit_ = Deadline::in_ms(*operation.timeout_s * 1000);
    }

    Question question() {
        return {.request = [this] { return request(); }, .is_last = [this](auto line) { return take(line); }};
    }

    ExitCode conclude(const Question& question) {
        if (question.end == Question::End::deadline)
            end(ExitCode::deadline, Level::error, "no result", "gave up: vmhad brought no result in time");
        else if (!code_)
            refuse(question.reply);
        return *code_;
    }

private:
    std::string verb() const { return std::string(word(operation_.action)); }

    Request request() const {
        Json body = Json::object();
        if (daemon_limit_) body["timeout_s"] = std::max<int64_t>((daemon_limit_->left_ms() + 500) / 1000, 1);
        body["context"] = operation_.context;
        return {"POST", "/v1/vms/" + vm_ + "/" + verb(), dump_json(body)};
    }

    bool take(std::string_view text) {
        const auto line = parse_json(text);
        if (line.has_error()) {
            hooks_.say(Level::warning, "cannot read a line of vmhad's answer: " + line.error().message);
            return false;
        }
        if (hooks_.raw) hooks_.raw(std::string(text));
        if (const auto result = get_string(*line, "result")) {
            finish(*result, *line);
            return true;
        }
        // What vmhad decided on is what may still be left after its restart.
        if (const auto limit = get_integer(*line, "timeout_s"); limit && !daemon_limit_)
            daemon_limit_ = Deadline::in_ms(*limit * 1000);
        if (const auto message = get_string(*line, "message"); message && !message->empty())
            hooks_.say(read_level(*line), *message);
        return false;
    }

    void finish(const std::string& result, const Json& line) {
        const std::string reason = result == "ok" ? "" : get_string(line, "reason").value_or("");
        std::string why = reason;
        if (const auto detail = get_string(line, "detail").value_or(""); !detail.empty())
            why += (why.empty() ? "" : ": ") + detail;
        const int64_t elapsed_ms = get_integer(line, "elapsed_ms").value_or(0);
        std::string text =
            std::to_string(elapsed_ms / 1000) + "." + std::to_string(elapsed_ms % 1000 / 100) + " s";
        if (!why.empty()) text += ": " + why;
        if (result == "ok") return end(ExitCode::ok, Level::info, reason, verb() + " ok after " + text);
        if (result == "timeout")
            return end(ExitCode::deadline, Level::error, reason, verb() + " timed out after " + text);
        end(ExitCode::failed, Level::error, reason, verb() + " " + result + " after " + text);
    }

    void refuse(const Reply& reply) {
        const Refusal refusal = read_refusal(reply.body);
        const bool unknown = reply.status == 404 && refusal.word != "not_found";
        std::string why = refusal.word.empty() ? "HTTP status " + std::to_string(reply.status) : refusal.word;
        if (!refusal.sentence.empty()) why += ": " + refusal.sentence;
        end(unknown ? ExitCode::usage : ExitCode::failed, Level::error, refusal.word,
            verb() + " refused: " + why);
    }

    void end(ExitCode code, Level level, const std::string& reason, const std::string& what) {
        code_ = code;
        const std::string sentence = "vm '" + vm_ + "': " + what;
        hooks_.say(level, sentence);
        if (hooks_.ended) hooks_.ended({vm_, code, verb() + " " + reason, sentence});
    }

    std::string vm_;
    const Operation& operation_;
    const OperationHooks& hooks_;
    std::optional<Deadline> daemon_limit_;
    std::optional<ExitCode> code_;
};

}  // namespace

std::string_view word(Action action) {
    return action == Action::start ? "start" : "stop";
}

std::map<std::string, std::string> cluster_context(const char* const* environment) {
    std::map<std::string, std::string> context;
    for (; environment && *environment; ++environment) {
        const std::string_view entry = *environment;
        const auto equals = entry.find('=');
        if (entry.starts_with("CLP_") && equals != std::string_view::npos)
            context.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return context;
}

OperationEnd operate(const std::string& socket_path, const Operation& operation, const OperationHooks& hooks,
                     Deadline total) {
    std::vector<std::unique_ptr<VmOperation>> parts;
    std::vector<Question> questions;
    for (const std::string& vm : operation.vms) {
        parts.push_back(std::make_unique<VmOperation>(vm, operation, hooks));
        questions.push_back(parts.back()->question());
    }
    bool said = false;
    Patience patience;
    patience.on_trouble = [&](Trouble trouble) {
        if (!std::exchange(said, true))
            hooks.say(Level::warning, describe(trouble, socket_path) + "; trying again");
    };
    ask_all(socket_path, questions, patience, total);

    OperationEnd end;
    for (std::size_t i = 0; i < questions.size(); ++i) {
        if (questions[i].end == Question::End::unreachable) {
            end.left.push_back(operation.vms[i]);
            end.trouble = questions[i].reply.trouble;
        } else {
            end.code = worse(end.code, parts[i]->conclude(questions[i]));
        }
    }
    return end;
}

}  // namespace vmha::client
