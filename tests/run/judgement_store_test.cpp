// What was concluded outlives the daemon; a file that is missing, stale, broken or cannot be written never
// ends it.
#include "daemon/run/judgement_store.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/run/child.hpp"
#include "tests/run/temp_dir.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::run;
using core::Judgement;
using core::seconds;
using vmha::test::Child;
using vmha::test::TempDir;

namespace {

const VmName vm1("vm1"), vm2("vm2");
const core::Time now{std::chrono::hours(5)};
constexpr std::time_t wall = 1'790'000'000;

const Judgement left_over{true, false, {HostName("esxi1"), HostName("esxi2")}, false, {}};
const Judgement paused{false, true, {}, true, now + seconds(90)};

}  // namespace

TEST_CASE("judgements come back as they were saved") {
    TempDir dir;
    const JudgementStore store(dir.path(), "boot-1");
    CHECK(store.load(now, wall).judgements.empty());
    CHECK(store.load(now, wall).warning.empty());
    REQUIRE(store.save({{vm1, left_over}, {vm2, paused}}, now, wall).has_value());
    const auto loaded = store.load(now + seconds(10), wall + 10);
    CHECK(loaded.warning.empty());
    CHECK(loaded.judgements == std::map<VmName, Judgement>{{vm1, left_over}, {vm2, paused}});
}

TEST_CASE("saving one VM's judgement keeps the others'; one that says nothing leaves no record") {
    TempDir dir;
    const JudgementStore store(dir.path(), "boot-1");
    REQUIRE(store.save({{vm1, left_over}}, now, wall).has_value());
    REQUIRE(store.save({{vm2, paused}}, now, wall).has_value());
    REQUIRE(store.save({{vm1, Judgement{}}}, now, wall).has_value());
    CHECK(store.load(now, wall).judgements == std::map<VmName, Judgement>{{vm2, paused}});
    CHECK(dir.read("judgement.json").find("vm1") == std::string::npos);
}

TEST_CASE("a pause of an earlier boot ends at its wall-clock time, and never later than a day from now") {
    TempDir dir;
    REQUIRE(JudgementStore(dir.path(), "boot-1").save({{vm2, paused}}, now, wall).has_value());
    const JudgementStore next(dir.path(), "boot-2");
    const core::Time booted{seconds(20)};
    CHECK(next.load(booted, wall + 30).judgements.at(vm2).paused_until == booted + seconds(60));
    CHECK(next.load(booted, wall + 300).judgements.at(vm2).paused_until == booted);
    CHECK(next.load(booted, 0).judgements.at(vm2).paused_until == booted + std::chrono::hours(24));
}

TEST_CASE("a broken file is said, and replaced by the next judgement") {
    TempDir dir;
    const auto text = GENERATE(as<std::string>{}, "", "{", "[]", "{\"vm1\": {\"left_over\": tru", "\x01\x02");
    dir.write("judgement.json", text);
    const JudgementStore store(dir.path(), "boot-1");
    const auto loaded = store.load(now, wall);
    CHECK(loaded.judgements.empty());
    CHECK(loaded.warning.find(dir.file("judgement.json")) != std::string::npos);
    CHECK(loaded.warning.find("forgotten") != std::string::npos);
    REQUIRE(store.save({{vm1, left_over}}, now, wall).has_value());
    CHECK(store.load(now, wall).judgements.at(vm1) == left_over);
}

TEST_CASE("records that make no sense say nothing") {
    TempDir dir;
    dir.write("judgement.json", R"({"vm1": 5, "vm2": {"left_over": "yes", "left_unproved": ["", 7, "esxi1"],
        "paused": true, "paused_until_ns": "soon"}, "vm3": {"paused": 1}})");
    const auto loaded = JudgementStore(dir.path(), "boot-1").load(now, wall);
    CHECK_FALSE(loaded.judgements.contains(vm1));
    CHECK(loaded.judgements.at(vm2) == Judgement{false, false, {HostName("esxi1")}, true, now});
    CHECK(loaded.judgements.at(VmName("vm3")) == Judgement{});
}

TEST_CASE("a state directory that is missing is made") {
    TempDir dir;
    const JudgementStore store(dir.file("var/state"), "boot-1");
    REQUIRE(store.save({{vm1, left_over}}, now, wall).has_value());
    CHECK(store.load(now, wall).judgements.at(vm1) == left_over);
}

TEST_CASE("a directory in the file's place is an error that names it, when read and when written") {
    TempDir dir;
    std::filesystem::create_directory(dir.file("judgement.json"));
    const JudgementStore store(dir.path(), "boot-1");
    CHECK(store.load(now, wall).warning.find(dir.file("judgement.json")) != std::string::npos);
    const auto saved = store.save({{vm1, left_over}}, now, wall);
    REQUIRE(!saved);
    CHECK(saved.error().message.find(dir.file("judgement.json")) != std::string::npos);
}

TEST_CASE("a full disk leaves the old judgements") {
    TempDir dir;
    const JudgementStore store(dir.path(), "boot-1");
    REQUIRE(store.save({{vm1, left_over}}, now, wall).has_value());
    Child child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{8, 8};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return store.save({{vm2, paused}}, now, wall) ? 1 : 0;
    });
    CHECK(child.wait() == 0);
    CHECK(store.load(now, wall).judgements == std::map<VmName, Judgement>{{vm1, left_over}});
}

TEST_CASE("a state directory that may not be written is an error, and what is in it is still read") {
    if (::geteuid() != 0) return;
    TempDir dir;
    ::chmod(dir.path().c_str(), 0755);
    const JudgementStore store(dir.path(), "boot-1");
    REQUIRE(store.save({{vm1, left_over}}, now, wall).has_value());
    ::chmod(dir.file("judgement.json").c_str(), 0644);
    Child child([&] {
        if (::setuid(vmha::test::nobody) != 0) return 2;
        const auto saved = store.save({{vm2, paused}}, now, wall);
        const bool ok = !saved && saved.error().message.find("Permission denied") != std::string::npos &&
                        store.load(now, wall).judgements.size() == 1;
        return ok ? 0 : 1;
    });
    CHECK(child.wait() == 0);
}
