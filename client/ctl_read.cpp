// The commands of vmhactl that only ask.
#include "client/answers.hpp"
#include "client/ctl.hpp"
#include "client/health.hpp"
#include "client/render.hpp"
#include "client/say.hpp"

namespace vmha::client {
namespace {

constexpr JsonLimits answer_limits{.bytes = 16 << 20};

ExitCode show(const CtlOptions& options, const std::string& target, const std::string& about,
              std::string (*render)(const Json&)) {
    const Reply reply = ctl_call(options, {"GET", target, {}});
    if (reply.trouble != Trouble::none) return complain_unreachable(reply.trouble, options);
    if (reply.status != 200) return complain_refused(reply, about);
    const auto answer = parse_json(reply.body, answer_limits);
    if (answer.has_error()) return complain_unreachable(Trouble::bad_reply, options);
    print(options.json ? dump_json(*answer) + "\n" : render(*answer));
    return ExitCode::ok;
}

// The verdict on one VM; unset if vmhad is out of reach.
std::optional<ExitCode> check_one(const CtlOptions& options, const std::string& vm, Trouble& trouble) {
    const Reply reply = ctl_call(options, {"GET", "/v1/vms/" + vm + "/health", {}});
    trouble = reply.trouble;
    if (trouble != Trouble::none) return std::nullopt;
    if (reply.status == 404) return complain_refused(reply, vm);
    const auto answer = parse_json(reply.body);
    const auto health = answer.has_error() ? std::nullopt : read_health(*answer);
    if (!health) return complain_refused(reply, vm);
    print(options.json ? dump_json(*answer) + "\n" : printable(health_text(*health)) + "\n");
    return health->exit_code;
}

}  // namespace

ExitCode ctl_status(const CtlOptions& options) {
    return show(options, "/v1/status", "status", render_status);
}

ExitCode ctl_hosts(const CtlOptions& options) {
    return show(options, "/v1/hosts", "hosts", render_hosts);
}

ExitCode ctl_vms(const CtlOptions& options) {
    return show(options, "/v1/vms", "vms", render_vms);
}

ExitCode ctl_vm(const CtlOptions& options, const std::string& vm) {
    return show(options, "/v1/vms/" + vm + "?lock=ask", vm, render_vm);
}

ExitCode ctl_events(const CtlOptions& options, bool follow) {
    const auto show_line = [&](std::string_view line) {
        const auto event = parse_json(line);
        if (event.has_error()) return true;
        print(options.json ? dump_json(*event) + "\n" : render_event(*event));
        return true;
    };
    const Reply reply =
        call(options.socket, {"GET", follow ? "/v1/events?follow=1" : "/v1/events", {}},
             Deadline::in_ms(3000), follow ? Deadline::never() : Deadline::in_ms(30'000), show_line);
    if (reply.trouble != Trouble::none) return complain_unreachable(reply.trouble, options);
    if (reply.status != 200) return complain_refused(reply, "events");
    return follow ? complain_unreachable(Trouble::closed, options) : ExitCode::ok;
}

ExitCode ctl_check(const CtlOptions& options, std::vector<std::string> vms) {
    if (vms.empty()) {
        const VmList list = list_vms(options.socket, true, Deadline::in_ms(30'000), {.unreachable_ms = 0});
        if (!list.names) return complain_unreachable(list.trouble, options);
        vms = *list.names;
        if (vms.empty() && !options.json) print("no VM is active on this node\n");
    }
    ExitCode code = ExitCode::ok;
    for (const std::string& vm : vms) {
        Trouble trouble = Trouble::none;
        const auto one = check_one(options, vm, trouble);
        if (!one) return complain_unreachable(trouble, options);
        code = worse(code, *one);
    }
    return code;
}

}  // namespace vmha::client
