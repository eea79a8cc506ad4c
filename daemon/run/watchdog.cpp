#include "daemon/run/watchdog.hpp"

#include <algorithm>
#include <utility>

namespace vmha::run {

Watchdog::Party Watchdog::add(std::string name, core::Duration at_most, core::Time now) {
    parties_[++last_party_] = {std::move(name), at_most, now};
    return last_party_;
}

void Watchdog::beat(Party party, core::Time now) {
    if (const auto found = parties_.find(party); found != parties_.end()) found->second.last = now;
}

void Watchdog::rest(Party party) {
    if (const auto found = parties_.find(party); found != parties_.end()) found->second.last.reset();
}

void Watchdog::remove(Party party) {
    const auto found = parties_.find(party);
    if (found == parties_.end()) return;
    if (found->second.told) gone_.push_back(found->second.name);
    parties_.erase(found);
}

Watchdog::Check Watchdog::check(core::Time now) {
    Check out;
    out.over = std::exchange(gone_, {});
    const core::Duration late = checked_ ? now - *checked_ - rhythm_ : core::Duration{};
    checked_ = now;
    for (auto& [id, party] : parties_) {
        if (party.last && late > rhythm_) *party.last = std::min(now, *party.last + late);
        const core::Duration silent = party.last ? now - *party.last : core::Duration{};
        const bool stalled = silent > party.at_most;
        if (stalled) out.well = false;
        if (stalled == party.told) continue;
        party.told = stalled;
        if (stalled)
            out.begun.push_back({party.name, silent, party.at_most});
        else
            out.over.push_back(party.name);
    }
    return out;
}

std::string text_of(const Watchdog::Silence& silence) {
    return "no sign of progress from " + silence.name + " for " +
           std::to_string(core::to_ms(silence.silent) / 1000) + " s (at most " +
           std::to_string(core::to_ms(silence.at_most) / 1000) + " s are allowed)";
}

}  // namespace vmha::run
