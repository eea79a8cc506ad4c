#include "tests/simulator/site_file.hpp"

#include <fstream>
#include <functional>
#include <sstream>

#include "common/json.hpp"
#include "tests/simulator/shell/texts.hpp"

namespace vmha::sim {
namespace {

using site::Time;

struct Problem {
    std::string text;
};

// One key's reader; throws Problem, which never leaves this file.
template <class T>
using Keys = std::map<std::string, std::function<void(const Json&, T&)>>;

template <class T>
void read_object(const Json& json, const std::string& where, const Keys<T>& keys, T& into) {
    if (!json.is_object()) throw Problem{where + ": not an object"};
    for (const auto& [key, value] : json.items()) {
        const auto found = keys.find(key);
        if (found == keys.end()) throw Problem{where + "." + key + ": unknown key"};
        try {
            found->second(value, into);
        } catch (const Json::exception&) {
            throw Problem{where + "." + key + ": wrong type"};
        }
    }
}

Time milliseconds(const Json& json) {
    const auto value = json.get<int64_t>();
    if (value < 0) throw Problem{"a time is negative"};
    return std::chrono::milliseconds(value);
}

const Keys<site::Account>& account_keys() {
    static const Keys<site::Account> keys{
        {"user", [](const Json& j, site::Account& a) { a.user = j.get<std::string>(); }},
        {"password", [](const Json& j, site::Account& a) { a.password = j.get<std::string>(); }}};
    return keys;
}

void read_licence(const Json& json, site::HostConfig& host) {
    const auto licence = site::licence_of(json.get<std::string>());
    if (!licence) throw Problem{"hosts.licence: full, free or expired"};
    host.licence = *licence;
}

const Keys<site::SshConfig>& ssh_keys() {
    using site::SshConfig;
    static const Keys<SshConfig> keys{
        {"port", [](const Json& j, SshConfig& s) { s.port = j.get<uint16_t>(); }},
        {"peer_port", [](const Json& j, SshConfig& s) { s.peer_port = j.get<uint16_t>(); }},
        {"directory", [](const Json& j, SshConfig& s) { s.directory = j.get<std::string>(); }},
        {"authorized_keys", [](const Json& j, SshConfig& s) { s.authorized_keys = j.get<std::string>(); }}};
    return keys;
}

void read_ssh(const Json& json, site::HostConfig& host) {
    site::SshConfig ssh;
    read_object(json, "hosts.ssh", ssh_keys(), ssh);
    if (ssh.directory.empty() || ssh.authorized_keys.empty())
        throw Problem{"hosts.ssh: directory and authorized_keys are needed"};
    host.ssh = std::move(ssh);
}

const Keys<site::HostConfig>& host_keys() {
    using site::HostConfig;
    static const Keys<HostConfig> keys{
        {"name", [](const Json& j, HostConfig& h) { h.name = j.get<std::string>(); }},
        {"address", [](const Json& j, HostConfig& h) { h.address = j.get<std::string>(); }},
        {"port", [](const Json& j, HostConfig& h) { h.port = j.get<uint16_t>(); }},
        {"peer_port", [](const Json& j, HostConfig& h) { h.peer_port = j.get<uint16_t>(); }},
        {"licence", read_licence},
        {"ssh", read_ssh},
        {"memory_mb", [](const Json& j, HostConfig& h) { h.memory_mb = j.get<long>(); }},
        {"networks", [](const Json& j, HostConfig& h) { h.networks = j.get<std::vector<std::string>>(); }},
        {"autostart", [](const Json& j, HostConfig& h) { h.autostart = j.get<std::vector<std::string>>(); }},
        {"iscsi_adapter", [](const Json& j, HostConfig& h) { h.iscsi_adapter = j.get<std::string>(); }},
        {"boot_ms", [](const Json& j, HostConfig& h) { h.boot = milliseconds(j); }},
        {"delay_ms",
         [](const Json& j, HostConfig& h) {
             for (const auto& [method, time] : j.items()) h.delays[method] = milliseconds(time);
         }},
        {"accounts", [](const Json& j, HostConfig& h) {
             h.accounts.clear();
             for (const auto& one : j) {
                 site::Account account;
                 read_object(one, "accounts", account_keys(), account);
                 h.accounts.push_back(account);
             }
         }}};
    return keys;
}

const Keys<site::VmConfig>& vm_keys() {
    using site::VmConfig;
    static const Keys<VmConfig> keys{
        {"name", [](const Json&, VmConfig&) {}},  // read first: the rest follows from it
        {"display_name", [](const Json& j, VmConfig& v) { v.files.name = j.get<std::string>(); }},
        {"path", [](const Json& j, VmConfig& v) { v.files.path = j.get<std::string>(); }},
        {"uuid", [](const Json& j, VmConfig& v) { v.files.uuid = j.get<std::string>(); }},
        {"instance_uuid", [](const Json& j, VmConfig& v) { v.files.instance_uuid = j.get<std::string>(); }},
        {"memory_mb", [](const Json& j, VmConfig& v) { v.files.memory_mb = j.get<int>(); }},
        {"cpus", [](const Json& j, VmConfig& v) { v.files.cpus = j.get<int>(); }},
        {"tools", [](const Json& j, VmConfig& v) { v.files.tools = j.get<bool>(); }},
        {"keep_uuid", [](const Json& j, VmConfig& v) { v.files.keep_uuid = j.get<bool>(); }},
        {"boot_ms", [](const Json& j, VmConfig& v) { v.files.boot = milliseconds(j); }},
        {"shutdown_ms",
         [](const Json& j, VmConfig& v) {
             v.files.shutdown = j.is_null() ? std::nullopt : std::optional<Time>(milliseconds(j));
         }},
        {"registered_on", [](const Json& j, VmConfig& v) { v.registered_on = j.get<std::string>(); }},
        {"powered_on", [](const Json& j, VmConfig& v) { v.powered_on = j.get<bool>(); }}};
    return keys;
}

void read_hosts(const Json& json, site::SiteConfig& site) {
    site.hosts.clear();
    for (const auto& one : json) {
        site::HostConfig host;
        read_object(one, "hosts", host_keys(), host);
        if (host.name.empty() || host.address.empty()) throw Problem{"hosts: name and address are needed"};
        site.hosts.push_back(std::move(host));
    }
}

void read_vms(const Json& json, site::SiteConfig& site) {
    site.vms.clear();
    for (const auto& one : json) {
        const auto name = get_string(one, "name");
        if (!name) throw Problem{"vms: name is needed"};
        site::VmConfig vm = site::plain_vm(*name);
        read_object(one, "vms", vm_keys(), vm);
        site.vms.push_back(std::move(vm));
    }
}

void read_task_times(const Json& json, site::SiteConfig& site) {
    for (const auto& [word, time] : json.items()) {
        const auto verb = site::verb_of(word);
        if (!verb) throw Problem{"task_ms." + word + ": unknown verb"};
        site.task_times[*verb] = milliseconds(time);
    }
}

// A number is the time for which the entry is invalid.
void read_lost_lock(const Json& json, site::SiteConfig& site) {
    if (json.is_number()) {
        site.lost_lock = site::LostLock::passing_invalid;
        site.invalid_for = milliseconds(json);
        return;
    }
    const auto word = json.get<std::string>();
    if (word != "question" && word != "invalid") throw Problem{"lost_lock: question, invalid or a time"};
    site.lost_lock = word == "question" ? site::LostLock::question : site::LostLock::invalid;
}

void read_texts(const Json& json, site::SiteConfig& site) {
    for (const auto& [key, value] : json.items()) {
        site.ssh_texts[key] = value.is_number() ? std::to_string(value.get<int>()) : value.get<std::string>();
        if (!sim::Texts().set(key, site.ssh_texts[key]))
            throw Problem{"ssh_texts." + key + ": no such key, or it has no such value"};
    }
}

const Keys<site::SiteConfig>& site_keys() {
    using site::SiteConfig;
    static const Keys<SiteConfig> keys{
        {"seed", [](const Json& j, SiteConfig& s) { s.seed = j.get<uint64_t>(); }},
        {"datastore", [](const Json& j, SiteConfig& s) { s.datastore = j.get<std::string>(); }},
        {"vmfs_uuid", [](const Json& j, SiteConfig& s) { s.vmfs_uuid = j.get<std::string>(); }},
        {"device", [](const Json& j, SiteConfig& s) { s.device = j.get<std::string>(); }},
        {"hosts", read_hosts},
        {"vms", read_vms},
        {"vm_count",
         [](const Json& j, SiteConfig& s) {
             s.vms.clear();
             for (int i = 1; i <= j.get<int>(); ++i)
                 s.vms.push_back(site::plain_vm("vm" + std::to_string(i)));
         }},
        {"task_ms", read_task_times},
        {"ssh_texts", read_texts},
        {"lock_break_ms", [](const Json& j, SiteConfig& s) { s.lock_break = milliseconds(j); }},
        {"mirror", [](const Json& j, SiteConfig& s) { s.mirror = j.get<bool>(); }},
        {"recovery_ms", [](const Json& j, SiteConfig& s) { s.recovery = milliseconds(j); }},
        {"apd_timeout_ms", [](const Json& j, SiteConfig& s) { s.apd_timeout = milliseconds(j); }},
        {"lost_lock", read_lost_lock},
        {"invalid_after_register_ms",
         [](const Json& j, SiteConfig& s) { s.invalid_after_register = milliseconds(j); }},
        {"late_inventory_ms", [](const Json& j, SiteConfig& s) { s.late_inventory = milliseconds(j); }},
        {"rescan_needed", [](const Json& j, SiteConfig& s) { s.rescan_needed = j.get<bool>(); }},
        {"session_idle_ms", [](const Json& j, SiteConfig& s) { s.session_idle = milliseconds(j); }},
        {"lock_fault",
         [](const Json& j, SiteConfig& s) {
             s.lock_fault = j.get<std::string>();
             if (s.lock_fault != "FileLocked" && s.lock_fault != "GenericVmConfigFault")
                 throw Problem{"lock_fault: FileLocked or GenericVmConfigFault"};
         }},
        {"invalid_property", [](const Json& j, SiteConfig& s) {
             const auto word = j.get<std::string>();
             if (word != "fault" && word != "missing") throw Problem{"invalid_property: fault or missing"};
             s.invalid_property_is_fault = word == "fault";
         }}};
    return keys;
}

}  // namespace

Result<site::SiteConfig> read_site_text(std::string_view text) {
    const auto json = parse_json(text, {.comments = true});
    if (!json) return Error{Errc::invalid_input, json.error().message};
    site::SiteConfig site = site::default_site();
    try {
        read_object(*json, "site", site_keys(), site);
    } catch (const Problem& problem) {
        return Error{Errc::invalid_input, problem.text};
    }
    return site;
}

Result<site::SiteConfig> read_site_file(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    if (!(text << file.rdbuf())) return Error{Errc::io, "cannot read site file " + path};
    auto site = read_site_text(text.str());
    if (!site) return Error{site.error().code, "cannot use site file " + path + ": " + site.error().message};
    return site;
}

}  // namespace vmha::sim
