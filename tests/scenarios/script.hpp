// A scenario as text: what the site is like at first, then timed steps and expectations. README.md has the
// words.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "tests/scenarios/world.hpp"

namespace vmha::scenario {

struct Told {
    std::string log;                    // every line of both daemons, with its time
    std::vector<std::string> failures;  // expectations of the steps that did not hold
};

// Runs it from its first line to its last, in virtual time. An error names the line that is not understood.
// transport: of every host that the text names none for; empty: the API.
Result<Told> tell(const std::string& steps, const std::string& transport = "");

}  // namespace vmha::scenario
