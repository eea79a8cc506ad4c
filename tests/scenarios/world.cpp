#include "tests/scenarios/world.hpp"

#include <algorithm>

#include "daemon/core/operation.hpp"

namespace vmha::scenario {

using core::milliseconds;

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
            if (node.state) next = std::min(next, std::max(node.wake, node.stunned_until));
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
            if (node.state && node.wake <= now_ && !stunned(name)) {
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
    carry_out_step(node, core::step(*node.state, event, now_));
}

void World::carry_out_step(Node& node, const core::Step& out) {
    if (out.wake <= now_) on_wrong("asks to be woken in the past");
    node.wake = std::max(out.wake, now_ + milliseconds(1));
    // Stored before it is sent, as the app does.
    node.flying.clear();
    node.answering.clear();
    for (const auto& [name, vm] : node.state->vms) {
        if (vm.flying) node.flying[name] = *vm.flying;
        if (vm.answering) node.answering[name] = *vm.answering;
    }
    for (const auto& [name, host] : node.state->hosts)
        for (const auto& [vm, vmid] : host.where) know(node, name, vm, host.entries.at(vmid).entry);
    on_step(node.name);
    for (const auto& action : out.actions) perform(node, action);
}

// The id map of the state directory.
void World::know(Node& node, const HostName& host, const VmName& vm, const core::VmEntry& entry) {
    if (entry.path) node.known[host][vm] = {entry.vmid, entry.path, entry.instance_uuid};
}

void World::to(const std::string& node, unsigned life, Duration delay, core::Event event,
               std::optional<OfLink> link) {
    at(now_ + delay, [this, node, life, link, event = std::move(event)] {
        Node& target = nodes_.at(node);
        if (link && is_over(node, *link)) return;
        if (stunned(node)) return to(node, life, target.stunned_until - now_, event, link);
        if (target.state && target.life == life) happen(target, event);
    });
}

// --- actions

void World::perform(Node& node, const core::Action& action) {
    if (shell_perform(node, action)) return;
    if (const auto* write = std::get_if<core::Write>(&action)) {
        on_write(node.name, *write);
        perform_write(node, *write);
    } else if (const auto* look = std::get_if<core::Look>(&action)) {
        perform_look(node, *look);
    } else if (const auto* check = std::get_if<core::CheckVmx>(&action)) {
        core::VmxChecked checked{check->vm, check->host, core::Presence::cannot_tell};
        const auto* disk = site.disk_of(id_of(check->host));
        if (reachable(node.name, check->host) && disk && site.host(id_of(check->host)).accessible)
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
    } else if (const auto* remember = std::get_if<core::Remember>(&action)) {
        node.judgements[remember->vm] = remember->judgement;
    } else if (const auto* say = std::get_if<core::Say>(&action)) {
        if (say->level != Level::debug) line(node.name, say->message);
    } else if (const auto* answer = std::get_if<core::Answer>(&action)) {
        end_shim(node, *answer);
    }
}

void World::perform_write(Node& node, const core::Write& write) {
    const OnTheWay what{node.name, node.life, write, link_of(node, write.host).links};
    const bool over_ssh = write.via == core::Via::ssh;
    if (over_ssh && !node.shells.at(write.host).connected)
        return to(node.name, node.life, call_delay, core::WriteDone{write.id, core::Outcome::unsent, {}, ""});
    at(now_ + (over_ssh ? command_delay : call_delay), [this, what] {
        if (!answers(what)) return unanswered(what, false);
        int& losses = losses_[what.write.host];
        const bool lost = losses > 0 && losses-- > 0;
        const site::HostId host = id_of(what.write.host);
        const auto outcome = carry_out(site, host, what.write);
        if (lost) return unanswered(what, true);
        if (const auto* done = std::get_if<core::WriteDone>(&outcome)) return write_ends(what, *done);
        const std::string task = std::get<std::string>(outcome);
        tasks_.emplace(std::pair(host, task), what);
        shell_watch_power_on(what);
        on_site_change({host, site::Change::What::task, 0, task});  // it may have ended within the call
    });
}

bool World::answers(const OnTheWay& what) const {
    return what.write.via == core::Via::ssh ? shell_reachable(what.node, what.write.host)
                                            : reachable(what.node, what.write.host);
}

void World::write_ends(const OnTheWay& what, core::WriteDone done) {
    const OfLink link{what.write.host, what.links};
    if (!answers(what) || is_over(what.node, link)) return unanswered(what, true);
    to(what.node, what.life, call_delay, std::move(done), link);
}

// Known as lost when the connection is given up, at the write's limit at the latest.
void World::unanswered(const OnTheWay& what, bool carried_out) {
    on_lost(what.node, what.write, carried_out);
    const Duration limit = std::max(Duration::zero(), what.write.limit - now_);
    to(what.node, what.life, std::min(dead_after, limit),
       core::WriteDone{what.write.id, core::Outcome::unanswered, {}, ""},
       OfLink{what.write.host, what.links});
}

void World::perform_look(Node& node, const core::Look& look) {
    if (!speaks(look.host, core::Via::api)) return shell_look(node, look);
    const Time asked = now_;
    const std::string name = node.name;
    const unsigned life = node.life;
    at(now_ + call_delay, [this, name, life, look, asked, of = link_of(node, look.host)] {
        Node& target = nodes_.at(name);
        if (!target.state || target.life != life || is_over(name, of)) return;
        const Link& link = target.links[look.host];
        const bool reached = reachable(name, look.host);
        const bool in_session = reached && site.use_session(id_of(look.host), link.cookie);
        if (!link.connected || !in_session)
            return to(name, life, link.connected && !reached ? dead_after : call_delay,
                      core::LookFailed{look.host, look.id}, of);
        if (look.vmid.empty()) {
            core::Read read = full_read(target, look.host);
            read.asked = asked;
            read.look = look.id;
            return to(name, life, call_delay, read, of);
        }
        core::Looked looked{look.host, link.session, look.id, asked, look.vmid, {}};
        const site::HostId host = id_of(look.host);
        if (const auto* vm = site.vm(host, std::stoi(look.vmid)); vm && !loading(look.host))
            looked.entry = entry_of(site, host, *vm);
        to(name, life, call_delay, looked, of);
    });
}

}  // namespace vmha::scenario
