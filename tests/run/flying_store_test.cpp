// Unanswered writes outlive the daemon; what cannot be read counts as the write that would do the most harm.
#include "daemon/run/flying_store.hpp"

#include <filesystem>
#include <fstream>

#include "common/json.hpp"
#include "tests/run/child.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using core::Flying;
using core::seconds;
using core::Time;
using vmha::test::Child;
using vmha::test::TempDir;

namespace {

const VmName vm1("vm1"), vm2("vm2");
const HostName esxi1("esxi1"), esxi2("esxi2");

Time at(int64_t s) {
    return Time(seconds(s));
}

Flying some_write(const VmName& vm = vm1) {
    Flying flying;
    flying.write.id = 42;
    flying.write.vm = vm;
    flying.write.host = esxi2;
    flying.write.verb = core::Verb::answer_question;
    flying.write.vmid = "7";
    flying.write.path = {"EC_iSCSI", "vm1/vm1.vmx"};
    flying.write.question_id = "q\"1";
    flying.write.choice_key = "2";
    flying.write.adapter = "vmhba65";
    flying.write.limit = at(130);
    flying.sent = at(100);
    return flying;
}

FlyingStore store_of(const TempDir& dir, const std::string& boot = "boot-a") {
    return FlyingStore(dir.path(), dir.path() + "/run", boot, esxi1);
}

void check_unknown(const FlyingStore::Restored& restored, const VmName& vm, Time now) {
    REQUIRE(restored.flying.has_value());
    CHECK(restored.flying->write.vm == vm);
    CHECK(restored.flying->write.host == esxi1);
    CHECK(restored.flying->write.verb == core::Verb::register_vm);
    CHECK(restored.flying->write.limit == now + seconds(60));
    CHECK(restored.flying->sent == now);
    CHECK(restored.flying->unanswered);
    CHECK(restored.warning.find(vm.str()) != std::string::npos);
}

}  // namespace

TEST_CASE("nothing stored is nothing flying, without a warning") {
    TempDir dir;
    const auto restored = store_of(dir).load(vm1, at(1));
    CHECK(!restored.flying);
    CHECK(restored.warning.empty());
}

TEST_CASE("a stored write comes back whole in the same boot, and as unanswered") {
    TempDir dir;
    REQUIRE(store_of(dir).put(some_write()).has_value());
    const auto restored = store_of(dir).load(vm1, at(110));
    REQUIRE(restored.flying.has_value());
    CHECK(restored.warning.empty());
    const auto& write = restored.flying->write;
    CHECK(write.id == 42);
    CHECK(write.vm == vm1);
    CHECK(write.host == esxi2);
    CHECK(write.verb == core::Verb::answer_question);
    CHECK(write.vmid == "7");
    CHECK(write.path == core::VmxPath{"EC_iSCSI", "vm1/vm1.vmx"});
    CHECK(write.question_id == "q\"1");
    CHECK(write.choice_key == "2");
    CHECK(write.adapter == "vmhba65");
    CHECK(write.limit == at(130));
    CHECK(restored.flying->sent == at(100));
    CHECK(restored.flying->unanswered);
}

TEST_CASE("where the state directory cannot be written, the runtime directory takes its place") {
    TempDir dir;
    std::filesystem::create_directory(dir.path() + "/run");
    std::ofstream(dir.path() + "/flying") << "a file in the way";
    auto store = store_of(dir);
    REQUIRE(store.put(some_write()).has_value());
    CHECK_FALSE(store.state_directory().has_value());
    REQUIRE(store_of(dir).load(vm1, at(110)).flying);
    CHECK(store_of(dir).load(vm1, at(110)).flying->write.id == 42);
    SECTION("it goes when it was answered") {
        REQUIRE(store.drop(vm1).has_value());
        CHECK_FALSE(store_of(dir).load(vm1, at(110)).flying);
    }
    SECTION("the next one lies in the state directory again, once that can be written, and alone") {
        std::filesystem::remove(dir.path() + "/flying");
        auto next = some_write();
        next.write.id = 43;
        REQUIRE(store.put(next).has_value());
        CHECK(store.state_directory().has_value());
        CHECK(store_of(dir).load(vm1, at(110)).flying->write.id == 43);
        CHECK(std::filesystem::is_empty(dir.path() + "/run/flying"));
    }
    SECTION("neither of them: it must not be sent") {
        std::filesystem::remove_all(dir.path() + "/run/flying");
        std::ofstream(dir.path() + "/run/flying") << "a file in the way here too";
        CHECK_FALSE(store.put(some_write()).has_value());
    }
}

TEST_CASE("every verb comes back as itself") {
    TempDir dir;
    using core::Verb;
    for (const auto verb :
         {Verb::register_vm, Verb::unregister, Verb::power_on, Verb::power_off, Verb::shutdown_guest,
          Verb::answer_question, Verb::rescan_storage, Verb::cancel_task}) {
        auto flying = some_write();
        flying.write.verb = verb;
        REQUIRE(store_of(dir).put(flying).has_value());
        CHECK(store_of(dir).load(vm1, at(110)).flying->write.verb == verb);
    }
}

TEST_CASE("a write whose limit is over comes back too: a look must follow it") {
    TempDir dir;
    REQUIRE(store_of(dir).put(some_write()).has_value());
    const auto restored = store_of(dir).load(vm1, at(1000));
    REQUIRE(restored.flying.has_value());
    CHECK(restored.flying->write.limit == at(130));
}

