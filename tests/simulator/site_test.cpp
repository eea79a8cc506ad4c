// The model of the site: registration, power, locks, tasks, hosts, sessions. No network; the clock is what
// the test says.
#include "tests/simulator/site_fixture.hpp"

using namespace vmha::site;
using namespace std::chrono_literals;

TEST_CASE("a VM gets a new id every time it is registered") {
    Site site(default_site());
    const int first = registered(site, esxi1);
    CHECK_FALSE(site.unregister_vm(esxi1, first));
    const int second = registered(site, esxi1);
    CHECK(second != first);
    CHECK(site.vm(esxi1, first) == nullptr);
}

TEST_CASE("registering twice fails with the id of the entry that is there") {
    Site site(default_site());
    const int id = registered(site, esxi1);
    const std::string task = site.register_vm(esxi1, vm1, "", "root");
    REQUIRE(fault_of(site, esxi1, task) == "AlreadyExists");
    CHECK(field_of(*task_of(site, esxi1, task).fault, "name") == std::to_string(id));
}

TEST_CASE("a .vmx that does not exist cannot be registered") {
    Site site(default_site());
    CHECK(fault_of(site, esxi1, site.register_vm(esxi1, "[EC_iSCSI] vm1/other.vmx", "", "root")) ==
          "NotFound");
    CHECK(fault_of(site, esxi1, site.register_vm(esxi1, "[nowhere] vm1/vm1.vmx", "", "root")) ==
          "InvalidDatastore");
    CHECK(fault_of(site, esxi1, site.register_vm(esxi1, "vm1/vm1.vmx", "", "root")) ==
          "InvalidDatastorePath");
}

TEST_CASE("a path is the same VM in each of its spellings") {
    Site site(default_site());
    const std::string uuid = site.disks()[0].vmfs_uuid();
    const std::vector<std::string> spellings{vm1, "[] /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx",
                                             "[] /vmfs/volumes/" + uuid + "/vm1/vm1.vmx"};
    for (const auto& text : spellings) {
        const auto path = site.path_in_datastore(esxi1, text);
        REQUIRE(std::holds_alternative<std::string>(path));
        CHECK(std::get<std::string>(path) == "vm1/vm1.vmx");
    }
}

TEST_CASE("a VM that runs on one host is locked against the other") {
    Site site(default_site());
    const int here = registered(site, esxi1);
    const int there = registered(site, esxi2);
    REQUIRE(did(site, esxi1, here, Verb::power_on) == TaskState::success);
    const std::string task = site.power(esxi2, there, Verb::power_on, "root");
    REQUIRE(fault_of(site, esxi2, task) == "FileLocked");
    CHECK(task_of(site, esxi2, task).fault->message.find("Failed to lock the file") != std::string::npos);
    CHECK(power_of(site, esxi2, there) == Power::powered_off);

    REQUIRE(did(site, esxi1, here, Verb::power_off) == TaskState::success);
    CHECK(did(site, esxi2, there, Verb::power_on) == TaskState::success);
}

TEST_CASE("the lock of a host without power is broken only after its time") {
    auto config = default_site();
    config.lock_break = 16s;
    Site site(config);
    const int here = registered(site, esxi1);
    const int there = registered(site, esxi2);
    REQUIRE(did(site, esxi1, here, Verb::power_on) == TaskState::success);
    site.run_until(100s);
    site.host_power(esxi1, false);
    CHECK(did(site, esxi2, there, Verb::power_on) == TaskState::error);
    site.run_until(115999ms);
    CHECK(did(site, esxi2, there, Verb::power_on) == TaskState::error);
    site.run_until(116s);
    CHECK(did(site, esxi2, there, Verb::power_on) == TaskState::success);
}

TEST_CASE("a host that comes back takes its own stale lock at once, but not one that was taken over") {
    auto config = default_site();
    config.lock_break = 16s;
    Site site(config);
    const int here = registered(site, esxi1);
    const int there = registered(site, esxi2);
    REQUIRE(did(site, esxi1, here, Verb::power_on) == TaskState::success);
    site.host_power(esxi1, false);
    site.host_power(esxi1, true);
    REQUIRE(power_of(site, esxi1, here) == Power::powered_off);
    CHECK(did(site, esxi1, here, Verb::power_on) == TaskState::success);

    site.host_power(esxi1, false);
    site.run_until(20s);
    REQUIRE(did(site, esxi2, there, Verb::power_on) == TaskState::success);
    site.host_power(esxi1, true);
    CHECK(did(site, esxi1, here, Verb::power_on) == TaskState::error);
}

