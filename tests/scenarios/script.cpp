#include "tests/scenarios/script.hpp"

#include <memory>
#include <sstream>

#include "tests/scenarios/steps.hpp"

namespace vmha::scenario {

Result<Told> tell(const std::string& steps, const std::string& transport) {
    Setup setup;
    if (!transport.empty())
        for (const auto& host : setup.world.site.hosts) setup.world.transports[host.name] = transport;
    std::unique_ptr<Play> play;
    std::istringstream text(steps);
    int count = 0;
    for (std::string line; std::getline(text, line);) {
        ++count;
        const Words words = words_of(line);
        if (words.empty()) continue;
        const auto time = number(words.front());
        if (time && !play) play = std::make_unique<Play>(setup);
        const bool understood =
            time ? play->step(*time, {words.begin() + 1, words.end()}) : !play && read_setting(setup, words);
        if (!understood)
            return Error{Errc::invalid_input,
                         "line " + std::to_string(count) + " is not understood: " + line};
    }
    if (!play) return Error{Errc::invalid_input, "there is no step"};
    return Told{play->log(), play->failures()};
}

}  // namespace vmha::scenario