TEST_CASE("after another boot the write has its time over again, from the beginning of that boot") {
    TempDir dir;
    REQUIRE(store_of(dir).put(some_write()).has_value());
    const auto restored = store_of(dir, "boot-b").load(vm1, at(5));
    REQUIRE(restored.flying.has_value());
    CHECK(restored.flying->sent == at(0));
    CHECK(restored.flying->write.limit == at(30));
    CHECK(restored.flying->write.verb == core::Verb::answer_question);
}

TEST_CASE("where the clock does not show that it began anew, the time runs from now after another boot") {
    TempDir dir;
    REQUIRE(store_of(dir).put(some_write()).has_value());
    const auto restored = store_of(dir, "boot-b").load(vm1, at(101));
    REQUIRE(restored.flying.has_value());
    CHECK(restored.flying->sent == at(101));
    CHECK(restored.flying->write.limit == at(131));
}

TEST_CASE("a boot id that cannot be read is no proof of the same boot") {
    TempDir dir;
    REQUIRE(store_of(dir, "").put(some_write()).has_value());
    CHECK(store_of(dir, "").load(vm1, at(1000)).flying->write.limit == at(1030));
}

TEST_CASE("a write that was sent in the future belongs to another boot, whatever the id says") {
    TempDir dir;
    REQUIRE(store_of(dir).put(some_write()).has_value());
    CHECK(store_of(dir).load(vm1, at(50)).flying->write.limit == at(30));
}

TEST_CASE("an answered write is gone; dropping twice is no error") {
    TempDir dir;
    auto store = store_of(dir);
    REQUIRE(store.put(some_write()).has_value());
    CHECK(store.drop(vm1).has_value());
    CHECK(store.drop(vm1).has_value());
    CHECK(!store.load(vm1, at(110)).flying);
}

TEST_CASE("the latest write of a VM is the one that is kept, and VMs do not disturb each other") {
    TempDir dir;
    auto daemon = store_of(dir), oneshot = store_of(dir);
    REQUIRE(daemon.put(some_write(vm1)).has_value());
    REQUIRE(oneshot.put(some_write(vm2)).has_value());
    auto second = some_write(vm1);
    second.write.id = 43;
    REQUIRE(daemon.put(second).has_value());
    REQUIRE(oneshot.drop(vm2).has_value());
    const auto all = store_of(dir).load_all({vm1, vm2}, at(110));
    REQUIRE(all.flying.size() == 1);
    CHECK(all.flying[0].write.id == 43);
}

TEST_CASE("a killed daemon's write is found") {
    TempDir dir;
    Child daemon([&dir] { return store_of(dir).put(some_write()) ? (::raise(SIGKILL), 0) : 1; });
    CHECK(daemon.wait() == 128 + SIGKILL);
    CHECK(store_of(dir).load(vm1, at(110)).flying->write.id == 42);
}

TEST_CASE("a record that is empty, cut, changed or another VM's counts as an unanswered register") {
    TempDir dir;
    REQUIRE(store_of(dir).put(some_write()).has_value());
    const std::string good = dir.read("flying/vm1.json");
    const auto spoilt = [&good](const std::string& key, const Json& value) {
        auto record = Json::parse(good);
        record[key] = value;
        return record.dump();
    };
    for (const auto& text :
         {std::string(), std::string("{}"), std::string("[]"), good.substr(0, good.size() / 2),
          spoilt("verb", "burn"), spoilt("vm", "vm2"), spoilt("host", ""), spoilt("id", -1),
          spoilt("limit_ns", 0), spoilt("sent_ns", -5), spoilt("limit_ns", INT64_MAX), spoilt("boot_id", 5),
          std::string(100'000, ' ') + good}) {
        INFO(text.substr(0, 200));
        dir.write("flying/vm1.json", text);
        check_unknown(store_of(dir).load(vm1, at(200)), vm1, at(200));
    }
}

TEST_CASE("a record that cannot be opened counts as an unanswered register of that VM alone") {
    TempDir dir;
    std::filesystem::create_directories(dir.file("flying/vm1.json"));
    REQUIRE(store_of(dir).put(some_write(vm2)).has_value());
    const auto all = store_of(dir).load_all({vm1, vm2}, at(110));
    REQUIRE(all.flying.size() == 2);
    REQUIRE(all.warnings.size() == 1);
    CHECK(all.warnings[0] ==
          "cannot read " + dir.file("flying/vm1.json") +
              ": it is not a regular file, a write may still be under way: nothing is concluded from "
              "the absence of vm 'vm1' for 60 s");
    CHECK(all.flying[1].write.host == esxi2);
}

TEST_CASE("a directory that vanished is made again, one that cannot be made is an error") {
    TempDir dir;
    auto store = store_of(dir);
    REQUIRE(store.put(some_write()).has_value());
    std::filesystem::remove_all(dir.file("flying"));
    CHECK(store.put(some_write()).has_value());

    dir.write("file", "");
    FlyingStore nowhere(dir.file("file"), dir.file("file"), "boot-a", esxi1);
    const auto put = nowhere.put(some_write());
    REQUIRE(!put);
    CHECK(put.error().message == "cannot write " + dir.file("file/flying/vm1.json") + ": Not a directory");
}

TEST_CASE("this boot has an id") {
    ::unsetenv("VMHAD_BOOT_ID");
    CHECK(boot_id().size() == 32);
    const std::string read = boot_id();
    CHECK(boot_id() == read);
    // As systemd writes it, where /proc/sys is out of sight.
    ::setenv("VMHAD_BOOT_ID", read.c_str(), 1);
    CHECK(boot_id() == read);
    ::setenv("VMHAD_BOOT_ID", "0123456789abcdef", 1);
    CHECK(boot_id() == "0123456789abcdef");
    ::unsetenv("VMHAD_BOOT_ID");
}
