// Who is stalled, and when that is said.
#include "daemon/run/watchdog.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using core::seconds;
using core::Time;
using run::Watchdog;

namespace {

constexpr Time at(int second) {
    return Time{} + seconds(1000 + second);
}

std::vector<std::string> names(const Watchdog::Check& check) {
    std::vector<std::string> out;
    for (const auto& silence : check.begun) out.push_back(silence.name);
    return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a party that beats within its bound is well") {
    Watchdog dog{seconds(5)};
    const auto link = dog.add("the link", seconds(10), at(0));
    for (int second = 5; second <= 60; second += 5) {
        dog.beat(link, at(second - 5));
        const auto check = dog.check(at(second));
        CHECK(check.well);
        CHECK(check.begun.empty());
        CHECK(check.over.empty());
    }
}

TEST_CASE("a party that is silent for longer is named once, and once when it is over") {
    Watchdog dog{seconds(5)};
    const auto link = dog.add("the link", seconds(10), at(0));
    CHECK(dog.check(at(5)).well);
    CHECK(dog.check(at(10)).well);
    const auto begun = dog.check(at(15));
    CHECK(!begun.well);
    REQUIRE(begun.begun.size() == 1);
    CHECK(text_of(begun.begun[0]) == "no sign of progress from the link for 15 s (at most 10 s are allowed)");
    const auto still = dog.check(at(20));
    CHECK(!still.well);
    CHECK(still.begun.empty());
    CHECK(still.over.empty());
    dog.beat(link, at(22));
    const auto over = dog.check(at(25));
    CHECK(over.well);
    CHECK(over.over == Names{"the link"});
    CHECK(dog.check(at(30)).over.empty());
}

TEST_CASE("one silent party is enough, whatever the others do") {
    Watchdog dog{seconds(5)};
    const auto lively = dog.add("lively", seconds(10), at(0));
    dog.add("silent", seconds(10), at(0));
    dog.check(at(5));
    dog.check(at(10));
    dog.beat(lively, at(14));
    CHECK(names(dog.check(at(15))) == Names{"silent"});
    dog.beat(lively, at(19));
    CHECK(!dog.check(at(20)).well);
}

TEST_CASE("nothing is expected of a party that rests, until it beats again") {
    Watchdog dog{seconds(5)};
    const auto reads = dog.add("the reads", seconds(10), at(0));
    dog.rest(reads);
    for (int second = 5; second <= 50; second += 5) CHECK(dog.check(at(second)).well);
    dog.beat(reads, at(50));
    dog.check(at(55));
    dog.check(at(60));
    CHECK(names(dog.check(at(65))) == Names{"the reads"});
}

TEST_CASE("a party that is gone is not missed, and its stall is over") {
    Watchdog dog{seconds(5)};
    const auto link = dog.add("the link", seconds(10), at(0));
    dog.check(at(5));
    dog.check(at(10));
    CHECK(!dog.check(at(15)).well);
    dog.remove(link);
    const auto after = dog.check(at(20));
    CHECK(after.well);
    CHECK(after.over == Names{"the link"});
    dog.beat(link, at(21));
    CHECK(dog.check(at(60)).well);
}

TEST_CASE("while the whole process stands still, nobody is to blame for it") {
    Watchdog dog{seconds(5)};
    dog.add("the link", seconds(10), at(0));
    CHECK(dog.check(at(5)).well);
    // Ten minutes in a snapshot: the check itself comes that late.
    CHECK(dog.check(at(610)).well);
    CHECK(names(dog.check(at(615))) == Names{"the link"});
}

TEST_CASE("a check that comes a little late excuses nobody") {
    Watchdog dog{seconds(5)};
    dog.add("the link", seconds(10), at(0));
    CHECK(dog.check(at(5)).well);
    CHECK(names(dog.check(at(14))) == Names{"the link"});
}
