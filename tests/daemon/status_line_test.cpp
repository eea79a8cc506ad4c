// The one line of `systemctl status`.
#include "daemon/status_line.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;

namespace {

core::State two_hosts() {
    core::State state;
    for (const auto* name : {"esxi1", "esxi2"}) {
        core::HostView host;
        host.name = HostName(name);
        host.link = core::Link::up;
        state.hosts[host.name] = host;
    }
    state.local = HostName("esxi1");
    for (const auto* name : {"vm1", "vm2"}) {
        core::VmState vm;
        vm.name = VmName(name);
        state.vms[vm.name] = vm;
    }
    return state;
}

core::HostView& host(core::State& state, const char* name) {
    return state.hosts.at(HostName(name));
}
core::VmState& vm(core::State& state, const char* name) {
    return state.vms.at(VmName(name));
}

}  // namespace

TEST_CASE("where all is well the line counts hosts and VMs") {
    auto state = two_hosts();
    CHECK(status_line(state) == "2/2 hosts connected; 2 VMs");
    CHECK(status_line(state, true).find("CONFIGURATION IS BROKEN") != std::string::npos);
    host(state, "esxi2").link = core::Link::down;
    CHECK(status_line(state) == "1/2 hosts connected (esxi2: down); 2 VMs");
    host(state, "esxi1").link = core::Link::connecting;
    CHECK(status_line(state) == "0/2 hosts connected (esxi1: connecting, esxi2: down); 2 VMs");
}

TEST_CASE("one VM is no VMs") {
    auto state = two_hosts();
    state.vms.erase(VmName("vm2"));
    CHECK(status_line(state) == "2/2 hosts connected; 1 VM");
}

TEST_CASE("what waits for a person is named") {
    auto state = two_hosts();
    host(state, "esxi1").announced[""].said = Reason::license_restricted;
    host(state, "esxi2").link = core::Link::locked_out;
    vm(state, "vm1").active = true;
    vm(state, "vm1").health.verdict = core::Verdict::unhealthy;
    vm(state, "vm1").health.reason = Reason::powered_off;
    CHECK(status_line(state) ==
          "1/2 hosts connected; 2 VMs; look at: esxi1 not ready (license_restricted), esxi2 locked_out, vm1 "
          "powered_off");
    vm(state, "vm2").left_over = true;
    CHECK(status_line(state).ends_with("vm1 powered_off and 1 more"));
}

TEST_CASE("a VM that belongs elsewhere is no concern here") {
    auto state = two_hosts();
    vm(state, "vm1").health.verdict = core::Verdict::unhealthy;
    vm(state, "vm1").health.reason = Reason::not_active_here;
    CHECK(status_line(state) == "2/2 hosts connected; 2 VMs");
}
