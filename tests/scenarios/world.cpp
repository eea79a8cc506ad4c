#include "tests/scenarios/world.hpp"

#include <algorithm>
#include <cstdio>

#include "daemon/core/operation.hpp"

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;

constexpr Duration call_delay = milliseconds(2);  // one way
constexpr Duration watch_interval = seconds(1);
constexpr Duration dead_after = seconds(4);  // a wait that is not answered: the connection is dead
constexpr Duration login_retry = seconds(1);
constexpr Duration post_retry = milliseconds(300);

core::Settings settings_of(const WorldConfig& config, const std::string& node, const std::string& local) {
    core::Settings settings;
    settings.node = node;
    for (const auto& host : config.site.hosts)
        settings.hosts[HostName(host.name)] = {host.address, host.name == local, host.iscsi_adapter,
                                               seconds(30), "api"};
    for (const auto& vm : config.site.vms)
        settings.vms[VmName(vm.files.name)].vmx = {config.site.datastore, vm.files.path};
    config.tune(settings);
    return settings;
}

}  // namespace

World::World(const WorldConfig& config) : site(config.site), config_(config) {
    site.on_change = [this](const site::Change& change) { on_site_change(change); };
    for (size_t i = 0; i < config.site.hosts.size(); ++i) {
        Node& node = nodes_["ec" + std::to_string(i + 1)];
        node.name = "ec" + std::to_string(i + 1);
        node.host = HostName(config.site.hosts[i].name);
    }
    for (auto& [name, node] : nodes_) start_daemon(name);
}

// --- time

void World::run(Duration duration) {
    const Time end = now_ + duration;
    while (true) {
        Time next = queue_.empty() ? core::never : queue_.begin()->first;
        for (const auto& [name, node] : nodes_)
            if (node.state) next = std::min(next, node.wake);
        if (const auto wake = site.next_wake()) next = std::min(next, epoch + *wake);
        if (next > end) break;
        now_ = std::max(now_, next);
        site.run_until(now_ - epoch);
        if (!queue_.empty() && queue_.begin()->first <= now_) {
            auto what = std::move(queue_.begin()->second);
            queue_.erase(queue_.begin());
            what();
            continue;
        }
        for (auto& [name, node] : nodes_)
            if (node.state && node.wake <= now_) {
                node.wake = core::never;
                happen(node, core::Tick{});
            }
    }
    now_ = std::max(now_, end);
    site.run_until(now_ - epoch);
}

void World::happen(Node& node, const core::Event& event) {
    now_ += Duration(1);  // no two reads are sent at the same instant
    ++steps_;
    core::Step out = core::step(*node.state, event, now_);
    if (out.wake <= now_) on_wrong("asks to be woken in the past");
    node.wake = std::max(out.wake, now_ + milliseconds(1));
    // Stored before it is sent, as the app does.
    node.flying.clear();
    for (const auto& [name, vm] : node.state->vms)
        if (vm.flying) node.flying[name] = *vm.flying;
    for (const auto& [name, host] : node.state->hosts)
        for (const auto& [vm, vmid] : host.where) node.vmids[name][vm] = vmid;
    for (const auto& action : out.actions) perform(node, action);
}

void World::to(const std::string& node, unsigned life, Duration delay, core::Event event) {
    at(now_ + delay, [this, node, life, event = std::move(event)] {
        Node& target = nodes_.at(node);
        if (target.state && target.life == life) happen(target, event);
    });
}

// --- actions

void World::perform(Node& node, const core::Action& action) {
    if (const auto* write = std::get_if<core::Write>(&action)) {
        on_write(node.name, *write);
        perform_write(node, *write);
    } else if (const auto* look = std::get_if<core::Look>(&action)) {
        perform_look(node, *look);
    } else if (const auto* check = std::get_if<core::CheckVmx>(&action)) {
        core::VmxChecked checked{check->vm, check->host, core::Presence::cannot_tell};
        const auto* disk = site.disk_of(id_of(check->host));
        if (reachable(node.name, check->host) && disk)
            checked.presence =
                disk->find(check->path.file) ? core::Presence::present : core::Presence::missing;
        to(node.name, node.life, 2 * call_delay, checked);
    } else if (const auto* lock = std::get_if<core::TakeLock>(&action)) {
        const auto flying = node.flying.find(lock->vm);
        core::LockTaken taken{lock->vm, {}};
        if (flying != node.flying.end()) taken.left = flying->second;
        to(node.name, node.life, Duration::zero(), taken);
    } else if (const auto* mark = std::get_if<core::SetMark>(&action)) {
        if (mark->active)
            node.marks.insert(mark->vm);
        else
            node.marks.erase(mark->vm);
    } else if (const auto* say = std::get_if<core::Say>(&action)) {
        if (say->level != Level::debug) line(node.name, say->message);
    } else if (const auto* answer = std::get_if<core::Answer>(&action)) {
        end_shim(node, *answer);
    }
}

