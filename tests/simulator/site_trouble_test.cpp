// The model of the site: hostd that restarts, logins that are refused, and VMs that do not do what is asked.
#include "tests/simulator/site_fixture.hpp"

using namespace vmha::site;
using namespace std::chrono_literals;

namespace {

const std::string path = "vm1/vm1.vmx";
const std::string vm2 = "[EC_iSCSI] vm2/vm2.vmx";

bool logs_in(Site& site, const std::string& password, const std::string& user = "root") {
    return std::holds_alternative<Session>(site.login(esxi1, user, password, "127.0.0.1", "test", ""));
}

std::string fault_of(const std::optional<Fault>& fault) {
    return fault ? fault->name : "";
}

}  // namespace

TEST_CASE("what hostd was doing when it restarts ends, and nobody hears how") {
    auto config = default_site();
    config.task_times[Verb::power_on] = 10s;
    Site site(config);
    const int vm = registered(site, esxi1);
    REQUIRE(logs_in(site, "esxsim"));
    site.power(esxi1, vm, Verb::power_on, "root");
    site.run_until(2s);
    site.hostd_restarts(esxi1, 5s);
    CHECK_FALSE(site.host(esxi1).answering);
    CHECK(site.host(esxi1).restarting);
    CHECK_FALSE(site.host(esxi1).reachable());
    CHECK(site.host(esxi1).sessions.empty());
    CHECK(site.host(esxi1).tasks.empty());
    CHECK(site.vm(esxi1, vm)->task.empty());
    CHECK(power_of(site, esxi1, vm) == Power::powered_on);
    site.run_until(6999ms);
    CHECK_FALSE(site.host(esxi1).answering);
    site.run_until(7s);
    CHECK(site.host(esxi1).reachable());
    CHECK_FALSE(site.host(esxi1).restarting);
    CHECK(site.writes_on(esxi1, path) == DiskId{0});
}

TEST_CASE("an inventory that loads late is told VM by VM when it is there, after the last restart only") {
    auto config = default_site();
    config.late_inventory = 20s;
    Site site(config);
    const int one = registered(site, esxi1);
    const int two = registered(site, esxi1, vm2);
    std::vector<std::pair<Time, int>> told;
    site.on_change = [&](const Change& change) {
        if (change.what == Change::What::inventory) told.emplace_back(site.now(), change.vm);
    };
    site.hostd_restarts(esxi1, 1s);
    site.run_until(11s);
    CHECK(site.host(esxi1).loading_until == Time{21s});
    site.hostd_restarts(esxi1, 1s);
    site.run_until(1h);
    CHECK(told == std::vector<std::pair<Time, int>>{{32s, one}, {32s, two}});
}

TEST_CASE("five wrong logins lock an account for 900 s, for the right password too") {
    Site site(default_site());
    for (int i = 0; i < 4; ++i) CHECK_FALSE(logs_in(site, "wrong"));
    SECTION("four do not, and a right one forgets them") {
        CHECK(logs_in(site, "esxsim"));
        for (int i = 0; i < 4; ++i) CHECK_FALSE(logs_in(site, "wrong"));
        CHECK(logs_in(site, "esxsim"));
    }
    SECTION("the fifth does") {
        CHECK_FALSE(logs_in(site, "wrong"));
        site.run_until(899s);
        CHECK_FALSE(logs_in(site, "esxsim"));
        site.run_until(900s);
        CHECK(logs_in(site, "esxsim"));
    }
}

TEST_CASE("a locked account is locked alone, and on its host alone") {
    auto config = default_site();
    config.hosts[0].accounts.push_back({"vmha", "secret"});
    Site site(config);
    for (int i = 0; i < 5; ++i) CHECK_FALSE(logs_in(site, "wrong", "vmha"));
    CHECK_FALSE(logs_in(site, "secret", "vmha"));
    CHECK(logs_in(site, "esxsim"));
    CHECK(std::holds_alternative<Session>(site.login(esxi2, "root", "esxsim", "", "", "")));
}

