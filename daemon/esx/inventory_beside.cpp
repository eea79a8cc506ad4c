// What a VM's entry takes from other objects: the names of its networks and the task that runs on it.
#include <algorithm>

#include "daemon/esx/inventory.hpp"

namespace vmha::esx {

void Inventory::apply_network(const ObjectNews& news, Applied& applied) {
    const auto facts_before = facts();
    const auto known = networks_.find(news.object.id);
    const Network before = known == networks_.end() ? Network{} : known->second;
    Network network = before;
    for (const auto& change : news.changes) {
        if (change.path == "name") {
            network.name = change.value.child_value();
        } else if (change.path == "summary") {
            network.accessible = flag_of(text_of(change.value, "accessible")).value_or(true);
        } else {
            applied.out_of_step = true;
        }
    }
    if (news.kind == NewsKind::leave) {
        networks_.erase(news.object.id);
        network = {};
    } else {
        networks_[news.object.id] = network;
    }
    if (network == before) return;
    for (const auto& [id, vm] : entries_)
        if (std::find(vm.networks.begin(), vm.networks.end(), news.object.id) != vm.networks.end())
            applied.entries.insert(id);
    applied.facts = applied.facts || facts_before != facts();
}

void Inventory::apply_task(const ObjectNews& news, Applied& applied) {
    const auto known = jobs_.find(news.object.id);
    Job job = known == jobs_.end() ? Job{} : known->second;
    std::string name;
    for (const auto& change : news.changes) {
        const std::string_view text = change.value.child_value();
        if (change.path == "info.state") {
            job.running = text == "running";
            job.under_way = job.running || text == "queued";
        } else if (change.path == "info.entity") {
            const auto entity = moref_of(change.value);
            job.vmid = entity.type == "VirtualMachine" ? entity.id : "";
        } else if (change.path == "info.descriptionId") {
            job.task.what = text.empty() ? "" : "vim." + std::string(text);
        } else if (change.path == "info.name") {
            name = text;
        } else if (change.path == "info.cancelable") {
            job.task.cancellable = flag_of(text).value_or(false);
        }
    }
    if (job.task.what.empty()) job.task.what = name;
    if (news.kind == NewsKind::leave || !job.under_way || job.vmid.empty()) {
        task_ended(news.object.id, applied);
        return;
    }
    job.task.id = news.object.id;
    const auto before = task_of(job.vmid);
    jobs_[news.object.id] = job;
    if (entries_.contains(job.vmid) && task_of(job.vmid) != before) applied.entries.insert(job.vmid);
}

void Inventory::task_ended(const std::string& task, Applied& applied) {
    const auto ended = jobs_.find(task);
    if (ended == jobs_.end()) return;
    if (entries_.contains(ended->second.vmid)) applied.entries.insert(ended->second.vmid);
    jobs_.erase(ended);
}

std::set<std::string> Inventory::running_tasks() const {
    std::set<std::string> ids;
    for (const auto& [id, job] : jobs_) ids.insert(id);
    return ids;
}

void Inventory::borrow(const Inventory& watched) {
    networks_ = watched.networks_;
    jobs_ = watched.jobs_;
    aside_ = watched.aside_;
}

// Of several the one that runs: the others wait for it.
std::optional<core::RunningTask> Inventory::task_of(const std::string& vmid) const {
    std::optional<core::RunningTask> queued;
    for (const auto& [id, job] : jobs_) {
        if (job.vmid != vmid) continue;
        if (job.running) return job.task;
        if (!queued) queued = job.task;
    }
    return queued;
}

// Where the object itself may not be read, its id says it on ESXi: "HaNetwork-VM Network".
std::string Inventory::network_name(const std::string& id) const {
    constexpr std::string_view prefix = "HaNetwork-";
    const auto found = networks_.find(id);
    if (found != networks_.end() && !found->second.name.empty()) return found->second.name;
    return id.starts_with(prefix) ? id.substr(prefix.size()) : id;
}

core::VmEntry Inventory::whole(const Vm& vm) const {
    auto entry = vm.entry;
    entry.task = task_of(entry.vmid);
    for (const auto& id : vm.networks) entry.networks.push_back(network_name(id));
    return entry;
}

}  // namespace vmha::esx
