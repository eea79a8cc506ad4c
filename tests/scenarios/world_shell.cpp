// The daemons' SSH sessions: one connection, a refresh every ten seconds where there is no API, commands that
// take a while, and what only SSH can tell.
#include <algorithm>

#include "tests/scenarios/world.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

constexpr Duration interval = seconds(10);
constexpr Duration refresh_takes = milliseconds(800);
constexpr Duration check_interval = seconds(1);  // of the connection
constexpr Duration question_poll = seconds(1);

}  // namespace

bool World::speaks(const HostName& host, core::Via via) const {
    const auto found = config_.transports.find(host.str());
    const std::string transport = found == config_.transports.end() ? "api" : found->second;
    return transport == "api+ssh" || transport == (via == core::Via::api ? "api" : "ssh");
}

// sshd goes on while hostd is away.
bool World::shell_reachable(const std::string& node, const HostName& name) const {
    const site::Host& host = site.host(id_of(name));
    return nodes_.at(node).powered && host.powered && (host.answering || host.restarting) &&
           host.network == site::Network::up && network.linked(Net::api, node, name.str()) &&
           network.linked(Net::ssh, node, name.str());
}

void World::tick_shell(const std::string& name, unsigned life, const OfLink& of) {
    Node& node = nodes_.at(name);
    const HostName& host = of.host;
    if (node.life != life || !links(node, host) || is_over(name, of)) return;
    if (stunned(name)) return at(node.stunned_until, [this, name, life, of] { tick_shell(name, life, of); });
    Shell& shell = node.shells.at(host);
    if (shell_reachable(name, host)) {
        shell.silent_since = now_;
        if (!shell.connected) {
            shell = {true, now_, now_, now_, false, site.host(id_of(host)).up_since, {}};
            if (!speaks(host, core::Via::api)) ++node.links[host].session;
            happen(node, core::ShellChanged{host, core::Link::up, Reason::running, ""});
        }
        if (!speaks(host, core::Via::api) && now_ >= shell.read_next) shell_refresh(node, host, shell);
    } else if (!shell.connected || now_ - shell.silent_since >= dead_after) {
        shell_lost(node, host, shell);
    }
    at(now_ + check_interval, [this, name, life, of] { tick_shell(name, life, of); });
}

void World::shell_lost(Node& node, const HostName& host, Shell& shell) {
    shell.connected = false;
    const std::string why = "the host does not answer";
    happen(node, core::ShellChanged{host, core::Link::down, Reason::host_unreachable, why});
    if (!speaks(host, core::Via::api))
        happen(node, core::LinkChanged{host, core::Link::down, Reason::host_unreachable, why,
                                       node.links[host].session, core::Via::ssh});
}

void World::shell_cannot_read(Node& node, const HostName& host, Shell& shell) {
    shell.read_next = now_ + seconds(1);
    if (std::exchange(shell.hostd_away, true)) return;
    happen(node,
           core::LinkChanged{host, core::Link::down, Reason::host_unreachable,
                             "hostd does not answer vim-cmd", node.links[host].session, core::Via::ssh});
}

core::Read World::shell_read(const Node& node, const HostName& name) {
    const site::HostId host = id_of(name);
    core::Read read;
    read.host = name;
    read.session = node.links.at(name).session;
    read.asked = now_;
    read.full = true;
    read.good_for = 3 * (interval + refresh_takes);
    if (!loading(name))
        for (const auto& [id, vm] : site.host(host).vms)
            read.entries.push_back(shell_entry_of(site, host, vm));
    put_storage(read, host);
    read.datastores_left.clear();
    read.facts->api_writes.reset();
    return read;
}

// What it tells was so when it was sent, but for the entries that a later look has told anew.
void World::shell_refresh(Node& node, const HostName& host, Shell& shell) {
    if (!reachable(node.name, host)) return shell_cannot_read(node, host, shell);
    const Duration hostd_since = site.host(id_of(host)).up_since;
    const bool another = std::exchange(shell.hostd_since, hostd_since) != hostd_since;
    if (std::exchange(shell.hostd_away, false) || another) ++node.links[host].session;
    shell.read_next = now_ + interval;
    const core::ProcessesTold processes = shell_processes(host);
    const core::Read sent = shell_read(node, host);
    at(now_ + refresh_takes,
       [this, name = node.name, life = node.life, host, processes, sent, of = link_of(node, host)] {
           Node& target = nodes_.at(name);
           if (!target.state || target.life != life || is_over(name, of)) return;
           if (!target.shells.at(host).connected) return;
           if (!reachable(name, host) || stunned(name)) return;
           core::Read read = shell_read(target, host);
           const auto looked = [&](const std::string& vmid) {
               const auto when = target.shells.at(host).looked.find(vmid);
               return when != target.shells.at(host).looked.end() && when->second > sent.asked;
           };
           std::erase_if(read.entries, [&](const auto& entry) { return !looked(entry.vmid); });
           for (const auto& entry : sent.entries)
               if (!looked(entry.vmid)) read.entries.push_back(entry);
           read.asked = sent.asked;
           read.session = sent.session;
           happen(target, processes);
           if (target.state->hosts.at(host).link != core::Link::up)
               happen(target, core::LinkChanged{host, core::Link::up, Reason::running, "", sent.session,
                                                core::Via::ssh});
           happen(target, read);
       });
}

