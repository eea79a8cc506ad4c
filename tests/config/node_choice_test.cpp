// Which node this machine is.
#include "daemon/config/node_choice.hpp"

#include "site.hpp"

using namespace vmha::config;
using namespace vmha::config::test;

namespace {

Config two_nodes(const std::string& second = "192.0.2.12") {
    Config config;
    config.nodes["ec1"].address = "192.0.2.11";
    config.nodes["ec2"].address = second;
    return config;
}

}  // namespace

TEST_CASE("the node is the one whose address this machine has") {
    CHECK(*choose_node(two_nodes(), std::nullopt, {"127.0.0.1", "192.0.2.12", "::1"}) == "ec2");
}

TEST_CASE("IPv6 addresses are compared by value, not by spelling") {
    CHECK(*choose_node(two_nodes("2001:DB8:0::12"), std::nullopt, {"2001:db8::12"}) == "ec2");
    CHECK(*choose_node(two_nodes(), std::nullopt, {"::ffff:192.0.2.11"}) == "ec1");
}

TEST_CASE("a machine with no node's address is told what was found") {
    const auto chosen = choose_node(two_nodes(), std::nullopt, {"127.0.0.1", "192.0.2.77"});
    REQUIRE(!chosen);
    CHECK(chosen.error().message ==
          "cannot tell which node this is: this machine's addresses are 127.0.0.1, 192.0.2.77, and none of "
          "them is one of "
          "ec1 (192.0.2.11), ec2 (192.0.2.12)");
}

TEST_CASE("a machine with both nodes' addresses is not guessed") {
    const auto chosen = choose_node(two_nodes(), std::nullopt, {"192.0.2.11", "192.0.2.12"});
    REQUIRE(!chosen);
    CHECK(chosen.error().message ==
          "cannot tell which node this is: this machine has the addresses of ec1, ec2");
}

TEST_CASE("a named node is taken whatever the addresses, if it exists") {
    CHECK(*choose_node(two_nodes(), "ec2", {}) == "ec2");
    CHECK(*choose_node(two_nodes(), "ec2", {"192.0.2.11"}) == "ec2");
    const auto chosen = choose_node(two_nodes(), "ec3", {"192.0.2.11"});
    REQUIRE(!chosen);
    CHECK(chosen.error().message ==
          "cannot run as node \"ec3\": the configuration has ec1 (192.0.2.11), ec2 (192.0.2.12)");
}

TEST_CASE("this machine has its loopback address, and no address of another machine") {
    const auto addresses = machine_addresses();
    REQUIRE(addresses.has_value());
    CHECK(std::ranges::find(*addresses, "127.0.0.1") != addresses->end());
    CHECK(std::ranges::find(*addresses, "192.0.2.11") == addresses->end());
}
