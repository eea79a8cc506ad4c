// What no program asked for: somebody works on our VM at a host's own console, and a host that answers and
// tells nothing new.
#include "tests/scenarios/schedule.hpp"

namespace vmha::scenario {

void Schedule::trouble_with_people() {
    const auto draw = [this](unsigned below) { return static_cast<unsigned>(people_random_() >> 8) % below; };
    if (draw(300) != 0) return;
    const std::string host = draw(2) == 0 ? "esxi1" : "esxi2";
    if (draw(4) == 0) {
        const bool mute = draw(2) == 0;
        world_.line("fate", host + (mute ? " tells nothing new" : " tells news"));
        return world_.mute(host, mute);
    }
    if (site().host(id(host)).powered) work_on_vm(host);
}

void Schedule::work_on_vm(const std::string& host) {
    const auto draw = [this](unsigned below) { return static_cast<unsigned>(people_random_() >> 8) % below; };
    const site::HostId at = id(host);
    disturb(host);
    meddled_[host] = world_.now();
    const site::Vm* vm = entry_at(host);
    if (!vm) {
        world_.line("somebody", "registers it on " + host);
        site().register_vm(at, site().datastore_path(at, world_.path_of(vm1)), "", "somebody");
        return;
    }
    const auto power = [&](site::Verb verb, const std::string& does) {
        world_.line("somebody", does + " on " + host);
        site().power(at, vm->id, verb, "somebody");
    };
    switch (draw(4)) {
        case 0: return power(site::Verb::power_off, "powers it off");
        case 1: return power(site::Verb::power_on, "powers it on");
        case 2: return power(site::Verb::suspend, "suspends it");
        default: world_.line("somebody", "unregisters it on " + host); site().unregister_vm(at, vm->id);
    }
}

// What is asked of a host may be overtaken by somebody's hand there, whose task takes its time.
bool Schedule::meddled(const std::string& host) const {
    const auto when = meddled_.find(host);
    return when != meddled_.end() && world_.now() - when->second < view_age + core::seconds(15);
}

}  // namespace vmha::scenario
