#include "daemon/api/lines.hpp"

#include "common/api_version.hpp"
#include "common/json.hpp"
#include "daemon/api/text.hpp"
#include "daemon/api/words.hpp"
#include "daemon/core/operation.hpp"

namespace vmha::api {

namespace {

std::string line(const Json& value) {
    return dump_json(value) + "\n";
}

void put(Json& out, const char* key, const std::string& text) {
    if (!text.empty()) out[key] = text;
}

}  // namespace

std::string event_line(const core::Say& say, std::time_t wall_clock) {
    Json out = {{"event", word(say.topic)}};
    put(out, "vm", say.vm.str());
    if (say.operation) out["operation"] = word(*say.operation);
    if (say.topic == core::Topic::health) {
        out["verdict"] = say.to;
        put(out, "from", say.from);
    } else {
        put(out, "from", say.from);
        put(out, "to", say.to);
    }
    put(out, "host", say.host.str());
    if (say.reason) out["reason"] = word(*say.reason);
    if (say.topic == core::Topic::health) {
        out["detail"] = say.detail;
        out["exit_code"] = say.exit_code;
    } else {
        put(out, "detail", say.detail);
    }
    out["message"] = say.message;
    out["level"] = std::string(1, static_cast<char>(say.level));
    out["time"] = time_text(wall_clock);
    return line(out);
}

std::string accepted_line(const core::Ask& ask, core::Duration timeout, std::time_t wall_clock) {
    return line({{"event", "accepted"},
                 {"api", api_version},
                 {"vm", ask.vm.str()},
                 {"operation", word(ask.kind)},
                 {"timeout_s", core::to_ms(timeout) / 1000},
                 {"time", time_text(wall_clock)}});
}

std::string last_line(const core::Answer& answer) {
    return line({{"api", api_version},
                 {"result", word(answer.ending)},
                 {"reason", word(answer.reason)},
                 {"detail", answer.detail},
                 {"elapsed_ms", answer.elapsed_ms}});
}

std::string hello_line(const std::string& node, std::time_t wall_clock) {
    return line({{"event", "hello"}, {"api", api_version}, {"node", node}, {"time", time_text(wall_clock)}});
}

}  // namespace vmha::api
