// The model of the site: guests, their Tools and heartbeats, and the questions that VMs ask.
#include "tests/simulator/site_fixture.hpp"

using namespace vmha::site;
using namespace std::chrono_literals;

TEST_CASE("a guest's heartbeat is gray until it has booted") {
    auto config = default_site();
    config.vms[0].files.boot = 30s;
    Site site(config);
    const int id = registered(site, esxi1);
    REQUIRE(did(site, esxi1, id, Verb::power_on) == TaskState::success);
    CHECK(site.vm(esxi1, id)->heartbeat == Color::gray);
    CHECK(site.shutdown_guest(esxi1, id)->name == "ToolsUnavailable");
    site.run_until(30s);
    CHECK(site.vm(esxi1, id)->heartbeat == Color::green);
}

TEST_CASE("a boot that was interrupted by a power off does not turn the heartbeat green") {
    auto config = default_site();
    config.vms[0].files.boot = 30s;
    Site site(config);
    const int id = registered(site, esxi1);
    REQUIRE(did(site, esxi1, id, Verb::power_on) == TaskState::success);
    site.run_until(10s);
    REQUIRE(did(site, esxi1, id, Verb::power_off) == TaskState::success);
    site.run_until(60s);
    CHECK(site.vm(esxi1, id)->heartbeat == Color::gray);
}

TEST_CASE("a guest shuts down in its own time, or never") {
    auto config = default_site();
    config.vms[0].files.shutdown = 5s;
    config.vms[1].files.shutdown = std::nullopt;
    Site site(config);
    const int one = registered(site, esxi1);
    const int two = registered(site, esxi1, "[EC_iSCSI] vm2/vm2.vmx");
    REQUIRE(did(site, esxi1, one, Verb::power_on) == TaskState::success);
    REQUIRE(did(site, esxi1, two, Verb::power_on) == TaskState::success);
    CHECK_FALSE(site.shutdown_guest(esxi1, one));
    CHECK_FALSE(site.shutdown_guest(esxi1, two));
    site.run_until(4999ms);
    CHECK(power_of(site, esxi1, one) == Power::powered_on);
    site.run_until(1h);
    CHECK(power_of(site, esxi1, one) == Power::powered_off);
    CHECK(power_of(site, esxi1, two) == Power::powered_on);
}

TEST_CASE("a guest without Tools cannot be shut down and has a gray heartbeat") {
    Site site(default_site());
    const int id = registered(site, esxi1);
    REQUIRE(did(site, esxi1, id, Verb::power_on) == TaskState::success);
    CHECK(site.vm(esxi1, id)->heartbeat == Color::green);
    site.set_tools("vm1/vm1.vmx", false);
    CHECK(site.vm(esxi1, id)->heartbeat == Color::gray);
    CHECK(site.shutdown_guest(esxi1, id)->name == "ToolsUnavailable");
}

TEST_CASE("a pending question blocks power off until it is answered") {
    Site site(default_site());
    const int id = registered(site, esxi1);
    REQUIRE(did(site, esxi1, id, Verb::power_on) == TaskState::success);
    site.ask(esxi1, id, "msg.hbacommon.locklost", "");
    const auto question = *site.vm(esxi1, id)->question;
    CHECK(fault_of(site, esxi1, site.power(esxi1, id, Verb::power_off, "root")) == "QuestionPending");
    CHECK(site.answer(esxi1, id, "another", "0")->name == "InvalidArgument");
    CHECK(site.answer(esxi1, id, question.id, "7")->name == "InvalidArgument");
    REQUIRE(question.choices.size() == 1);
    CHECK_FALSE(site.answer(esxi1, id, question.id, "0"));
    CHECK(power_of(site, esxi1, id) == Power::powered_off);
    CHECK_FALSE(site.disks()[0].lock("vm1/vm1.vmx"));
}

TEST_CASE("a VM that moved asks so at power on, and the task waits for the answer") {
    auto config = default_site();
    config.vms[0].files.keep_uuid = false;
    Site site(config);
    const int here = registered(site, esxi1);
    REQUIRE(did(site, esxi1, here, Verb::power_on) == TaskState::success);
    REQUIRE(did(site, esxi1, here, Verb::power_off) == TaskState::success);
    const int there = registered(site, esxi2);
    const std::string uuid = site.disks()[0].find("vm1/vm1.vmx")->uuid;
    const std::string task = site.power(esxi2, there, Verb::power_on, "root");
    site.run_until(1h);
    REQUIRE(task_of(site, esxi2, task).state == TaskState::running);
    const auto question = site.vm(esxi2, there)->question;
    REQUIRE(question);
    CHECK(question->message_id == "msg.uuid.altered");
    CHECK(question->choices.at(size_t(question->default_index)).label == "button.uuid.copiedTheVM");

    SECTION("moved: it runs with its uuid") {
        CHECK_FALSE(site.answer(esxi2, there, question->id, "1"));
        CHECK(task_of(site, esxi2, task).state == TaskState::success);
        CHECK(power_of(site, esxi2, there) == Power::powered_on);
        CHECK(site.disks()[0].find("vm1/vm1.vmx")->uuid == uuid);
    }
    SECTION("copied: it runs with another") {
        CHECK_FALSE(site.answer(esxi2, there, question->id, "2"));
        CHECK(power_of(site, esxi2, there) == Power::powered_on);
        CHECK(site.disks()[0].find("vm1/vm1.vmx")->uuid != uuid);
    }
    SECTION("cancel: it does not run and holds no lock") {
        CHECK_FALSE(site.answer(esxi2, there, question->id, "0"));
        CHECK(task_of(site, esxi2, task).state == TaskState::error);
        CHECK(power_of(site, esxi2, there) == Power::powered_off);
        CHECK_FALSE(site.disks()[0].lock("vm1/vm1.vmx"));
    }
}