core::ProcessesTold World::shell_processes(const HostName& name) const {
    const site::Host& host = site.host(id_of(name));
    core::ProcessesTold told{name, now_, std::vector<core::VmProcess>()};
    const auto add = [&](const std::string& path, unsigned world) {
        told.processes->push_back({std::to_string(world), {site.config().vmfs_uuid, path}});
    };
    for (const auto& [id, vm] : host.vms)
        if (vm.process) add(vm.path, vm.world);
    for (const auto& [path, vm] : host.strays) add(path, vm.world);
    return told;
}

core::LockTold World::shell_lock(const core::AskLock& ask) const {
    core::LockTold told{ask.vm, ask.host, now_, std::nullopt, ""};
    const auto* disk = site.disk_of(id_of(ask.host));
    if (!disk || !site.host(id_of(ask.host)).accessible) {
        told.why = "its files cannot be read there";
        return told;
    }
    told.lock.emplace();
    told.lock->file = core::file_path(ask.path);
    if (const auto lock = disk->lock(ask.path.file)) {
        told.lock->mode = core::LockMode::exclusive;
        const bool known = lock->holder < site.hosts().size();
        told.lock->owners = {known ? site.host(lock->holder).mac : "00:16:3e:00:00:99"};
    }
    return told;
}

void World::shell_look(Node& node, const core::Look& look) {
    const Time asked = now_;
    node.shells.at(look.host).looked[look.vmid] = asked;
    at(now_ + command_delay,
       [this, name = node.name, life = node.life, look, asked, of = link_of(node, look.host)] {
           Node& target = nodes_.at(name);
           if (!target.state || target.life != life || is_over(name, of)) return;
           const Shell& shell = target.shells.at(look.host);
           if (!shell.connected || !reachable(name, look.host))
               return to(name, life, shell.connected ? dead_after : call_delay,
                         core::LookFailed{look.host, look.id}, of);
           if (shell.hostd_since != site.host(id_of(look.host)).up_since) {
               target.shells.at(look.host).read_next = now_;
               return to(name, life, call_delay, core::LookFailed{look.host, look.id}, of);
           }
           if (look.vmid.empty()) {
               core::Read read = shell_read(target, look.host);
               read.asked = asked;
               read.look = look.id;
               return to(name, life, call_delay, read, of);
           }
           core::Looked looked{look.host, target.links.at(look.host).session, look.id, asked, look.vmid, {}};
           const site::HostId host = id_of(look.host);
           if (const auto* vm = site.vm(host, std::stoi(look.vmid)); vm && !loading(look.host))
               looked.entry = shell_entry_of(site, host, *vm);
           to(name, life, call_delay, looked, of);
       });
}

// A power-on that waits for the answer to a question does not return, and nothing pushes the question.
void World::shell_watch_power_on(const OnTheWay& what) {
    if (what.write.via != core::Via::ssh || what.write.verb != core::Verb::power_on) return;
    if (speaks(what.write.host, core::Via::api)) return;
    at(now_ + question_poll, [this, what] {
        const bool outstanding = std::ranges::any_of(
            tasks_, [&](const auto& item) { return item.second.write.id == what.write.id; });
        Node& node = nodes_.at(what.node);
        if (!outstanding || !node.state || node.life != what.life) return;
        if (!stunned(what.node)) shell_look(node, {0, what.write.vm, what.write.host, what.write.vmid});
        shell_watch_power_on(what);
    });
}

bool World::shell_perform(Node& node, const core::Action& action) {
    if (const auto* ask = std::get_if<core::AskProcesses>(&action)) {
        core::ProcessesTold told{ask->host, now_, std::nullopt};
        if (shell_reachable(node.name, ask->host)) told = shell_processes(ask->host);
        to(node.name, node.life, command_delay, told, link_of(node, ask->host));
        return true;
    }
    if (const auto* ask = std::get_if<core::AskLock>(&action)) {
        core::LockTold told{ask->vm, ask->host, now_, std::nullopt, "the host does not answer"};
        if (shell_reachable(node.name, ask->host)) told = shell_lock(*ask);
        to(node.name, node.life, command_delay, told, link_of(node, ask->host));
        return true;
    }
    return false;
}

}  // namespace vmha::scenario
