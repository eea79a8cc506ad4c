#include "daemon/setup.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "common/counted.hpp"
#include "common/exit_codes.hpp"
#include "daemon/config/node_choice.hpp"
#include "daemon/config/service_check.hpp"
#include "daemon/run/clock.hpp"
#include "daemon/run/systemd.hpp"
#include "daemon/times_json.hpp"

namespace vmha {

Result<std::string> find_node(const config::Config& config, const Options& options) {
    auto addresses = config::machine_addresses();
    if (!addresses && !options.node) return addresses.error();
    return config::choose_node(config, options.node, addresses ? *addresses : std::vector<std::string>{});
}

namespace {

// systemd.special(7): network.target says that the network is being managed, not that addresses are there.
constexpr auto after_boot = std::chrono::minutes(5);
// Where it has been a node before: a network may be set up anew just while the daemon is being restarted.
constexpr auto at_any_time = std::chrono::seconds(60);
constexpr timespec between_looks{.tv_sec = 0, .tv_nsec = 200'000'000};

// Started by systemd, the daemon waits for the address that tells which node this is: it is not started again
// after it has refused its configuration.
Result<std::string> wait_for_node(const config::Config& config, const config::Source& source,
                                  const Options& options, run::Log& log) {
    auto node = find_node(config, options);
    if (node || options.job != Job::serve || std::getenv("NOTIFY_SOCKET") == nullptr) return node;
    const bool was_a_node = config::load_last_good(options.paths.state_dir, source).config.has_value();
    const auto until =
        was_a_node ? std::max(core::Time(after_boot), run::boot_now() + at_any_time) : core::Time(after_boot);
    if (run::boot_now() >= until) return node;
    log.warning(node.error().message + "; it may still come, so this is looked at again for a while");
    run::notify_status("waits for the address of a node");
    while (!node && run::boot_now() < until) {
        ::nanosleep(&between_looks, nullptr);
        node = find_node(config, options);
    }
    return node;
}

void say_how_to_go_on(const Options& options, run::Log& log) {
    log.error("mend " + options.config +
              ", look for mistakes with vmhad --check-config, then start vmhad again");
}

void say_warnings(const config::Loaded& loaded, run::Log& log) {
    for (const auto& warning : loaded.warnings) log.warning(warning);
}

}  // namespace

int check_config(const Options& options) {
    auto source = config::source_of(options.config);
    // The times hold whether or not this account can read the secrets, and before these are there.
    source.files_must_be_usable = !options.json;
    auto loaded = config::load(source);
    if (options.json)
        loaded.warnings.clear();
    else
        config::check_for_service(options.config, loaded);
    for (const auto& problem : loaded.problems)
        std::fprintf(stderr, "%s\n", printable(problem.text()).c_str());
    for (const auto& warning : loaded.warnings)
        std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
    if (!loaded.config) {
        std::fprintf(stderr, "%s: %s\n", options.config.c_str(),
                     counted(loaded.problems.size(), "problem").c_str());
        return static_cast<int>(ExitCode::usage);
    }
    if (options.json) {
        std::printf("%s\n", times_as_json(*loaded.config).c_str());
        return static_cast<int>(ExitCode::ok);
    }
    const auto node = find_node(*loaded.config, options);
    if (!node) {
        std::fprintf(stderr, "%s: %s\n", options.config.c_str(), node.error().message.c_str());
        return static_cast<int>(ExitCode::usage);
    }
    std::printf("%s: good; %s, %s; this machine is node %s\n", options.config.c_str(),
                counted(loaded.config->nodes.size(), "node").c_str(),
                counted(loaded.config->vms.size(), "VM").c_str(), node->c_str());
    return static_cast<int>(ExitCode::ok);
}

std::optional<Setup> set_up(const Options& options, run::Log& log) {
    auto source = config::source_of(options.config);
    // For a link that cannot log in, all that works is not thrown away.
    source.files_may_be_missing = true;
    auto loaded = config::load(source);
    const bool good = loaded.config.has_value();
    if (!good) {
        for (const auto& problem : loaded.problems) log.error(problem.text());
        loaded = config::load_last_good(options.paths.state_dir, source);
        if (!loaded.config) {
            log.write(
                {Level::error, run::MessageId::cannot_start,
                 "cannot go on: the configuration is broken, and there is no last good one to fall back to"});
            for (const auto& problem : loaded.problems) log.error(problem.text());
            say_how_to_go_on(options, log);
            return std::nullopt;
        }
        log.write({Level::error, run::MessageId::configuration_fallback,
                   "THE CONFIGURATION IS BROKEN: going on with the last good one from " +
                       options.paths.state_dir +
                       "; mend it, check it with vmhad --check-config, then systemctl reload vmhad"});
    }
    say_warnings(loaded, log);
    auto node = wait_for_node(*loaded.config, source, options, log);
    if (!node) {
        log.write({Level::error, run::MessageId::cannot_start, node.error().message});
        log.error(
            "compare the addresses of the nodes in " + options.config +
            " with those of \"ip address\", look for mistakes with vmhad --check-config, then start vmhad "
            "again");
        return std::nullopt;
    }
    if (good)
        if (const auto saved = config::save_last_good(options.paths.state_dir, loaded.merged); !saved)
            log.warning(saved.error().message);
    return Setup{std::move(*loaded.config), std::move(*node), !good};
}

}  // namespace vmha
