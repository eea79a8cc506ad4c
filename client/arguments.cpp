#include "client/arguments.hpp"

#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "common/api_version.hpp"
#include "common/ids.hpp"

namespace vmha::client {
namespace {

enum Option : int { word = 1, all = 256, config, follow, node, socket_path, timeout, help, version };

constexpr int64_t timeout_max_s = 24 * 3600;  // the daemon takes no more

Result<int64_t> seconds(std::string_view text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > timeout_max_s)
        return Error{Errc::invalid_input, "--timeout takes whole seconds from 1 to " +
                                              std::to_string(timeout_max_s) + ", not '" + std::string(text) +
                                              "'"};
    return value;
}

Result<> take(int option, ShimArguments& into, std::vector<std::string>& words) {
    switch (option) {
        case word: words.emplace_back(optarg); break;
        case all: into.all = true; break;
        case config: into.config = optarg; break;
        case follow: into.follow = true; break;
        case node: into.node = optarg; break;
        case socket_path: into.socket = optarg; break;
        case timeout: {
            const auto value = seconds(optarg);
            if (value.has_error()) return value.error();
            into.timeout_s = *value;
            break;
        }
        case help: into.help = true; break;
        case version: into.version = true; break;
        default: break;
    }
    return {};
}

Result<ShimArguments> parse(int argc, char** argv, const option* options, std::vector<std::string>& words) {
    ShimArguments into;
    optind = 0;  // getopt_long's own reset; the tests parse more than once
    opterr = 0;
    for (;;) {
        // "-": words are given in their place, even if POSIXLY_CORRECT is set; ":": a missing value is told
        // apart.
        const int got = getopt_long(argc, argv, "-:h", options, nullptr);
        if (got == -1) break;
        if (got == '?' || got == ':') {
            const std::string what = argv[optind - 1];
            return Error{Errc::invalid_input, got == ':' ? "option '" + what + "' needs a value"
                                                         : "unknown option '" + what + "'"};
        }
        if (auto taken = take(got == 'h' ? help : got, into, words); taken.has_error()) return taken.error();
    }
    for (; optind < argc; ++optind) words.emplace_back(argv[optind]);  // after "--"
    return into;
}

// Each name once, in the order given.
Result<> accept_names(std::vector<std::string>& names) {
    std::vector<std::string> accepted;
    for (std::string& name : names) {
        if (!is_valid_name(name))
            return Error{Errc::invalid_input,
                         "'" + name + "' is no VM name: letters, digits, '.', '_' and '-', at most 64"};
        if (std::ranges::find(accepted, name) == accepted.end()) accepted.push_back(std::move(name));
    }
    names = std::move(accepted);
    return {};
}

}  // namespace

std::string choose_socket(const std::string& given, const char* environment) {
    if (!given.empty()) return given;
    if (environment && *environment) return environment;
    return std::string(default_socket_path);
}

Result<ShimArguments> parse_exec(int argc, char** argv, const ShimEnvironment& environment) {
    static constexpr option options[] = {{"all", no_argument, nullptr, all},
                                         {"config", required_argument, nullptr, config},
                                         {"help", no_argument, nullptr, help},
                                         {"node", required_argument, nullptr, node},
                                         {"socket", required_argument, nullptr, socket_path},
                                         {"timeout", required_argument, nullptr, timeout},
                                         {"version", no_argument, nullptr, version},
                                         {nullptr, 0, nullptr, 0}};
    std::vector<std::string> words;
    auto parsed = parse(argc, argv, options, words);
    if (parsed.has_error() || parsed->help || parsed->version) return parsed;
    parsed->socket = choose_socket(parsed->socket, environment.socket);
    if (words.empty()) return Error{Errc::invalid_input, "start or stop is missing"};
    if (words.front() == "start")
        parsed->action = Action::start;
    else if (words.front() == "stop")
        parsed->action = Action::stop;
    else
        return Error{Errc::invalid_input, "'" + words.front() + "' is neither start nor stop"};
    parsed->vms.assign(words.begin() + 1, words.end());
    if (parsed->all && !parsed->vms.empty())
        return Error{Errc::invalid_input, "--all and the names of VMs exclude each other"};
    if (!parsed->all && parsed->vms.empty()) {
        std::string_view resource = environment.resource ? environment.resource : "";
        if (resource.starts_with("exec-")) resource.remove_prefix(5);
        if (resource.empty())
            return Error{Errc::invalid_input, "no VM is given, and CLP_RESOURCENAME names none"};
        parsed->vms.emplace_back(resource);
    }
    if (auto checked = accept_names(parsed->vms); checked.has_error()) return checked.error();
    return parsed;
}

Result<ShimArguments> parse_genw(int argc, char** argv, const ShimEnvironment& environment) {
    static constexpr option options[] = {{"config", required_argument, nullptr, config},
                                         {"follow", no_argument, nullptr, follow},
                                         {"help", no_argument, nullptr, help},
                                         {"node", required_argument, nullptr, node},
                                         {"socket", required_argument, nullptr, socket_path},
                                         {"timeout", required_argument, nullptr, timeout},
                                         {"version", no_argument, nullptr, version},
                                         {nullptr, 0, nullptr, 0}};
    std::vector<std::string> words;
    auto parsed = parse(argc, argv, options, words);
    if (parsed.has_error() || parsed->help || parsed->version) return parsed;
    parsed->socket = choose_socket(parsed->socket, environment.socket);
    parsed->vms = std::move(words);
    if (auto checked = accept_names(parsed->vms); checked.has_error()) return checked.error();
    return parsed;
}

}  // namespace vmha::client
