#include <boost/system/system_error.hpp>

#include "daemon/esx/host_impl.hpp"

namespace vmha::esx {

void Host::Impl::tell_aside() {
    if (watch) watch->set_aside(aside);
}

// Read ahead, so that a free licence or a missing right is known before a start runs into it. None of these
// reads is needed: what fails is not known.
Task<> Host::Impl::look_aside(Self self) {
    const auto in = self->session;
    if (!in) co_return;
    const bool new_session = !self->looked_aside || self->aside_session != in->number;
    self->aside_session = in->number;
    self->looked_aside = net::BootClock::now();
    // What a write has taught in an earlier session may not hold any more.
    if (new_session) self->licence = {};
    co_await self->read_licence(in);
    co_await self->read_privileges(in);
}

Task<> Host::Impl::read_licence(std::shared_ptr<const Session> in) {
    if (in->content.license_manager.empty()) co_return;
    const auto request = request::read_licence(in->content);
    const auto called = co_await commands.call(request, net::deadline_in(config.limits.call));
    if (!called || session != in) co_return;
    const auto retrieved = retrieved_of(*called.reply);
    if (retrieved.objects.empty()) co_return;
    const auto read = licence_of(retrieved);
    aside.evaluation_days = read.evaluation_days;
    // A write that was refused or done knows better than a licence that has not changed since.
    if (read.writes != licence.writes) aside.api_writes = read.writes;
    licence = read;
    tell_aside();
}

Task<> Host::Impl::read_privileges(std::shared_ptr<const Session> in) {
    if (in->content.authorization_manager.empty() || !in->places.complete()) co_return;
    const auto limit = net::deadline_in(config.limits.call);
    const auto ask_session = request::current_session(in->content);
    const auto current = co_await commands.call(ask_session, limit);
    if (!current) co_return;
    const auto key = session_key_of(retrieved_of(*current.reply));
    if (key.empty()) co_return;
    const auto request = request::has_privileges(in->content, in->places, key);
    const auto called = co_await commands.call(request, limit);
    if (session != in) co_return;
    aside.privileged = called ? privileged_of(*called.reply) : std::nullopt;
    tell_aside();
}

// A host need not tell changes of the list of recent tasks (TaskManager.recentTask), only of the tasks on it.
Task<> Host::Impl::read_tasks(std::shared_ptr<const Session> in) {
    if (in->content.task_manager.empty() || !watch) co_return;
    const auto known = watch->inventory().running_tasks();
    const auto request = request::read_tasks(in->content);
    const auto called = co_await commands.call(request, net::deadline_in(config.limits.connect));
    if (!called || session != in || !watch) co_return;
    // Nothing at all is what an expired session reads, too.
    const auto retrieved = retrieved_of(*called.reply);
    if (shows_session(retrieved) && !session_lost(retrieved.objects)) watch->tasks_read(retrieved, known);
}

void Host::Impl::want_unresolved() {
    unresolved_wanted = true;
    if (asks_unresolved || !session || session->places.storage_system.empty()) return;
    asks_unresolved = true;
    tasks.spawn("volumes of " + peer.name, ask_unresolved(shared_from_this()));
}

// Scans every LUN, and can block while paths are down: on a connection of its own.
Task<> Host::Impl::ask_unresolved(Self self) {
    const auto& limits = self->config.limits;
    const std::shared_ptr<void> over(nullptr, [self](void*) { self->asks_unresolved = false; });
    while (self->unresolved_wanted) {
        if (self->unresolved_at)
            if (!co_await net::sleep_until(*self->unresolved_at + limits.unresolved_pause)) co_return;
        const auto in = self->session;
        if (!in) co_return;
        self->unresolved_wanted = false;
        self->unresolved_at = net::BootClock::now();
        const auto request = request::query_unresolved(in->places);
        const auto called = co_await self->commands.call_apart(request, net::deadline_in(limits.call));
        if (self->session != in) continue;
        if (called) self->aside.unresolved_volumes = unresolved_of(*called.reply);
        self->tell_aside();
    }
}

}  // namespace vmha::esx
