// Which links a new configuration makes anew, and when it is proved to be the same machine.
#include "daemon/reload_changes.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;

namespace {

const HostName esxi1("esxi1");

config::Host host(const std::string& name, const std::string& address) {
    config::Host made{HostName(name), address};
    made.api = config::Api{443, "vmha", "/etc/vmhad/" + name + ".password", config::Pinned{"AA:" + name}};
    return made;
}

config::Config two_nodes() {
    config::Config config;
    config.nodes["ec1"] = {"192.0.2.11", host("esxi1", "192.0.2.1")};
    config.nodes["ec2"] = {"192.0.2.12", host("esxi2", "192.0.2.2")};
    return config;
}

config::Host& first(config::Config& config) {
    return config.nodes.at("ec1").host;
}

}  // namespace

TEST_CASE("links whose settings are the same go on") {
    config::Config after = two_nodes();
    after.vms[VmName("vm1")].vmx = {"ds", "vm1/vm1.vmx"};
    after.freshness = core::seconds(9);
    first(after).iscsi_adapter = "vmhba9";
    first(after).settle = core::seconds(9);
    CHECK(links_anew(two_nodes(), after).empty());
    CHECK(other_changes(two_nodes(), after).empty());
}

TEST_CASE("what a link is made with makes it anew, and no other") {
    config::Config after = two_nodes();
    std::string told;
    SECTION("port") {
        first(after).api->port = 8443;
        told = "api.port 443 -> 8443";
    }
    SECTION("user") {
        first(after).api->user = "root";
        told = "api.user vmha -> root";
    }
    SECTION("password file") {
        first(after).api->password_file = "/etc/vmhad/new";
        told = "api.password_file /etc/vmhad/esxi1.password -> /etc/vmhad/new";
    }
    SECTION("certificate") {
        first(after).api->trust = config::Pinned{"BB"};
        told = "another certificate is trusted";
    }
    SECTION("one way more") {
        first(after).ssh.emplace();
        told = "ssh added";
    }
    const auto links = links_anew(two_nodes(), after);
    REQUIRE(links.size() == 1);
    CHECK(links.at(esxi1).what == std::vector<std::string>{told});
    CHECK_FALSE(links.at(esxi1).another_machine);
}

TEST_CASE("each setting of SSH makes its link anew") {
    config::Config before = two_nodes();
    first(before).ssh.emplace();
    config::Config after = before;
    SECTION("interval") {
        first(after).ssh->interval = core::seconds(3);
    }
    SECTION("key") {
        first(after).ssh->identity_file = "/other";
    }
    SECTION("known hosts") {
        first(after).ssh->known_hosts = "/other";
    }
    SECTION("user") {
        first(after).ssh->user = "other";
    }
    SECTION("port") {
        first(after).ssh->port = 2222;
    }
    SECTION("the time in which a dead peer is noticed") {
        after.freshness = core::seconds(9);
    }
    SECTION("the way itself") {
        first(after).ssh.reset();
    }
    CHECK(links_anew(before, after).size() == 1);
}

TEST_CASE("a new rhythm of the watch concerns the links that have one") {
    config::Config before = two_nodes();
    before.nodes.at("ec2").host.api.reset();
    before.nodes.at("ec2").host.ssh.emplace();
    config::Config after = before;
    after.watch_interval = core::seconds(2);
    const auto links = links_anew(before, after);
    CHECK(links.size() == 1);
    CHECK(links.contains(esxi1));
    CHECK(other_changes(before, after) == std::vector<std::string>{"watch_interval_s 1 -> 2"});
}

TEST_CASE("at a new address it is the same machine only with the same pinned certificate") {
    config::Config before = two_nodes(), after = two_nodes();
    first(after).address = "192.0.2.9";
    bool another = true;
    SECTION("the same") {
        another = false;
    }
    SECTION("another") {
        first(after).api->trust = config::Pinned{"BB"};
    }
    SECTION("one that a CA has signed may have moved with its name") {
        first(before).api->trust = first(after).api->trust = config::SignedBy{"/ca", "esxi1.example"};
    }
    SECTION("none: SSH alone") {
        for (auto* config : {&before, &after}) {
            first(*config).api.reset();
            first(*config).ssh.emplace();
        }
    }
    const auto links = links_anew(before, after);
    REQUIRE(links.size() == 1);
    CHECK(links.at(esxi1).another_machine == another);
}

TEST_CASE("a host that comes or goes has no link that is made anew") {
    config::Config after = two_nodes();
    after.nodes["ec2"] = {"192.0.2.12", host("esxi3", "192.0.2.3")};
    CHECK(links_anew(two_nodes(), after).empty());
}

TEST_CASE("a setting that nothing follows from says so") {
    config::Config after = two_nodes();
    after.metrics_listen = config::Listen{"127.0.0.1", 9741};
    CHECK(
        other_changes(two_nodes(), after) ==
        std::vector<std::string>{"metrics_listen nowhere -> 127.0.0.1:9741: this version of vmhad serves no "
                                 "metrics"});
}
