#include "tests/scenarios/script.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace vmha::scenario {
namespace {

using core::milliseconds;
using core::seconds;
using Words = std::vector<std::string>;

Words words_of(const std::string& line) {
    std::istringstream text(line.substr(0, line.find('#')));
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    return words;
}

std::optional<double> number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Duration seconds_of(const std::string& text) {
    return milliseconds(static_cast<int64_t>(number(text).value_or(0) * 1000));
}

class Teller {
public:
    // False: not understood.
    bool line(const Words& words) {
        if (const auto time = number(words.front())) return step(*time, {words.begin() + 1, words.end()});
        return !world_ && setting(words);
    }

    Told told;

private:
    // --- before the first step

    site::VmConfig* vm_config(const std::string& name) {
        const auto found = std::ranges::find(
            config_.site.vms, name, [](const site::VmConfig& vm) -> const auto& { return vm.files.name; });
        return found == config_.site.vms.end() ? nullptr : &*found;
    }

    bool setting(const Words& words) {
        if (words.size() == 2 && words[0] == "lock-break")
            return config_.site.lock_break = seconds_of(words[1]), true;
        if (words.size() == 2 && words[0] == "late-inventory")
            return config_.late_inventory = seconds_of(words[1]), true;
        if (words.size() == 2 && words[0] == "host-boot") {
            for (auto& host : config_.site.hosts) host.boot = seconds_of(words[1]);
            return true;
        }
        if (words.size() == 3 && words[0] == "task-time") {
            const auto verb = site::verb_of(words[1]);
            if (verb) config_.site.task_times[*verb] = seconds_of(words[2]);
            return verb.has_value();
        }
        if (words.size() < 3 || words[0] != "vm") return false;
        site::VmConfig* vm = vm_config(words[1]);
        return vm && vm_setting(*vm, {words.begin() + 2, words.end()});
    }

    bool vm_setting(site::VmConfig& vm, const Words& words) {
        if (words.size() == 2 && (words[0] == "on" || words[0] == "off")) {
            vm.registered_on = words[1];
            vm.powered_on = words[0] == "on";
            return true;
        }
        if (words == Words{"no-tools"}) return vm.files.tools = false, true;
        if (words == Words{"shutdown", "never"}) return vm.files.shutdown.reset(), true;
        if (words.size() == 2 && words[0] == "shutdown")
            return vm.files.shutdown = seconds_of(words[1]), true;
        if (words == Words{"refuse"}) return refuse_.insert(VmName(vm.files.name)), true;
        return false;
    }

    // --- steps

    void begin() {
        config_.tune = [refuse = refuse_](core::Settings& settings) {
            for (const auto& vm : refuse)
                settings.vms.at(vm).on_running_elsewhere = core::OnRunningElsewhere::refuse;
        };
        world_ = std::make_unique<World>(config_);
        world_->on_line = [this](const std::string& text) { told.log += text + "\n"; };
        world_->on_wrong = [this](const std::string& what) { told.failures.push_back(what); };
    }

    bool step(double time, const Words& words) {
        if (!world_) begin();
        const Time when = epoch + milliseconds(static_cast<int64_t>(time * 1000));
        if (when < world_->now() || words.empty()) return false;
        world_->run(when - world_->now());
        const std::string& what = words[0];
        if (what == "end") return words.size() == 1;
        if (words.size() < 3) return false;
        if (what == "node") return node(words);
        if (what == "host") return host(words);
        if (what == "vm") return vm(words);
        if (what == "cut" || what == "join") return world_->cut(words[1], words[2], what == "cut"), true;
        if (what == "expect") return expect(time, words);
        return false;
    }

