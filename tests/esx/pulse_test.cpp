// The signs of life of a host's tasks: a host in trouble is no reason to miss one, a task that hangs is.
#include "tests/esx/lab.hpp"
#include "tests/support/felt_pulses.hpp"

using namespace vmha;
using namespace vmha::test;

namespace {

const std::string link_task = "the API task of esxi1", check_task = "the session check of esxi1";

struct PulseLab : Lab {
    FeltPulses felt;
    PulseLab() {
        pulses = felt.pulses();
        limits.login_verdict = core::milliseconds(300);
        limits.first_read = core::milliseconds(300);
        limits.check_interval = core::milliseconds(100);
        limits.connect = core::milliseconds(300);
        limits.call = core::milliseconds(300);
        limits.wait_grace = core::milliseconds(300);
        limits.backoff_most = core::milliseconds(200);
        limits.secret_check = core::milliseconds(200);
    }
    int link_beats() const { return felt[link_task].beats; }
};

}  // namespace

TEST_CASE("a host that is up shows a sign of life with every wait that comes back") {
    PulseLab lab;
    lab.start();
    REQUIRE(lab.up());
    const int before = lab.link_beats();
    REQUIRE(lab.until([&] { return lab.link_beats() >= before + 3; }));
    CHECK(lab.felt[check_task].beats > 3);
    CHECK(lab.felt.all_within());
}

TEST_CASE("in whatever trouble a host is, its tasks are never silent for longer than they said") {
    PulseLab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.fake.always["WaitForUpdatesEx"] = [](const auto&) { return Answer{.hang = true}; };
    lab.run_for(3000);
    CHECK(lab.felt.all_within());
    lab.fake.always.clear();
    lab.fake.stop_listening();
    lab.fake.cut_connections();
    lab.run_for(1500);
    CHECK(lab.felt.all_within());
    lab.fake.listen_again();
    lab.fake.password = "another";
    lab.fake.expire(Expiry::fault);
    lab.run_for(2500);
    CHECK_FALSE(lab.link_is(core::Link::up));
    CHECK(lab.felt.all_within());
}

TEST_CASE("a task that hangs shows no sign of life any more, and does again when it goes on") {
    PulseLab lab;
    lab.limits.wait_grace = core::seconds(3600);
    lab.start();
    REQUIRE(lab.up());
    lab.fake.next("WaitForUpdatesEx", Answer{.hang = true});
    REQUIRE(lab.until([&] { return lab.felt[link_task].silent() > core::milliseconds(2500); }, 8000));
    CHECK(lab.felt[check_task].silent() < core::milliseconds(2500));
    const int before = lab.link_beats();
    lab.fake.cut_connections();
    CHECK(lab.until([&] { return lab.link_beats() > before; }));
}

TEST_CASE("of a host that was stopped nothing is expected") {
    PulseLab lab;
    lab.start();
    REQUIRE(lab.up());
    lab.stop();
    CHECK(lab.felt[link_task].rests);
    CHECK(lab.felt[check_task].rests);
    lab.host.reset();
    lab.io.poll();
    CHECK_FALSE(lab.felt.has(link_task));
}
