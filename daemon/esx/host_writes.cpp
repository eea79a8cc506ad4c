#include <boost/system/system_error.hpp>

#include "daemon/esx/host_impl.hpp"

namespace vmha::esx {

namespace {

using core::FaultKind;
using core::Outcome;

core::WriteDone without_reply(const core::Write& order, Outcome outcome, std::string why) {
    core::WriteDone done;
    done.id = order.id;
    done.outcome = outcome;
    done.fault.message = std::move(why);
    return done;
}

core::WriteDone refused(const core::Write& order, core::Fault fault) {
    core::WriteDone done;
    done.id = order.id;
    done.outcome = Outcome::refused;
    done.fault = std::move(fault);
    // Somebody else answered, or the question has gone by itself: nothing is wrong, look again. So it is with
    // a task that has ended before it was cancelled (Task.CancelTask: InvalidState).
    const bool gone = order.verb == core::Verb::answer_question ? done.fault.name == "InvalidArgument"
                      : order.verb == core::Verb::cancel_task
                          ? done.fault.name == "InvalidState" || done.fault.kind == FaultKind::object_gone
                          : false;
    if (gone) done.fault.kind = FaultKind::answered_already;
    return done;
}

core::WriteDone done_well(const core::Write& order) {
    core::WriteDone done;
    done.id = order.id;
    done.outcome = Outcome::ok;
    return done;
}

}  // namespace

Task<TaskEnd> Host::Impl::follow_task(Moref task, std::string watched, Deadline limit) {
    const auto at = followers.emplace(followers.end(), std::move(watched), executor);
    // Also when this coroutine is cancelled.
    const std::shared_ptr<void> forget(nullptr,
                                       [self = shared_from_this(), at](void*) { self->followers.erase(at); });
    const auto followed = session;
    if (!followed) {
        TaskEnd end;
        end.why = "the session is gone";
        co_return end;
    }
    co_return co_await follow(commands, followed->content, std::move(task), at->news, config.limits, limit);
}

Task<bool> Host::Impl::session_lives() {
    const auto asked = session;
    if (!asked) co_return false;
    const auto sign =
        co_await sign_of_life(commands, asked->content, net::deadline_in(config.limits.connect));
    if (sign == Sign::lost) expire(asked);
    co_return sign == Sign::alive;
}

// A host with the free licence answers every write with RestrictedVersion (pyvmomi#625).
void Host::Impl::learn_write_right(bool can_write) {
    aside.api_writes = can_write;
    tell_aside();
}

Task<core::WriteDone> Host::Impl::answered(const core::Write& order, const Called& called) {
    if (called) {
        learn_write_right(true);
        co_return done_well(order);
    }
    if (!called.fault)
        co_return without_reply(order, called.sent ? Outcome::unanswered : Outcome::unsent, called.why());
    if (called.refused_with("NotAuthenticated")) {
        // Nothing was done either way. In a session that lives it means a missing right (govmomi#224).
        if (!co_await session_lives()) co_return without_reply(order, Outcome::unsent, called.why());
        auto fault = called.fault->fault;
        fault.kind = FaultKind::no_permission;
        co_return refused(order, std::move(fault));
    }
    if (called.fault->fault.kind == FaultKind::restricted_version) learn_write_right(false);
    co_return refused(order, called.fault->fault);
}

Task<core::WriteDone> Host::Impl::plain_call(const core::Write& order, const Request& request,
                                             Deadline limit) {
    const auto called = co_await commands.call(request, limit);
    co_return co_await answered(order, called);
}

Task<core::WriteDone> Host::Impl::task_call(const core::Write& order, const Request& request,
                                            std::string watched, Deadline limit) {
    const auto called = co_await commands.call(request, limit);
    if (!called) co_return co_await answered(order, called);
    const auto task = moref_of(called.reply->returned());
    auto end = co_await follow_task(task, std::move(watched), limit);
    if (end.state != TaskEnd::State::not_learned && watch) watch->task_ended(task.id);
    if (end.state == TaskEnd::State::not_learned)
        co_return without_reply(order, Outcome::unanswered, std::move(end.why));
    if (end.state == TaskEnd::State::error) {
        Called told;
        told.sent = true;
        told.fault = std::move(end.fault);
        co_return co_await answered(order, told);
    }
    learn_write_right(true);
    auto done = done_well(order);
    if (order.verb == core::Verb::register_vm) done.vmid = end.result.child_value();
    co_return done;
}

// These two can block for minutes while paths are down: on a connection of their own.
Task<core::WriteDone> Host::Impl::rescan(const core::Write& order, Deadline limit) {
    const auto places = session->places;
    Called called;
    if (!order.adapter.empty()) {
        const auto request = request::rescan_adapter(places, order.adapter);
        called = co_await commands.call_apart(request, limit);
    }
    const bool one_is_unknown = called.fault && called.fault->fault.kind == FaultKind::not_supported;
    if (order.adapter.empty() || one_is_unknown) {
        const auto request = request::rescan_all_adapters(places);
        called = co_await commands.call_apart(request, limit);
    }
    if (called) {
        const auto request = request::rescan_vmfs(places);
        called = co_await commands.call_apart(request, limit);
    }
    want_unresolved();
    co_return co_await answered(order, called);
}

Task<core::WriteDone> Host::Impl::carry_out(const core::Write& order) {
    if (!session) co_return without_reply(order, Outcome::unsent, "there is no session on " + peer.name);
    if (order.limit <= world.clock())
        co_return without_reply(order, Outcome::unsent, "its time was over before it was sent");
    const auto limit = deadline_of(order.limit);
    switch (order.verb) {
        case core::Verb::register_vm: {
            if (!session->places.complete())
                co_return refused(order,
                                  {FaultKind::other, "", peer.name + " does not tell where to register VMs"});
            const auto path = by_name(order.path);
            if (!path)
                co_return refused(order, {FaultKind::bad_datastore, "InvalidDatastore",
                                          "there is no datastore " + order.path.volume + " on " + peer.name});
            const auto request = request::register_vm(session->places, core::datastore_path(*path));
            co_return co_await task_call(order, request, path->file, limit);
        }
        case core::Verb::power_on: {
            const auto request = request::power_on(order.vmid);
            co_return co_await task_call(order, request, order.vmid, limit);
        }
        case core::Verb::power_off: {
            const auto request = request::power_off(order.vmid);
            co_return co_await task_call(order, request, order.vmid, limit);
        }
        case core::Verb::unregister: {
            const auto request = request::unregister_vm(order.vmid);
            co_return co_await plain_call(order, request, limit);
        }
        case core::Verb::shutdown_guest: {
            const auto request = request::shutdown_guest(order.vmid);
            co_return co_await plain_call(order, request, limit);
        }
        case core::Verb::answer_question: {
            const auto request = request::answer(order.vmid, order.question_id, order.choice_key);
            co_return co_await plain_call(order, request, limit);
        }
        case core::Verb::rescan_storage: co_return co_await rescan(order, limit);
        case core::Verb::kill_process:
            co_return refused(order, {FaultKind::not_supported, "NotSupported",
                                      "the API of " + peer.name + " knows no processes"});
        case core::Verb::cancel_task: {
            const auto request = request::cancel_task(order.task);
            co_return co_await plain_call(order, request, limit);
        }
    }
    co_return without_reply(order, Outcome::unsent, "unknown verb");
}

Task<> Host::Impl::write(Self self, core::Write order) {
    core::WriteDone done;
    try {
        done = co_await self->carry_out(order);
    } catch (const boost::system::system_error& thrown) {
        if (self->stopped) throw;  // cancelled
        done = without_reply(order, Outcome::unanswered, thrown.code().message());
    } catch (const std::exception& thrown) {
        done = without_reply(order, Outcome::unanswered, thrown.what());
    }
    self->tell(std::move(done));
}

}  // namespace vmha::esx
