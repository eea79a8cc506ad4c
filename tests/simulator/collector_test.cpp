// The property collector: versions, coalescing, pages, pushes, and how it behaves when a session ends. The
// whole API is used as a client would, without a network.
#include "tests/simulator/api_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;
using namespace std::chrono_literals;

namespace {

std::string version_of(const Answered& update) {
    return update.text({"returnval", "version"});
}

}  // namespace

TEST_CASE("version \"\" is the full state") {
    TestHost host;
    const int id = host.registered("vm1");
    host.filter({"name", "runtime.powerState", "runtime.question"});
    const Answered full = host.poll("");
    CHECK(kinds(full) == "enter " + std::to_string(id));
    CHECK(changes(full) == "name=vm1, runtime.powerState=poweredOff, runtime.question=");
}

TEST_CASE("the first answer comes even when no object is there, so that there is a version to go on from") {
    TestHost host;
    host.filter({"name"});
    const Answered empty = host.poll("");
    REQUIRE_FALSE(version_of(empty).empty());
    const int id = host.registered("vm1");
    CHECK(kinds(host.poll(version_of(empty))) == "enter " + std::to_string(id));
}

TEST_CASE("a pending wait is answered by the change itself") {
    TestHost host;
    const int id = host.registered("vm1");
    host.filter({"runtime.powerState"});
    const auto pending = host.wait(version_of(host.poll("")), "<maxWaitSeconds>60</maxWaitSeconds>");
    REQUIRE_FALSE(pending->has_come());
    host.power(id, site::Verb::power_on);
    REQUIRE(pending->has_come());
    CHECK(kinds(*pending) == "modify " + std::to_string(id));
    CHECK(changes(*pending) == "runtime.powerState=poweredOn");
}

TEST_CASE("changes to other properties do not answer a wait") {
    TestHost host;
    const int id = host.registered("vm1");
    host.filter({"name"});
    const auto pending = host.wait(version_of(host.poll("")));
    host.power(id, site::Verb::power_on);
    CHECK_FALSE(pending->has_come());
}

TEST_CASE("a wait without change ends at its limit with an empty answer") {
    TestHost host;
    host.registered("vm1");
    host.filter({"name"});
    const auto pending = host.wait(version_of(host.poll("")), "<maxWaitSeconds>5</maxWaitSeconds>");
    REQUIRE(host.api.next_wake() == site::Time(5s));
    host.site.run_until(4999ms);
    host.api.run_until(host.site.now());
    CHECK_FALSE(pending->has_come());
    host.site.run_until(5s);
    host.api.run_until(host.site.now());
    REQUIRE(pending->has_come());
    CHECK(pending->status() == 200);
    CHECK_FALSE(pending->at({"returnval"}));
}

TEST_CASE("versions grow, and two changes of one property are one") {
    TestHost host;
    const int id = host.registered("vm1");
    host.filter({"runtime.powerState"});
    const Answered first = host.poll("");
    host.power(id, site::Verb::power_on);
    host.power(id, site::Verb::power_off);
    host.power(id, site::Verb::power_on);
    const Answered second = host.poll(version_of(first));
    CHECK(std::stoul(version_of(second)) > std::stoul(version_of(first)));
    CHECK(changes(second) == "runtime.powerState=poweredOn");
}

TEST_CASE("a version that is sent again after a lost reply gives the same changes again") {
    TestHost host;
    const int id = host.registered("vm1");
    host.filter({"runtime.powerState", "name"});
    const std::string first = version_of(host.poll(""));
    host.power(id, site::Verb::power_on);
    CHECK(changes(host.poll(first)) == "runtime.powerState=poweredOn");
    CHECK(changes(host.poll(first)) == "runtime.powerState=poweredOn");
    const std::string third = version_of(host.poll(first));
    CHECK_FALSE(host.poll(third).at({"returnval"}));
}

TEST_CASE("what a version has not seen includes VMs that have left since") {
    TestHost host;
    const int one = host.registered("vm1");
    host.filter({"name"});
    const std::string first = version_of(host.poll(""));
    host.site.unregister_vm(0, one);
    host.api.publish();
    const int again = host.registered("vm1");
    CHECK(kinds(host.poll(first)) == "leave " + std::to_string(one) + ", enter " + std::to_string(again));
}

TEST_CASE("a VM that came and went between two versions is not mentioned") {
    TestHost host;
    host.registered("vm1");
    host.filter({"name"});
    const std::string first = version_of(host.poll(""));
    host.site.unregister_vm(0, host.registered("vm2"));
    host.api.publish();
    CHECK_FALSE(host.poll(first).at({"returnval"}));
}

TEST_CASE("versions that this collector never gave out are refused") {
    TestHost host;
    host.registered("vm1");
    host.filter({"name"});
    const std::string mine = version_of(host.poll(""));
    const std::string other =
        host.call("CreatePropertyCollector", "PropertyCollector", "ha-property-collector")
            .text({"returnval"});
    host.filter({"name"}, other);
    CHECK(host.poll("", "", other).fault().empty());
    CHECK(host.poll(mine, "", other).fault() == "InvalidCollectorVersion");
    CHECK(host.poll("4711").fault() == "InvalidCollectorVersion");
    CHECK(host.poll("-").fault() == "InvalidCollectorVersion");
}