    bool node(const Words& words) {
        const std::string& name = words[1];
        if (words[2] == "start" || words[2] == "stop") {
            if (words.size() < 4) return false;
            Duration timeout = seconds(600);
            std::string factor;
            for (size_t i = 4; i + 1 < words.size(); i += 2) {
                if (words[i] == "timeout") timeout = seconds_of(words[i + 1]);
                if (words[i] == "factor") factor = words[i + 1];
            }
            world_->shim(name, words[2] == "start" ? core::Kind::start : core::Kind::stop, VmName(words[3]),
                         timeout, factor);
            return true;
        }
        if (words.size() != 4) return false;
        if (words[2] == "power") return world_->node_power(name, words[3] == "on"), true;
        if (words[2] == "daemon")
            return words[3] == "kill" ? world_->kill_daemon(name) : world_->start_daemon(name), true;
        if (words[2] == "shims") return world_->kill_shims(name), true;
        return false;
    }

    bool host(const Words& words) {
        const auto id = world_->site.find_host(words[1]);
        if (!id || words.size() != 4) return false;
        const std::string& what = words[2];
        const std::string& how = words[3];
        if (what == "power") return power(words[1], *id, how == "on"), true;
        if (what == "maintenance") return world_->site.host_maintenance(*id, how == "on"), true;
        if (what == "lose-replies")
            return world_->lose_replies(words[1], static_cast<int>(*number(how))), true;
        if (what != "network") return false;
        world_->site.host_network(*id, how == "up"    ? site::Network::up
                                       : how == "cut" ? site::Network::cut
                                                      : site::Network::stalled);
        return true;
    }

    // The node is a VM of its host: it dies with it and comes back with it.
    void power(const std::string& name, site::HostId id, bool on) {
        world_->site.host_power(id, on);
        for (const auto& node : world_->node_names())
            if (world_->host_of(node) == name) world_->node_power(node, on);
    }

    bool vm(const Words& words) {
        const auto host = words.size() > 3 ? world_->site.find_host(words[3]) : std::nullopt;
        if (!host) return false;
        for (const auto& [id, entry] : world_->site.host(*host).vms) {
            if (entry.name != words[1]) continue;
            if (words[2] == "crash") return world_->site.crash(*host, id), true;
            if (words[2] == "question" && words.size() == 5)
                return world_->site.ask(*host, id, words[4], ""), true;
            const auto color = site::color_of(words.size() == 5 ? words[4] : "");
            if (words[2] == "heartbeat" && color) return world_->site.set_heartbeat(*host, id, *color), true;
        }
        return false;
    }

    // expect vm1 runs esxi1 | expect vm1 absent esxi1 | expect ec1 vm1 unhealthy
    bool expect(double time, const Words& words) {
        const std::string at = "at " + std::to_string(time) + ": ";
        if (words.size() != 4) return false;
        if (words[2] == "runs" || words[2] == "absent") {
            const bool runs = world_->runs_at(words[3], VmName(words[1]));
            const bool registered = world_->registered_at(words[3], VmName(words[1]));
            if (words[2] == "runs" ? !runs : registered)
                told.failures.push_back(at + words[1] + " is not so on " + words[3] + ": " + words[2]);
            return true;
        }
        const core::State* state = world_->state(words[1]);
        const std::string verdict =
            state ? std::string(core::word(state->vms.at(VmName(words[2])).health.verdict)) : "no daemon";
        if (verdict != words[3])
            told.failures.push_back(at + words[2] + " is " + verdict + " for " + words[1] + ", not " +
                                    words[3]);
        return true;
    }

    WorldConfig config_ = [] {
        WorldConfig config;
        config.site = site::default_site();
        return config;
    }();
    std::set<VmName> refuse_;
    std::unique_ptr<World> world_;
};

}  // namespace

Result<Told> tell(const std::string& steps) {
    Teller teller;
    std::istringstream text(steps);
    int count = 0;
    for (std::string line; std::getline(text, line);) {
        ++count;
        const Words words = words_of(line);
        if (!words.empty() && !teller.line(words))
            return Error{Errc::invalid_input,
                         "line " + std::to_string(count) + " is not understood: " + line};
    }
    return std::move(teller.told);
}

}  // namespace vmha::scenario
