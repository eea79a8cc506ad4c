// What is known of a host by commands, and what has to be asked to know it anew. Pure: scripts out, replies
// in.
//
// 100 VMs cost one script with 101 vim-cmds (a question that is open: one more each), and of our own time 6
// ms without optimisation; with commands that take no time themselves the script takes 1.3 s on two cores. On
// a host each vim-cmd logs in to hostd, which is what the refresh's time is made of.
//
// A refresh is one script, and a second one only where the first shows something that was not asked:
//   ask() -> take() -> (a script: run it, take_more()) -> read()
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "daemon/core/events.hpp"
#include "daemon/shell/script.hpp"
#include "daemon/shell/text/listing.hpp"
#include "daemon/shell/text/storage.hpp"

namespace vmha::shell {

// Owned by the Reader. Entries that can be ours are read in every refresh; of each other entry its instance
// uuid is read once in its life, a few in each refresh.
class Picture {
public:
    Picture(HostName host, const std::map<VmName, core::VmxPath>& ours)
        : host_(std::move(host)), ours_(ours) {}

    void set_ours(const std::map<VmName, core::VmxPath>& ours) { ours_ = ours; }

    // Begins a refresh; drops an unfinished one.
    Script ask(core::Time now);
    // An error where anything that is needed is missing: never a shorter list.
    Result<std::optional<Script>> take(const Reply& reply, core::Time asked);
    Result<void> take_more(const Reply& reply);
    // The processes as they were told in take(); unset: it could not be found out.
    const std::optional<std::vector<core::VmProcess>>& processes() const { return draft_.processes; }
    // The whole, without session, look and good_for. What a look told later than this refresh was sent,
    // stands.
    core::Read read();
    // hostd was started anew since the last refresh, or its whole inventory has gone: it may still be loading
    // it.
    bool hostd_is_new() const { return hostd_is_new_; }

    // A look at one VM: its script, and what came of it.
    Script ask_one(const std::string& vmid, bool with_tasks) const;
    struct One {
        std::optional<core::VmEntry> entry;
        bool gone = false;               // says hostd; a listing has to confirm it
        std::vector<std::string> tasks;  // to be asked, by ask_tasks(): they may be under way
        std::string question_id;         // by which it is answered, which need not be the summary's
    };
    Result<One> take_one(const Reply& reply, const std::string& vmid, core::Time asked) const;
    Script ask_tasks(const std::vector<std::string>& tasks) const;
    std::optional<core::RunningTask> take_tasks(const Reply& reply, const std::vector<std::string>& tasks);
    void add_task(core::VmEntry& entry, std::optional<core::RunningTask> task) const;
    // Is it really in no list? An error: that cannot be told.
    Script ask_presence() const;
    Result<bool> take_presence(const Reply& reply, const std::string& vmid) const;
    // A look told this. `entry` unset: gone.
    void looked(const std::string& vmid, const std::optional<core::VmEntry>& entry, core::Time asked);

    // All spellings of the path that are known to mean the same file.
    std::vector<std::string> spellings(const core::VmxPath& path) const;
    // What was last told of a VM; nullptr: nothing.
    const core::VmEntry* known(const std::string& vmid) const;
    void set_powering_on(std::set<std::string> vmids) { powering_on_ = std::move(vmids); }

private:
    struct Known {
        core::VmEntry entry;
        core::Time asked{};
        text::Row row;           // as it was listed when the entry was read
        bool gone = false;       // told by a look
        bool from_look = false;  // newer than the last refresh, perhaps
    };
    struct Draft {
        core::Time asked{};
        text::Listing listing;
        std::map<std::string, text::Row> rows;  // by vmid; paths of several rows together
        std::map<std::string, core::VmEntry> read;
        std::map<std::string, std::vector<std::string>> tasks;  // of a VM, to be asked
        std::set<std::string> to_ask, gone;
        std::optional<std::vector<core::VmProcess>> processes;
        std::optional<int64_t> host_s;
        bool has_file = false;  // the inventory's, read in this refresh
    };

    bool may_be_ours(const text::Row& row) const;
    std::set<std::string> ours_among(const std::map<std::string, text::Row>& rows) const;
    void ask_tasks_of(Script& script, const std::string& vmid) const;
    static void ask_hostd(Script& script, std::string_view frame_name);
    // What names hostd's process; empty: it cannot be told.
    static std::string hostd_in(const Reply& reply, std::string_view frame_name);
    static void ask_list(Script& script);
    Result<text::Listing> list_in(const Reply& reply, const std::string& hostd_before) const;
    void take_inventory_file(const Reply& reply);
    bool said_by_annotation(const std::string& vmid) const;
    Result<void> take_listing(const Reply& reply);
    Result<void> take_storage(const Reply& reply);
    Result<void> take_paths(const Reply& reply);
    Result<void> take_vms(const Reply& reply, const std::set<std::string>& vmids);
    void take_processes(const Reply& reply);
    void take_facts(const Reply& reply);
    void take_slow_facts(const Reply& reply);
    std::optional<Script> still_to_ask();
    Result<One> one_of(const Reply& reply, const std::string& vmid, core::Time asked,
                       std::optional<int64_t> host_s) const;
    core::VmEntry entry_of(const std::string& vmid, const text::Row& row);
    Error cannot(std::string_view read_what, const std::string& cause) const;
    Error hostd_away(std::string_view program, const std::string& line) const;
    Result<const text::Frame*> needed(const Reply& reply, std::string_view name, std::string_view what) const;
    std::set<std::string> our_devices() const;
    bool ours_unmounted() const;

    HostName host_;
    std::map<VmName, core::VmxPath> ours_;
    std::map<std::string, Known> known_;
    std::set<std::string> asked_;  // vmids in the script of ask()
    std::set<std::string> interesting_;
    std::set<std::string> busy_;         // a task was seen on them
    std::set<std::string> ended_tasks_;  // of which nothing more is to be heard
    std::set<std::string> powering_on_;
    std::vector<std::string> devices_;  // whose paths the script asks for
    std::map<std::string, std::optional<core::VmxPath>> inventory_file_;
    bool hostd_is_new_ = false;  // until it is told
    bool skipped_ = false, asks_file_ = false, asks_unresolved_ = false, asks_slow_ = false;
    std::optional<core::Time> slow_asked_;
    std::vector<core::Datastore> datastores_;
    std::vector<text::Extent> extents_;
    std::map<std::string, std::vector<core::StoragePath>> paths_;  // by device
    std::string hostd_;                                            // what names its process
    core::HostFacts facts_;
    std::optional<std::vector<std::string>> autostart_;
    bool autostart_enabled_ = true;
    Draft draft_;
};

}  // namespace vmha::shell
