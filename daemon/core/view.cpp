#include "daemon/core/view.hpp"

#include <algorithm>
#include <utility>

#include "daemon/core/known.hpp"

namespace vmha::core {
namespace {

void mark_operations_dirty(const State& state, std::set<VmName>& dirty) {
    for (const auto& [name, vm] : state.vms)
        if (vm.op || vm.flying || vm.answering) dirty.insert(name);
}

void mark_all_dirty(const State& state, std::set<VmName>& dirty) {
    for (const auto& [name, vm] : state.vms) dirty.insert(name);
}

// An entry that is nobody's may be one of ours that was moved.
void mark_if_moved(const State& state, const VmEntry& entry, std::set<VmName>& dirty) {
    if (!entry.instance_uuid.empty() && dirty.size() < state.vms.size()) mark_all_dirty(state, dirty);
}

void forget_where(HostView& host, const std::string& vmid, std::set<VmName>& dirty) {
    for (auto it = host.where.begin(); it != host.where.end();) {
        if (it->second == vmid) {
            dirty.insert(it->first);
            it = host.where.erase(it);
        } else {
            ++it;
        }
    }
}

void forget_uuid(HostView& host, const VmEntry& entry) {
    const auto [first, last] = host.by_uuid.equal_range(entry.instance_uuid);
    const auto item = std::find_if(first, last, [&](const auto& pair) { return pair.second == entry.vmid; });
    if (item != last) host.by_uuid.erase(item);
}

bool contradict(const VmEntry& a, const VmEntry& b) {
    return !a.instance_uuid.empty() && !b.instance_uuid.empty() && a.instance_uuid != b.instance_uuid;
}

// An entry that only our memory takes for the VM's gives way to one whose path the host tells.
void place(HostView& host, const VmName& vm, const std::string& vmid) {
    const auto there = host.where.find(vm);
    const bool taken = there != host.where.end() && there->second != vmid &&
                       host.entries.contains(there->second) &&
                       !host.entries.at(there->second).path_remembered;
    if (!taken || !host.entries.at(vmid).path_remembered) host.where[vm] = vmid;
}

// What was concluded from ids that the host has given out anew is void.
void distrust_memory(const State& state, HostView& host, std::set<VmName>& dirty) {
    forget_all_remembered(host);
    for (auto& [vmid, seen] : host.entries) {
        if (!seen.path_remembered) continue;
        seen.entry.path.reset();
        seen.path_remembered = false;
        forget_where(host, vmid, dirty);
    }
    mark_operations_dirty(state, dirty);
}

void put_entry(const State& state, HostView& host, VmEntry entry, Time asked, bool watched, Time now,
               std::set<VmName>& dirty) {
    const std::string vmid = entry.vmid;
    const auto old = host.entries.find(vmid);
    const bool is_new = old == host.entries.end();
    // An invalid or inaccessible VM reports no path any more; its id is still the one we knew (facts C6).
    const bool told_path = entry.path.has_value();
    if (!is_new && !told_path && !contradict(entry, old->second.entry)) entry.path = old->second.entry.path;
    if (!entry.path) entry.path = remembered_path(state, host, entry);

    Seen seen{entry, entry.path && !told_path, asked, now, now, now};
    if (!is_new) {
        if (!watched) seen.told = old->second.told;
        if (old->second.entry.power == entry.power) seen.power_since = old->second.power_since;
        if (old->second.entry.connection == entry.connection)
            seen.connection_since = old->second.connection_since;
        if (old->second.asked > asked) seen.asked = old->second.asked;
    } else {
        if (!watched) seen.told = asked;
        host.inventory_since = now;
        if (!entry.path) mark_operations_dirty(state, dirty);
    }
    const bool same_place = !is_new && old->second.entry.path == entry.path;
    if (!is_new) forget_uuid(host, old->second.entry);
    if (!entry.instance_uuid.empty()) host.by_uuid.emplace(entry.instance_uuid, vmid);
    host.entries.insert_or_assign(vmid, std::move(seen));
    if (watched) host.gone.erase(vmid);
    host.doubtful.erase(vmid);

    if (!same_place) {
        forget_where(host, vmid, dirty);
        if (const auto vm = owner_of(state, host, entry)) {
            place(host, *vm, vmid);
            host.seen_left.erase(*vm);
        } else {
            mark_if_moved(state, entry, dirty);
        }
    }
    if (const auto vm = owner_of(state, host, entry)) {
        dirty.insert(*vm);
        if (told_path) remember(host, *vm, entry);
        if (entry.connection == Connection::connected) host.left_unproved.erase(*vm);
    }
}

// A VM may have two entries, such as an invalid twin: it has left only with the last of them.
void find_again(const State& state, HostView& host, const VmName& vm) {
    for (const auto& [vmid, seen] : host.entries)
        if (owner_of(state, host, seen.entry) == vm) place(host, vm, vmid);
    if (!host.where.contains(vm)) host.seen_left.insert(vm);
}

constexpr Duration sudden_emptiness = seconds(60);  // counts for so much later

void note_strangers(HostView& host, const VmName& vm) {
    for (const auto& [vmid, seen] : host.entries)
        if (!seen.entry.path) host.not_ours[vm].insert(vmid);
}

void drop_entry(const State& state, HostView& host, const std::string& vmid, Time now,
                std::set<VmName>& dirty) {
    const auto old = host.entries.find(vmid);
    host.gone.insert(vmid);
    if (old == host.entries.end()) return;
    std::vector<VmName> left;
    for (const auto& [vm, id] : host.where)
        if (id == vmid) left.push_back(vm);
    // "Powered off" of an entry that is not valid proves nothing, and its leaving neither.
    if (old->second.entry.connection != Connection::connected)
        for (const auto& vm : left) host.left_unproved.insert(vm);
    else
        for (const auto& vm : left) note_strangers(host, vm);
    if (!old->second.entry.path) mark_operations_dirty(state, dirty);
    forget_where(host, vmid, dirty);
    host.doubtful.erase(vmid);
    if (left.empty()) mark_if_moved(state, old->second.entry, dirty);
    forget_uuid(host, old->second.entry);
    host.entries.erase(old);
    host.inventory_since = now;
    for (const auto& vm : left) find_again(state, host, vm);
}

void put_datastores(const State& state, HostView& host, const Read& read, std::set<VmName>& dirty) {
    bool changed = false;
    for (const auto& datastore : read.datastores) {
        const auto old = host.datastores.find(datastore.id);
        changed = changed || old == host.datastores.end() || !(old->second.datastore == datastore);
        host.datastores.insert_or_assign(datastore.id, DatastoreSeen{datastore, read.asked});
    }
    for (const auto& id : read.datastores_left) changed = host.datastores.erase(id) > 0 || changed;
    if (read.full)
        changed = std::erase_if(host.datastores,
                                [&](const auto& item) {
                                    return std::ranges::find(read.datastores, item.first, &Datastore::id) ==
                                           read.datastores.end();
                                }) > 0 ||
                  changed;
    if (!changed) return;
    // Names and uuids of volumes may have changed, so paths may match other VMs now. What matched once goes
    // on to match while its datastore is away.
    const auto before = std::exchange(host.where, {});
    for (const auto& [vmid, seen] : host.entries)
        if (const auto vm = owner_of(state, host, seen.entry)) place(host, *vm, vmid);
    for (const auto& [vm, vmid] : before)
        if (host.entries.contains(vmid)) host.where.emplace(vm, vmid);
    mark_all_dirty(state, dirty);
}

// The first full read of a session: what it does not hold went away while we did not look.
void begin_session(const State& state, HostView& host, const Read& read, Time now, std::set<VmName>& dirty) {
    std::map<std::string, Seen> before = std::move(host.entries);
    // Every entry at once does not leave: this one has not loaded its inventory yet.
    const bool empty_suddenly = !before.empty() && read.entries.empty();
    host.entries.clear();
    host.where.clear();
    host.gone.clear();
    host.seen_left.clear();
    host.not_ours.clear();
    for (const auto& entry : read.entries)
        if (const auto old = before.find(entry.vmid); old != before.end())
            host.entries.insert(before.extract(old));  // keeps path and the times of its states
    for (const auto& [vmid, seen] : before)
        if (const auto vm = owner_of(state, host, seen.entry);
            vm && seen.entry.connection != Connection::connected)
            host.left_unproved.insert(*vm);
    host.doubtful.clear();
    host.by_uuid.clear();
    for (auto& [vmid, seen] : host.entries) {
        if (!seen.entry.instance_uuid.empty()) host.by_uuid.emplace(seen.entry.instance_uuid, vmid);
        if (seen.entry.path) seen.path_remembered = true;  // until the new session tells it
        if (const auto vm = owner_of(state, host, seen.entry)) host.where[*vm] = vmid;
    }
    host.datastores.clear();
    host.session = read.session;
    host.session_since = now;
    host.inventory_since = empty_suddenly ? now + sudden_emptiness : now;
    host.complete = true;
    mark_all_dirty(state, dirty);
}

}  // namespace

void apply(State& state, const Read& read, Time now, std::set<VmName>& dirty) {
    HostView& host = state.hosts.at(read.host);
    // Where nothing is pushed, a look at everything is as good as any other read.
    const bool looked = read.look.has_value() && read.good_for == Duration{};
    if (read.session < host.session || (!read.full && read.session != host.session)) return;
    if (looked && read.session != host.session) return;
    // A refresh that a later look has overtaken.
    if (read.good_for > Duration{} && read.session == host.session && host.confirmed &&
        read.asked < *host.confirmed)
        return;

    const bool was_fresh = fresh(state, host, now);
    if (read.full && read.session > host.session) begin_session(state, host, read, now, dirty);
    if (read.full) {
        std::set<std::string> present;
        for (const auto& entry : read.entries) present.insert(entry.vmid);
        std::vector<std::string> missing;
        for (const auto& [vmid, seen] : host.entries)
            if (!present.contains(vmid) && !(looked && seen.told > read.asked)) {
                // A look that was sent after this read saw it. If it is there, the watch's next news says so.
                if (!looked && seen.asked > read.asked)
                    host.doubtful.insert(vmid);
                else
                    missing.push_back(vmid);
            }
        for (const auto& vmid : missing) drop_entry(state, host, vmid, now, dirty);
    }
    if (!looked && !read.full) {
        const auto doubtful = host.doubtful;
        for (const auto& vmid : doubtful)
            if (std::ranges::find(read.entries, vmid, &VmEntry::vmid) == read.entries.end())
                drop_entry(state, host, vmid, now, dirty);
    }
    if (!looked) put_datastores(state, host, read, dirty);
    if (std::ranges::any_of(read.entries, [&](const auto& entry) { return ids_reissued(host, entry); }))
        distrust_memory(state, host, dirty);
    for (const auto& entry : read.entries) {
        const auto known = host.entries.find(entry.vmid);
        // The watch sends only changes: what it told after a look was sent must not be undone by that look.
        if (looked && (host.gone.contains(entry.vmid) ||
                       (known != host.entries.end() && known->second.told > read.asked)))
            continue;
        put_entry(state, host, entry, read.asked, !looked, now, dirty);
    }
    for (const auto& vmid : read.left) drop_entry(state, host, vmid, now, dirty);
    if (read.facts && !(*read.facts == host.facts)) {
        host.facts = *read.facts;
        mark_all_dirty(state, dirty);
    }
    if (!looked && (!host.confirmed || *host.confirmed < read.asked)) host.confirmed = read.asked;
    if (!looked) host.good_for = read.good_for;
    if (!was_fresh && fresh(state, host, now)) {
        host.fresh_since = now;
        mark_all_dirty(state, dirty);
    }
    mark_operations_dirty(state, dirty);
}

bool apply(State& state, const Looked& looked, Time now, std::set<VmName>& dirty) {
    HostView& host = state.hosts.at(looked.host);
    if (looked.session != host.session) return false;
    const auto known = host.entries.find(looked.vmid);
    if (known != host.entries.end() && known->second.told > looked.asked) return false;
    if (looked.entry && ids_reissued(host, *looked.entry)) distrust_memory(state, host, dirty);
    if (!looked.entry)
        drop_entry(state, host, looked.vmid, now, dirty);
    else if (!host.gone.contains(looked.vmid))
        put_entry(state, host, *looked.entry, looked.asked, false, now, dirty);
    return true;
}

void apply(State& state, const LinkChanged& change, Time now, std::set<VmName>& dirty) {
    HostView& host = state.hosts.at(change.host);
    if (host.link != change.link) host.link_since = now;
    host.link = change.link;
    host.link_reason = change.reason;
    host.link_detail = change.detail;
    // However seldom it is read: a connection that was lost confirms nothing until the next read.
    if (change.link != Link::up) host.good_for = {};
    host.api_up = change.link == Link::up && change.reader == Via::api;
    mark_all_dirty(state, dirty);
}

bool fresh(const State& state, const HostView& host, Time now) {
    if (!host.complete || !host.confirmed) return false;
    return now - *host.confirmed <= std::max(state.settings.freshness, host.good_for);
}

std::optional<VmName> owner_of(const State& state, const HostView& host, const VmEntry& entry) {
    if (!entry.path) return std::nullopt;
    const auto [first, last] = state.by_file.equal_range(entry.path->file);
    for (auto it = first; it != last; ++it)
        if (same_path(host, state.vms.at(it->second).settings.vmx, *entry.path)) return it->second;
    return std::nullopt;
}

const Seen* entry_of(const HostView& host, const VmState& vm) {
    const auto where = host.where.find(vm.name);
    if (where == host.where.end()) return nullptr;
    const auto entry = host.entries.find(where->second);
    return entry == host.entries.end() ? nullptr : &entry->second;
}

Time absence_settles(const HostView& host) {
    return std::max(host.session_since, host.inventory_since) + host.settings.settle;
}

bool unreadable_entry(const HostView& host, const VmState& vm) {
    const auto strangers = host.not_ours.find(vm.name);
    return std::ranges::any_of(host.entries, [&](const auto& item) {
        const bool known = strangers != host.not_ours.end() && strangers->second.contains(item.first);
        return !item.second.entry.path && !known;
    });
}

void adopt(State& state, const HostName& name, const VmName& vm, const std::string& vmid) {
    HostView& host = state.hosts.at(name);
    const auto entry = host.entries.find(vmid);
    if (entry == host.entries.end() || entry->second.entry.path) return;
    entry->second.entry.path = state.vms.at(vm).settings.vmx;
    entry->second.path_remembered = true;
    place(host, vm, vmid);
    host.seen_left.erase(vm);
}

void forget_vm(HostView& host, const VmName& vm) {
    if (const auto where = host.where.find(vm); where != host.where.end()) {
        const auto entry = host.entries.find(where->second);
        if (entry != host.entries.end() && entry->second.path_remembered) {
            entry->second.entry.path.reset();
            entry->second.path_remembered = false;
        }
        host.where.erase(where);
    }
    if (const auto known = host.remembered.find(vm); known != host.remembered.end()) {
        host.remembered_vmid.erase(known->second.vmid);
        host.remembered.erase(known);
    }
    host.not_ours.erase(vm);
    host.seen_left.erase(vm);
    host.left_unproved.erase(vm);
}

void find_entries(const State& state, HostView& host, const std::set<VmName>& vms) {
    for (auto& [vmid, seen] : host.entries) {
        if (!seen.entry.path) {
            seen.entry.path = remembered_path(state, host, seen.entry);
            seen.path_remembered = seen.entry.path.has_value();
        }
        const auto vm = owner_of(state, host, seen.entry);
        if (!vm || !vms.contains(*vm)) continue;
        place(host, *vm, vmid);
        if (!seen.path_remembered) remember(host, *vm, seen.entry);
    }
}

bool looked_for(const HostView& host, const VmState& vm) {
    if (!vm.since) return true;
    const auto known = known_as_of(host, vm);
    return known && *known >= *vm.since;
}

bool absence_proved(const State& state, const HostView& host, const VmState& vm, Time now) {
    if (!fresh(state, host, now) || entry_of(host, vm) || !looked_for(host, vm)) return false;
    if (unreadable_entry(host, vm)) return false;
    const VmxPath& vmx = vm.settings.vmx;
    const auto may_be_it = [&](const auto& item) {
        if (!item.second.entry.path) return false;
        const VmxPath& path = *item.second.entry.path;
        return path.file == vmx.file && (!volume_of(host, path.volume) || !volume_of(host, vmx.volume));
    };
    if (std::ranges::any_of(host.entries, may_be_it)) return false;
    if (const auto late = vm.late_register.find(host.name);
        late != vm.late_register.end() && now < late->second)
        return false;
    return host.seen_left.contains(vm.name) || absence_settled(host, vm, now);
}

bool slow(const HostView& host) {
    return host.good_for > Duration{};
}

Time freshness_ends(const State& state, const HostView& host) {
    return host.confirmed ? *host.confirmed + std::max(state.settings.freshness, host.good_for) + Duration(1)
                          : never;
}

// Where nothing is pushed, only what was read after the settling tells that nothing came.
bool absence_settled(const HostView& host, const VmState& vm, Time now) {
    const Time settles = absence_settles(host);
    const auto known = known_as_of(host, vm);
    return now >= settles && (!slow(host) || (known && *known >= settles));
}

std::optional<Time> known_as_of(const HostView& host, const VmState& vm) {
    std::optional<Time> known = host.confirmed;
    if (const auto looked = vm.looked.find(host.name); looked != vm.looked.end())
        if (!known || *known < looked->second) known = looked->second;
    return known;
}

}  // namespace vmha::core
