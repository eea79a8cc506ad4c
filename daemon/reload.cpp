#include "daemon/reload.hpp"

#include <algorithm>

#include "daemon/config/load.hpp"
#include "daemon/run/systemd.hpp"
#include "daemon/setup.hpp"
#include "daemon/status_line.hpp"

namespace vmha {
namespace {

// systemd.exec(5): credentials are read when the service starts, and not again.
void explain_credentials(const config::Source& source, std::vector<std::string>& problems) {
    const auto about_file = [](const std::string& problem) {
        return problem.find("_file: ") != std::string::npos ||
               problem.find("known_hosts: ") != std::string::npos;
    };
    if (source.credentials_directory.empty() || !std::ranges::any_of(problems, about_file)) return;
    problems.emplace_back(
        "a secret that is new reaches vmhad only when it is started: systemctl restart vmhad");
}

api::Reloaded refuse(std::vector<std::string> problems, run::Log& log) {
    for (const auto& problem : problems) log.error("reload refused: " + problem);
    log.write({Level::error, run::MessageId::reload_refused,
               "reload refused, nothing is changed: " + std::to_string(problems.size()) +
                   (problems.size() == 1 ? " problem" : " problems")});
    return {.accepted = false, .problems = std::move(problems)};
}

std::string summary(size_t changes) {
    if (changes == 0) return "reload: nothing has changed";
    return "reload: done, " + std::to_string(changes) + (changes == 1 ? " change" : " changes");
}

api::Reloaded read_anew(const Options& options, Engine& engine, run::Log& log) {
    const auto source = config::source_of(options.config);
    const auto loaded = config::load(source);
    std::vector<std::string> problems;
    for (const auto& problem : loaded.problems) problems.push_back(problem.text());
    explain_credentials(source, problems);
    if (!loaded.config) return refuse(std::move(problems), log);
    const auto node = find_node(*loaded.config, options);
    if (!node) return refuse({node.error().message}, log);

    for (const auto& warning : loaded.warnings) log.warning(warning);
    auto done = engine.reconfigure(*loaded.config, *node);
    if (!done.refused.empty()) return refuse(std::move(done.refused), log);
    log.write({Level::info, run::MessageId::reload_done, summary(done.changes.size())});
    if (const auto saved = config::save_last_good(options.paths.state_dir, loaded.merged); !saved)
        log.warning(saved.error().message);
    return {.accepted = true, .changes = std::move(done.changes), .warnings = loaded.warnings};
}

}  // namespace

api::Reloaded reload(const Options& options, Engine& engine, run::Log& log, bool& last_good) {
    run::notify_reloading();
    auto reloaded = read_anew(options, engine, log);
    if (reloaded.accepted) last_good = false;
    run::notify_ready(status_line(engine.state(), last_good));
    return reloaded;
}

}  // namespace vmha
