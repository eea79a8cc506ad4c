// Proves that no order of events makes a third wrong login with one secret, and that the right secret is not
// shut out.
#include "daemon/esx/breaker.hpp"

#include "daemon/core/time.hpp"
#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::esx;
using When = Permit::When;

namespace {

struct Store : BreakerStore {
    std::string text;
    bool broken = false;
    Result<std::string> load() override {
        if (broken) return Error{Errc::io, "broken"};
        return text;
    }
    Result<void> save(const std::string& all) override {
        if (broken) return Error{Errc::io, "broken"};
        text = all;
        return {};
    }
};

const Credential right{"esxi1", "vmha", "s3cret-one"};
const Credential other{"esxi1", "vmha", "s3cret-two"};
constexpr int64_t noon = 1'700'000'000;

void wrong(Breaker& breaker, const Credential& credential, int64_t now_s, bool just_back = false) {
    breaker.began(credential, now_s);
    breaker.refused(credential, now_s, just_back);
}

}  // namespace

TEST_CASE("a secret that never worked gets no second try") {
    Store store;
    Breaker breaker(store);
    CHECK(breaker.ask(right, noon).when == When::now);
    wrong(breaker, right, noon);
    CHECK(breaker.ask(right, noon).when == When::never);
    CHECK(breaker.ask(right, noon + 1'000'000).when == When::never);
}

TEST_CASE("a secret that worked gets a second try after 16 minutes, and no third") {
    Store store;
    Breaker breaker(store);
    breaker.began(right, noon);
    breaker.worked(right);
    wrong(breaker, right, noon);
    CHECK(breaker.ask(right, noon + 959).when == When::later);
    CHECK(breaker.ask(right, noon + 959).at_s == noon + 960);
    CHECK(breaker.ask(right, noon + 960).when == When::now);
    wrong(breaker, right, noon + 960);
    CHECK(breaker.ask(right, noon + 10'000'000).when == When::never);
}

TEST_CASE("where the host's API has just come back, the second try comes after a minute") {
    Store store;
    Breaker breaker(store);
    breaker.worked(right);
    wrong(breaker, right, noon, true);
    CHECK(breaker.ask(right, noon + 59).when == When::later);
    CHECK(breaker.ask(right, noon + 60).when == When::now);
}

TEST_CASE("a second try that works forgets the first refusal") {
    Store store;
    Breaker breaker(store);
    breaker.worked(right);
    wrong(breaker, right, noon);
    breaker.began(right, noon + 960);
    breaker.worked(right);
    CHECK(breaker.ask(right, noon + 961).when == When::now);
    wrong(breaker, right, noon + 962);
    CHECK(breaker.ask(right, noon + 963).when == When::later);
}

TEST_CASE("another secret, account or host starts afresh") {
    Store store;
    Breaker breaker(store);
    wrong(breaker, right, noon);
    CHECK(breaker.ask(other, noon).when == When::now);
    CHECK(breaker.ask({"esxi2", "vmha", right.secret}, noon).when == When::now);
    CHECK(breaker.ask({"esxi1", "root", right.secret}, noon).when == When::now);
    CHECK(breaker.ask({"esxi1v", "mha", right.secret}, noon).when == When::now);
    CHECK(breaker.ask(right, noon).when == When::never);
}

TEST_CASE("going back to a secret that was refused does not help") {
    Store store;
    Breaker breaker(store);
    wrong(breaker, right, noon);
    wrong(breaker, other, noon);
    CHECK(breaker.ask(right, noon).when == When::never);
}

TEST_CASE("a person may ask for exactly one more login") {
    Store store;
    Breaker breaker(store);
    breaker.worked(right);
    wrong(breaker, right, noon);
    wrong(breaker, right, noon + 960);
    breaker.grant("esxi1");
    CHECK(breaker.ask(right, noon + 961).when == When::now);
    wrong(breaker, right, noon + 961);
    CHECK(breaker.ask(right, noon + 10'000'000).when == When::never);
}

TEST_CASE("a grant for one host is none for another") {
    Store store;
    Breaker breaker(store);
    wrong(breaker, right, noon);
    breaker.grant("esxi2");
    CHECK(breaker.ask(right, noon).when == When::never);
}

TEST_CASE("a login of an untried secret that nobody answered may have been a wrong one") {
    Store store;
    Breaker breaker(store);
    breaker.began(right, noon);
    CHECK(breaker.ask(right, noon + 30).when == When::now);
    breaker.began(right, noon + 30);
    CHECK(breaker.ask(right, noon + 60).when == When::later);
    CHECK(breaker.ask(right, noon + 60).at_s == noon + 960);
    CHECK(breaker.ask(right, noon + 960).when == When::now);
}

TEST_CASE("a secret that worked is not held back by a host that does not answer") {
    Store store;
    Breaker breaker(store);
    breaker.worked(right);
    for (int i = 0; i < 10; ++i) breaker.began(right, noon + i);
    CHECK(breaker.ask(right, noon + 10).when == When::now);
}

TEST_CASE("an answer about something else is no refusal") {
    Store store;
    Breaker breaker(store);
    for (int i = 0; i < 5; ++i) {
        breaker.began(right, noon);
        breaker.no_verdict(right);
    }
    CHECK(breaker.ask(right, noon).when == When::now);
}

TEST_CASE("what was refused is remembered over a restart, and by another engine of the node") {
    Store store;
    Breaker daemon(store);
    Breaker oneshot(store);
    daemon.worked(right);
    wrong(daemon, right, noon);
    CHECK(oneshot.ask(right, noon + 1).when == When::later);
    wrong(oneshot, right, noon + 960);
    CHECK(daemon.ask(right, noon + 2000).when == When::never);
    Breaker restarted(store);
    CHECK(restarted.ask(right, noon + 2000).when == When::never);
}

TEST_CASE("neither the secret nor its plain hash is in the store") {
    Store store;
    Breaker breaker(store);
    wrong(breaker, {"esxi1", "vmha", "abc"}, noon);
    CHECK(store.text.find("abc\"") == std::string::npos);
    // SHA-256 of "abc" (FIPS 180-2, appendix B.1)
    CHECK(store.text.find("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") ==
          std::string::npos);
    Store second;
    Breaker salted_anew(second);
    wrong(salted_anew, {"esxi1", "vmha", "abc"}, noon);
    CHECK(store.text != second.text);
}

TEST_CASE("a store that fails or was damaged does not make the process forget") {
    Store store;
    Breaker breaker(store);
    wrong(breaker, right, noon);
    store.broken = true;
    CHECK(breaker.ask(right, noon).when == When::never);
    wrong(breaker, other, noon);
    CHECK(breaker.ask(other, noon).when == When::never);
    store.broken = false;
    store.text = "{ this is no JSON";
    CHECK(breaker.ask(right, noon).when == When::never);
}

TEST_CASE("a wall clock that was set back delays a second try by 16 minutes at most") {
    Store store;
    Breaker breaker(store);
    breaker.worked(right);
    wrong(breaker, right, noon);
    CHECK(breaker.ask(right, noon - 100'000).at_s == noon - 100'000 + 960);
}
