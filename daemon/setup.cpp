#include "daemon/setup.hpp"

#include "common/exit_codes.hpp"
#include "daemon/config/node_choice.hpp"

namespace vmha {
namespace {

Result<std::string> find_node(const config::Config& config, const Options& options) {
    auto addresses = config::machine_addresses();
    if (!addresses && !options.node) return addresses.error();
    return config::choose_node(config, options.node, addresses ? *addresses : std::vector<std::string>{});
}

void say_warnings(const config::Loaded& loaded, run::Log& log) {
    for (const auto& warning : loaded.warnings) log.warning(warning);
}

}  // namespace

int check_config(const Options& options) {
    const auto loaded = config::load(config::source_of(options.config));
    for (const auto& problem : loaded.problems)
        std::fprintf(stderr, "%s\n", printable(problem.text()).c_str());
    for (const auto& warning : loaded.warnings)
        std::fprintf(stderr, "warning: %s\n", printable(warning).c_str());
    if (!loaded.config) {
        std::fprintf(stderr, "%s: %zu problem%s\n", options.config.c_str(), loaded.problems.size(),
                     loaded.problems.size() == 1 ? "" : "s");
        return static_cast<int>(ExitCode::usage);
    }
    const auto node = find_node(*loaded.config, options);
    if (!node) {
        std::fprintf(stderr, "%s: %s\n", options.config.c_str(), node.error().message.c_str());
        return static_cast<int>(ExitCode::usage);
    }
    std::printf("%s: good; %zu nodes, %zu VMs; this machine is node %s\n", options.config.c_str(),
                loaded.config->nodes.size(), loaded.config->vms.size(), node->c_str());
    return static_cast<int>(ExitCode::ok);
}

std::optional<Setup> set_up(const Options& options, run::Log& log) {
    const auto source = config::source_of(options.config);
    auto loaded = config::load(source);
    const bool good = loaded.config.has_value();
    if (!good) {
        for (const auto& problem : loaded.problems) log.error(problem.text());
        loaded = config::load_last_good(options.paths.state_dir, source);
        if (!loaded.config) {
            log.error(
                "cannot go on: the configuration is broken, and there is no last good one to fall back to");
            for (const auto& problem : loaded.problems) log.error(problem.text());
            return std::nullopt;
        }
        log.error("THE CONFIGURATION IS BROKEN: going on with the last good one from " +
                  options.paths.state_dir + "; mend it, check it with vmhad --check-config and restart");
    }
    say_warnings(loaded, log);
    auto node = find_node(*loaded.config, options);
    if (!node) {
        log.error(node.error().message);
        return std::nullopt;
    }
    if (good)
        if (const auto saved = config::save_last_good(options.paths.state_dir, loaded.merged); !saved)
            log.warning(saved.error().message);
    return Setup{std::move(*loaded.config), std::move(*node)};
}

}  // namespace vmha
