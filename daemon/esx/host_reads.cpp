#include <boost/system/system_error.hpp>

#include "daemon/esx/host_impl.hpp"

namespace vmha::esx {

std::optional<core::VmxPath> Host::Impl::by_name(const core::VmxPath& path) const {
    if (!watch || !watch->inventory().knows_datastores()) return path;
    const auto* datastore = watch->inventory().datastore(path.volume);
    if (datastore == nullptr) return std::nullopt;
    return core::VmxPath{datastore->name, path.file};
}

// One entry, by its id. False: nothing was learned.
Task<bool> Host::Impl::look_at_one(const core::Look& order) {
    const auto in = session;
    core::Looked looked;
    looked.host = config.name;
    looked.session = in->number;
    looked.look = order.id;
    looked.asked = world.clock();
    looked.vmid = order.vmid;
    const auto request = request::read_vm(in->content, order.vmid, plan);
    const auto called = co_await commands.call(request, net::deadline_in(config.limits.call));
    if (called.fault && called.fault->fault.kind == core::FaultKind::object_gone) {
        // A host may say so to a session that has expired, too.
        if (!co_await session_lives() || session != in) co_return false;
        tell(std::move(looked));
        co_return true;
    }
    if (!called) co_return false;
    const auto retrieved = retrieved_of(*called.reply);
    if (session_lost(retrieved.objects) || !shows_session(retrieved)) co_return false;
    Inventory inventory(in->clock);
    if (watch) inventory.borrow(watch->inventory());
    Inventory::Applied applied;
    for (const auto& news : retrieved.objects) {
        for (const auto& missing : news.missing)
            if (missing.fault == "ManagedObjectNotFound") co_return false;  // going, but not gone
        inventory.apply(news, applied);
    }
    looked.entry = inventory.entry(order.vmid);
    if (!looked.entry || session != in) co_return false;
    tell(std::move(looked));
    co_return true;
}

// The whole inventory.
Task<bool> Host::Impl::look_at_all(const core::Look& order) {
    const auto in = session;
    core::Read read;
    read.host = config.name;
    read.session = in->number;
    read.look = order.id;
    read.asked = world.clock();
    Inventory inventory(in->clock, in->content.product);
    Inventory::Applied applied;
    bool sign = false;
    auto request = request::read_all(in->content, in->view, plan);
    for (;;) {
        const auto called = co_await commands.call(request, net::deadline_in(config.limits.call));
        if (!called) co_return false;
        const auto retrieved = retrieved_of(*called.reply);
        if (session_lost(retrieved.objects)) co_return false;
        sign = sign || shows_session(retrieved);
        for (const auto& news : retrieved.objects) inventory.apply(news, applied);
        if (retrieved.token.empty()) break;
        request = request::read_more(in->content, retrieved.token);
    }
    if (!sign || !inventory.has_sentinel() || session != in) co_return false;
    if (watch) inventory.borrow(watch->inventory());
    inventory.fill(read);
    tell(std::move(read));
    co_return true;
}

Task<> Host::Impl::look(Self self, core::Look order) {
    bool learned = false;
    try {
        if (self->session && order.vmid.empty())
            learned = co_await self->look_at_all(order);
        else if (self->session)
            learned = co_await self->look_at_one(order);
    } catch (const std::exception&) {
        if (self->stopped) throw;  // cancelled
    }
    if (!learned) self->tell(core::LookFailed{self->config.name, order.id});
}

// By the datastore's browser; needs the right to browse. Whatever else happens: it cannot be told.
Task<core::Presence> Host::Impl::presence_of(const core::CheckVmx& order) {
    const auto in = session;
    const auto path = by_name(order.path);
    const auto* datastore = path && watch ? watch->inventory().datastore(path->volume) : nullptr;
    if (!in || datastore == nullptr) co_return core::Presence::cannot_tell;
    const auto limit = net::deadline_in(config.limits.call);
    const auto ask_browser = request::read_one(in->content, {"Datastore", datastore->id}, "browser");
    const auto asked = co_await commands.call(ask_browser, limit);
    if (!asked) co_return core::Presence::cannot_tell;
    Moref browser;
    for (const auto& news : retrieved_of(*asked.reply).objects)
        for (const auto& change : news.changes)
            if (change.path == "browser") browser = moref_of(change.value);
    if (browser.empty()) co_return core::Presence::cannot_tell;

    const size_t slash = path->file.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path->file.substr(0, slash);
    const std::string file = slash == std::string::npos ? path->file : path->file.substr(slash + 1);
    const auto search =
        request::search_datastore(browser, core::datastore_path({path->volume, folder}), file);
    const auto started = co_await commands.call(search, limit);
    if (!started) co_return core::Presence::cannot_tell;
    const auto end = co_await follow_task(moref_of(started.reply->returned()), path->file, limit);
    if (end.fault && end.fault->is("FileNotFound")) co_return core::Presence::missing;
    if (end.state != TaskEnd::State::success || !end.result) co_return core::Presence::cannot_tell;
    for (const auto& found : end.result.children())
        if (xml::local_name(found) == "file" && text_of(found, "path") == file)
            co_return core::Presence::present;
    co_return core::Presence::missing;
}

Task<> Host::Impl::check_vmx(Self self, core::CheckVmx order) {
    core::VmxChecked checked{order.vm, order.host, core::Presence::cannot_tell};
    try {
        checked.presence = co_await self->presence_of(order);
    } catch (const std::exception&) {
        if (self->stopped) throw;  // cancelled
    }
    self->tell(std::move(checked));
}

}  // namespace vmha::esx
