#include "daemon/api/render.hpp"
#include "daemon/api/text.hpp"

namespace vmha::api {

namespace {

void append_age(std::string& out, const std::optional<core::Time>& asked, core::Time now) {
    if (asked)
        append_integer(out, core::to_ms(now - *asked));
    else
        out += "null";
}

void append_pending(std::string& out, const core::Health& health) {
    if (!health.pending) {
        out += "null";
        return;
    }
    out += "{\"reason\":";
    append_json_string(out, word(*health.pending));
    out += ",\"held_ms\":";
    append_integer(out, core::to_ms(health.pending_held));
    out += ",\"needed_ms\":";
    append_integer(out, core::to_ms(health.pending_needed));
    out += '}';
}

}  // namespace

void append_health(std::string& out, const core::VmState& vm, core::Time now) {
    const core::Health& health = vm.health;
    out += "{\"api\":1,\"vm\":";
    append_json_string(out, vm.name.str());
    out += ",\"verdict\":";
    append_json_string(out, core::word(health.verdict));
    out += ",\"reason\":";
    append_json_string(out, word(health.reason));
    out += ",\"detail\":";
    append_json_string(out, health.detail);
    out += ",\"host\":";
    if (health.host.empty())
        out += "null";
    else
        append_json_string(out, health.host.str());
    out += ",\"age_ms\":";
    append_age(out, health.asked, now);
    out += ",\"pending\":";
    append_pending(out, health);
    out += ",\"exit_code\":";
    append_integer(out, static_cast<int>(health.exit_code));
    out += "}\n";
}

unsigned health_status(const core::VmState& vm) {
    return vm.health.verdict == core::Verdict::healthy ? 200 : 503;
}

}  // namespace vmha::api