TEST_CASE("a password that was changed is the only one") {
    Site site(default_site());
    site.set_password(esxi1, "root", "another");
    CHECK_FALSE(logs_in(site, "esxsim"));
    CHECK(logs_in(site, "another"));
}

TEST_CASE("the free licence reads only") {
    Site site(default_site());
    const int vm = running(site, esxi1);
    site.set_licence(esxi1, Licence::free);
    CHECK(fault_of(site, esxi1, site.power(esxi1, vm, Verb::power_off, "root")) == "RestrictedVersion");
    CHECK(fault_of(site.shutdown_guest(esxi1, vm)) == "RestrictedVersion");
    CHECK(fault_of(site, esxi1, site.register_vm(esxi1, vm2, "", "root")) == "RestrictedVersion");
    site.crash(esxi1, vm);
    CHECK(fault_of(site.unregister_vm(esxi1, vm)) == "RestrictedVersion");
    CHECK(site.vm(esxi1, vm) != nullptr);
    site.set_licence(esxi1, Licence::full);
    CHECK_FALSE(site.unregister_vm(esxi1, vm));
}

TEST_CASE("an evaluation that has ended powers nothing on, and the rest works") {
    Site site(default_site());
    const int vm = running(site, esxi1);
    CHECK(site.host(esxi1).evaluation_days == 60);
    site.set_licence(esxi1, Licence::expired);
    CHECK(site.host(esxi1).evaluation_days == 0);
    CHECK(power_of(site, esxi1, vm) == Power::powered_on);
    REQUIRE(did(site, esxi1, vm, Verb::power_off) == TaskState::success);
    CHECK(fault_of(site, esxi1, site.power(esxi1, vm, Verb::power_on, "root")) == "NotEnoughLicenses");
    CHECK_FALSE(site.unregister_vm(esxi1, vm));
    registered(site, esxi1);
}

TEST_CASE("a host's memory holds so many VMs and no more") {
    auto config = default_site();
    config.hosts[0].memory_mb = 2047;
    Site site(config);
    const int one = running(site, esxi1);
    const int two = registered(site, esxi1, vm2);
    CHECK(fault_of(site, esxi1, site.power(esxi1, two, Verb::power_on, "root")) ==
          "InsufficientMemoryResourcesFault");
    REQUIRE(did(site, esxi1, one, Verb::power_off) == TaskState::success);
    CHECK(did(site, esxi1, two, Verb::power_on) == TaskState::success);
    site.set_memory(esxi1, 2048);
    CHECK(did(site, esxi1, one, Verb::power_on) == TaskState::success);
}

TEST_CASE("a host starts by itself what it was told to, once it has booted and its lock is free") {
    auto config = default_site();
    config.hosts[0].autostart = {path};
    config.hosts[0].boot = 30s;
    Site site(config);
    const int vm = registered(site, esxi1);
    const int other = registered(site, esxi1, vm2);
    const auto boots = [&site] {
        site.host_power(esxi1, false);
        site.host_power(esxi1, true);
        site.run_until(site.now() + 30s);
    };
    SECTION("free") {
        boots();
        CHECK(power_of(site, esxi1, vm) == Power::powered_on);
        CHECK(power_of(site, esxi1, other) == Power::powered_off);
    }
    SECTION("held by another host") {
        running(site, esxi2);
        boots();
        CHECK(power_of(site, esxi1, vm) == Power::powered_off);
    }
    SECTION("not any more") {
        site.set_autostart(esxi1, path, false);
        boots();
        CHECK(power_of(site, esxi1, vm) == Power::powered_off);
    }
    SECTION("a restart of hostd is no boot") {
        site.hostd_restarts(esxi1, 1s);
        site.run_until(1h);
        CHECK(power_of(site, esxi1, vm) == Power::powered_off);
    }
}

