// Time from spawn to exit of several commands, in turns, so that the noise of the machine meets all of them
// alike.
//
//   bench_spawn ROUNDS LABEL[/EVERY] COMMAND... [+ COMMAND...] [-- LABEL[/EVERY] COMMAND...]...
//
// A label with /EVERY takes part in each EVERY-th round only (slow ones). Commands joined by "+" run one
// after the other and count as one. Prints "LABEL median_us p90_us samples" a line; a command that fails ends
// the run.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Command = std::vector<char*>;

struct Contender {
    std::string label;
    int every = 1;
    std::vector<Command> commands;
    std::vector<double> samples_us;
};

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_spawn: %s\n", why.c_str());
    std::exit(1);
}

Contender contender_from(std::string_view spec) {
    Contender made;
    const auto slash = spec.find('/');
    made.label = spec.substr(0, slash);
    if (slash != std::string_view::npos) made.every = std::max(1, std::atoi(spec.substr(slash + 1).data()));
    return made;
}

std::vector<Contender> parse(int count, char** words) {
    std::vector<Contender> list;
    bool expects_label = true;
    for (int i = 0; i < count; ++i) {
        const std::string_view word = words[i];
        if (expects_label) {
            list.push_back(contender_from(word));
            list.back().commands.emplace_back();
            expects_label = false;
        } else if (word == "--") {
            expects_label = true;
        } else if (word == "+") {
            list.back().commands.emplace_back();
        } else {
            list.back().commands.back().push_back(words[i]);
        }
    }
    for (auto& each : list) {
        for (auto& command : each.commands) {
            if (command.empty()) give_up("no command for " + each.label);
            command.push_back(nullptr);
        }
    }
    return list;
}

void run(const Contender& contender, const Command& command, posix_spawn_file_actions_t* actions) {
    pid_t pid = 0;
    int status = 0;
    if (const int error = posix_spawn(&pid, command[0], actions, nullptr, command.data(), environ))
        give_up("cannot start " + std::string(command[0]) + ": " + std::strerror(error));
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up(contender.label + ": " + command[0] + " ended with status " + std::to_string(status));
}

double percentile(std::vector<double>& sorted, double share) {
    return sorted[std::min(sorted.size() - 1,
                           static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) give_up("usage: bench_spawn ROUNDS LABEL[/EVERY] COMMAND... [-- ...]");
    const int rounds = std::atoi(argv[1]);
    auto contenders = parse(argc - 2, argv + 2);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

    constexpr int warm_up = 3;
    for (int round = -warm_up; round < rounds; ++round) {
        for (auto& each : contenders) {
            if (round % each.every != 0) continue;
            const auto begin = Clock::now();
            for (const auto& command : each.commands) run(each, command, &actions);
            const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
            if (round >= 0) each.samples_us.push_back(took.count());
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    for (auto& each : contenders) {
        std::ranges::sort(each.samples_us);
        std::printf("%s %.1f %.1f %zu\n", each.label.c_str(), percentile(each.samples_us, 0.5),
                    percentile(each.samples_us, 0.9), each.samples_us.size());
    }
}
