// The links of the daemons to the hosts: logins, the watch, what it tells, and how long silence is believed.
#include <algorithm>

#include "tests/scenarios/world.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

constexpr Duration watch_interval = seconds(1);
constexpr Duration login_retry = seconds(1);
constexpr Duration connect_limit = seconds(3);  // connect, handshake and login together

}  // namespace

// --- links

bool World::reachable(const std::string& node, const HostName& host) const {
    return nodes_.at(node).powered && site.host(id_of(host)).reachable() &&
           network.linked(Net::api, node, host.str());
}

// Accepts, and is silent from then on: that it is down is known when the time for it is over.
bool World::says_nothing(const HostName& host) const {
    return site.host(id_of(host)).network == site::Network::stalled;
}

bool World::loading(const HostName& name) const {
    return now_ - epoch < site.host(id_of(name)).loading_until;
}

core::Read World::full_read(const Node& node, const HostName& name) {
    const site::HostId host = id_of(name);
    core::Read read;
    read.host = name;
    read.session = node.links.at(name).session;
    read.asked = now_;
    read.full = true;
    if (!loading(name))
        for (const auto& [id, vm] : site.host(host).vms) read.entries.push_back(entry_of(site, host, vm));
    put_storage(read, host);
    return read;
}

void World::put_storage(core::Read& read, site::HostId host) const {
    if (site.disk_of(host))
        read.datastores.push_back(datastore_of(site, host));
    else
        read.datastores_left.push_back(site.config().vmfs_uuid);
    read.facts = facts_of(site, host);
}

// False: no session; the breaker's word is the daemon's link state then.
bool World::open_session(Node& node, const HostName& name, Link& link) {
    const site::HostId host = id_of(name);
    if (site.use_session(host, link.cookie)) return true;
    const auto secret = node.secrets.find(name);
    const auto& account = config_.site.hosts[host].accounts.front();
    const esx::Credential credential{name.str(), account.user,
                                     secret == node.secrets.end() ? account.password : secret->second};
    const int64_t now_s = core::to_ms(now_ - Time{}) / 1000;
    const auto permit = node.breaker->ask(credential, now_s);
    if (permit.when != esx::Permit::When::now) {
        const bool never = permit.when == esx::Permit::When::never;
        happen(node, core::LinkChanged{name, never ? core::Link::locked_out : core::Link::bad_password,
                                       never ? Reason::locked_out : Reason::bad_password,
                                       "cannot log in to " + name.str() + ": the password was " + permit.why,
                                       link.session});
        return false;
    }
    node.breaker->began(credential, now_s);
    const auto login = site.login(host, credential.account, credential.secret, node.name, "vmhad", "");
    const auto* session = std::get_if<site::Session>(&login);
    on_login(node.name, name.str(), session != nullptr);
    if (!session) {
        node.breaker->refused(credential, now_s, now_ - epoch - site.host(host).up_since < seconds(60));
        return open_session(node, name, link);  // says what the breaker thinks of it now
    }
    node.breaker->worked(credential);
    link.cookie = session->cookie;
    return true;
}

void World::log_in(Node& node, const HostName& host, Link& link) {
    if (!open_session(node, host, link)) return;
    link.connected = true;
    ++link.session;
    link.asked = link.silent_since = now_;
    link.news.clear();
    link.loading = loading(host);
    happen(node, core::LinkChanged{host, core::Link::up, Reason::running, "", link.session});
    happen(node, full_read(node, host));
}

// The wait comes back, with nothing new in it.
void World::confirm(Node& node, const HostName& host, Link& link) {
    core::Read confirms;
    confirms.host = host;
    confirms.session = link.session;
    confirms.asked = link.asked;
    confirms.facts = facts_of(site, id_of(host));
    link.asked = link.silent_since = now_;
    happen(node, confirms);
    if (link.loading && !loading(host)) {
        link.loading = false;
        for (const auto& [id, vm] : site.host(id_of(host)).vms) link.news.insert(id);
    }
}

void World::hear_nothing(Node& node, const HostName& host, Link& link) {
    if (link.connected && now_ - link.silent_since < mute_after) return;
    if (!link.connected && !open_session(node, host, link)) return;
    link.connected = false;
    happen(node, core::LinkChanged{host, core::Link::down, Reason::stale, "it answers, but tells nothing new",
                                   link.session});
}

