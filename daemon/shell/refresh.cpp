#include "daemon/shell/refresh.hpp"

#include <algorithm>
#include <utility>

#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/processes.hpp"

namespace vmha::shell {

namespace {

// Strangers that are read in one refresh: each costs a vim-cmd.
constexpr size_t strangers_at_once = 5;
constexpr core::Duration slow_facts_every = std::chrono::minutes(10);

bool same_file(const core::VmxPath& a, const core::VmxPath& b) {
    return a.file == b.file;
}

}  // namespace

Error Picture::cannot(std::string_view read_what, const std::string& cause) const {
    return Error{Errc::bad_reply,
                 "cannot read " + std::string(read_what) + " of " + host_.str() + ": " + cause};
}

Error Picture::hostd_away(std::string_view program, const std::string& line) const {
    return Error{Errc::bad_reply,
                 "hostd on " + host_.str() + " does not answer " + std::string(program) + ": " + line};
}

Result<const text::Frame*> Picture::needed(const Reply& reply, std::string_view name,
                                           std::string_view what) const {
    const auto* frame = reply.frame(name);
    if (frame == nullptr) return cannot(what, "the output is not whole");
    if (frame->status == 0) return frame;
    for (const auto text : {frame->out, frame->err})
        if (const auto down = text::hostd_down(text))
            return hostd_away(name == "vms" ? "vim-cmd" : "esxcli", down->line);
    const auto words = text::said(frame->err).empty() ? text::said(frame->out) : text::said(frame->err);
    return cannot(what, "exit status " + std::to_string(frame->status) + (words.empty() ? "" : ", ") + words);
}

// Where the volume is not mounted, its uuid stands for its name: the file alone has to match.
bool Picture::may_be_ours(const text::Row& row) const {
    if (row.paths.empty()) return true;
    const auto is_ours = [&](const core::VmxPath& path) {
        return std::any_of(ours_.begin(), ours_.end(),
                           [&](const auto& vm) { return same_file(vm.second, path); });
    };
    return std::any_of(row.paths.begin(), row.paths.end(), is_ours);
}

std::set<std::string> Picture::ours_among(const std::map<std::string, text::Row>& rows) const {
    std::set<std::string> vmids, uuids;
    for (const auto& [vmid, row] : rows) {
        const auto known = known_.find(vmid);
        const bool same = known != known_.end() && known->second.row == row;
        // What the summary told is the path, whatever else the line holds.
        const bool told = same && known->second.entry.path;
        const bool told_ours = told && may_be_ours({vmid, "", {*known->second.entry.path}});
        if (!told_ours && ((told && row.paths.size() > 1) || !may_be_ours(row))) continue;
        vmids.insert(vmid);
        if (same && !known->second.entry.instance_uuid.empty())
            uuids.insert(known->second.entry.instance_uuid);
    }
    for (const auto& [vmid, row] : rows) {
        const auto known = known_.find(vmid);
        if (known != known_.end() && known->second.row == row &&
            uuids.contains(known->second.entry.instance_uuid))
            vmids.insert(vmid);
    }
    return vmids;
}

std::set<std::string> Picture::our_devices() const {
    std::set<std::string> devices;
    for (const auto& extent : extents_)
        for (const auto& [vm, path] : ours_)
            if (path.volume == extent.volume || path.volume == extent.uuid) devices.insert(extent.device);
    return devices;
}

bool Picture::ours_unmounted() const {
    return std::any_of(ours_.begin(), ours_.end(), [&](const auto& vm) {
        return std::none_of(datastores_.begin(), datastores_.end(), [&](const auto& datastore) {
            return datastore.name == vm.second.volume || datastore.uuid == vm.second.volume;
        });
    });
}

void Picture::ask_tasks_of(Script& script, const std::string& vmid) const {
    script.run("tasks." + vmid, "vim-cmd vmsvc/get.tasklist " + quoted(vmid));
}

Script Picture::ask(core::Time now) {
    draft_ = {};
    asked_ = interesting_;
    Script script;
    ask_hostd(script, "hostd");
    script.run("processes", "esxcli vm process list");
    script.run("filesystems", "esxcli storage filesystem list");
    script.run("extents", "esxcli storage vmfs extent list");
    script.run("maintenance", "esxcli system maintenanceMode get");
    const auto devices = our_devices();
    devices_.assign(devices.begin(), devices.end());
    for (size_t i = 0; i < devices_.size(); ++i)
        script.run("path." + std::to_string(i), "esxcli storage core path list -d " + quoted(devices_[i]));
    script.run("date", "date -u +%s");
    // The list before the VMs in it, so that one that goes meanwhile is told as gone, and not missed.
    ask_list(script);
    for (const auto& vmid : asked_) {
        script.vm(vmid);
        if (busy_.contains(vmid)) ask_tasks_of(script, vmid);
    }
    asks_file_ = skipped_;
    if (asks_file_) script.run("inventory", "cat /etc/vmware/hostd/vmInventory.xml");
    asks_slow_ = !slow_asked_ || now - *slow_asked_ >= slow_facts_every;
    if (asks_slow_) {
        script.run("version", "esxcli system version get");
        script.run("nics", "esxcli network nic list");
        script.run("port_groups", "esxcli network vswitch standard portgroup list");
        script.run("licence", "vim-cmd vimsvc/license --show");
        script.run("memory", "vim-cmd hostsvc/hostsummary");
        script.run("autostart", "vim-cmd hostsvc/autostartmanager/get_autostartseq");
        script.run("autostart_defaults", "vim-cmd hostsvc/autostartmanager/get_defaults");
    }
    return script;
}

Result<void> Picture::take_listing(const Reply& reply) {
    const std::string name = hostd_in(reply, "hostd");
    auto listing = list_in(reply, name);
    if (!listing) return listing.error();
    draft_.listing = std::move(*listing);
    for (const auto& row : draft_.listing.rows) {
        const auto [known, is_new] = draft_.rows.emplace(row.vmid, row);
        // One of them is a line of an annotation: the summary tells.
        if (!is_new)
            known->second.paths.insert(known->second.paths.end(), row.paths.begin(), row.paths.end());
    }
    skipped_ = !draft_.listing.skipped.empty();
    const auto present = [](const auto& item) { return !item.second.gone; };
    const bool emptied =
        draft_.rows.empty() && !skipped_ && std::any_of(known_.begin(), known_.end(), present);
    // Where its process has a name, that alone tells: the last VM may have been taken out.
    const bool first = known_.empty() && hostd_.empty();
    if (!first && (name.empty() && hostd_.empty() ? emptied : name != hostd_)) hostd_is_new_ = true;
    hostd_ = name;
    return {};
}

Result<void> Picture::take_storage(const Reply& reply) {
    const auto filesystems = needed(reply, "filesystems", "the filesystems");
    if (!filesystems) return filesystems.error();
    auto datastores = text::read_filesystems((*filesystems)->out);
    if (!datastores) return cannot("the filesystems", datastores.error().message);
    const auto frame = needed(reply, "extents", "the extents");
    if (!frame) return frame.error();
    auto extents = text::read_extents((*frame)->out);
    if (!extents) return cannot("the extents", extents.error().message);
    // A volume that is away has no extent in the list: its device is asked after all the same.
    for (const auto& old : extents_) {
        const auto same = [&](const text::Extent& extent) { return extent.uuid == old.uuid; };
        if (std::none_of(extents->begin(), extents->end(), same) && our_devices().contains(old.device))
            extents->push_back(old);
    }
    extents_ = std::move(*extents);
    datastores_ = std::move(*datastores);
    for (auto& datastore : datastores_)
        for (const auto& extent : extents_)
            if (extent.uuid == datastore.uuid) datastore.extents.push_back(extent.device);
    return {};
}

Result<void> Picture::take_paths(const Reply& reply) {
    for (size_t i = 0; i < devices_.size(); ++i) {
        const auto* frame = reply.frame("path." + std::to_string(i));
        if (frame == nullptr) return cannot("the paths", "the output is not whole");
        auto& known = paths_[devices_[i]];
        known.clear();
        const auto paths = text::read_paths(frame->out);
        if (frame->status == 0 && paths) known = *paths;
        if (frame->status == 0 && !paths) return cannot("the paths", paths.error().message);
        // Only a refusal that names the device says that it is not there any more; any other failure says
        // nothing.
        const bool names_it = frame->out.find(devices_[i]) != std::string_view::npos ||
                              frame->err.find(devices_[i]) != std::string_view::npos;
        if (frame->status != 0 && !names_it) {
            const auto failed = needed(reply, "path." + std::to_string(i), "the paths");
            return failed ? cannot("the paths", "the list failed") : failed.error();
        }
        if (known.empty()) known.push_back({"", devices_[i], false});
    }
    std::erase_if(paths_, [&](const auto& item) { return !our_devices().contains(item.first); });
    return {};
}

void Picture::take_processes(const Reply& reply) {
    const auto* frame = reply.frame("processes");
    if (frame == nullptr || frame->status != 0) return;
    // An empty list is a proof, so it must not be a program's way to say that it failed.
    if (text::trimmed(frame->out).empty() && !text::trimmed(frame->err).empty()) return;
    if (auto processes = text::read_processes(frame->out)) draft_.processes = std::move(*processes);
}

Result<std::optional<Script>> Picture::take(const Reply& reply, core::Time asked) {
    draft_.asked = asked;
    take_processes(reply);
    if (const auto taken = take_listing(reply); !taken) return taken.error();
    if (const auto taken = take_storage(reply); !taken) return taken.error();
    if (const auto taken = take_paths(reply); !taken) return taken.error();
    if (const auto* date = reply.frame("date")) draft_.host_s = text::integer_of(date->out);
    take_inventory_file(reply);
    std::set<std::string> listed;
    for (const auto& vmid : asked_)
        if (draft_.rows.contains(vmid)) listed.insert(vmid);
    if (const auto taken = take_vms(reply, listed); !taken) return taken.error();
    take_facts(reply);
    return still_to_ask();
}

// What the first script has not asked, and now turns out to matter.
std::optional<Script> Picture::still_to_ask() {
    interesting_ = ours_among(draft_.rows);
    Script script;
    std::set<std::string> strangers;
    for (const auto& [vmid, row] : draft_.rows) {
        if (draft_.read.contains(vmid)) continue;
        const auto known = known_.find(vmid);
        const bool read_once = known != known_.end() && known->second.row == row;
        if (interesting_.contains(vmid) ||
            (!read_once && strangers.insert(vmid).second && strangers.size() <= strangers_at_once))
            draft_.to_ask.insert(vmid);
    }
    for (const auto& vmid : draft_.to_ask) script.vm(vmid);
    for (const auto& [vmid, tasks] : draft_.tasks)
        for (const auto& task : tasks) script.run("task." + task, "vim-cmd vimsvc/task_info " + quoted(task));
    if (!draft_.gone.empty()) ask_list(script);
    const bool new_skipped = std::any_of(draft_.listing.skipped.begin(), draft_.listing.skipped.end(),
                                         [&](const auto& vmid) { return !inventory_file_.contains(vmid); });
    asks_file_ = new_skipped && !asks_file_;
    if (asks_file_) script.run("inventory", "cat /etc/vmware/hostd/vmInventory.xml");
    asks_unresolved_ = ours_unmounted();
    if (asks_unresolved_) script.run("unresolved", "esxcli storage vmfs snapshot list");
    const auto devices = our_devices();
    std::vector<std::string> more;
    for (const auto& device : devices)
        if (!paths_.contains(device)) more.push_back(device);
    devices_ = std::move(more);
    for (size_t i = 0; i < devices_.size(); ++i)
        script.run("path." + std::to_string(i), "esxcli storage core path list -d " + quoted(devices_[i]));
    if (script.empty()) return std::nullopt;
    return script;
}

Result<void> Picture::take_more(const Reply& reply) {
    if (const auto taken = take_paths(reply); !taken) return taken;
    take_inventory_file(reply);
    if (const auto* frame = asks_unresolved_ ? reply.frame("unresolved") : nullptr;
        frame != nullptr && frame->status == 0)
        if (auto labels = text::read_unresolved(frame->out)) facts_.unresolved_volumes = std::move(*labels);
    const auto gone_before = std::exchange(draft_.gone, {});
    if (const auto taken = take_vms(reply, draft_.to_ask); !taken) return taken;
    if (!gone_before.empty()) {
        // "… has not been completely created" is said of one that comes, too: only who is not there twice is
        // gone.
        const auto listing = list_in(reply, hostd_);
        if (!listing) return listing.error();
        for (const auto& vmid : gone_before)
            if (std::none_of(listing->rows.begin(), listing->rows.end(),
                             [&](const auto& row) { return row.vmid == vmid; }))
                draft_.gone.insert(vmid);
    }
    for (const auto& vmid : draft_.gone) {
        draft_.rows.erase(vmid);
        draft_.read.erase(vmid);
    }
    for (const auto& [vmid, tasks] : draft_.tasks) {
        const auto entry = draft_.read.find(vmid);
        auto task = take_tasks(reply, tasks);
        if (!task) busy_.erase(vmid);
        if (entry != draft_.read.end()) add_task(entry->second, std::move(task));
    }
    // Strangers that turn out to have the uuid of one of ours are read from now on.
    interesting_ = ours_among(draft_.rows);
    return {};
}

core::VmEntry Picture::entry_of(const std::string& vmid, const text::Row& row) {
    const auto known = known_.find(vmid);
    if (const auto read = draft_.read.find(vmid); read != draft_.read.end()) return read->second;
    core::VmEntry entry;
    entry.vmid = vmid;
    entry.name = row.name;
    // It is in the list and not ours: of its states nothing is known, and nobody asks.
    const bool same = known != known_.end() && known->second.row == row;
    if (same) entry.instance_uuid = known->second.entry.instance_uuid;
    if (same && known->second.entry.path)
        entry.path = known->second.entry.path;
    else if (!row.paths.empty())
        entry.path = row.paths.front();
    return entry;
}

core::Read Picture::read() {
    hostd_is_new_ = false;
    core::Read read;
    read.host = host_;
    read.asked = draft_.asked;
    read.full = true;
    std::map<std::string, core::VmEntry> entries;
    for (const auto& [vmid, row] : draft_.rows) entries.emplace(vmid, entry_of(vmid, row));
    for (const auto& vmid : draft_.listing.skipped) {
        if (said_by_annotation(vmid)) continue;
        core::VmEntry entry;
        entry.vmid = vmid;
        entry.connection = core::Connection::invalid;
        if (const auto path = inventory_file_.find(vmid); path != inventory_file_.end())
            entry.path = path->second;
        entries.insert_or_assign(vmid, std::move(entry));
    }
    for (auto& [vmid, known] : known_) {
        if (!known.from_look || known.asked <= draft_.asked) continue;
        if (known.gone)
            entries.erase(vmid);
        else
            entries.insert_or_assign(vmid, known.entry);
    }
    std::erase_if(known_, [&](const auto& item) {
        const bool newer = item.second.from_look && item.second.asked > draft_.asked;
        return !newer && !entries.contains(item.first);
    });
    for (auto& [vmid, entry] : entries) {
        if (auto& known = known_[vmid]; known.asked <= draft_.asked) {
            known.entry = entry;
            known.asked = draft_.asked;
            known.gone = known.from_look = false;
        }
        read.entries.push_back(std::move(entry));
    }
    read.datastores = datastores_;
    if (!asks_unresolved_) facts_.unresolved_volumes.clear();
    facts_.paths.clear();
    for (const auto& [device, paths] : paths_)
        facts_.paths.insert(facts_.paths.end(), paths.begin(), paths.end());
    facts_.autostart = autostart_ && autostart_enabled_ ? *autostart_ : std::vector<std::string>();
    read.facts = facts_;
    return read;
}

const core::VmEntry* Picture::known(const std::string& vmid) const {
    const auto found = known_.find(vmid);
    return found == known_.end() || found->second.gone ? nullptr : &found->second.entry;
}

std::vector<std::string> Picture::spellings(const core::VmxPath& path) const {
    std::vector<std::string> all{core::file_path(path)};
    for (const auto& datastore : datastores_) {
        if (datastore.name == path.volume && !datastore.uuid.empty())
            all.push_back(core::file_path({datastore.uuid, path.file}));
        if (datastore.uuid == path.volume && !datastore.name.empty())
            all.push_back(core::file_path({datastore.name, path.file}));
    }
    return all;
}

}  // namespace vmha::shell
