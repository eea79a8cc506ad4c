// What hardly changes on a host. What cannot be read now stays as it was read last: it blocks nothing.
#include "daemon/shell/refresh.hpp"
#include "daemon/shell/text/host_facts.hpp"

namespace vmha::shell {

namespace {

// The frame's text as the parser understands it; nothing where the command failed or says something else.
template <class Parser>
auto value_of(const Reply& reply, std::string_view name, Parser parse)
    -> std::optional<typename decltype(parse(std::string_view()))::value_type> {
    const auto* frame = reply.frame(name);
    if (frame == nullptr || frame->status != 0) return std::nullopt;
    auto value = parse(frame->out);
    if (!value) return std::nullopt;
    return std::move(*value);
}

}  // namespace

void Picture::take_facts(const Reply& reply) {
    if (const auto on = value_of(reply, "maintenance", text::read_maintenance)) facts_.in_maintenance = *on;
    if (asks_slow_) take_slow_facts(reply);
}

void Picture::take_slow_facts(const Reply& reply) {
    slow_asked_ = draft_.asked;
    if (auto version = value_of(reply, "version", text::read_version)) facts_.product = std::move(*version);
    if (auto nics = value_of(reply, "nics", text::read_nics)) facts_.nics = std::move(*nics);
    if (auto groups = value_of(reply, "port_groups", text::read_port_groups))
        facts_.networks = std::move(*groups);
    if (const auto days = value_of(reply, "licence", text::read_evaluation_days))
        facts_.evaluation_days = *days;
    if (const auto free = value_of(reply, "memory", text::read_free_memory_mb)) facts_.memory_free_mb = *free;
    if (auto vmids = value_of(reply, "autostart", text::read_autostart)) autostart_ = std::move(*vmids);
    if (const auto on = value_of(reply, "autostart_defaults", text::read_autostart_enabled))
        autostart_enabled_ = *on;
}

}  // namespace vmha::shell
