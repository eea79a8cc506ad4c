#include "daemon/reload.hpp"

#include <algorithm>

#include "common/counted.hpp"
#include "daemon/config/load.hpp"
#include "daemon/run/systemd.hpp"
#include "daemon/setup.hpp"
#include "daemon/status_line.hpp"

namespace vmha {
namespace {

// systemd.exec(5): credentials are read when the service starts, and not again.
constexpr auto new_secret_hint =
    "a secret that is new reaches vmhad only when it is started: systemctl restart vmhad";

std::vector<std::string> explain_credentials(const config::Source& source,
                                             const std::vector<std::string>& problems) {
    const auto about_file = [](const std::string& problem) {
        return problem.find("_file: ") != std::string::npos ||
               problem.find("known_hosts: ") != std::string::npos;
    };
    if (source.credentials_directory.empty() || !std::ranges::any_of(problems, about_file)) return {};
    return {new_secret_hint};
}

api::Reloaded refuse(std::vector<std::string> problems, run::Log& log, std::vector<std::string> hints = {}) {
    for (const auto& problem : problems) log.error("reload refused: " + problem);
    for (const auto& hint : hints) log.warning("reload refused: " + hint);
    log.write({Level::error, run::MessageId::reload_refused,
               "reload refused, nothing is changed: " + counted(problems.size(), "problem")});
    return {.accepted = false, .problems = std::move(problems), .hints = std::move(hints)};
}

std::string summary(size_t changes) {
    if (changes == 0) return "reload: nothing has changed";
    return "reload: done, " + counted(changes, "change");
}

api::Reloaded read_anew(const Options& options, Engine& engine, run::Log& log) {
    const auto source = config::source_of(options.config);
    const auto loaded = config::load(source);
    std::vector<std::string> problems;
    for (const auto& problem : loaded.problems) problems.push_back(problem.text());
    if (!loaded.config) {
        auto hints = explain_credentials(source, problems);
        return refuse(std::move(problems), log, std::move(hints));
    }
    const auto node = find_node(*loaded.config, options);
    if (!node) return refuse({node.error().message}, log);

    for (const auto& warning : loaded.warnings) log.warning(warning);
    auto done = engine.reconfigure(*loaded.config, *node);
    if (!done.refused.empty()) return refuse(std::move(done.refused), log);
    log.write({Level::info, run::MessageId::reload_done, summary(done.changes.size())});
    auto warnings = loaded.warnings;
    // Who changed a password reloads, and would take this for the answer.
    if (done.changes.empty() && !source.credentials_directory.empty()) {
        warnings.emplace_back(new_secret_hint);
        log.warning(warnings.back());
    }
    if (const auto saved = config::save_last_good(options.paths.state_dir, loaded.merged); !saved)
        log.warning(saved.error().message);
    return {.accepted = true, .changes = std::move(done.changes), .warnings = std::move(warnings)};
}

}  // namespace

api::Reloaded reload(const Options& options, Engine& engine, run::Log& log) {
    run::notify_reloading();
    auto reloaded = read_anew(options, engine, log);
    if (reloaded.accepted) engine.set_on_last_good(false);
    run::notify_ready(status_line(engine.state(), engine.on_last_good()));
    return reloaded;
}

}  // namespace vmha
