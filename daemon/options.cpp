#include "daemon/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "common/api_version.hpp"
#include "common/exit_codes.hpp"
#include "daemon/config/load.hpp"

namespace vmha {
namespace {

std::string from_environment(const char* name, std::string_view otherwise) {
    const char* value = std::getenv(name);
    return value && *value ? value : std::string(otherwise);
}

// $STATE_DIRECTORY of systemd may hold several, joined by colons.
std::string default_state_dir() {
    const std::string list = from_environment("STATE_DIRECTORY", "/var/lib/vmhad");
    return list.substr(0, list.find(':'));
}

const CLI::Validator vm_name(
    [](std::string& text) {
        return is_valid_name(text) ? std::string()
                                   : "\"" + text + "\" is no VM's name: 1 to 64 of A-Z a-z 0-9 . _ -";
    },
    "VM");

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
    Options options;
    options.config = config::default_file;
    options.socket = from_environment("VMHAD_SOCKET", default_socket_path);
    options.paths = {default_state_dir(), "/run/vmhad"};

    CLI::App app("Failover daemon for VMs on standalone ESXi hosts under EXPRESSCLUSTER.", "vmhad");
    app.set_version_flag("--version", "vmhad " VMHA_VERSION);
    std::string node;
    double timeout_s = 0;
    bool check_config = false, oneshot = false, all = false;
    std::vector<std::string> words;
    app.add_option("--config", options.config, "the configuration; conf.d/*.json beside it is merged into it")
        ->capture_default_str();
    auto* node_option = app.add_option("--node", node, "be this node, whatever the machine's addresses are");
    app.add_option("--socket", options.socket, "the Unix socket ($VMHAD_SOCKET)")->capture_default_str();
    app.add_option("--state-dir", options.paths.state_dir,
                   "unanswered writes, login breaker, last good configuration")
        ->capture_default_str();
    app.add_option("--runtime-dir", options.paths.runtime_dir, "active marks and locks")
        ->capture_default_str();
    auto* check =
        app.add_flag("--check-config", check_config, "only validate the configuration: exit 0 or 2");
    app.add_flag("--json", options.json,
                 "with --check-config: print the VMs and their times, look at no other file")
        ->needs(check);
    auto* once =
        app.add_flag("--oneshot", oneshot, "start, stop or check VMs without a daemon")->excludes(check);
    auto* timeout = app.add_option("--timeout", timeout_s, "seconds for --oneshot; default: the VM's own")
                        ->check(CLI::Range(0.1, 86400.0))
                        ->needs(once);
    app.add_flag("--all", all, "with --oneshot: every configured VM")->needs(once);
    app.add_option("words", words, "with --oneshot: start|stop|check VM…")->needs(once);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        const int code = app.exit(problem);
        exit_code = code == 0 ? 0 : static_cast<int>(ExitCode::usage);
        return std::nullopt;
    }
    if (*node_option) options.node = node;
    if (*timeout) options.timeout = core::milliseconds(static_cast<int64_t>(timeout_s * 1000));
    if (check_config) options.job = Job::check_config;
    if (!oneshot) return options;

    options.job = Job::oneshot;
    exit_code = static_cast<int>(ExitCode::usage);
    const std::string verb = words.empty() ? "" : words.front();
    if (verb == "start")
        options.verb = OneshotVerb::start;
    else if (verb == "stop")
        options.verb = OneshotVerb::stop;
    else if (verb != "check") {
        std::fputs("vmhad: --oneshot needs start, stop or check, and the names of VMs\n", stderr);
        return std::nullopt;
    }
    for (size_t i = 1; i < words.size(); ++i) {
        if (const std::string wrong = vm_name(words[i]); !wrong.empty()) {
            std::fprintf(stderr, "vmhad: %s\n", wrong.c_str());
            return std::nullopt;
        }
        options.vms.emplace_back(words[i]);
    }
    options.all_vms = all;
    if (all && !options.vms.empty()) {
        std::fputs("vmhad: --all and the names of VMs exclude each other\n", stderr);
        return std::nullopt;
    }
    if (!all && options.vms.empty() && options.verb != OneshotVerb::check) {
        std::fprintf(stderr, "vmhad: --oneshot %s needs the names of VMs, or --all\n", verb.c_str());
        return std::nullopt;
    }
    return options;
}

}  // namespace vmha
