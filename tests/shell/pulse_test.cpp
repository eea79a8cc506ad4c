// The signs of life of a host's tasks over SSH: a host in trouble is no reason to miss one.
#include "tests/shell/host_lab.hpp"
#include "tests/support/felt_pulses.hpp"

using namespace vmha;
using namespace vmha::test;

namespace {

const std::string link_task = "the SSH task of esxi1", service_task = "the SSH service check of esxi1",
                  reads_task = "the SSH reads of esxi1";

struct PulseLab : HostLab {
    FeltPulses felt;
    PulseLab() {
        pulses = felt.pulses();
        config.freshness = core::milliseconds(600);
    }
};

}  // namespace

TEST_CASE("an SSH link that is up shows a sign of life although nothing happens on it") {
    PulseLab lab;
    lab.start();
    REQUIRE(lab.becomes(core::Link::up));
    const int before = lab.felt[link_task].beats;
    REQUIRE(lab.until([&] { return lab.felt[link_task].beats >= before + 3; }));
    CHECK(lab.felt[service_task].beats > 1);
    CHECK(lab.felt.all_within());
}

TEST_CASE("nothing is expected of the reads while the API is the reader") {
    PulseLab lab;
    lab.start();
    REQUIRE(lab.becomes(core::Link::up));
    CHECK(lab.felt[reads_task].rests);
    lab.host->read(true);
    CHECK(lab.until([&] { return !lab.felt[reads_task].rests; }));
    lab.host->read(false);
    CHECK(lab.until([&] { return lab.felt[reads_task].rests; }, 10'000));
}

TEST_CASE("of an SSH host that was stopped nothing is expected") {
    PulseLab lab;
    lab.start();
    REQUIRE(lab.becomes(core::Link::up));
    lab.stop();
    for (const auto& task : {link_task, service_task, reads_task}) CHECK(lab.felt[task].rests);
}