TEST_CASE("maxObjectUpdates cuts the state into pages, each of which can be fetched once") {
    TestHost host;
    for (const char* name : {"vm1", "vm2", "vm3"}) host.registered(name);
    host.filter({"name"});
    const std::string two = "<maxObjectUpdates>2</maxObjectUpdates>";
    const Answered first = host.poll("", two);
    CHECK(kinds(first) == "enter 1, enter 2");
    CHECK(first.text({"returnval", "truncated"}) == "true");
    const Answered second = host.poll(version_of(first), two);
    CHECK(kinds(second) == "enter 3");
    CHECK_FALSE(second.at({"returnval", "truncated"}));
    CHECK(host.poll(version_of(first), two).fault() == "InvalidCollectorVersion");
    host.power(3, site::Verb::power_on);
    CHECK_FALSE(host.poll(version_of(second)).at({"returnval"}));
}

TEST_CASE("a change during the pages is not lost") {
    TestHost host;
    for (const char* name : {"vm1", "vm2", "vm3"}) host.registered(name);
    host.filter({"runtime.powerState"});
    const std::string two = "<maxObjectUpdates>2</maxObjectUpdates>";
    const Answered first = host.poll("", two);
    host.power(1, site::Verb::power_on);
    const Answered second = host.poll(version_of(first), two);
    const Answered third = host.poll(version_of(second));
    CHECK(kinds(third) == "modify 1");
    CHECK(changes(third) == "runtime.powerState=poweredOn");
}

TEST_CASE("a new filter answers a wait that is pending on its collector") {
    TestHost host;
    const int id = host.registered("vm1");
    host.filter({"name"});
    const auto pending = host.wait(version_of(host.poll("")));
    REQUIRE_FALSE(pending->has_come());
    host.filter({"runtime.powerState"});
    REQUIRE(pending->has_come());
    CHECK(kinds(*pending) == "enter " + std::to_string(id));
}

TEST_CASE("a whole parent can be watched, and changes with what is below it") {
    TestHost host;
    const int id = host.registered("vm1");
    host.filter({"runtime"});
    const std::string version = version_of(host.poll(""));
    host.power(id, site::Verb::power_on);
    const Answered update = host.poll(version);
    const auto value = update.at({"returnval", "filterSet", "objectSet", "changeSet", "val"});
    CHECK(xml::type_of(value)->local == "VirtualMachineRuntimeInfo");
    CHECK(std::string(value.child_value("powerState")) == "poweredOn");
}

TEST_CASE("a task can be watched by itself") {
    auto config = site::default_site();
    config.task_times[site::Verb::power_on] = 2s;
    TestHost host(config);
    const int id = host.registered("vm1");
    const std::string task =
        host.call("PowerOnVM_Task", "VirtualMachine", std::to_string(id)).text({"returnval"});
    host.call("CreateFilter", "PropertyCollector", "ha-property-collector",
              "<spec><propSet><type>Task</type><pathSet>info.state</pathSet></propSet><objectSet><obj "
              "type=\"Task\">" +
                  task + "</obj></objectSet></spec><partialUpdates>false</partialUpdates>");
    const Answered running = host.poll("");
    CHECK(changes(running) == "info.state=running");
    const auto pending = host.wait(version_of(running));
    host.site.run_until(2s);
    host.api.publish();
    REQUIRE(pending->has_come());
    CHECK(changes(*pending) == "info.state=success");
}

TEST_CASE("a cancelled wait ends with RequestCanceled, a dropped one is forgotten") {
    TestHost host;
    host.registered("vm1");
    host.filter({"name"});
    const std::string version = version_of(host.poll(""));
    const auto pending = host.wait(version);
    host.call("CancelWaitForUpdates", "PropertyCollector", "ha-property-collector");
    REQUIRE(pending->has_come());
    CHECK(pending->fault() == "RequestCanceled");

    const auto dropped = host.wait(version);
    REQUIRE(host.api.waiting() == 1);
    host.api.drop(host.ticket);
    CHECK(host.api.waiting() == 0);
    host.registered("vm2");
    CHECK_FALSE(dropped->has_come());
    CHECK(kinds(host.poll(version)) == "enter 2");
}

TEST_CASE("a wait ends with its session, in each of the three shapes seen on real hosts") {
    TestHost host;
    host.registered("vm1");
    host.filter({"name"});
    const auto pending = host.wait(version_of(host.poll("")), "<maxWaitSeconds>5</maxWaitSeconds>");
    SECTION("a fault") {
        host.site.expire_sessions(0, site::ExpiredShape::fault);
        host.api.publish();
        REQUIRE(pending->has_come());
        CHECK(pending->fault() == "NotAuthenticated");
        CHECK(host.poll("").fault() == "NotAuthenticated");
    }
    SECTION("silence, then emptiness") {
        host.site.expire_sessions(0, site::ExpiredShape::empty);
        host.api.publish();
        REQUIRE_FALSE(pending->has_come());
        host.site.run_until(5s);
        host.api.run_until(host.site.now());
        REQUIRE(pending->has_come());
        CHECK(pending->status() == 200);
        CHECK_FALSE(pending->at({"returnval"}));
    }
    SECTION("every property missing") {
        host.site.expire_sessions(0, site::ExpiredShape::missing);
        host.api.publish();
        REQUIRE(pending->has_come());
        const auto missing = pending->at({"returnval", "filterSet", "objectSet", "missingSet"});
        CHECK(std::string(missing.child_value("path")) == "name");
        CHECK(xml::type_of(missing.child("fault").child("fault"))->local == "NotAuthenticated");
    }
}