TEST_CASE("a backup keeps a VM busy for its time, unless it can be cancelled") {
    Site site(default_site());
    const int vm = running(site, esxi1);
    const bool cancellable = GENERATE(true, false);
    site.backup(esxi1, vm, 30s, cancellable);
    const std::string task = site.vm(esxi1, vm)->task;
    REQUIRE_FALSE(task.empty());
    CHECK(fault_of(site, esxi1, site.power(esxi1, vm, Verb::power_off, "root")) == "TaskInProgress");
    CHECK(fault_of(site.shutdown_guest(esxi1, vm)) == "TaskInProgress");
    site.run_until(10s);
    CHECK(fault_of(site.cancel_task(esxi1, task)) == (cancellable ? "" : "NotSupported"));
    CHECK(site.vm(esxi1, vm)->task.empty() == cancellable);
    site.run_until(30s);
    CHECK(site.vm(esxi1, vm)->task.empty());
    CHECK(fault_of(site, esxi1, task) == (cancellable ? "RequestCanceled" : ""));
    CHECK(did(site, esxi1, vm, Verb::power_off) == TaskState::success);
}

TEST_CASE("an unregister fails as often as it was told to, and leaves the entry") {
    Site site(default_site());
    const int vm = registered(site, esxi1);
    site.fail_unregister(esxi1, 2);
    CHECK(fault_of(site.unregister_vm(esxi1, vm)) == "SystemError");
    CHECK(fault_of(site.unregister_vm(esxi1, vm)) == "SystemError");
    CHECK(site.vm(esxi1, vm) != nullptr);
    CHECK_FALSE(site.unregister_vm(esxi1, vm));
    CHECK(site.vm(esxi1, vm) == nullptr);
}

TEST_CASE("a power-on can be reported as failed though the VM runs") {
    Site site(default_site());
    const int vm = registered(site, esxi1);
    site.lie_about_power_on(esxi1, 1);
    CHECK(did(site, esxi1, vm, Verb::power_on) == TaskState::error);
    CHECK(power_of(site, esxi1, vm) == Power::powered_on);
    REQUIRE(did(site, esxi1, vm, Verb::power_off) == TaskState::success);
    CHECK(did(site, esxi1, vm, Verb::power_on) == TaskState::success);
}

TEST_CASE("an entry can be invalid for a while after it was registered") {
    auto config = default_site();
    config.invalid_after_register = 20s;
    Site site(config);
    const int vm = registered(site, esxi1);
    site.run_until(19999ms);
    CHECK(site.vm(esxi1, vm)->connection == Connection::invalid);
    CHECK(did(site, esxi1, vm, Verb::power_on) == TaskState::error);
    site.run_until(20s);
    CHECK(site.vm(esxi1, vm)->connection == Connection::connected);
    CHECK(did(site, esxi1, vm, Verb::power_on) == TaskState::success);
}

TEST_CASE("powered off of an invalid VM proves nothing: its process lives and takes no orders") {
    Site site(default_site());
    const int vm = running(site, esxi1);
    site.set_connection(esxi1, vm, Connection::invalid);
    CHECK(power_of(site, esxi1, vm) == Power::powered_off);
    CHECK(site.has_process(esxi1, path));
    CHECK(site.disks()[0].lock(path));
    CHECK(fault_of(site, esxi1, site.power(esxi1, vm, Verb::power_off, "root")) == "InvalidState");
    site.set_connection(esxi1, vm, Connection::connected);
    CHECK(power_of(site, esxi1, vm) == Power::powered_on);
}

TEST_CASE("a guest that reboots from inside has no heartbeat for a while, and stays on") {
    auto config = default_site();
    config.vms[0].files.boot = 30s;
    Site site(config);
    const int vm = running(site, esxi1);
    site.run_until(60s);
    const auto booted = site.vm(esxi1, vm)->booted;
    site.guest_reboots(esxi1, vm);
    CHECK(site.vm(esxi1, vm)->heartbeat == Color::gray);
    CHECK(site.shutdown_guest(esxi1, vm)->name == "ToolsUnavailable");
    CHECK(power_of(site, esxi1, vm) == Power::powered_on);
    CHECK(site.vm(esxi1, vm)->booted == booted);
    site.run_until(90s);
    CHECK(site.vm(esxi1, vm)->heartbeat == Color::green);
}
