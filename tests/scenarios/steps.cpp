#include "tests/scenarios/steps.hpp"

#include <algorithm>
#include <map>

namespace vmha::scenario {
namespace {

std::string joined(const Words& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

WorldConfig configured(const Setup& setup) {
    WorldConfig config = setup.world;
    config.tune = [tunings = setup.tunings](core::Settings& settings) {
        for (const auto& tuning : tunings) tuning(settings);
    };
    return config;
}

std::optional<Net> net_of(const std::string& word) {
    const std::map<std::string, Net> nets = {{"api", Net::api},
                                             {"storage", Net::storage},
                                             {"heartbeat", Net::heartbeat},
                                             {"mirror", Net::mirror},
                                             {"ssh", Net::ssh}};
    const auto found = nets.find(word);
    return found == nets.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Play::Play(const Setup& setup)
    : world_(configured(setup)), setup_(setup), corruption_expected_(setup.corruption_expected) {
    world_.on_line = [this](const std::string& text) { log_ += text + "\n"; };
    world_.on_wrong = [this](const std::string& what) { failures_.push_back(what); };
    world_.site.on_corruption = [this](site::HostId host, const std::string& path) {
        world_.line(world_.site.host(host).config.name,
                    "CORRUPTION: a guest of " + path + " writes with another copy's memory");
        if (!corruption_expected_) failures_.push_back("a disk was corrupted");
    };
    if (!setup.cluster.vms.empty()) cluster_ = std::make_unique<Cluster>(world_, setup.cluster);
}

bool Play::step(double time_s, const Words& words) {
    static const std::map<std::string, Action> actions = {
        {"node", &Play::node},      {"host", &Play::host},     {"vm", &Play::vm},
        {"cut", &Play::cut},        {"join", &Play::cut},      {"isolate", &Play::isolate},
        {"rejoin", &Play::isolate}, {"mirror", &Play::mirror}, {"cluster", &Play::cluster},
        {"expect", &Play::expect}};
    const Time when = epoch + core::milliseconds(static_cast<int64_t>(time_s * 1000));
    // Events of the same instant have moved the clock by nanoseconds.
    if (when + core::milliseconds(1) < world_.now() || words.empty()) return false;
    if (when > world_.now()) world_.run(when - world_.now());
    if (words == Words{"end"}) return true;
    const auto action = actions.find(words[0]);
    return action != actions.end() && (this->*action->second)(words);
}

bool Play::node(const Words& words) {
    if (words.size() < 4 || !std::ranges::count(world_.node_names(), words[1])) return false;
    const std::string &name = words[1], &what = words[2], &how = words[3];
    if (what == "start" || what == "stop") {
        Duration timeout = core::seconds(600);
        std::string factor;
        for (size_t i = 4; i + 1 < words.size(); i += 2) {
            if (words[i] == "timeout") timeout = seconds_of(words[i + 1]).value_or(timeout);
            if (words[i] == "factor") factor = words[i + 1];
        }
        world_.shim(name, what == "start" ? core::Kind::start : core::Kind::stop, VmName(how), timeout,
                    factor);
        return true;
    }
    if (what == "pause" || what == "resume") return world_.pause(name, VmName(how), what == "pause"), true;
    if (what == "reload") return reload(name, {words.begin() + 3, words.end()});
    if (what == "secret" && words.size() == 5) return world_.secret(name, how, words[4]), true;
    if (what == "power") return world_.node_power(name, how == "on"), true;
    if (what == "daemon") return how == "kill" ? world_.kill_daemon(name) : world_.start_daemon(name), true;
    if (what == "shims") return world_.kill_shims(name), true;
    if (what == "stun" && seconds_of(how)) return world_.stun(name, *seconds_of(how)), true;
    return false;
}

bool Play::host(const Words& words) {
    const auto id = words.size() >= 4 ? world_.site.find_host(words[1]) : std::nullopt;
    if (!id) return false;
    const std::string &what = words[2], &how = words[3];
    if (what == "power") return world_.host_power(words[1], how == "on"), true;
    if (what == "lose-replies" && number(how))
        return world_.lose_replies(words[1], static_cast<int>(*number(how))), true;
    if (what == "network") {
        static const std::map<std::string, site::Network> networks = {
            {"up", site::Network::up}, {"cut", site::Network::cut}, {"stalled", site::Network::stalled}};
        if (!networks.contains(how)) return false;
        return world_.site.host_network(*id, networks.at(how)), true;
    }
    return host_state(*id, words);
}

bool Play::host_state(site::HostId id, const Words& words) {
    site::Site& site = world_.site;
    const std::string &what = words[2], &how = words[3];
    const auto count = number(how);
    if (what == "maintenance") return site.host_maintenance(id, how == "on"), true;
    if (what == "mute") return world_.mute(words[1], how == "on"), true;
    if (what == "hostd-restarts" && count) return site.hostd_restarts(id, *seconds_of(how)), true;
    if (what == "sessions" && how == "expire") return site.expire_sessions(id, std::nullopt), true;
    if (what == "password") return site.set_password(id, "root", how), true;
    if (what == "network-label") return site.set_networks(id, {how}), true;
    if (what == "memory" && count) return site.set_memory(id, static_cast<long>(*count)), true;
    if (what == "autostart")
        return site.set_autostart(id, world_.path_of(VmName(how)), words.back() != "off"), true;
    if (what == "fail-unregister" && count) return site.fail_unregister(id, static_cast<int>(*count)), true;
    if (what == "power-on-lies" && count) return site.lie_about_power_on(id, static_cast<int>(*count)), true;
    if (what == "licence") {
        site.set_licence(id, how == "free"      ? site::Licence::free
                             : how == "expired" ? site::Licence::expired
                                                : site::Licence::full);
        return true;
    }
    if (what != "storage") return false;
    if (how == "lost") return site.offer(id, std::nullopt), true;
    if (how == "pdl") return site.storage_pdl(id), true;
    if (how == "snapshot") return site.see_snapshot(id, true), true;
    if (how == "resolved") return site.see_snapshot(id, false), true;
    const auto names = world_.node_names();  // the copy at that node
    const auto from = std::ranges::find(names, how);
    if (from == names.end()) return false;
    const auto copy = static_cast<site::DiskId>(from - names.begin());
    if (copy >= site.disks().size()) return false;
    return site.offer(id, copy), true;
}

bool Play::vm(const Words& words) {
    if (words.size() < 4) return false;
    const std::string path = world_.path_of(VmName(words[1]));
    if (words[2] == "locked-by-stranger") return world_.site.stranger_locks(path, words[3] == "on"), true;
    if (words[2] == "moves-to") return world_.site.move_files(path, words[3]), true;
    const auto host = world_.site.find_host(words[3]);
    if (!host) return false;
    if (words[2] == "deaf" && words.size() == 5)
        return world_.site.set_deaf(*host, path, site::kill_of(words[4])), true;
    if (words[2] == "registered-from" && words.size() == 5)
        return !world_.site.register_vm(*host, world_.site.datastore_path(*host, words[4]), "", "somebody")
                    .empty();
    if (words[2] == "registered")
        return !world_.site.register_vm(*host, world_.site.datastore_path(*host, path), "", "somebody")
                    .empty();
    const site::Vm* entry = world_.site.vm_by_path(*host, path);
    if (!entry) return false;
    return vm_state(*host, entry->id, words) || person(*host, entry->id, words);
}

bool Play::vm_state(site::HostId host, int id, const Words& words) {
    site::Site& site = world_.site;
    const std::string& what = words[2];
    const std::string how = words.size() > 4 ? words[4] : "";
    if (what == "crash") return site.crash(host, id), true;
    if (what == "reboot") return site.guest_reboots(host, id), true;
    if (what == "question" && !how.empty()) return site.ask(host, id, how, ""), true;
    if (what == "backup" && seconds_of(how))
        return site.backup(host, id, *seconds_of(how), words.back() != "fixed"), true;
    if (what == "heartbeat" && site::color_of(how))
        return site.set_heartbeat(host, id, *site::color_of(how)), true;
    if (what != "connection") return false;
    static const std::map<std::string, site::Connection> connections = {
        {"connected", site::Connection::connected},
        {"inaccessible", site::Connection::inaccessible},
        {"invalid", site::Connection::invalid},
        {"orphaned", site::Connection::orphaned}};
    if (!connections.contains(how)) return false;
    return site.set_connection(host, id, connections.at(how)), true;
}

// Somebody at the host's own console.
bool Play::person(site::HostId host, int id, const Words& words) {
    site::Site& site = world_.site;
    const std::string& what = words[2];
    if (what == "powered-off") return site.power(host, id, site::Verb::power_off, "somebody"), true;
    if (what == "powered-on") return site.power(host, id, site::Verb::power_on, "somebody"), true;
    if (what == "suspended") return site.power(host, id, site::Verb::suspend, "somebody"), true;
    if (what == "unregistered") return !site.unregister_vm(host, id);
    const site::Vm* vm = site.vm(host, id);
    if (what != "answered" || words.size() != 5 || !vm->question) return false;
    return !site.answer(host, id, std::string(vm->question->id), words[4]);
}

// cut|join [NET] A B
bool Play::cut(const Words& words) {
    const bool is_cut = words[0] == "cut";
    if (words.size() == 3) return world_.network.cut(Net::api, words[1], words[2], is_cut), true;
    const auto net = words.size() == 4 ? net_of(words[1]) : std::nullopt;
    if (net) world_.network.cut(*net, words[2], words[3], is_cut);
    return net.has_value();
}

// A host goes with the node in it; the two go on to reach each other. A node alone loses its host too.
bool Play::isolate(const Words& words) {
    if (words.size() != 2) return false;
    std::vector<std::string> side, others;
    for (const auto& node : world_.node_names()) {
        const std::string host = world_.host_of(node);
        const bool with_host = words[1] == host;
        (with_host || words[1] == node ? side : others).push_back(node);
        (with_host ? side : others).push_back(host);
    }
    if (side.empty()) return false;
    world_.network.part(side, others, words[0] == "isolate");
    return true;
}

bool Play::mirror(const Words& words) {
    if (words == Words{"mirror", "break"}) return world_.site.mirror_break(), true;
    if (words.size() != 3 || words[1] != "recover") return false;
    const auto names = world_.node_names();
    const auto from = std::ranges::find(names, words[2]);
    if (from == names.end()) return false;
    return world_.site.mirror_recover(static_cast<site::DiskId>(from - names.begin())), true;
}

bool Play::cluster(const Words& words) {
    if (!cluster_) return false;
    if (words == Words{"cluster", "stop"}) return cluster_->stop_group(), true;
    if (words.size() != 3) return false;
    if (words[1] == "move") return cluster_->move(words[2]), true;
    if (words[1] == "start") return cluster_->start_group(words[2]), true;
    return false;
}

// --- expectations

void Play::expected(bool so, const Words& words, const std::string& instead) {
    if (so) return;
    failures_.push_back("at " + std::to_string(core::to_ms(world_.now() - epoch)) +
                        " ms it is not so: " + joined(words) + (instead.empty() ? "" : "; it is " + instead));
}

bool Play::expect(const Words& words) {
    if (words.size() < 4) return false;
    return world_.site.find_host(words[3]) ? expect_of_vm(words) : expect_of_node(words);
}

// expect vm1 runs|lives|absent|off|writes esxi1
bool Play::expect_of_vm(const Words& words) {
    const auto host = *world_.site.find_host(words[3]);
    const std::string path = world_.path_of(VmName(words[1]));
    const site::Vm* entry = world_.site.vm_by_path(host, path);
    const bool process = world_.site.has_process(host, path);
    const std::string& what = words[2];
    if (what == "runs")
        expected(entry && entry->power == site::Power::powered_on, words);
    else if (what == "lives")
        expected(process, words);
    else if (what == "writes")
        expected(world_.site.writes_on(host, path).has_value(), words);
    else if (what == "absent")
        expected(!entry && !process, words);
    else if (what == "unlisted")
        expected(!entry, words);
    else if (what == "off")
        expected(entry && !process, words);
    else
        return false;
    return true;
}

// expect ec1 vm1 VERDICT [REASON] | expect ec1 monitor vm1 CODE | expect ec1 group is online|offline
bool Play::expect_of_node(const Words& words) {
    if (!std::ranges::count(world_.node_names(), words[1])) return false;
    if (words[2] == "monitor" && words.size() == 5) {
        const int code = static_cast<int>(world_.monitor(words[1], VmName(words[3])));
        expected(std::to_string(code) == words[4], words, std::to_string(code));
        return true;
    }
    if (words[2] == "reload" && words.size() == 4) {
        const bool refused = !refused_[words[1]].empty();
        expected(words[3] == (refused ? "refused" : "done"), words,
                 refused ? refused_[words[1]].front() : "");
        return words[3] == "refused" || words[3] == "done";
    }
    if (words[2] == "group" && words.size() == 5 && cluster_) {
        expected(cluster_->online(words[1]) == (words[4] == "online"), words);
        return true;
    }
    const core::State* state = world_.state(words[1]);
    if (!state) {
        expected(words[3] == "down", words, "no daemon");
        return true;
    }
    const auto vm = state->vms.find(VmName(words[2]));
    if (vm == state->vms.end()) return false;
    const core::Health& health = vm->second.health;
    const std::string is =
        std::string(core::word(health.verdict)) + " " + std::string(vmha::word(health.reason));
    expected(
        words[3] == core::word(health.verdict) && (words.size() < 5 || words[4] == vmha::word(health.reason)),
        words, is);
    return true;
}

}  // namespace vmha::scenario
