// The mirror of one host's properties: what the watch (or one direct read) told, kept as the core's types.
// Pure.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/events.hpp"
#include "daemon/esx/aside.hpp"
#include "daemon/esx/properties.hpp"
#include "daemon/esx/values.hpp"

namespace vmha::esx {

// Which properties to ask for. A path that a host does not know is taken out and the rest is asked for again,
// so an optional property never costs the watch; without a needed one nothing can be said.
class PropertyPlan {
public:
    PropertyPlan();
    // False when the path is needed, or not among those asked for.
    bool drop(std::string_view path);
    const std::map<std::string, std::vector<std::string>>& paths() const { return paths_; }  // by object type
    // <propSet> for each type, or for one.
    void write(Request& request, std::string_view only_type = {}) const;

private:
    std::map<std::string, std::vector<std::string>> paths_;
};

// The property that every full read must bring: the host's own name. Without it the session was not valid,
// however well the reply looks (oslo.vmware: an expired session answers with an empty result and no fault).
inline constexpr std::string_view sentinel_path = "name";

// Owned by the watch; a direct read makes its own. Never fails: what it does not understand it leaves out.
class Inventory {
public:
    explicit Inventory(ClockPair clock, std::string product = {});

    struct Applied {
        std::set<std::string> entries;  // ids that entered or changed
        std::set<std::string> left;
        std::set<std::string> datastores;
        std::set<std::string> datastores_left;
        bool facts = false;
        bool out_of_step =
            false;  // news of a part of a property, which cannot be merged: read everything again
    };
    void apply(const ObjectNews& news, Applied& applied);

    // The host itself was among the objects, with its name.
    bool has_sentinel() const { return sentinel_; }
    void set_aside(Aside aside) { aside_ = std::move(aside); }
    const Aside& aside() const { return aside_; }

    // For a direct read of VMs, which brings neither the names of their networks nor their tasks.
    void borrow(const Inventory& watched);

    std::set<std::string> running_tasks() const;
    // Learned otherwise, before the feed tells it.
    void task_ended(const std::string& task, Applied& applied);

    // Everything, or only what was applied.
    void fill(core::Read& read) const;
    void fill(core::Read& read, const Applied& applied) const;

    std::optional<core::VmEntry> entry(const std::string& vmid) const;
    // By name or uuid; nullptr if there is none.
    const core::Datastore* datastore(std::string_view name_or_uuid) const;
    bool knows_datastores() const { return !datastores_.empty(); }

private:
    struct Vm {
        core::VmEntry entry;  // without task and networks, which are other objects'
        std::optional<core::VmxPath> config_path, summary_path;
        std::vector<std::string> networks;  // ids
    };
    struct Network {
        std::string name;
        bool accessible = true;  // false: VMs refer to it, and the host has it no longer
        bool operator==(const Network&) const = default;
    };
    // A task that has not ended.
    struct Job {
        std::string vmid;
        core::RunningTask task;
        bool under_way = false;
        bool running = false;  // not merely queued
    };
    struct Lun {
        std::string key;
        std::string adapter;
        bool active = false;
    };
    struct Store {
        core::Datastore datastore;
        std::string url;
        std::string vmfs_uuid;
    };

    bool set_vm(Vm& vm, const Change& change) const;
    static bool set_datastore(Store& store, const Change& change);
    bool set_host(const Change& change);
    void apply_network(const ObjectNews& news, Applied& applied);
    void apply_task(const ObjectNews& news, Applied& applied);
    core::VmEntry whole(const Vm& vm) const;
    std::optional<core::RunningTask> task_of(const std::string& vmid) const;
    std::string network_name(const std::string& id) const;
    core::HostFacts facts() const;

    ClockPair clock_;
    std::string product_;
    bool sentinel_ = false;
    std::map<std::string, Vm> entries_;
    std::map<std::string, Store> datastores_;
    std::map<std::string, Network> networks_;
    std::map<std::string, Job> jobs_;
    bool in_maintenance_ = false;
    std::optional<std::vector<std::string>> host_networks_;  // ids
    std::vector<std::string> autostart_;
    std::vector<std::string> nics_;
    Aside aside_;
    std::optional<int64_t> memory_bytes_, memory_used_mb_;
    std::vector<Lun> paths_;
    std::map<std::string, std::string> devices_;  // key of a LUN -> naa.…
};

}  // namespace vmha::esx
