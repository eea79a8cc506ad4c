// The site file: what it can say, and how it refuses what it cannot.
#include "tests/simulator/site_file.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using namespace std::chrono_literals;

TEST_CASE("an empty site file is the default site") {
    const auto site = sim::read_site_text("{}");
    REQUIRE(site.has_value());
    REQUIRE(site->hosts.size() == 2);
    CHECK(site->hosts[1].address == "127.0.0.12");
    CHECK(site->vms.size() == 3);
}

TEST_CASE("a site file sets hosts, VMs and times") {
    const auto site = sim::read_site_text(R"({
        "hosts": [ { "name": "a", "address": "127.0.0.21", "port": 443, "boot_ms": 1500, "delay_ms": { "Login": 20 },
                     "accounts": [ { "user": "vmha", "password": "secret" } ] } ],
        "vms": [ { "name": "db", "tools": false, "shutdown_ms": null, "registered_on": "a", "powered_on": true } ],
        "task_ms": { "power_on": 250 }, "lock_break_ms": 16000 // as real hosts
    })");
    REQUIRE(site.has_value());
    REQUIRE(site->hosts.size() == 1);
    CHECK(site->hosts[0].boot == 1500ms);
    CHECK(site->hosts[0].delays.at("Login") == 20ms);
    CHECK(site->hosts[0].accounts.at(0).password == "secret");
    REQUIRE(site->vms.size() == 1);
    CHECK(site->vms[0].files.path == "db/db.vmx");
    CHECK_FALSE(site->vms[0].files.tools);
    CHECK_FALSE(site->vms[0].files.shutdown);
    CHECK(site->task_times.at(site::Verb::power_on) == 250ms);
    CHECK(site->lock_break == 16s);
}

TEST_CASE("a site file sets the mirror, troubles of the storage, and what a host has and allows") {
    const auto site = sim::read_site_text(R"({
        "mirror": true, "recovery_ms": 20000, "apd_timeout_ms": 5000, "lost_lock": "invalid",
        "invalid_after_register_ms": 700, "late_inventory_ms": 1500, "rescan_needed": true,
        "hosts": [ { "name": "a", "address": "127.0.0.21", "peer_port": 8444, "licence": "expired", "memory_mb": 4096,
                     "networks": ["VM Network", "DMZ"], "autostart": ["vm1/vm1.vmx"] } ]
    })");
    REQUIRE(site.has_value());
    CHECK(site->mirror);
    CHECK(site->recovery == 20s);
    CHECK(site->apd_timeout == 5s);
    CHECK(site->lost_lock == site::LostLock::invalid);
    CHECK(site->invalid_after_register == 700ms);
    CHECK(site->late_inventory == 1500ms);
    CHECK(site->rescan_needed);
    CHECK(site->hosts[0].peer_port == 8444);
    CHECK(site->hosts[0].licence == site::Licence::expired);
    CHECK(site->hosts[0].memory_mb == 4096);
    CHECK(site->hosts[0].networks == std::vector<std::string>{"VM Network", "DMZ"});
    CHECK(site->hosts[0].autostart == std::vector<std::string>{"vm1/vm1.vmx"});
}

TEST_CASE("a lost lock is a question, an invalid entry, or one that is invalid for a while") {
    CHECK(sim::read_site_text("{}")->lost_lock == site::LostLock::question);
    CHECK(sim::read_site_text(R"({"lost_lock": "question"})")->lost_lock == site::LostLock::question);
    const auto passing = sim::read_site_text(R"({"lost_lock": 2500})");
    REQUIRE(passing.has_value());
    CHECK(passing->lost_lock == site::LostLock::passing_invalid);
    CHECK(passing->invalid_for == 2500ms);
}

TEST_CASE("a number of VMs can be asked for at once") {
    const auto site = sim::read_site_text(R"({"vm_count": 1000})");
    REQUIRE(site.has_value());
    REQUIRE(site->vms.size() == 1000);
    CHECK(site->vms[999].files.path == "vm1000/vm1000.vmx");
}

TEST_CASE("what a site file cannot say is refused with its place") {
    const auto cause = [](const char* text) {
        const auto site = sim::read_site_text(text);
        return site ? std::string() : site.error().message;
    };
    CHECK(cause(R"({"host": []})").find("site.host") != std::string::npos);
    CHECK(cause(R"({"hosts": [{"name": "a", "adress": "x"}]})").find("hosts.adress") != std::string::npos);
    CHECK(cause(R"({"hosts": [{"name": "a"}]})").find("address") != std::string::npos);
    CHECK(cause(R"({"seed": "one"})").find("site.seed") != std::string::npos);
    CHECK(cause(R"({"lock_fault": "Locked"})").find("lock_fault") != std::string::npos);
    CHECK(cause(R"({"lost_lock": "gone"})").find("lost_lock") != std::string::npos);
    CHECK(cause(R"({"lost_lock": -1})").find("negative") != std::string::npos);
    CHECK(cause(R"({"mirror": 1})").find("site.mirror") != std::string::npos);
    CHECK(cause(R"({"hosts": [{"name": "a", "address": "x", "licence": "none"}]})").find("hosts.licence") !=
          std::string::npos);
    CHECK(cause(R"({"task_ms": {"power": 1}})").find("task_ms.power") != std::string::npos);
    CHECK_FALSE(cause("{").empty());
}

TEST_CASE("a site file gives a host SSH, and says how its commands print") {
    const auto site = sim::read_site_text(R"({
        "hosts": [ { "name": "a", "address": "127.0.0.21",
                     "ssh": { "port": 2222, "peer_port": 2223, "directory": "/d/a", "authorized_keys": "/d/keys" } },
                   { "name": "b", "address": "127.0.0.22" } ],
        "ssh_texts": { "question": "old", "fault_status": 0, "annotation.vm1": "one\ntwo" }
    })");
    REQUIRE(site.has_value());
    REQUIRE(site->hosts[0].ssh);
    CHECK(site->hosts[0].ssh->port == 2222);
    CHECK(site->hosts[0].ssh->peer_port == 2223);
    CHECK(site->hosts[0].ssh->directory == "/d/a");
    CHECK(site->hosts[0].ssh->authorized_keys == "/d/keys");
    CHECK_FALSE(site->hosts[1].ssh);
    CHECK(site->ssh_texts.at("fault_status") == "0");
    CHECK(site->ssh_texts.at("annotation.vm1") == "one\ntwo");
}

TEST_CASE("SSH without its folder, and texts that no host has, are refused") {
    CHECK(sim::read_site_text(R"({"hosts":[{"name":"a","address":"127.0.0.21","ssh":{"port":22}}]})")
              .error()
              .message == "hosts.ssh: directory and authorized_keys are needed");
    CHECK_FALSE(sim::read_site_text(R"({"ssh_texts":{"question":"other"}})").has_value());
    CHECK_FALSE(sim::read_site_text(R"({"ssh_texts":{"what":"old"}})").has_value());
}
