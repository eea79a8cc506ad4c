// The model of the site: a host loses its storage in each of the ways it can, and gets it back.
#include "tests/simulator/site_fixture.hpp"

using namespace vmha::site;
using namespace std::chrono_literals;

namespace {

const std::string path = "vm1/vm1.vmx";
const std::string vm2 = "[EC_iSCSI] vm2/vm2.vmx";

SiteConfig with_lock_break() {
    auto config = default_site();
    config.lock_break = 16s;
    return config;
}

}  // namespace

TEST_CASE("without a path, what runs stays on with stuck I/O and what is off cannot be read") {
    Site site(default_site());
    const int on = running(site, esxi1);
    const int off = registered(site, esxi1, vm2);
    site.offer(esxi1, std::nullopt);
    CHECK_FALSE(site.host(esxi1).accessible);
    CHECK(site.host(esxi1).trouble == "AllPathsDown_Start");
    CHECK(power_of(site, esxi1, on) == Power::powered_on);
    CHECK(site.vm(esxi1, on)->connection == Connection::connected);
    CHECK_FALSE(site.writes_on(esxi1, path));
    CHECK(site.vm(esxi1, off)->connection == Connection::inaccessible);
    CHECK(fault_of(site, esxi1, site.register_vm(esxi1, "[EC_iSCSI] vm3/vm3.vmx", "", "root")) == "NotFound");
    // The guest's own disk does not answer.
    CHECK_FALSE(site.shutdown_guest(esxi1, on));
    site.run_until(1h);
    CHECK(power_of(site, esxi1, on) == Power::powered_on);
    site.offer(esxi1, 0);
    CHECK(site.host(esxi1).accessible);
    CHECK(site.writes_on(esxi1, path) == DiskId{0});
    CHECK(site.vm(esxi1, off)->connection == Connection::connected);
}

TEST_CASE("all paths down times out once its time is over, counted from this loss") {
    Site site(default_site());
    site.offer(esxi1, std::nullopt);
    site.run_until(100s);
    site.offer(esxi1, 0);
    site.run_until(120s);
    site.offer(esxi1, std::nullopt);
    site.run_until(259s);
    CHECK(site.host(esxi1).trouble == "AllPathsDown_Start");
    site.run_until(260s);
    CHECK(site.host(esxi1).trouble == "AllPathsDown_Timeout");
    site.offer(esxi1, 0);
    CHECK(site.host(esxi1).trouble.empty());
}

TEST_CASE("a host without storage cannot keep its locks alive, but nobody breaks them at once") {
    Site site(with_lock_break());
    const int here = running(site, esxi1);
    const int there = registered(site, esxi2);
    site.offer(esxi1, std::nullopt);
    site.run_until(15999ms);
    CHECK(fault_of(site, esxi2, site.power(esxi2, there, Verb::power_on, "root")) == "FileLocked");

    SECTION("back before anybody took the lock, the VM goes on") {
        site.offer(esxi1, 0);
        CHECK(site.writes_on(esxi1, path) == DiskId{0});
        CHECK_FALSE(site.vm(esxi1, here)->question);
        site.run_until(1h);
        CHECK(fault_of(site, esxi2, site.power(esxi2, there, Verb::power_on, "root")) == "FileLocked");
    }
    SECTION("back after another host took it, the VM has lost it and does not write") {
        site.run_until(16s);
        REQUIRE(did(site, esxi2, there, Verb::power_on) == TaskState::success);
        site.offer(esxi1, 0);
        REQUIRE(site.vm(esxi1, here)->question);
        CHECK(site.vm(esxi1, here)->question->message_id == "msg.hbacommon.locklost");
        CHECK_FALSE(site.writes_on(esxi1, path));
        CHECK(site.writes_on(esxi2, path) == DiskId{0});
    }
}

TEST_CASE("a VM that ends without storage leaves its lock behind") {
    Site site(with_lock_break());
    const int vm = running(site, esxi1);
    site.offer(esxi1, std::nullopt);
    REQUIRE(did(site, esxi1, vm, Verb::power_off) == TaskState::success);
    REQUIRE(site.disks()[0].lock(path));
    CHECK(site.disks()[0].lock(path)->holder == esxi1);
    CHECK(site.disks()[0].lock(path)->stale_since == Time{});
}

TEST_CASE("a device that was lost for good comes back only when nothing on it runs any more") {
    Site site(default_site());
    const int vm = running(site, esxi1);
    site.storage_pdl(esxi1);
    CHECK(site.host(esxi1).trouble == "PermanentDeviceLoss");
    site.run_until(1h);
    CHECK(site.host(esxi1).trouble == "PermanentDeviceLoss");
    site.offer(esxi1, 0);
    site.rescan(esxi1);
    CHECK_FALSE(site.host(esxi1).accessible);
    site.crash(esxi1, vm);
    CHECK(site.host(esxi1).accessible);
    CHECK(site.host(esxi1).trouble.empty());
}

TEST_CASE("a volume that is taken for a snapshot is not mounted until somebody resolves it") {
    Site site(default_site());
    site.see_snapshot(esxi1, true);
    CHECK(site.disk_of(esxi1) == nullptr);
    CHECK(site.disk_of(esxi2) != nullptr);
    site.offer(esxi1, 0);
    site.rescan(esxi1);
    CHECK(site.disk_of(esxi1) == nullptr);
    site.see_snapshot(esxi1, false);
    CHECK(site.disk_of(esxi1) != nullptr);
    CHECK(site.host(esxi1).accessible);
}

TEST_CASE("a target that was away while the host booted is found by itself, or by a rescan only") {
    auto config = default_site();
    config.rescan_needed = GENERATE(false, true);
    Site site(config);
    const int vm = registered(site, esxi1);
    site.offer(esxi1, std::nullopt);
    site.host_power(esxi1, false);
    site.host_power(esxi1, true);
    CHECK(site.disk_of(esxi1) == nullptr);
    CHECK(site.vm(esxi1, vm)->connection == Connection::inaccessible);
    site.offer(esxi1, 0);
    CHECK((site.disk_of(esxi1) == nullptr) == config.rescan_needed);
    site.rescan(esxi1);
    REQUIRE(site.disk_of(esxi1) != nullptr);
    CHECK(site.vm(esxi1, vm)->connection == Connection::connected);
}

TEST_CASE("a rescan finds no target that is not there") {
    Site site(default_site());
    site.offer(esxi1, std::nullopt);
    site.rescan(esxi1);
    CHECK_FALSE(site.host(esxi1).accessible);
}

TEST_CASE("files that somebody else holds open cannot be used, and a folder that was renamed is not found") {
    Site site(with_lock_break());
    const int vm = registered(site, esxi1);
    site.stranger_locks(path, true);
    site.run_until(1h);
    CHECK(fault_of(site, esxi1, site.power(esxi1, vm, Verb::power_on, "root")) == "FileLocked");
    site.stranger_locks(path, false);
    site.move_files(path, "old/vm1.vmx");
    CHECK(fault_of(site, esxi1, site.power(esxi1, vm, Verb::power_on, "root")) == "FileNotFound");
    CHECK(did(site, esxi1, registered(site, esxi1, "[EC_iSCSI] old/vm1.vmx"), Verb::power_on) ==
          TaskState::success);
}
