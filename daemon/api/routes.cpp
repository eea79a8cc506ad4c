#include "daemon/api/routes.hpp"

#include <array>
#include <charconv>

#include "common/api_version.hpp"
#include "common/json.hpp"
#include "daemon/api/lines.hpp"
#include "daemon/api/render.hpp"
#include "daemon/api/text.hpp"

namespace vmha::api {

namespace {

void set_json(Reply& reply, const Json& value) {
    reply.body = dump_json(value) + "\n";
}

const core::VmState* find_vm(Exchange& exchange) {
    const auto& vms = exchange.backend.state().vms;
    const auto found = vms.find(VmName(std::string(exchange.name)));
    if (found != vms.end()) return &found->second;
    set_error(exchange.reply, 404, word(Reason::unknown_vm), sentence(Reason::unknown_vm));
    return nullptr;
}

void bad_request(Exchange& exchange, std::string_view sentence) {
    set_error(exchange.reply, 400, word(Reason::bad_request), sentence);
}

// The body's object; an empty body is an empty object.
std::optional<Json> body_object(Exchange& exchange) {
    const auto& text = exchange.request.body;
    if (text.empty()) return Json::object();
    auto parsed = parse_json(text);
    if (!parsed)
        bad_request(exchange, parsed.error().message);
    else if (!parsed->is_object())
        bad_request(exchange, "the body is not a JSON object");
    else
        return std::move(*parsed);
    return std::nullopt;
}

// Returns false, with the reply set, when the key is there but is no whole number of seconds in 1..86,400.
bool read_seconds(Exchange& exchange, const Json& body, const char* key,
                  std::optional<core::Duration>& into) {
    if (!body.contains(key)) return true;
    const auto number = get_integer(body, key);
    if (!number || *number < 1 || *number > 86'400) {
        bad_request(exchange, std::string(key) + " is not a whole number from 1 to 86400");
        return false;
    }
    into = core::seconds(*number);
    return true;
}

bool read_context(Exchange& exchange, const Json& body, std::map<std::string, std::string>& into) {
    const auto context = body.find("context");
    if (context == body.end()) return true;
    bool good = context->is_object();
    if (good)
        for (const auto& [key, value] : context->items()) {
            good = good && value.is_string();
            if (good && key.starts_with("CLP_")) into[key] = value.get<std::string>();
        }
    if (!good) bad_request(exchange, "context is not an object of texts");
    return good;
}

void get_status(Exchange& exchange) {
    Json status = status_json(exchange.backend.state(), exchange.backend.now());
    status["on_last_good_configuration"] = exchange.backend.on_last_good();
    set_json(exchange.reply, status);
}

void get_hosts(Exchange& exchange) {
    set_json(exchange.reply, hosts_json(exchange.backend.state(), exchange.backend.now()));
}

void get_vms(Exchange& exchange) {
    set_json(exchange.reply, vms_json(exchange.backend.state(), exchange.backend.now()));
}

void get_vm(Exchange& exchange) {
    if (const auto* vm = find_vm(exchange))
        set_json(exchange.reply, vm_json(exchange.backend.state(), *vm, exchange.backend.now()));
}

void get_health(Exchange& exchange) {
    const auto* vm = find_vm(exchange);
    if (vm == nullptr) return;
    exchange.reply.status = health_status(*vm);
    append_health(exchange.reply.body, *vm, exchange.backend.now());
}

void get_healthz(Exchange& exchange) {
    exchange.reply.body = "{\"api\":1,\"status\":\"ok\"}\n";
}

void begin_operation(Exchange& exchange, core::Kind kind) {
    const auto* vm = find_vm(exchange);
    if (vm == nullptr) return;
    const auto body = body_object(exchange);
    if (!body) return;
    core::Ask ask;
    ask.vm = vm->name;
    ask.kind = kind;
    if (!read_seconds(exchange, *body, "timeout_s", ask.timeout)) return;
    if (!read_context(exchange, *body, ask.context)) return;
    const auto usual = kind == core::Kind::start ? vm->settings.start_timeout : vm->settings.stop_timeout;
    const auto now = exchange.backend.wall_clock();
    ask.caller = exchange.hub.new_caller();
    Streaming streaming;
    streaming.feed = exchange.hub.follow_operation(ask.caller, ask.vm);
    streaming.first = accepted_line(ask, ask.timeout.value_or(usual), now);
    streaming.ask = std::move(ask);
    exchange.streaming = std::move(streaming);
}

void post_start(Exchange& exchange) {
    begin_operation(exchange, core::Kind::start);
}
void post_stop(Exchange& exchange) {
    begin_operation(exchange, core::Kind::stop);
}

void paused_reply(Exchange& exchange, const VmName& vm, bool paused) {
    set_json(exchange.reply, {{"api", api_version}, {"vm", vm.str()}, {"paused", paused}});
}

void post_pause(Exchange& exchange) {
    const auto* vm = find_vm(exchange);
    if (vm == nullptr) return;
    const auto body = body_object(exchange);
    std::optional<core::Duration> for_how_long;
    if (!body || !read_seconds(exchange, *body, "for_s", for_how_long)) return;
    const VmName name = vm->name;
    exchange.backend.pause(name, for_how_long);
    paused_reply(exchange, name, true);
}

void post_resume(Exchange& exchange) {
    const auto* vm = find_vm(exchange);
    if (vm == nullptr || !body_object(exchange)) return;
    const VmName name = vm->name;
    exchange.backend.resume(name);
    paused_reply(exchange, name, false);
}

void post_retry_login(Exchange& exchange) {
    const HostName host{std::string(exchange.name)};
    if (!exchange.backend.state().hosts.contains(host)) {
        set_error(exchange.reply, 404, word(Reason::unknown_host), sentence(Reason::unknown_host));
        return;
    }
    if (!body_object(exchange)) return;
    const auto done = exchange.backend.retry_login(host);
    if (done)
        set_json(exchange.reply, {{"api", api_version}, {"host", host.str()}, {"result", "ok"}});
    else
        set_error(exchange.reply, 409, word(Reason::busy), done.error().message);
}

void post_reload(Exchange& exchange) {
    if (!body_object(exchange)) return;
    const auto reloaded = exchange.backend.reload();
    if (reloaded.accepted)
        return set_json(exchange.reply, {{"api", api_version},
                                         {"result", "ok"},
                                         {"changes", reloaded.changes},
                                         {"warnings", reloaded.warnings}});
    exchange.reply.status = 409;
    set_json(exchange.reply, {{"api", api_version},
                              {"error", "configuration_refused"},
                              {"message", "the new configuration is refused, nothing is changed"},
                              {"problems", reloaded.problems},
                              {"hints", reloaded.hints}});
}

void get_events(Exchange& exchange) {
    const auto follow = exchange.target.parameter("follow");
    if (!follow || *follow == "0") {
        exchange.reply.content_type = "application/x-ndjson";
        for (const auto& line : exchange.hub.recent()) exchange.reply.body += *line;
        return;
    }
    const VmName only{std::string(exchange.target.parameter("vm").value_or(""))};
    Streaming streaming;
    streaming.feed = exchange.hub.follow(only);
    streaming.first = hello_line(exchange.backend.state().settings.node, exchange.backend.wall_clock());
    exchange.streaming = std::move(streaming);
}

constexpr std::array<Route, 13> table{{
    {"GET", "/v1/vms/{}/health", Access::read, true, get_health},
    {"GET", "/v1/vms/{}", Access::read, true, get_vm},
    {"GET", "/v1/vms", Access::read, false, get_vms},
    {"GET", "/v1/status", Access::read, false, get_status},
    {"GET", "/v1/hosts", Access::read, false, get_hosts},
    {"GET", "/v1/events", Access::read, false, get_events},
    {"GET", "/healthz", Access::read, false, get_healthz},
    {"POST", "/v1/vms/{}/start", Access::operate, false, post_start},
    {"POST", "/v1/vms/{}/stop", Access::operate, false, post_stop},
    {"POST", "/v1/vms/{}/pause", Access::operate, false, post_pause},
    {"POST", "/v1/vms/{}/resume", Access::operate, false, post_resume},
    {"POST", "/v1/hosts/{}/retry-login", Access::operate, false, post_retry_login},
    {"POST", "/v1/reload", Access::operate, false, post_reload},
}};

}  // namespace

void set_error(Reply& reply, unsigned status, std::string_view error, std::string_view message) {
    reply.status = status;
    reply.content_type = "application/json";
    reply.body = "{\"api\":1,\"error\":";
    append_json_string(reply.body, error);
    reply.body += ",\"message\":";
    append_json_string(reply.body, message);
    reply.body += "}\n";
}

std::span<const Route> routes() {
    return table;
}

const Route* find_route(std::string_view method, std::string_view path, std::string_view& name,
                        Reply& reply) {
    std::string_view allowed;
    for (const auto& route : table) {
        const auto match = match_path(route.path, path);
        if (!match) continue;
        name = *match;
        if (route.method == method) return &route;
        allowed = route.method;
    }
    if (allowed.empty()) {
        set_error(reply, 404, word(Reason::not_found), "there is no such path in this API");
        return nullptr;
    }
    set_error(reply, 405, "method_not_allowed", "this path is not for " + std::string(method));
    reply.allow = allowed;
    return nullptr;
}

std::optional<std::chrono::milliseconds> view_timeout(const Target& target) {
    const auto text = target.parameter("timeout_ms");
    if (!text) return std::chrono::milliseconds(10'000);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size() || number > 600'000) return std::nullopt;
    return std::chrono::milliseconds(number);
}

}  // namespace vmha::api
