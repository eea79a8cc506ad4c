#include "daemon/run/record.hpp"

#include "daemon/core/operation.hpp"

namespace vmha::run {
namespace {

using core::About;
using core::Say;

MessageId of_transition(const Say& say) {
    using core::Stage;
    for (const auto stage : {Stage::failed, Stage::timed_out})
        if (say.to == word(stage)) return MessageId::operation_failed;
    for (const auto stage : {Stage::started, Stage::stopped, Stage::tidied})
        if (say.to == word(stage)) return MessageId::operation_done;
    return MessageId::operation_moved;
}

MessageId of_health(const Say& say) {
    if (say.reason == Reason::left_over) return MessageId::left_over;
    if (say.to == word(core::Verdict::healthy)) return MessageId::vm_healthy;
    if (say.to == word(core::Verdict::unhealthy)) return MessageId::vm_unhealthy;
    return MessageId::vm_unknown;
}

MessageId of_link(const Say& say) {
    using core::Link;
    if (say.to == word(Link::up)) return MessageId::link_up;
    if (say.to == word(Link::bad_password)) return MessageId::login_refused;
    if (say.to == word(Link::locked_out)) return MessageId::login_stopped;
    if (say.to == word(Link::untrusted)) return MessageId::host_untrusted;
    return MessageId::link_down;
}

MessageId of_note(const Say& say) {
    switch (say.about) {
        case About::other: return MessageId::remark;
        case About::not_ready: return MessageId::not_ready;
        case About::ready_again: return MessageId::ready_again;
        case About::left_over: return MessageId::left_over;
        case About::paused: return MessageId::monitoring_paused;
        case About::goes_on: return MessageId::monitoring_goes_on;
    }
    return MessageId::remark;
}

MessageId id_of(const Say& say) {
    switch (say.topic) {
        case core::Topic::transition: return of_transition(say);
        case core::Topic::health: return of_health(say);
        case core::Topic::link: return of_link(say);
        case core::Topic::note: return of_note(say);
    }
    return MessageId::remark;
}

// What the core does not say of itself: a note has no states.
std::pair<std::string, std::string> states_of(const Say& say) {
    switch (say.about) {
        case About::not_ready: return {"ready", "not ready"};
        case About::ready_again: return {"not ready", "ready"};
        case About::paused: return {"monitored", "paused"};
        case About::goes_on: return {"paused", "monitored"};
        case About::other:
        case About::left_over: break;
    }
    return {say.from, say.to};
}

}  // namespace

Record record_of(const Say& say) {
    auto [from, to] = states_of(say);
    return {say.level,
            id_of(say),
            say.message,
            {{"VM", say.vm.str()},
             {"HOST", say.host.str()},
             {"OPERATION", say.operation ? std::string(word(*say.operation)) : ""},
             {"FROM", std::move(from)},
             {"TO", std::move(to)},
             {"REASON", say.reason ? std::string(word(*say.reason)) : ""}}};
}

}  // namespace vmha::run
