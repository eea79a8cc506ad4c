// hostd has restarted and still loads its inventory: what its API shows until then, and when that is over.
#include "tests/simulator/api_fixture.hpp"

using namespace vmha;
using namespace vmha::sim;
using namespace std::chrono_literals;

namespace {

// With one VM that runs; hostd has restarted, the inventory comes at 21 s, and somebody is logged in.
struct Loading : TestHost {
    static site::SiteConfig late() {
        auto config = site::default_site();
        config.late_inventory = 20s;
        return config;
    }
    Loading() : TestHost(late()) {
        vm = registered("vm1");
        power(vm, site::Verb::power_on);
        site.hostd_restarts(0, 1s);
        api.forget_everything();
        site.run_until(1s);
        login();
    }
    std::string find() {
        return call("FindByDatastorePath", "SearchIndex", "ha-searchindex",
                    "<datacenter type=\"Datacenter\">ha-datacenter</datacenter>"
                    "<path>[EC_iSCSI] vm1/vm1.vmx</path>")
            .text({"returnval"});
    }
    int vm = 0;
};

}  // namespace

TEST_CASE("while hostd loads its inventory there are no VMs, and their ids are unknown") {
    Loading host;
    CHECK(host.find().empty());
    CHECK(host.call("ShutdownGuest", "VirtualMachine", std::to_string(host.vm)).fault() ==
          "ManagedObjectNotFound");
    CHECK(host.site.vm(0, host.vm)->power == site::Power::powered_on);
    host.site.run_until(21s);
    CHECK(host.find() == std::to_string(host.vm));
    CHECK(host.call("ShutdownGuest", "VirtualMachine", std::to_string(host.vm)).fault().empty());
    CHECK(host.site.vm(0, host.vm)->power == site::Power::powered_off);
}

TEST_CASE("a watch that began while hostd loads its inventory sees the VMs enter when they are there") {
    Loading host;
    host.filter({"name"});
    const auto first = host.poll("");
    CHECK(kinds(first).empty());
    const auto waiting = host.wait(first.text({"returnval", "version"}));
    host.site.run_until(20999ms);
    host.api.publish();
    CHECK_FALSE(waiting->has_come());
    host.site.run_until(21s);
    host.api.publish();
    REQUIRE(waiting->has_come());
    CHECK(kinds(*waiting) == "enter " + std::to_string(host.vm));
}
