// run_scenarios DIR…: runs DIR/steps and compares what both daemons said with DIR/log.expect. Where there is
// no expectation yet, it is written to DIR/log.written for review, and the scenario fails.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/scenarios/script.hpp"

namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// The first line that differs, with both sides: enough to see what changed.
void show_difference(const std::string& expected, const std::string& got) {
    std::istringstream a(expected), b(got);
    std::string left, right;
    for (int line = 1;; ++line) {
        const bool more_a = static_cast<bool>(std::getline(a, left));
        const bool more_b = static_cast<bool>(std::getline(b, right));
        if (!more_a && !more_b) return;
        if (more_a && more_b && left == right) continue;
        std::printf("  line %d\n  - %s\n  + %s\n", line, more_a ? left.c_str() : "(end)",
                    more_b ? right.c_str() : "(end)");
        for (int i = 0; i < 5 && std::getline(b, right); ++i) std::printf("  + %s\n", right.c_str());
        return;
    }
}

bool passes(const std::filesystem::path& folder) {
    const auto told = vmha::scenario::tell(read(folder / "steps"));
    if (!told) return std::printf("%s: %s\n", folder.c_str(), told.error().message.c_str()), false;
    for (const auto& failure : told->failures) std::printf("%s: %s\n", folder.c_str(), failure.c_str());
    if (!std::filesystem::exists(folder / "log.expect")) {
        std::ofstream(folder / "log.written") << told->log;
        std::printf("%s: no log.expect; written to log.written for review\n", folder.c_str());
        return false;
    }
    const std::string expected = read(folder / "log.expect");
    if (expected != told->log) {
        std::printf("%s: the log differs\n", folder.c_str());
        show_difference(expected, told->log);
        return false;
    }
    return told->failures.empty();
}

}  // namespace

int main(int argc, char** argv) {
    int good = 0, bad = 0;
    for (int i = 1; i < argc; ++i) (passes(argv[i]) ? good : bad)++;
    std::printf("%d passed, %d failed\n", good, bad);
    return bad == 0 && good > 0 ? 0 : 1;
}
