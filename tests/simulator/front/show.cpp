#include "tests/simulator/front/show.hpp"

#include "tests/simulator/front/ssh_server.hpp"

namespace vmha::sim {
namespace {

// Copies are counted from 1, as their hosts are.
Json show_copy(const std::optional<site::DiskId>& copy) {
    return copy ? Json(*copy + 1) : Json(nullptr);
}

// As an entry shows it, and what its process really does.
Json show_vm(const site::Site& site, site::HostId host, const site::Vm& vm) {
    Json json{{"id", vm.id},
              {"path", vm.path},
              {"name", vm.name},
              {"power", site::to_word(vm.power)},
              {"connection", site::to_word(vm.connection)},
              {"heartbeat", site::to_word(vm.heartbeat)},
              {"tools_running", vm.tools_running},
              {"process", vm.process},
              {"writes_on_copy", show_copy(site.writes_on(host, vm.path))}};
    if (vm.question) json["question"] = {{"id", vm.question->id}, {"message_id", vm.question->message_id}};
    if (!vm.task.empty()) json["task"] = vm.task;
    return json;
}

Json show_ssh(const SshServer* ssh) {
    if (!ssh) return nullptr;
    const auto counters = ssh->counters();
    return {{"service", ssh->service()},
            {"connections_open", counters.connections},
            {"connections_total", counters.connections_total},
            {"logins_accepted", counters.logins},
            {"keys_refused", counters.refused_keys},
            {"commands_running", counters.running},
            {"vim_cmd_most_at_once", counters.vim_cmd_most}};
}

Json show_host(Network& network, site::HostId id) {
    const auto& host = network.site().host(id);
    Json vms = Json::array();
    for (const auto& [number, vm] : host.vms) vms.push_back(show_vm(network.site(), id, vm));
    Json strays = Json::array();
    for (const auto& [path, stray] : host.strays)
        strays.push_back({{"path", path}, {"writes_on_copy", show_copy(network.site().writes_on(id, path))}});
    size_t sessions = 0;
    for (const auto& [cookie, session] : host.sessions)
        sessions += network.site().is_expired(id, cookie) ? 0 : 1;
    return {{"name", host.config.name},
            {"address", host.config.address + ":" + std::to_string(host.config.port)},
            {"powered", host.powered},
            {"answering", host.answering},
            {"network", site::to_word(host.network)},
            {"maintenance", host.maintenance},
            {"hostd_restarts", host.restarting},
            {"licence", site::to_word(host.licence)},
            {"copy_offered", show_copy(host.offered)},
            {"copy", show_copy(host.disk)},
            {"datastore_accessible", host.accessible},
            {"storage_trouble", host.trouble},
            {"volume_unresolved", host.unresolved},
            {"vms", std::move(vms)},
            {"processes_without_entry", std::move(strays)},
            {"sessions", sessions},
            {"connections", network.connections(id)},
            {"ssh", show_ssh(network.ssh(id))},
            {"waiting", network.api(id).waiting()},
            {"rules", host.rules.all().size()}};
}

Json show_disk(const site::Site& site, const site::Disk& disk) {
    Json vms = Json::array();
    for (const auto& [path, files] : disk.vms())
        vms.push_back(
            {{"path", path}, {"name", files.name}, {"tools", files.tools}, {"suspended", files.suspended}});
    Json locks = Json::array();
    for (const auto& [path, lock] : disk.locks())
        locks.push_back({{"path", path},
                         {"holder", site.host(lock.holder).config.name},
                         {"stale", lock.stale_since.has_value()}});
    return {{"datastore", disk.datastore()},
            {"uuid", disk.vmfs_uuid()},
            {"vms", std::move(vms)},
            {"locks", std::move(locks)}};
}

std::string mirror_word(const site::Site& site) {
    if (site.disks().size() < 2) return "none";
    switch (site.mirror()) {
        case site::Site::Mirror::in_sync: return "in_sync";
        case site::Site::Mirror::apart: return "apart";
        case site::Site::Mirror::recovering: return "recovering";
    }
    return {};
}

}  // namespace

Json show_site(Network& network) {
    const auto& site = network.site();
    Json hosts = Json::array();
    for (site::HostId id = 0; id < site.hosts().size(); ++id) hosts.push_back(show_host(network, id));
    Json disks = Json::array();
    for (const auto& disk : site.disks()) disks.push_back(show_disk(site, disk));
    Json corrupted = Json::array();
    for (const auto& [host, path] : network.corrupted())
        corrupted.push_back({{"host", site.host(host).config.name}, {"path", path}});
    return {{"hosts", std::move(hosts)},
            {"disks", std::move(disks)},
            {"mirror", mirror_word(site)},
            {"corruptions", network.corrupted().size()},
            {"corrupted", std::move(corrupted)}};
}

Json show_counters(Network& network) {
    Json all = Json::object();
    for (site::HostId id = 0; id < network.site().hosts().size(); ++id) {
        Json calls = Json::object();
        for (const auto& [method, count] : network.api(id).counters()) calls[method] = count;
        Json ssh = show_ssh(network.ssh(id));
        if (network.ssh(id)) {
            ssh["commands"] = Json::object();
            for (const auto& [name, count] : network.ssh(id)->counters().commands)
                ssh["commands"][name] = count;
        }
        all[network.site().host(id).config.name] = {{"calls", std::move(calls)},
                                                    {"connections_open", network.connections(id)},
                                                    {"connections_total", network.connections_total(id)},
                                                    {"ssh", std::move(ssh)}};
    }
    return all;
}

}  // namespace vmha::sim
