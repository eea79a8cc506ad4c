#include "daemon/core/via.hpp"

#include "daemon/core/processes.hpp"

namespace vmha::core {
namespace {

bool api_refuses(const HostView& host) {
    return host.facts.api_writes == false || host.facts.privileged == false;
}

std::string why_refused(const HostView& host) {
    return host.facts.api_writes == false ? "its licence does not allow writes through the API"
                                          : "its API account lacks a privilege that vmhad needs";
}

}  // namespace

Via via_of(const HostView& host) {
    if (!host.settings.api) return Via::ssh;
    if (!host.settings.ssh) return Via::api;
    return api_refuses(host) || (!host.api_up && shell_up(host)) ? Via::ssh : Via::api;
}

std::string_view word(Via via) {
    return via == Via::api ? "api" : "ssh";
}

std::optional<std::string> no_way_to_write(const HostView& host) {
    if (!host.settings.ssh || via_of(host) != Via::ssh || shell_up(host)) return std::nullopt;
    const std::string down = "the SSH session to " + host.name.str() + " is " +
                             std::string(word(host.shell.link)) +
                             (host.shell.detail.empty() ? "" : " (" + host.shell.detail + ")");
    return host.settings.api ? down + ", and " + why_refused(host) : down;
}

void say_via(Turn& turn, HostView& host) {
    if (!host.settings.api || !host.settings.ssh || !host.complete) return;
    if (!host.api_up && !shell_up(host)) return;
    const Via via = via_of(host);
    if (host.said_via == via || (!host.said_via && via == Via::api)) return;
    host.said_via = via;
    const std::string name = host.name.str();
    Say say;
    say.level = Level::info;
    say.host = host.name;
    say.message =
        via == Via::api
            ? "writes to " + name + " go through its API again"
            : "writes to " + name + " go over SSH: " + (host.api_up ? why_refused(host) : "its API is down");
    say.detail = say.message;
    turn.say(std::move(say));
}

}  // namespace vmha::core

namespace vmha::core::decisions {

std::optional<Decision> await_way_to_write(const HostView& host, Time now) {
    constexpr Duration patience = seconds(30);
    const auto why = no_way_to_write(host);
    const Time over = host.shell.since + patience;
    if (!why || now >= over) return std::nullopt;
    return wait(host.settings.local ? Stage::waiting_for_host : Stage::waiting_for_peer, host,
                Reason::host_unreachable, *why, over);
}

}  // namespace vmha::core::decisions
