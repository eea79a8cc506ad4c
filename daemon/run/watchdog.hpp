// Who must show progress, and who does not. Pure: time is an argument.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"

namespace vmha::run {

// Owned by the supervision. A party that has not beaten for longer than its bound is stalled. Where check()
// itself comes late, the whole process stood still: that is time which no party had.
class Watchdog {
public:
    using Party = uint64_t;

    // How often check() is going to be called.
    explicit Watchdog(core::Duration rhythm) : rhythm_(rhythm) {}

    Party add(std::string name, core::Duration at_most, core::Time now);
    void beat(Party party, core::Time now);
    void rest(Party party);  // nothing is expected until it beats again
    void remove(Party party);

    struct Silence {
        std::string name;
        core::Duration silent{}, at_most{};
    };
    struct Check {
        std::vector<Silence> begun;     // each stall once
        std::vector<std::string> over;  // each stall that was told, once
        bool well = true;               // nobody is stalled
    };
    Check check(core::Time now);

private:
    struct State {
        std::string name;
        core::Duration at_most{};
        std::optional<core::Time> last;  // unset: rests
        bool told = false;
    };

    core::Duration rhythm_;
    std::optional<core::Time> checked_;
    Party last_party_ = 0;
    std::map<Party, State> parties_;
    std::vector<std::string> gone_;  // were stalled, and said so, when they were removed
};

// "no sign of progress from the API task of esxi1 for 42 s (at most 30 s are allowed)"
std::string text_of(const Watchdog::Silence& silence);

}  // namespace vmha::run
