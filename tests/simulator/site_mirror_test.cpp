// The model of the site: two copies of the disk that go apart and are joined again, and what becomes of
// guests and locks meanwhile.
#include "tests/simulator/site_fixture.hpp"

using namespace vmha::site;
using namespace std::chrono_literals;

namespace {

const std::string path = "vm1/vm1.vmx";
constexpr DiskId copy1 = 0, copy2 = 1;

SiteConfig with_mirror(LostLock lost_lock = LostLock::question) {
    auto config = default_site();
    config.mirror = true;
    config.lock_break = 16s;
    config.recovery = 20s;
    config.lost_lock = lost_lock;
    config.invalid_for = 20s;
    return config;
}

// Keeps who wrote with another history in its memory.
struct Mirrored : Site {
    explicit Mirrored(SiteConfig config = with_mirror()) : Site(std::move(config)) {
        on_corruption = [this](HostId host, const std::string& of) { corrupted.emplace_back(host, of); };
    }

    // Each host runs the VM on its own copy.
    void split() {
        here = running(*this, esxi1);
        mirror_break();
        offer(esxi2, copy2);
        run_until(now() + 16s);
        there = running(*this, esxi2);
    }

    int here = 0, there = 0;
    std::vector<std::pair<HostId, std::string>> corrupted;
};

}  // namespace

TEST_CASE("while the copies are in sync a lock on one is a lock on the other") {
    Mirrored site;
    running(site, esxi1);
    site.offer(esxi2, copy2);
    const int there = registered(site, esxi2);
    site.run_until(1h);
    CHECK(fault_of(site, esxi2, site.power(esxi2, there, Verb::power_on, "root")) == "FileLocked");
}

TEST_CASE("when the copies go apart only the heartbeats of the hosts on the other one stop") {
    Mirrored site;
    running(site, esxi1);
    site.run_until(5s);
    site.mirror_break();
    CHECK(site.mirror() == Site::Mirror::apart);
    CHECK_FALSE(site.disks()[copy1].lock(path)->stale_since);
    CHECK(site.disks()[copy2].lock(path)->stale_since == Time{5s});
}

TEST_CASE("in a split a lock protects one copy: both run, each on its own") {
    Mirrored site;
    running(site, esxi1);
    site.mirror_break();
    site.offer(esxi2, copy2);
    const int there = registered(site, esxi2);
    site.run_until(15999ms);
    CHECK(fault_of(site, esxi2, site.power(esxi2, there, Verb::power_on, "root")) == "FileLocked");
    site.run_until(16s);
    REQUIRE(did(site, esxi2, there, Verb::power_on) == TaskState::success);
    CHECK(site.writes_on(esxi1, path) == copy1);
    CHECK(site.writes_on(esxi2, path) == copy2);
    CHECK(site.disks()[copy1].lock(path)->holder == esxi1);
    CHECK(site.disks()[copy2].lock(path)->holder == esxi2);
    CHECK(site.corrupted.empty());
}

TEST_CASE("a VM that gets to see the other copy has lost its lock and asks") {
    Mirrored site;
    site.split();
    site.offer(esxi2, copy1);
    const auto question = site.vm(esxi2, site.there)->question;
    REQUIRE(question);
    CHECK(question->message_id == "msg.hbacommon.locklost");
    CHECK(power_of(site, esxi2, site.there) == Power::powered_on);
    CHECK_FALSE(site.writes_on(esxi2, path));
    CHECK(site.writes_on(esxi1, path) == copy1);
    REQUIRE_FALSE(site.answer(esxi2, site.there, question->id, "0"));
    CHECK_FALSE(site.has_process(esxi2, path));
    CHECK(site.disks()[copy1].lock(path)->holder == esxi1);
    CHECK(site.corrupted.empty());
}

TEST_CASE("a VM that lost its lock can show as invalid and off, and lives") {
    Mirrored site(with_mirror(LostLock::invalid));
    site.split();
    site.offer(esxi2, copy1);
    site.run_until(site.now() + 1h);
    CHECK(site.vm(esxi2, site.there)->connection == Connection::invalid);
    CHECK(power_of(site, esxi2, site.there) == Power::powered_off);
    CHECK(site.has_process(esxi2, path));
    CHECK_FALSE(site.writes_on(esxi2, path));
    CHECK(site.corrupted.empty());
}

TEST_CASE("an invalid entry can come right by itself, and its VM is off then") {
    Mirrored site(with_mirror(LostLock::passing_invalid));
    site.split();
    site.offer(esxi2, copy1);
    const Time lost = site.now();
    site.run_until(lost + 19999ms);
    CHECK(site.vm(esxi2, site.there)->connection == Connection::invalid);
    CHECK(site.has_process(esxi2, path));
    site.run_until(lost + 20s);
    CHECK(site.vm(esxi2, site.there)->connection == Connection::connected);
    CHECK(power_of(site, esxi2, site.there) == Power::powered_off);
    CHECK_FALSE(site.has_process(esxi2, path));
}

TEST_CASE("a process outlives its invalid entry and shows again when the VM is registered") {
    Mirrored site(with_mirror(LostLock::invalid));
    site.split();
    site.offer(esxi2, copy1);
    REQUIRE_FALSE(site.unregister_vm(esxi2, site.there));
    CHECK(site.vm_by_path(esxi2, path) == nullptr);
    CHECK(site.has_process(esxi2, path));
    const int again = registered(site, esxi2);
    CHECK(power_of(site, esxi2, again) == Power::powered_on);
    CHECK(site.vm(esxi2, again)->process);
    CHECK_FALSE(site.writes_on(esxi2, path));
    // What it lost it does not get back, though nobody holds the lock any more.
    REQUIRE(did(site, esxi1, site.here, Verb::power_off) == TaskState::success);
    site.offer(esxi2, std::nullopt);
    site.offer(esxi2, copy1);
    CHECK_FALSE(site.writes_on(esxi2, path));
    REQUIRE(did(site, esxi2, again, Verb::power_off) == TaskState::success);
    CHECK_FALSE(site.has_process(esxi2, path));
    CHECK(site.corrupted.empty());
}

