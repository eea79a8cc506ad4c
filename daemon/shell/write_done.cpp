#include "daemon/shell/write_done.hpp"

#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/lines.hpp"

namespace vmha::shell {

namespace {

using core::FaultKind;
using core::Outcome;

// "vim-cmd solo/registervm" prints the new vmid alone; very old hosts print nothing (VIM_SSH.pm).
core::WriteDone registered(const core::Write& order, std::string_view out) {
    auto done = done_well(order);
    for (const auto line : text::lines_of(out)) {
        const auto words = text::trimmed(line);
        if (text::is_digits(words)) done.vmid = words;
    }
    if (done.vmid.empty() && !text::trimmed(out).empty())
        return without_answer(order, true, "this is no VM id: \"" + text::said(out) + "\"");
    return done;
}

}  // namespace

core::WriteDone done_well(const core::Write& order) {
    core::WriteDone done;
    done.id = order.id;
    done.outcome = Outcome::ok;
    return done;
}

core::WriteDone refused(const core::Write& order, core::Fault fault) {
    core::WriteDone done;
    done.id = order.id;
    done.outcome = Outcome::refused;
    done.fault = std::move(fault);
    // Somebody else answered, or the question has gone by itself: nothing is wrong, look again. So it is with
    // a task that has ended before it was cancelled.
    const auto kind = done.fault.kind;
    const bool gone = kind == FaultKind::not_found || kind == FaultKind::object_gone;
    const bool answered =
        order.verb == core::Verb::answer_question && (gone || done.fault.name == "InvalidArgument");
    const bool ended = order.verb == core::Verb::cancel_task && (gone || done.fault.name == "InvalidState");
    if (answered || ended) done.fault.kind = FaultKind::answered_already;
    // A command that names a vmid, and not a file.
    if (kind == FaultKind::not_found && !answered && !ended && order.verb != core::Verb::register_vm &&
        order.verb != core::Verb::power_on)
        done.fault.kind = FaultKind::object_gone;
    return done;
}

core::WriteDone without_answer(const core::Write& order, bool sent, std::string why) {
    core::WriteDone done;
    done.id = order.id;
    done.outcome = sent ? Outcome::unanswered : Outcome::unsent;
    done.fault.message = std::move(why);
    return done;
}

core::WriteDone done_by(const core::Write& order, const text::Frame& frame) {
    for (const auto text : {frame.out, frame.err}) {
        const auto down = text::hostd_down(text);
        // vim-cmd logs in before it asks for anything: without a login nothing was done.
        if (down) return without_answer(order, down->heard, down->line);
    }
    if (auto fault = text::refusal_of(frame.status, frame.out, frame.err))
        return refused(order, std::move(*fault));
    if (order.verb == core::Verb::register_vm) return registered(order, frame.out);
    return done_well(order);
}

}  // namespace vmha::shell
