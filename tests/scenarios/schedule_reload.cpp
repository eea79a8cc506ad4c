// Administrators who change the configuration of a node that works, and reload it.
#include "tests/scenarios/schedule.hpp"

namespace vmha::scenario {
namespace {

using core::seconds;

const VmName another_vm("vm9");  // nobody's files: it is added and removed

}  // namespace

void Schedule::trouble_with_reloads() {
    const auto draw = [this](unsigned below) { return static_cast<unsigned>(reload_random_() >> 8) % below; };
    if (draw(80) != 0) return;
    const std::string node = draw(2) == 0 ? "ec1" : "ec2";
    if (!world_.state(node) || world_.stunned(node)) return;
    switch (draw(6)) {
        case 0: return reload_settings(node);
        case 1: return reload_links(node);
        case 2: return reload_another_vm(node);
        default: return reload_without_vm(node);
    }
}

// Confirm times, timeouts, freshness: none of them may be refused, whatever is under way.
void Schedule::reload_settings(const std::string& node) {
    const auto draw = [this](int low, int high) {
        return seconds(low + static_cast<int>(reload_random_() >> 8) % (high - low + 1));
    };
    const Duration powered_off = draw(1, 10), not_registered = draw(5, 30), stop = draw(100, 600);
    const Duration fresh = draw(4, 5), settle = draw(25, 40);
    const auto refused = world_.reload(node, [=](core::Settings& settings) {
        core::VmSettings& vm = settings.vms.at(vm1);
        vm.confirm.powered_off = powered_off;
        vm.confirm.not_registered = not_registered;
        vm.stop_timeout = vm.start_timeout = stop;
        settings.freshness = fresh;
        for (auto& [name, host] : settings.hosts) host.settle = settle;
    });
    if (!refused.empty()) violated("a change of times is refused on " + node + ": " + refused.front());
}

// A new password file, or the host's address: the one is never refused, the other only where it may be.
void Schedule::reload_links(const std::string& node) {
    const auto draw = [this] { return static_cast<unsigned>(reload_random_() >> 8) % 3; };
    const std::string host =
        draw() == 0 ? world_.host_of(node == "ec1" ? "ec2" : "ec1") : world_.host_of(node);
    const bool another = draw() != 0;
    const std::string address = "192.0.2." + std::to_string(draw() + 1);
    const auto refused = world_.reload(node,
                                       [another, host, address](core::Settings& settings) {
                                           if (another) settings.hosts.at(HostName(host)).address = address;
                                       },
                                       {{HostName(host), {another, {"changed"}}}});
    if (!refused.empty() && !another) violated("a link anew is refused on " + node + ": " + refused.front());
    if (refused.empty() && another && host == world_.host_of(node))
        check_gone(node, "the local host got another address on " + node);
}

void Schedule::reload_another_vm(const std::string& node) {
    const bool there = world_.state(node)->vms.contains(another_vm);
    world_.reload(node, [there](core::Settings& settings) {
        if (there)
            settings.vms.erase(another_vm);
        else
            settings.vms[another_vm].vmx = {settings.vms.at(vm1).vmx.volume, "vm9/vm9.vmx"};
    });
}

// It leaves, or gets another path; where that is done, it is undone at once, as a person who sees it would.
void Schedule::reload_without_vm(const std::string& node) {
    const bool leaves = static_cast<unsigned>(reload_random_() >> 8) % 2 == 0;
    const core::VmSettings before = world_.state(node)->settings.vms.at(vm1);
    const auto refused = world_.reload(node, [leaves](core::Settings& settings) {
        if (leaves)
            settings.vms.erase(vm1);
        else
            settings.vms.at(vm1).vmx.file = "moved/vm1.vmx";
    });
    if (!refused.empty()) return;
    check_gone(node, "vm1 left the configuration of " + node);
    // A path that came a moment ago is not known to be unused yet: a person says that he means it.
    if (!leaves) world_.pause(node, vm1, true);
    const auto back = world_.reload(node, [before](core::Settings& settings) { settings.vms[vm1] = before; });
    if (!leaves) world_.pause(node, vm1, false);
    if (!back.empty())
        return violated("what was taken out cannot come back on " + node + ": " + back.front());
    const core::Health& health = world_.state(node)->vms.at(vm1).health;
    if (health.verdict != core::Verdict::unknown)
        violated("a reload on " + node + " makes a verdict by itself: " + health.detail);
}

void Schedule::check_gone(const std::string& node, const std::string& what) {
    const std::string host = world_.host_of(node);
    if (entry_at(host)) violated(what + " while it is registered on " + host);
    if (world_.active(node, vm1)) violated(what + " while the cluster has started it there");
}

}  // namespace vmha::scenario
