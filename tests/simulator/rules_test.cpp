// Fault rules: which calls they hit, and in which order.
#include "tests/simulator/model/rules.hpp"

#include "tests/support/catch.hpp"

using namespace vmha::site;
using namespace std::chrono_literals;

TEST_CASE("a rule hits its method and object only, after its skips, as often as it says") {
    Rules rules(1);
    rules.add({.method = "PowerOnVM_Task", .object = "7", .trouble = Trouble::drop, .skip = 1, .count = 2});
    CHECK_FALSE(rules.apply("PowerOffVM_Task", "7").trouble);
    CHECK_FALSE(rules.apply("PowerOnVM_Task", "8").trouble);
    CHECK_FALSE(rules.apply("PowerOnVM_Task", "7").trouble);
    CHECK(rules.apply("PowerOnVM_Task", "7").trouble);
    CHECK(rules.apply("PowerOnVM_Task", "7").trouble);
    CHECK_FALSE(rules.apply("PowerOnVM_Task", "7").trouble);
}

TEST_CASE("delays add up and do not hide a fault") {
    Rules rules(1);
    rules.set_delay("*", 10ms);
    rules.add({.method = "Login", .trouble = Trouble::fault, .fault = "NoPermission", .delay = 5ms});
    const Effect effect = rules.apply("Login", "ha-sessionmgr");
    CHECK(effect.delay == 15ms);
    REQUIRE(effect.trouble);
    CHECK(effect.trouble->fault == "NoPermission");
    rules.set_delay("*", 0ms);
    CHECK(rules.apply("Logout", "ha-sessionmgr").delay == 0ms);
}

TEST_CASE("the same seed gives the same luck") {
    const auto draw = [](uint64_t seed) {
        Rules rules(seed);
        rules.add({.method = "*", .trouble = Trouble::drop, .probability = 0.5});
        std::string luck;
        for (int i = 0; i < 64; ++i) luck += rules.apply("CurrentTime", "").trouble ? 'x' : '.';
        return luck;
    };
    CHECK(draw(7) == draw(7));
    CHECK(draw(7) != draw(8));
    CHECK(draw(7).find('x') != std::string::npos);
    CHECK(draw(7).find('.') != std::string::npos);
}

TEST_CASE("cleared rules are gone") {
    Rules rules(1);
    rules.add({.method = "Login", .trouble = Trouble::drop});
    rules.add({.method = "Logout", .trouble = Trouble::drop});
    rules.clear("Login");
    CHECK_FALSE(rules.apply("Login", "").trouble);
    CHECK(rules.apply("Logout", "").trouble);
    rules.clear("*");
    CHECK_FALSE(rules.apply("Logout", "").trouble);
}