void World::tick_link(const std::string& name, unsigned life, const OfLink& of) {
    Node& node = nodes_.at(name);
    const HostName& host = of.host;
    if (node.life != life || !links(node, host) || is_over(name, of)) return;
    if (stunned(name)) return at(node.stunned_until, [this, name, life, of] { tick_link(name, life, of); });
    Link& link = node.links[host];
    const bool answers = reachable(name, host);
    const bool in_session = site.use_session(id_of(host), link.cookie) != nullptr;
    const core::HostView& view = node.state->hosts.at(host);
    const bool in_the_dark = view.link == core::Link::connecting && now_ < view.link_since + connect_limit;
    Duration again = watch_interval;
    if (answers && mute_.contains(host)) {
        hear_nothing(node, host, link);
    } else if (link.connected && answers && in_session) {
        confirm(node, host, link);
        tell_news(name, life, host);
    } else if (link.connected && answers) {
        link.connected = false;  // the session is gone: log in again at once
        log_in(node, host, link);
    } else if (link.connected && now_ - link.silent_since >= dead_after) {
        link.connected = false;
        happen(node, core::LinkChanged{host, core::Link::down, Reason::host_unreachable,
                                       "the host does not answer", link.session});
    } else if (!link.connected && answers) {
        log_in(node, host, link);
    } else if (!link.connected && in_the_dark && says_nothing(host)) {
        again = view.link_since + connect_limit - now_;
    } else if (!link.connected) {
        again = login_retry;
        happen(node, core::LinkChanged{host, core::Link::down, Reason::host_unreachable,
                                       "the host does not answer", link.session});
    }
    at(now_ + again, [this, name, life, of] { tick_link(name, life, of); });
}

void World::tell_news(const std::string& name, unsigned life, const HostName& host) {
    Node& node = nodes_.at(name);
    if (node.life != life || !links(node, host) || stunned(name)) return;
    Link& link = node.links[host];
    const bool anything = link.storage_news || !link.news.empty();
    if (!link.connected || !reachable(name, host) || !anything || link.loading) return;
    if (mute_.contains(host)) return;
    if (!site.use_session(id_of(host), link.cookie)) return;
    core::Read read;
    read.host = host;
    read.session = link.session;
    read.asked = link.asked;
    if (std::exchange(link.storage_news, false)) put_storage(read, id_of(host));
    for (const int id : std::exchange(link.news, {})) {
        if (const auto* vm = site.vm(id_of(host), id))
            read.entries.push_back(entry_of(site, id_of(host), *vm));
        else
            read.left.push_back(std::to_string(id));
    }
    happen(node, read);
}

void World::on_site_change(const site::Change& change) {
    const HostName host(site.host(change.host).config.name);
    if (change.what == site::Change::What::task) {
        const auto pending = tasks_.find({change.host, change.task});
        const auto& tasks = site.host(change.host).tasks;
        const auto task = tasks.find(change.task);
        if (pending == tasks_.end()) return;
        const OnTheWay what = pending->second;
        if (task == tasks.end()) {  // the host lost it with its power
            tasks_.erase(pending);
            return unanswered(what, true);
        }
        if (task->second.state == site::TaskState::queued || task->second.state == site::TaskState::running)
            return;
        tasks_.erase(pending);
        core::WriteDone done{what.write.id, core::Outcome::ok, {}, ""};
        if (task->second.fault) {
            done.outcome = core::Outcome::refused;
            done.fault = fault_of(*task->second.fault);
        } else if (task->second.result_vm) {
            done.vmid = std::to_string(task->second.result_vm);
        }
        return write_ends(what, done);
    }
    const bool of_host =
        change.what == site::Change::What::datastore || change.what == site::Change::What::host;
    if (change.vm == 0 && !of_host) return;
    for (auto& [name, node] : nodes_) {
        if (!node.state) continue;
        if (change.vm) node.links[host].news.insert(change.vm);
        if (of_host) node.links[host].storage_news = true;
        at(now_ + call_delay, [this, name = name, life = node.life, host] { tell_news(name, life, host); });
    }
}

}  // namespace vmha::scenario