TEST_CASE("a host whose network is cut keeps its VMs and their locks") {
    Site site(default_site());
    const int here = registered(site, esxi1);
    const int there = registered(site, esxi2);
    REQUIRE(did(site, esxi1, here, Verb::power_on) == TaskState::success);
    site.host_network(esxi1, Network::cut);
    site.run_until(1h);
    CHECK(power_of(site, esxi1, here) == Power::powered_on);
    CHECK(did(site, esxi2, there, Verb::power_on) == TaskState::error);
    CHECK_FALSE(site.host(esxi1).reachable());
}

TEST_CASE("the process of a VM that crashes frees its lock") {
    Site site(default_site());
    const int here = registered(site, esxi1);
    REQUIRE(did(site, esxi1, here, Verb::power_on) == TaskState::success);
    site.crash(esxi1, here);
    CHECK(power_of(site, esxi1, here) == Power::powered_off);
    CHECK_FALSE(site.disks()[0].lock("vm1/vm1.vmx"));
}

TEST_CASE("power operations that do not fit the state fail and say what the state is") {
    Site site(default_site());
    const int id = registered(site, esxi1);
    const std::string off = site.power(esxi1, id, Verb::power_off, "root");
    REQUIRE(fault_of(site, esxi1, off) == "InvalidPowerState");
    CHECK(field_of(*task_of(site, esxi1, off).fault, "existingState") == "poweredOff");
    REQUIRE(did(site, esxi1, id, Verb::power_on) == TaskState::success);
    CHECK(fault_of(site, esxi1, site.power(esxi1, id, Verb::power_on, "root")) == "InvalidPowerState");
    REQUIRE(site.unregister_vm(esxi1, id));
    CHECK(site.unregister_vm(esxi1, id)->name == "InvalidPowerState");
}

TEST_CASE("a suspended VM stays suspended when it moves, and has no lock") {
    Site site(default_site());
    const int here = registered(site, esxi1);
    REQUIRE(did(site, esxi1, here, Verb::power_on) == TaskState::success);
    REQUIRE(did(site, esxi1, here, Verb::suspend) == TaskState::success);
    CHECK_FALSE(site.disks()[0].lock("vm1/vm1.vmx"));
    REQUIRE_FALSE(site.unregister_vm(esxi1, here));
    const int there = registered(site, esxi2);
    CHECK(power_of(site, esxi2, there) == Power::suspended);
    CHECK(did(site, esxi2, there, Verb::power_on) == TaskState::success);
    CHECK(power_of(site, esxi2, there) == Power::powered_on);
}

TEST_CASE("a task takes its time: running, half way, success") {
    auto config = default_site();
    config.task_times[Verb::power_on] = 2s;
    Site site(config);
    const int id = registered(site, esxi1);
    const std::string task = site.power(esxi1, id, Verb::power_on, "root");
    CHECK(task_of(site, esxi1, task).state == TaskState::running);
    CHECK(power_of(site, esxi1, id) == Power::powered_off);
    REQUIRE(site.next_wake() == Time(1s));
    site.run_until(1s);
    CHECK(task_of(site, esxi1, task).progress == 50);
    CHECK(fault_of(site, esxi1, site.power(esxi1, id, Verb::power_on, "root")) == "TaskInProgress");
    CHECK(site.unregister_vm(esxi1, id)->name == "TaskInProgress");
    site.run_until(2s);
    CHECK(task_of(site, esxi1, task).state == TaskState::success);
    CHECK(power_of(site, esxi1, id) == Power::powered_on);
    CHECK(site.vm(esxi1, id)->booted == Time(2s));
}

TEST_CASE("a task dies with its host and never ends later") {
    auto config = default_site();
    config.task_times[Verb::power_on] = 2s;
    Site site(config);
    const int id = registered(site, esxi1);
    site.power(esxi1, id, Verb::power_on, "root");
    site.run_until(1s);
    site.host_power(esxi1, false);
    site.host_power(esxi1, true);
    site.run_until(10s);
    CHECK(site.host(esxi1).tasks.empty());
    CHECK(power_of(site, esxi1, id) == Power::powered_off);
}

