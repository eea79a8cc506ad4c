// explore [--schedules N] [--seed S] [--trace]: N random schedules from seed S on; a violation prints its
// seed, and the same seed replays it exactly.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "tests/scenarios/explorer.hpp"

int main(int argc, char** argv) {
    using namespace vmha::scenario;
    CLI::App app(
        "Random schedules of requests and faults over the core and the site model, in virtual time.");
    uint64_t schedules = 1000, seed = 1;
    bool trace = false, first = false;
    app.add_option("--schedules", schedules)->capture_default_str();
    app.add_option("--seed", seed, "of the first schedule")->capture_default_str();
    app.add_flag("--trace", trace, "print every line that the daemons say");
    app.add_flag("--first", first, "stop at the first violation");
    CLI11_PARSE(app, argc, argv);

    const auto began = std::chrono::steady_clock::now();
    size_t steps = 0, violations = 0;
    for (uint64_t i = 0; i < schedules && violations < (first ? 1 : 5); ++i) {
        const auto say = [&](const std::string& line) {
            if (trace) std::printf("%s\n", line.c_str());
        };
        const Explored explored = explore(seed + i, say);
        steps += explored.steps;
        if (explored.violation.empty()) continue;
        ++violations;
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed + i), explored.violation.c_str());
    }
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf("%llu schedules, %zu steps, %.1f s\n", static_cast<unsigned long long>(schedules), steps,
                took);
    std::printf("%llu passed, %zu failed\n", static_cast<unsigned long long>(violations ? 0 : 1), violations);
    return violations == 0 ? 0 : 1;
}