TEST_CASE("a process without an entry goes on writing when its copy comes back, and dies with its host") {
    Mirrored site;
    site.split();
    site.set_connection(esxi2, site.there, Connection::invalid);
    REQUIRE_FALSE(site.unregister_vm(esxi2, site.there));
    CHECK(site.writes_on(esxi2, path) == copy2);
    site.offer(esxi2, std::nullopt);
    CHECK_FALSE(site.writes_on(esxi2, path));
    site.offer(esxi2, copy2);
    CHECK(site.writes_on(esxi2, path) == copy2);
    site.host_power(esxi2, false);
    CHECK_FALSE(site.has_process(esxi2, path));
}

TEST_CASE("a guest that writes with the other copy's history in its memory corrupts the disk") {
    Mirrored site;
    site.split();
    REQUIRE(did(site, esxi1, site.here, Verb::power_off) == TaskState::success);
    CHECK(site.corrupted.empty());
    // Nobody holds the lock there now.
    site.offer(esxi2, copy1);
    REQUIRE(site.corrupted.size() == 1);
    CHECK(site.corrupted[0] == std::pair<HostId, std::string>{esxi2, path});
    CHECK(site.writes_on(esxi2, path) == copy1);
}

TEST_CASE("a guest that went on writing on one copy corrupts the other one when it gets to see that") {
    Mirrored site;
    running(site, esxi1);
    site.mirror_break();
    CHECK(site.corrupted.empty());
    site.offer(esxi1, copy2);
    CHECK(site.corrupted.size() == 1);
}

TEST_CASE("a guest that waits for an answer writes nothing until it goes on") {
    Mirrored site;
    const int vm = running(site, esxi1);
    site.mirror_break();
    site.ask(esxi1, vm, "msg.serial.file.open", "");
    site.offer(esxi1, copy2);
    CHECK(site.corrupted.empty());
    const std::string question = site.vm(esxi1, vm)->question->id;
    SECTION("and never where the answer ends it") {
        site.crash(esxi1, vm);
        CHECK(site.corrupted.empty());
    }
    SECTION("and then with the other copy's history in its memory") {
        REQUIRE_FALSE(site.answer(esxi1, vm, question, "0"));
        CHECK(site.corrupted.size() == 1);
    }
}

TEST_CASE("a guest that changes between copies with one history corrupts nothing") {
    Mirrored site;
    const int vm = running(site, esxi1);
    SECTION("in sync") {
        site.offer(esxi1, copy2);
        CHECK(site.writes_on(esxi1, path) == copy2);
    }
    SECTION("apart, after it was started anew from the other one") {
        site.mirror_break();
        REQUIRE(did(site, esxi1, vm, Verb::power_off) == TaskState::success);
        site.run_until(16s);
        site.offer(esxi1, copy2);
        REQUIRE(did(site, esxi1, vm, Verb::power_on) == TaskState::success);
    }
    SECTION("after the copy that it ran on has been brought to the other one") {
        site.mirror_break();
        site.mirror_recover(copy1);
        site.run_until(20s);
        site.offer(esxi1, copy2);
        CHECK(site.writes_on(esxi1, path) == copy2);
    }
    CHECK(site.corrupted.empty());
}

TEST_CASE("a guest whose copy was written over by the other one corrupts it with its next write") {
    Mirrored site;
    site.split();
    site.offer(esxi2, std::nullopt);
    site.mirror_recover(copy1);
    site.run_until(site.now() + 20s);
    REQUIRE(did(site, esxi1, site.here, Verb::power_off) == TaskState::success);
    CHECK(site.corrupted.empty());
    site.offer(esxi2, copy2);
    CHECK(site.corrupted.size() == 1);
}

TEST_CASE("a recovery takes its time, and a new break voids it") {
    Mirrored site;
    site.split();
    const auto history = [&site](DiskId copy) { return site.disks()[copy].find(path)->history; };
    const Time began = site.now();
    REQUIRE(history(copy1) != history(copy2));
    site.mirror_recover(copy1);
    CHECK(site.mirror() == Site::Mirror::recovering);
    SECTION("undisturbed") {
        const auto kept = history(copy1);
        site.run_until(began + 19999ms);
        CHECK(history(copy2) != kept);
        site.run_until(began + 20s);
        CHECK(site.mirror() == Site::Mirror::in_sync);
        CHECK(history(copy1) == kept);
        CHECK(history(copy2) == kept);
        CHECK(site.disks()[copy2].lock(path)->holder == esxi1);
    }
    SECTION("broken again, and begun again") {
        site.run_until(began + 10s);
        site.mirror_break();
        site.run_until(began + 15s);
        site.mirror_recover(copy2);
        site.run_until(began + 20s);
        CHECK(site.mirror() == Site::Mirror::recovering);
        const auto kept = history(copy2);
        site.run_until(began + 35s);
        CHECK(site.mirror() == Site::Mirror::in_sync);
        CHECK(history(copy1) == kept);
    }
}

TEST_CASE("a site without a mirror has one copy, which does not break") {
    Site site(default_site());
    site.mirror_break();
    CHECK(site.mirror() == Site::Mirror::in_sync);
    CHECK(site.disks().size() == 1);
}