void World::perform_write(Node& node, const core::Write& write) {
    const OnTheWay what{node.name, node.life, write};
    at(now_ + call_delay, [this, what] {
        if (!reachable(what.node, what.write.host)) return unanswered(what, false);
        int& losses = losses_[what.write.host];
        const bool lost = losses > 0 && losses-- > 0;
        const site::HostId host = id_of(what.write.host);
        const auto outcome = carry_out(site, host, what.write);
        if (lost) return unanswered(what, true);
        if (const auto* done = std::get_if<core::WriteDone>(&outcome)) return write_ends(what, *done);
        const std::string task = std::get<std::string>(outcome);
        tasks_.emplace(std::pair(host, task), what);
        on_site_change({host, site::Change::What::task, 0, task});  // it may have ended within the call
    });
}

void World::write_ends(const OnTheWay& what, core::WriteDone done) {
    if (!reachable(what.node, what.write.host)) return unanswered(what, true);
    to(what.node, what.life, call_delay, std::move(done));
}

// Known as lost when the connection is given up, at the write's limit at the latest.
void World::unanswered(const OnTheWay& what, bool carried_out) {
    on_lost(what.node, what.write, carried_out);
    const Duration limit = std::max(Duration::zero(), what.write.limit - now_);
    to(what.node, what.life, std::min(dead_after, limit),
       core::WriteDone{what.write.id, core::Outcome::unanswered, {}, ""});
}

void World::perform_look(Node& node, const core::Look& look) {
    const Time asked = now_;
    const std::string name = node.name;
    const unsigned life = node.life;
    at(now_ + call_delay, [this, name, life, look, asked] {
        Node& target = nodes_.at(name);
        if (!target.state || target.life != life) return;
        const Link& link = target.links[look.host];
        if (!reachable(name, look.host) || !link.connected)
            return to(name, life, link.connected ? dead_after : call_delay,
                      core::LookFailed{look.host, look.id});
        if (look.vmid.empty()) {
            core::Read read = full_read(target, look.host);
            read.asked = asked;
            read.look = look.id;
            return to(name, life, call_delay, read);
        }
        core::Looked looked{look.host, link.session, look.id, asked, look.vmid, {}};
        const site::HostId host = id_of(look.host);
        if (const auto* vm = site.vm(host, std::stoi(look.vmid)); vm && !loading(look.host))
            looked.entry = entry_of(site, host, *vm);
        to(name, life, call_delay, looked);
    });
}

// --- links

bool World::reachable(const std::string& node, const HostName& host) const {
    return nodes_.at(node).powered && site.host(id_of(host)).reachable() && !cuts_.contains({node, host});
}

bool World::loading(const HostName& name) const {
    const site::Host& host = site.host(id_of(name));
    return host.boots > 1 && now_ - epoch < host.booted + config_.late_inventory;
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
    if (site.disk_of(host)) read.datastores.push_back(datastore_of(site, host));
    read.facts = facts_of(site, host);
    return read;
}

void World::log_in(Node& node, const HostName& host, Link& link) {
    ++link.session;
    link.connected = true;
    link.news.clear();
    link.loading = loading(host);
    link.asked = link.silent_since = now_;
    happen(node, core::LinkChanged{host, core::Link::up, Reason::running, "", link.session});
    happen(node, full_read(node, host));
}

void World::tick_link(const std::string& name, unsigned life, const HostName& host) {
    Node& node = nodes_.at(name);
    if (!node.state || node.life != life) return;
    Link& link = node.links[host];
    const bool answers = reachable(name, host);
    Duration again = watch_interval;
    if (link.connected && answers) {
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
        tell_news(name, life, host);
    } else if (link.connected && now_ - link.silent_since >= dead_after) {
        link.connected = false;
        happen(node, core::LinkChanged{host, core::Link::down, Reason::host_unreachable,
                                       "the host does not answer", link.session});
    } else if (!link.connected && answers) {
        log_in(node, host, link);
    } else if (!link.connected) {
        again = login_retry;
        happen(node, core::LinkChanged{host, core::Link::down, Reason::host_unreachable,
                                       "the host does not answer", link.session});
    }
    at(now_ + again, [this, name, life, host] { tick_link(name, life, host); });
}

void World::tell_news(const std::string& name, unsigned life, const HostName& host) {
    Node& node = nodes_.at(name);
    if (!node.state || node.life != life) return;
    Link& link = node.links[host];
    if (!link.connected || !reachable(name, host) || link.news.empty() || link.loading) return;
    core::Read read;
    read.host = host;
    read.session = link.session;
    read.asked = link.asked;
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
    if (change.vm == 0) return;
    for (auto& [name, node] : nodes_) {
        if (!node.state) continue;
        node.links[host].news.insert(change.vm);
        at(now_ + call_delay, [this, name = name, life = node.life, host] { tell_news(name, life, host); });
    }
}

// --- people, the cluster manager, fate

void World::start_daemon(const std::string& name) {
    Node& node = nodes_.at(name);
    if (!node.powered || node.state) return;
    ++node.life;
    std::vector<core::Flying> flying;
    for (const auto& [vm, item] : node.flying) flying.push_back(item);
    node.state =
        core::make_state(settings_of(config_, name, node.host.str()), {node.marks, flying, node.vmids}, now_);
    node.wake = now_;
    for (const auto& [host, view] : node.state->hosts) {
        node.links[host].connected = false;
        at(now_ + milliseconds(10),
           [this, name, life = node.life, host = host] { tick_link(name, life, host); });
    }
    line(name, "vmhad starts");
}

