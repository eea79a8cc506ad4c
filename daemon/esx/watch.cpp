#include "daemon/esx/watch.hpp"

namespace vmha::esx {

namespace {

WatchEnd expired(std::string_view host, std::string_view cause) {
    return {WatchEnd::Why::expired,
            {Errc::not_authenticated, "cannot watch " + std::string(host) + ": " + std::string(cause)}};
}

WatchEnd rebuild(std::string_view host, std::string_view cause) {
    return {WatchEnd::Why::rebuild,
            {Errc::fault, "cannot watch " + std::string(host) + ": " + std::string(cause)}};
}

// The same words every time: the link says them once, however often it is tried again.
WatchEnd mute(std::string_view host) {
    return {
        WatchEnd::Why::mute,
        {Errc::timeout,
         "cannot watch " + std::string(host) +
             ": it answers, but tells nothing new (no answer to WaitForUpdatesEx); restart its management "
             "agents if that lasts"}};
}

}  // namespace

Watch::Watch(WatchSettings settings, Session session, PropertyPlan plan, OnRead on_read)
    : settings_(std::move(settings)),
      session_(std::move(session)),
      plan_(std::move(plan)),
      on_read_(std::move(on_read)),
      inventory_(session_.clock, session_.content.product) {}

WatchEnd Watch::ended(const Called& called) const {
    const auto& host = settings_.host.str();
    if (called.refused_with("NotAuthenticated")) return expired(host, called.why());
    for (const auto* gone : {"InvalidCollectorVersion", "ManagedObjectNotFound", "RequestCanceled"})
        if (called.refused_with(gone)) return rebuild(host, called.why());
    return {WatchEnd::Why::dead,
            called.error.value_or(Error{Errc::fault, "cannot watch " + host + ": " + called.why()})};
}

core::Read Watch::begin_read(core::Time asked) const {
    core::Read read;
    read.host = settings_.host;
    read.session = session_.number;
    read.asked = asked;
    return read;
}

void Watch::set_aside(const Aside& aside) {
    if (aside_ == aside) return;
    aside_ = aside;
    facts_changed_ = true;
    inventory_.set_aside(aside_);
}

void Watch::task_ended(const std::string& task) {
    inventory_.task_ended(task, touched_);
}

void Watch::tasks_read(const Retrieved& retrieved, const std::set<std::string>& known) {
    auto gone = known;
    for (const auto& news : retrieved.objects) {
        gone.erase(news.object.id);
        inventory_.apply(news, touched_);
    }
    // A page that ends early says nothing of those that are not on it.
    if (!retrieved.token.empty()) return;
    for (const auto& task : gone) inventory_.task_ended(task, touched_);
}

std::vector<Request> Watch::left_behind() const {
    std::vector<Request> requests{request::destroy_view(session_.view)};
    if (own_collector()) requests.push_back(request::destroy_collector(collector_));
    return requests;
}

bool Watch::own_collector() const {
    return !collector_.empty() && collector_ != session_.content.property_collector;
}

Task<Called> Watch::call(Caller& caller, const Request& request, Deadline until) {
    auto called = co_await caller.call(request, until);
    if (settings_.progress) settings_.progress();
    co_return called;
}

// A collector of our own: a wait that an earlier connection left behind on the host would swallow the changes
// that the shared one has for us.
Task<std::optional<WatchEnd>> Watch::set_up(Caller& caller) {
    const auto until = net::deadline_in(settings_.limits.first_read);
    if (own_collector()) {
        const auto request = request::destroy_collector(collector_);
        co_await call(caller, request, until);
    }
    collector_ = session_.content.property_collector;
    const auto create = request::create_collector(session_.content);
    const auto made = co_await call(caller, create, until);
    if (made) {
        collector_ = moref_of(made.reply->returned());
    } else if (!made.fault || made.fault->fault.kind != core::FaultKind::not_supported) {
        co_return ended(made);
    }
    for (;;) {
        const auto request = request::create_filter(collector_, session_.view, plan_);
        const auto filter = co_await call(caller, request, until);
        if (filter) co_return std::nullopt;
        if (!filter.refused_with("InvalidProperty") || !plan_.drop(filter.fault->property))
            co_return ended(filter);
    }
}

Task<std::optional<WatchEnd>> Watch::read_everything(Caller& caller) {
    const auto& host = settings_.host.str();
    inventory_ = Inventory(session_.clock, session_.content.product);
    inventory_.set_aside(aside_);
    touched_ = {};
    version_.clear();
    auto read = begin_read(settings_.clock());
    Inventory::Applied applied;
    for (bool more = true; more;) {
        const auto request = request::wait_for_updates(collector_, version_, 1);
        const auto called = co_await call(caller, request, net::deadline_in(settings_.limits.first_read));
        if (!called) co_return called.code() == Errc::timeout ? mute(host) : ended(called);
        const auto updates = updates_of(*called.reply);
        if (session_lost(updates.objects)) co_return expired(host, "the session has expired");
        // Nothing at all is no answer to "everything": an expired session looks so.
        if (updates.version.empty()) co_return expired(host, "the full view is empty");
        for (const auto& news : updates.objects) inventory_.apply(news, applied);
        version_ = updates.version;
        more = updates.truncated;
    }
    if (!inventory_.has_sentinel()) co_return expired(host, "the full view lacks the host itself");
    inventory_.fill(read);
    facts_changed_ = false;
    on_read_(std::move(read), applied);
    co_return std::nullopt;
}

// After the full view, which does not wait for it: the next wait brings the tasks that run already.
Task<std::optional<WatchEnd>> Watch::watch_tasks(Caller& caller) {
    if (session_.content.task_manager.empty()) co_return std::nullopt;
    const auto request = request::create_task_filter(session_.content, collector_);
    const auto filter = co_await call(caller, request, net::deadline_in(settings_.limits.first_read));
    if (filter.error || filter.refused_with("NotAuthenticated")) co_return ended(filter);
    co_return std::nullopt;
}

Task<std::optional<WatchEnd>> Watch::read_changes(Caller& caller) {
    const auto interval_s = std::chrono::duration_cast<core::seconds>(settings_.interval);
    auto read = begin_read(settings_.clock());
    Inventory::Applied applied;
    for (bool more = true; more;) {
        const auto request = request::wait_for_updates(collector_, version_, interval_s.count());
        const auto called = co_await call(caller, request,
                                          net::deadline_in(settings_.interval + settings_.limits.wait_grace));
        if (!called) co_return ended(called);
        const auto updates = updates_of(*called.reply);
        if (session_lost(updates.objects)) co_return expired(settings_.host.str(), "the session has expired");
        for (const auto& news : updates.objects) inventory_.apply(news, applied);
        if (!updates.version.empty()) version_ = updates.version;
        more = updates.truncated;
    }
    if (applied.out_of_step) co_return rebuild(settings_.host.str(), "it told a part of a property");
    applied.facts = applied.facts || std::exchange(facts_changed_, false);
    for (const auto& id : std::exchange(touched_, {}).entries)
        if (inventory_.entry(id)) applied.entries.insert(id);
    inventory_.fill(read, applied);
    on_read_(std::move(read), applied);
    co_return std::nullopt;
}

Task<WatchEnd> Watch::run(Caller& caller) {
    auto end = co_await set_up(caller);
    if (!end) end = co_await read_everything(caller);
    const bool told = !end;
    if (!end) end = co_await watch_tasks(caller);
    while (!end) end = co_await read_changes(caller);
    end->told = told;
    co_return *end;
}

}  // namespace vmha::esx
