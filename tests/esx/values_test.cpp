// Proves the reading of single values: words, times, questions.
#include "daemon/esx/values.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::esx;
using namespace std::chrono_literals;

TEST_CASE("times are read with fraction and zone") {
    const auto base = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 8h + 2min + 13s;
    CHECK(*time_of("2026-11-22T08:02:13Z") == HostTime(base));
    CHECK(*time_of("2026-11-22T08:02:13.5Z") == HostTime(base + 500ms));
    CHECK(*time_of("2026-11-22T08:02:13.092711926Z") == HostTime(base + 92'711'926ns));
    CHECK(*time_of("2026-11-22T17:02:13+09:00") == HostTime(base));
    CHECK(*time_of("2026-11-22T04:32:13.000-03:30") == HostTime(base));
    CHECK(*time_of("2026-11-22T08:02:13") == HostTime(base));
}

TEST_CASE("what is no time is none") {
    for (const auto* text : {"", "now", "2026-11-22", "2026-02-30T08:02:13Z", "2026-11-22T08:02:13X",
                             "2026-11-22T08:02:13+9:00", "2026-11-22T08:61:13Z", "-026-11-22T08:02:13Z"})
        CHECK_FALSE(time_of(text));
}

TEST_CASE("a time of the host's clock becomes one of ours") {
    // The host says 08:00:10 while our clock shows 1000 s; what happened there at 08:00:00 happened here at
    // 990 s.
    const ClockPair clock{*time_of("2026-11-22T08:00:10Z"), core::Time(1000s)};
    CHECK(clock.to_ours(*time_of("2026-11-22T08:00:00Z")) == core::Time(990s));
}

TEST_CASE("a question is read with its id, its messages and its choices") {
    pugi::xml_document document;
    const auto root = xml::parse(document, R"(<val xmlns="urn:vim25"><id>_vmx1</id>
        <text>msg.uuid.altered:This virtual machine might have been moved or copied.</text>
        <choice><choiceInfo><label>button.uuid.cancel</label><summary>Cancel</summary><key>0</key></choiceInfo>
        <choiceInfo><label>button.uuid.movedTheVM</label><summary>I Moved It</summary><key>1</key></choiceInfo>
        <defaultIndex>2</defaultIndex></choice><message><id>msg.uuid.altered</id><text>This …</text></message>
        </val>)");
    const auto question = question_of(*root);
    CHECK(question.id == "_vmx1");
    CHECK(question.message_ids == std::vector<std::string>{"msg.uuid.altered"});
    CHECK(question.choices ==
          std::vector<core::Choice>{{"0", "button.uuid.cancel"}, {"1", "button.uuid.movedTheVM"}});
}

TEST_CASE("an older host gives the message's id in front of the text only, and no label") {
    pugi::xml_document document;
    const auto root =
        xml::parse(document, R"(<val><id>12</id><text>msg.hbacommon.locklost:The lock …: lost</text>
        <choice><choiceInfo><summary>OK</summary><key>0</key></choiceInfo></choice></val>)");
    const auto question = question_of(*root);
    CHECK(question.message_ids == std::vector<std::string>{"msg.hbacommon.locklost"});
    CHECK(question.choices == std::vector<core::Choice>{{"0", "OK"}});
}

TEST_CASE("a datastore's uuid is the last part of its url") {
    CHECK(volume_id_of_url("/vmfs/volumes/5bc7459f-967eeb48-b3f7-20677cd9a16c") ==
          "5bc7459f-967eeb48-b3f7-20677cd9a16c");
    CHECK(volume_id_of_url("ds:///vmfs/volumes/5bc7459f/") == "5bc7459f");
    CHECK(volume_id_of_url("").empty());
}
