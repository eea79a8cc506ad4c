// explore [--schedules N] [--seed S] [--transport T] [--reloads] [--people] [--first] [--trace]: N random
// schedules from seed S on; a violation prints its seed and the commit, and the same seed on the same commit
// replays it exactly.
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "tests/scenarios/explorer.hpp"

namespace {

// The first line that git says about the tree that this program was built in; nothing where it cannot tell.
std::string git(const std::string& folder, const std::string& arguments) {
    const std::string command = "git -C '" + folder + "' " + arguments + " 2>/dev/null";
    FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) return {};
    std::array<char, 256> line{};
    const bool any = std::fgets(line.data(), line.size(), pipe) != nullptr;
    while (std::fgetc(pipe) != EOF) continue;
    if (pclose(pipe) != 0 || !any) return {};
    const std::string text(line.data());
    return text.substr(0, text.find('\n'));
}

// "1f72bb9", "1f72bb9 modified", or "unknown".
std::string commit() {
    std::error_code error;
    const std::string folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    const std::string name = git(folder, "rev-parse --short HEAD");
    if (name.empty()) return "unknown";
    return git(folder, "status --porcelain --untracked-files=no").empty() ? name : name + " modified";
}

void print_violation(uint64_t seed, const std::string& violation,
                     const vmha::scenario::Exploring& exploring) {
    const auto number = static_cast<unsigned long long>(seed);
    std::printf("seed %llu: %s\n", number, violation.c_str());
    std::string how = exploring.transport == "api" ? "" : " --transport " + exploring.transport;
    if (exploring.reloads) how += " --reloads";
    if (exploring.people) how += " --people";
    std::printf("  commit %s; replay it there: explore --schedules 1 --seed %llu%s --trace\n",
                commit().c_str(), number, how.c_str());
}

}  // namespace

int main(int argc, char** argv) {
    using namespace vmha::scenario;
    CLI::App app(
        "Random schedules of requests and faults over the core and the site model, in virtual time.");
    uint64_t schedules = 1000, seed = 1;
    bool trace = false, first = false;
    Exploring exploring;
    app.add_option("--schedules", schedules)->capture_default_str();
    app.add_option("--seed", seed, "of the first schedule")->capture_default_str();
    app.add_option("--transport", exploring.transport, "of the hosts; mixed: drawn from the seed")
        ->check(CLI::IsMember({"api", "ssh", "api+ssh", "mixed"}))
        ->capture_default_str();
    app.add_flag("--reloads", exploring.reloads, "the configurations change while the daemons run");
    app.add_flag("--people", exploring.people,
                 "somebody works on the VM at the hosts, and hosts tell nothing new");
    app.add_flag("--trace", trace, "print every line that the daemons say");
    app.add_flag("--first", first, "stop at the first violation");
    CLI11_PARSE(app, argc, argv);

    const auto began = std::chrono::steady_clock::now();
    size_t steps = 0, violations = 0;
    for (uint64_t i = 0; i < schedules && violations < (first ? 1 : 5); ++i) {
        const auto say = [&](const std::string& line) {
            if (trace) std::printf("%s\n", line.c_str());
        };
        const Explored explored = explore(seed + i, say, exploring);
        steps += explored.steps;
        if (explored.violation.empty()) continue;
        ++violations;
        print_violation(seed + i, explored.violation, exploring);
    }
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf("%llu schedules, %zu steps, %.1f s\n", static_cast<unsigned long long>(schedules), steps,
                took);
    std::printf("%llu passed, %zu failed\n", static_cast<unsigned long long>(violations ? 0 : 1), violations);
    return violations == 0 ? 0 : 1;
}
