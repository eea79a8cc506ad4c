// The commands of the control socket, but for those about a host or a VM.
#include <charconv>
#include <sstream>

#include "common/json.hpp"
#include "tests/simulator/front/control.hpp"
#include "tests/simulator/front/control_words.hpp"
#include "tests/simulator/front/show.hpp"

namespace vmha::sim {
namespace {

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

std::string mirror_command(Network& network, const Words& words) {
    site::Site& site = network.site();
    if (site.disks().size() != 2) return error("the site has no mirror");
    if (words.size() == 2 && words[1] == "break") return site.mirror_break(), "ok";
    const auto from = words.size() == 3 && words[1] == "recover" ? copy_of(network, words[2]) : std::nullopt;
    if (!from) return error("usage: mirror break | mirror recover COPY");
    if (site.mirror() != site::Site::Mirror::apart) return error("the copies have not gone apart");
    return site.mirror_recover(*from), "ok";
}

std::string show_command(Network& network, const Words&) {
    return "ok " + dump_json(show_site(network));
}
std::string counters_command(Network& network, const Words&) {
    return "ok " + dump_json(show_counters(network));
}

std::string help_command(Network&, const Words&) {
    return "ok host NAME power on|off; host NAME network cut [own|peers]|stall|restore; "
           "host NAME maintenance on|off; host NAME expire-sessions [fault|empty|missing]; "
           "host NAME storage lost|pdl|snapshot|resolved|copy COPY; host NAME licence full|free|expired; "
           "host NAME hostd-restart MS; host NAME fail-unregister N; host NAME power-on-lies N; "
           "host NAME password USER TEXT; host NAME ssh on|off|max-sessions N|new-host-key; "
           "host NAME ssh garbage N [binary|half|flood]|unset N|texts KEY VALUE; mirror break; mirror "
           "recover COPY; vm NAME crash [HOST]; "
           "vm NAME reboot [HOST]; vm NAME tools on|off; vm NAME heartbeat COLOR [HOST]; "
           "vm NAME question ID [TEXT]; "
           "vm NAME connection connected|disconnected|inaccessible|invalid|orphaned [HOST]; "
           "vm NAME backup MS [fixed] [HOST]; vm NAME deaf none|soft|hard|force [HOST]; "
           "vm NAME stranger-lock on|off; fault HOST METHOD KIND [KEY=VALUE...]; "
           "fault HOST METHOD clear; delay HOST METHOD MS; task-time VERB MS; show; counters; help";
}

}  // namespace

std::optional<long> number(const std::string& text) {
    long value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::string word(const Words& words, size_t at) {
    return at < words.size() ? words[at] : "";
}

std::string rest_of(const Words& words, size_t from) {
    std::string text;
    for (size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
    return text;
}

std::optional<site::DiskId> copy_of(const Network& network, const std::string& text) {
    const auto copy = number(text);
    if (!copy || *copy < 1 || static_cast<size_t>(*copy) > network.site().disks().size()) return std::nullopt;
    return static_cast<site::DiskId>(*copy - 1);
}

std::string run_command(Network& network, const std::string& line) {
    static const std::map<std::string, std::string (*)(Network&, const Words&)> commands{
        {"host", host_command},     {"vm", vm_command},
        {"mirror", mirror_command}, {"fault", fault_command},
        {"delay", delay_command},   {"task-time", task_time_command},
        {"show", show_command},     {"counters", counters_command},
        {"help", help_command}};
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