void World::kill_daemon(const std::string& name) {
    Node& node = nodes_.at(name);
    if (!node.state) return;
    node.state.reset();
    ++node.life;
    line(name, "vmhad is killed");
}

void World::node_power(const std::string& name, bool on) {
    Node& node = nodes_.at(name);
    if (node.powered == on) return;
    node.powered = on;
    if (on) return start_daemon(name);
    node.state.reset();
    ++node.life;
    node.marks.clear();  // /run ends with the node
    std::erase_if(shims_, [&](const Shim& shim) { return shim.node == name; });
    line(name, "the node is down");
}

void World::cut(const std::string& node, const std::string& host, bool is_cut) {
    if (is_cut)
        cuts_.insert({node, HostName(host)});
    else
        cuts_.erase({node, HostName(host)});
}

void World::lose_replies(const std::string& host, int count) {
    losses_[HostName(host)] = count;
}

void World::shim(const std::string& node, core::Kind kind, const VmName& vm, Duration timeout,
                 const std::string& factor) {
    if (!nodes_.at(node).powered) return;
    shims_.push_back({node, vm, kind, now_, now_ + timeout, factor, ++last_caller_});
    post(shims_.back());
}

// Posts, and posts again with the remaining time whenever the daemon has gone.
void World::post(Shim& shim) {
    Node& node = nodes_.at(shim.node);
    const core::CallerId caller = shim.caller;
    at(now_ + post_retry, [this, caller] {
        const auto found = std::ranges::find(shims_, caller, &Shim::caller);
        if (found == shims_.end()) return;
        if (now_ >= found->deadline + seconds(2)) {
            const Node& target = nodes_.at(found->node);
            if (target.state && found->life == target.life) on_wrong("a shim got no answer by its deadline");
            const ShimEnd end{found->node,
                              found->vm,
                              found->kind,
                              core::Ending::timeout,
                              Reason::daemon_unreachable,
                              "no vmhad",
                              now_ - found->began,
                              found->deadline - found->began};
            shims_.erase(found);
            return on_shim_end(end);
        }
        post(*found);
    });
    if (!node.state || shim.life == node.life || now_ >= shim.deadline) return;
    shim.life = node.life;
    core::Ask ask{shim.caller, shim.vm, shim.kind, shim.deadline - now_, {}};
    if (!shim.factor.empty()) ask.context["CLP_FACTOR"] = shim.factor;
    to(shim.node, node.life, Duration::zero(), ask);
}

void World::kill_shims(const std::string& name) {
    for (const auto& shim : shims_)
        if (shim.node == name)
            to(name, nodes_.at(name).life, Duration::zero(), core::CallerGone{shim.caller});
    std::erase_if(shims_, [&](const Shim& shim) { return shim.node == name; });
}

void World::end_shim(const Node& node, const core::Answer& answer) {
    const auto found = std::ranges::find(shims_, answer.caller, &Shim::caller);
    if (found == shims_.end()) return;
    const ShimEnd end{found->node,   found->vm,     found->kind,         answer.ending,
                      answer.reason, answer.detail, now_ - found->began, found->deadline - found->began};
    shims_.erase(found);
    const char* word = end.ending == core::Ending::ok       ? "ok"
                       : end.ending == core::Ending::failed ? "FAILED"
                                                            : "TIMEOUT";
    line(node.name, std::string(core::word(end.kind)) + " of " + end.vm.str() + " ends: " + word + " " +
                        std::string(vmha::word(end.reason)));
    on_shim_end(end);
}

// --- what came of it

void World::line(const std::string& who, const std::string& text) {
    char stamp[32];
    const auto ms = core::to_ms(now_ - epoch);
    std::snprintf(stamp, sizeof stamp, "%6ld.%03ld", static_cast<long>(ms / 1000),
                  static_cast<long>(ms % 1000));
    on_line(std::string(stamp) + " " + who + " " + text);
}

const core::State* World::state(const std::string& node) const {
    const auto& state = nodes_.at(node).state;
    return state ? &*state : nullptr;
}

bool World::active(const std::string& node, const VmName& vm) const {
    return nodes_.at(node).marks.contains(vm);
}

bool World::registered_at(const std::string& host, const VmName& name) const {
    const auto& vms = site.host(id_of(HostName(host))).vms;
    return std::ranges::any_of(vms, [&](const auto& item) { return item.second.name == name.str(); });
}

bool World::runs_at(const std::string& host, const VmName& name) const {
    const auto& vms = site.host(id_of(HostName(host))).vms;
    return std::ranges::any_of(vms, [&](const auto& item) {
        return item.second.name == name.str() && item.second.power == site::Power::powered_on;
    });
}

std::vector<std::string> World::node_names() const {
    std::vector<std::string> names;
    for (const auto& [name, node] : nodes_) names.push_back(name);
    return names;
}

std::string World::host_of(const std::string& node) const {
    return nodes_.at(node).host.str();
}

}  // namespace vmha::scenario