TEST_CASE("nothing is powered on in maintenance mode") {
    Site site(default_site());
    const int id = registered(site, esxi1);
    site.host_maintenance(esxi1, true);
    CHECK(fault_of(site, esxi1, site.power(esxi1, id, Verb::power_on, "root")) == "InvalidState");
}

TEST_CASE("a host that was off has its inventory, nothing running, and no session") {
    Site site(default_site());
    const int id = registered(site, esxi1);
    REQUIRE(did(site, esxi1, id, Verb::power_on) == TaskState::success);
    const auto session = std::get<Session>(site.login(esxi1, "root", "esxsim", "", "", ""));
    site.host_power(esxi1, false);
    site.host_power(esxi1, true);
    REQUIRE(site.vm(esxi1, id));
    CHECK(power_of(site, esxi1, id) == Power::powered_off);
    CHECK(site.use_session(esxi1, session.cookie) == nullptr);
}

TEST_CASE("a host answers only when it has booted") {
    auto config = default_site();
    config.hosts[0].boot = 90s;
    Site site(config);
    site.host_power(esxi1, false);
    site.host_power(esxi1, true);
    CHECK_FALSE(site.host(esxi1).reachable());
    site.run_until(90s);
    CHECK(site.host(esxi1).reachable());
}

TEST_CASE("a boot that was cut short does not make the next one shorter") {
    auto config = default_site();
    config.hosts[0].boot = 90s;
    Site site(config);
    site.host_power(esxi1, false);
    site.host_power(esxi1, true);
    site.run_until(60s);
    site.host_power(esxi1, false);
    site.host_power(esxi1, true);
    site.run_until(149s);
    CHECK_FALSE(site.host(esxi1).reachable());
    site.run_until(150s);
    CHECK(site.host(esxi1).reachable());
}

TEST_CASE("a login needs the right password, and a second one on a live session is refused") {
    Site site(default_site());
    const auto wrong = site.login(esxi1, "root", "wrong", "", "", "");
    REQUIRE(std::holds_alternative<Fault>(wrong));
    CHECK(std::get<Fault>(wrong).name == "InvalidLogin");
    const auto session = std::get<Session>(site.login(esxi1, "root", "esxsim", "", "", ""));
    CHECK(std::holds_alternative<Fault>(site.login(esxi1, "root", "esxsim", "", "", session.cookie)));
    CHECK(session.key != session.cookie);
}

TEST_CASE("a session expires when it has been idle, not while it is used") {
    auto config = default_site();
    config.session_idle = 30min;
    Site site(config);
    const std::string cookie = std::get<Session>(site.login(esxi1, "root", "esxsim", "", "", "")).cookie;
    site.run_until(29min);
    REQUIRE(site.use_session(esxi1, cookie));
    site.run_until(58min);
    REQUIRE(site.use_session(esxi1, cookie));
    site.run_until(88min);
    CHECK(site.use_session(esxi1, cookie) == nullptr);
    CHECK(site.is_expired(esxi1, cookie));
}

TEST_CASE("every change is reported while it happens") {
    auto config = default_site();
    config.vms[0].files.boot = 5s;
    Site site(config);
    std::vector<std::string> seen;
    site.on_change = [&seen](const Change& change) {
        if (change.what == Change::What::vm) seen.push_back("vm" + std::to_string(change.vm));
        if (change.what == Change::What::inventory) seen.push_back("inventory");
    };
    const int id = registered(site, esxi1);
    REQUIRE(seen == std::vector<std::string>{"inventory"});
    site.power(esxi1, id, Verb::power_on, "root");
    CHECK(seen.back() == "vm1");
    const size_t before = seen.size();
    site.run_until(5s);
    CHECK(seen.size() == before + 1);
}

TEST_CASE("a search finds files by pattern and fails for a folder that is not there") {
    Site site(default_site());
    const auto& found = task_of(site, esxi1, site.search(esxi1, "[EC_iSCSI] vm1", "*.vmx", false, "root"));
    REQUIRE(found.found.size() == 1);
    CHECK(found.found[0].second == std::vector<std::string>{"vm1.vmx"});
    CHECK(fault_of(site, esxi1, site.search(esxi1, "[EC_iSCSI] vm9", "*", false, "root")) == "FileNotFound");
    const auto& below = task_of(site, esxi1, site.search(esxi1, "[EC_iSCSI]", "*.vmx", true, "root"));
    CHECK(below.found.size() == 4);
}
