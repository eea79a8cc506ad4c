// The commands of vmhactl that change something.
#include "client/ctl.hpp"
#include "client/health.hpp"
#include "client/operation.hpp"
#include "client/say.hpp"

namespace vmha::client {
namespace {

constexpr int64_t limit_s = 24 * 3600;  // vmhad's own limits are shorter; a person can interrupt
constexpr int64_t answer_ms = 2000;
constexpr int64_t silence_ms = 3000;  // after that a person wants to know what is waited for

// POSTs to each VM and says what came of it. No VM: all that are configured.
ExitCode post_to_each(const CtlOptions& options, std::vector<std::string> vms, const std::string& verb,
                      const Json& body, const std::string& done) {
    if (vms.empty()) {
        const VmList list = list_vms(options.socket, false, Deadline::in_ms(30'000), {.unreachable_ms = 0});
        if (!list.names) return complain_unreachable(list.trouble, options);
        vms = *list.names;
    }
    ExitCode code = ExitCode::ok;
    for (const std::string& vm : vms) {
        const Reply reply = ctl_call(options, {"POST", "/v1/vms/" + vm + "/" + verb, dump_json(body)});
        if (reply.trouble != Trouble::none) return complain_unreachable(reply.trouble, options);
        if (reply.status / 100 != 2)
            code = worse(code, complain_refused(reply, "cannot " + verb + " " + vm));
        else
            print(options.json ? reply.body : "vm '" + vm + "': " + done + "\n");
    }
    return code;
}

std::vector<std::string> texts_of(const Json& object, const char* key) {
    std::vector<std::string> texts;
    const auto list = object.find(key);
    if (list == object.end() || !list->is_array()) return texts;
    for (const auto& item : *list)
        if (item.is_string()) texts.push_back(printable(item.get<std::string>()));
    return texts;
}

// vmhad answers when all is done, and it may be busy: with its files, or with what it is told meanwhile.
Reply post_reload(const CtlOptions& options, int64_t timeout_s) {
    const Deadline total = Deadline::in_ms(timeout_s * 1000);
    const Deadline patience = Deadline::in_ms(silence_ms);
    Exchange exchange(options.socket, {"POST", "/v1/reload", "{}"}, total, total);
    Exchange* const one[] = {&exchange};
    while (!exchange.ended() && !patience.passed()) poll_once(one, patience);
    if (!exchange.ended())
        complain("vmhactl: vmhad has not answered yet; waiting up to " + std::to_string(timeout_s) +
                 " s in all for it to read the configuration\n");
    while (!exchange.ended()) poll_once(one, Deadline::never());
    return {exchange.trouble(), exchange.status(), exchange.body()};
}

ExitCode complain_silent(int64_t timeout_s) {
    complain(
        "vmhactl: vmhad did not answer within " + std::to_string(timeout_s) +
        " s, so whether it took the new configuration is not known; try: journalctl -u vmhad; if it says "
        "nothing, vmhad hangs: systemctl restart vmhad\n");
    return ExitCode::daemon_unreachable;
}

}  // namespace

ExitCode ctl_operate(const CtlOptions& options, Action action, const std::vector<std::string>& vms,
                     std::optional<int64_t> timeout_s) {
    OperationHooks hooks;
    hooks.say = [&](Level level, const std::string& text) {
        if (!options.json) say(level, text);
    };
    if (options.json) hooks.raw = [](const std::string& line) { print(line + "\n"); };
    const Deadline total = Deadline::in_ms(timeout_s ? *timeout_s * 1000 + answer_ms : limit_s * 1000);
    const OperationEnd end = operate(options.socket, {action, vms, timeout_s, {}}, hooks, total);
    return end.left.empty() ? end.code : worse(end.code, complain_unreachable(end.trouble, options));
}

ExitCode ctl_pause(const CtlOptions& options, std::vector<std::string> vms, std::optional<int64_t> for_s) {
    Json body = Json::object();
    if (for_s) body["for_s"] = *for_s;
    const std::string done =
        for_s ? "monitoring paused for " + std::to_string(*for_s) + " s" : "monitoring paused";
    return post_to_each(options, std::move(vms), "pause", body, done);
}

ExitCode ctl_resume(const CtlOptions& options, std::vector<std::string> vms) {
    return post_to_each(options, std::move(vms), "resume", Json::object(), "monitoring resumed");
}

ExitCode ctl_retry_login(const CtlOptions& options, const std::string& host) {
    const Reply reply = ctl_call(options, {"POST", "/v1/hosts/" + host + "/retry-login", "{}"});
    if (reply.trouble != Trouble::none) return complain_unreachable(reply.trouble, options);
    if (reply.status / 100 != 2) return complain_refused(reply, "cannot retry the login at " + host);
    print(options.json ? reply.body : "host '" + host + "': one more login will be tried\n");
    return ExitCode::ok;
}

ExitCode ctl_reload(const CtlOptions& options, bool quiet, int64_t timeout_s) {
    const Reply reply = post_reload(options, timeout_s);
    if (reply.trouble == Trouble::no_answer) return complain_silent(timeout_s);
    if (reply.trouble != Trouble::none) return complain_unreachable(reply.trouble, options);
    const auto answer = parse_json(reply.body, {.bytes = 16 << 20});
    const auto problems = answer ? texts_of(*answer, "problems") : std::vector<std::string>();
    if (reply.status != 200 && problems.empty()) return complain_refused(reply, "cannot reload");
    if (options.json) print(reply.body);
    if (quiet && reply.status != 200) {
        complain(
            "vmhactl: the new configuration is refused, vmhad goes on with the old one; vmhad's log says "
            "why\n");
        return ExitCode::usage;
    }
    if (reply.status != 200) {
        complain("vmhactl: the new configuration is refused, vmhad goes on with the old one:\n");
        for (const auto& problem : problems) complain("  " + problem + "\n");
        for (const auto& hint : texts_of(*answer, "hints")) complain(hint + "\n");
        return ExitCode::usage;
    }
    if (answer.has_error()) return complain_unreachable(Trouble::bad_reply, options);
    if (quiet) return ExitCode::ok;
    for (const auto& warning : texts_of(*answer, "warnings")) complain("warning: " + warning + "\n");
    if (options.json) return ExitCode::ok;
    const auto changes = texts_of(*answer, "changes");
    for (const auto& change : changes) print(change + "\n");
    if (changes.empty()) print("nothing has changed\n");
    return ExitCode::ok;
}

}  // namespace vmha::client
