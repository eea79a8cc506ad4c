// The commands of the control socket.
#include <charconv>
#include <functional>
#include <sstream>

#include "common/json.hpp"
#include "tests/simulator/front/control.hpp"
#include "tests/simulator/front/show.hpp"

namespace vmha::sim {
namespace {

using Words = std::vector<std::string>;
using site::HostId;

std::string error(const std::string& cause) {
    return "error " + cause;
}

std::optional<long> number(const std::string& text) {
    long value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::string rest_of(const Words& words, size_t from) {
    std::string text;
    for (size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
    return text;
}

std::string host_command(Network& network, const Words& words) {
    if (words.size() < 3) return error("usage: host NAME power|network|maintenance|expire-sessions …");
    site::Site& site = network.site();
    const auto id = site.find_host(words[1]);
    if (!id) return error("no host '" + words[1] + "'");
    const std::string& what = words[2];
    const std::string how = words.size() > 3 ? words[3] : "";
    if (what == "power" && (how == "on" || how == "off")) return site.host_power(*id, how == "on"), "ok";
    if (what == "maintenance" && (how == "on" || how == "off"))
        return site.host_maintenance(*id, how == "on"), "ok";
    if (what == "network") {
        if (how == "cut") return site.host_network(*id, site::Network::cut), "ok";
        if (how == "stall") return site.host_network(*id, site::Network::stalled), "ok";
        if (how == "restore") return site.host_network(*id, site::Network::up), "ok";
    }
    if (what == "expire-sessions") {
        if (how.empty()) return site.expire_sessions(*id, std::nullopt), "ok";
        if (how == "fault") return site.expire_sessions(*id, site::ExpiredShape::fault), "ok";
        if (how == "empty") return site.expire_sessions(*id, site::ExpiredShape::empty), "ok";
        if (how == "missing") return site.expire_sessions(*id, site::ExpiredShape::missing), "ok";
    }
    return error("host " + words[1] + ": cannot understand '" + rest_of(words, 2) + "'");
}

// The VM's path on the datastore, by its display name or path.
std::optional<std::string> path_of(const site::Site& site, const std::string& name) {
    for (const auto& disk : site.disks())
        for (const auto& [path, files] : disk.vms())
            if (files.name == name || path == name) return path;
    return std::nullopt;
}

// Does it on every host that has the VM registered, or on the one named. How many those were.
int on_hosts(site::Site& site, const std::string& path, const std::string& host,
             const std::function<bool(HostId, const site::Vm&)>& act) {
    int done = 0;
    for (HostId id = 0; id < site.hosts().size(); ++id) {
        if (!host.empty() && site.host(id).config.name != host) continue;
        if (const auto* vm = site.vm_by_path(id, path)) done += act(id, *vm) ? 1 : 0;
    }
    return done;
}

std::string vm_command(Network& network, const Words& words) {
    if (words.size() < 3) return error("usage: vm NAME crash|tools|heartbeat|question …");
    site::Site& site = network.site();
    const auto path = path_of(site, words[1]);
    if (!path) return error("no VM '" + words[1] + "'");
    const std::string& what = words[2];
    const std::string how = words.size() > 3 ? words[3] : "";
    if (what == "tools" && (how == "on" || how == "off")) return site.set_tools(*path, how == "on"), "ok";
    const auto is_on = [](const site::Vm& vm) { return vm.power == site::Power::powered_on; };
    int done = -1;
    if (what == "crash")
        done = on_hosts(site, *path, how, [&site, &is_on](HostId id, const site::Vm& vm) {
            const bool runs = is_on(vm) || vm.question;
            if (runs) site.crash(id, vm.id);
            return runs;
        });
    if (const auto color = site::color_of(how); what == "heartbeat" && color)
        done = on_hosts(site, *path, words.size() > 4 ? words[4] : "",
                        [&site, &is_on, color](HostId id, const site::Vm& vm) {
                            if (is_on(vm)) site.set_heartbeat(id, vm.id, *color);
                            return is_on(vm);
                        });
    if (what == "question" && !how.empty())
        done = on_hosts(site, *path, "", [&site, &is_on, &words](HostId id, const site::Vm& vm) {
            if (is_on(vm)) site.ask(id, vm.id, words[3], rest_of(words, 4));
            return is_on(vm);
        });
    if (done == 0) return error("vm " + words[1] + " does not run there");
    return done > 0 ? "ok" : error("vm " + words[1] + ": cannot understand '" + rest_of(words, 2) + "'");
}

// drop, lose_reply, hang, http:503, delay, or the name of a fault.
bool read_kind(const std::string& kind, site::Rule& rule) {
    if (kind == "drop") return rule.trouble = site::Trouble::drop, true;
    if (kind == "lose_reply") return rule.trouble = site::Trouble::lose_reply, true;
    if (kind == "hang") return rule.trouble = site::Trouble::hang, true;
    if (kind == "delay") return rule.trouble = site::Trouble::delay, true;
    if (kind.starts_with("http:")) {
        const auto status = number(kind.substr(5));
        if (!status || *status < 100 || *status > 599) return false;
        rule.trouble = site::Trouble::status;
        rule.status = static_cast<int>(*status);
        return true;
    }
    if (kind.empty() || kind[0] < 'A' || kind[0] > 'Z') return false;
    rule.trouble = site::Trouble::fault;
    rule.fault = kind;
    rule.message = "simulated " + kind;
    return true;
}

bool read_detail(const std::string& word, site::Rule& rule) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return false;
    const std::string key = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    const auto count = number(value);
    if (key == "object") return rule.object = value, true;
    if (key == "probability") {
        char* end = nullptr;
        rule.probability = std::strtod(value.c_str(), &end);
        return end && *end == '\0' && rule.probability >= 0 && rule.probability <= 1;
    }
    if (!count) return false;
    if (key == "count") return rule.count = static_cast<int>(*count), true;
    if (key == "skip") return rule.skip = static_cast<int>(*count), true;
    if (key == "delay") return rule.delay = std::chrono::milliseconds(*count), true;
    return false;
}

std::string fault_command(Network& network, const Words& words) {
    if (words.size() < 4)
        return error(
            "usage: fault HOST METHOD clear|drop|lose_reply|hang|delay|http:STATUS|FAULT [object=ID] "
            "[count=N]"
            " [skip=N] [delay=MS] [probability=P] [message=TEXT]");
    const auto id = network.site().find_host(words[1]);
    if (!id) return error("no host '" + words[1] + "'");
    if (words[3] == "clear") return network.site().rules(*id).clear(words[2]), "ok";
    site::Rule rule{.method = words[2]};
    if (!read_kind(words[3], rule)) return error("no kind of fault '" + words[3] + "'");
    for (size_t i = 4; i < words.size(); ++i) {
        if (words[i].starts_with("message=")) {
            rule.message = rest_of(words, i).substr(8);
            break;
        }
        if (!read_detail(words[i], rule)) return error("cannot understand '" + words[i] + "'");
    }
    network.site().rules(*id).add(std::move(rule));
    return "ok";
}

std::string delay_command(Network& network, const Words& words) {
    const auto time = words.size() == 4 ? number(words[3]) : std::nullopt;
    if (!time) return error("usage: delay HOST METHOD MS");
    const auto id = network.site().find_host(words[1]);
    if (!id) return error("no host '" + words[1] + "'");
    network.site().rules(*id).set_delay(words[2], std::chrono::milliseconds(*time));
    return "ok";
}

std::string task_time_command(Network& network, const Words& words) {
    const auto time = words.size() == 3 ? number(words[2]) : std::nullopt;
    const auto verb = words.size() == 3 ? site::verb_of(words[1]) : std::nullopt;
    if (!time || !verb)
        return error(
            "usage: task-time register|power_on|power_off|reset|suspend|search|enter_maintenance|"
            "exit_maintenance MS");
    network.site().set_task_time(*verb, std::chrono::milliseconds(*time));
    return "ok";
}

std::string show_command(Network& network, const Words&) {
    return "ok " + dump_json(show_site(network));
}
std::string counters_command(Network& network, const Words&) {
    return "ok " + dump_json(show_counters(network));
}

std::string help_command(Network&, const Words&) {
    return "ok host NAME power on|off; host NAME network cut|stall|restore; host NAME maintenance on|off; "
           "host NAME expire-sessions [fault|empty|missing]; vm NAME crash [HOST]; vm NAME tools on|off; "
           "vm NAME heartbeat COLOR [HOST]; vm NAME question ID [TEXT]; fault HOST METHOD KIND "
           "[KEY=VALUE...]; "
           "fault HOST METHOD clear; delay HOST METHOD MS; task-time VERB MS; show; counters; help";
}

}  // namespace

std::string run_command(Network& network, const std::string& line) {
    static const std::map<std::string, std::string (*)(Network&, const Words&)> commands{
        {"host", host_command},           {"vm", vm_command},
        {"fault", fault_command},         {"delay", delay_command},
        {"task-time", task_time_command}, {"show", show_command},
        {"counters", counters_command},   {"help", help_command}};
    std::istringstream text(line);
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    const auto command = words.empty() ? commands.end() : commands.find(words[0]);
    if (command == commands.end()) return error("no such command; try help");
    network.advance();
    std::string answer = command->second(network, words);
    network.settle();
    return answer;
}

}  // namespace vmha::sim
