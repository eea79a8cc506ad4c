// Ways to write nodes and hosts wrong, each with the line that the administrator reads.
#include "site.hpp"

using namespace vmha;
using namespace vmha::config;
using namespace vmha::config::test;

TEST_CASE("addresses must be IP literals of a machine, without scope id") {
    const std::string host = "vmhad.json: nodes.ec1.host.address: ";
    const auto address = [&host](const std::string& text) {
        auto lines = with("/nodes/ec1/host/address", text);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].starts_with(host));
        return lines[0].substr(host.size());
    };
    const std::string no_ip =
        " is no IP address: names are not looked up, as a name service may be down when it counts";
    for (const std::string text :
         {"esxi1.example.com", "192.0.2", "192.0.2.256", "192.0.2.1:443", "[2001:db8::1]", "1:2:3"})
        CHECK(address(text) == "\"" + text + "\"" + no_ip);
    CHECK(address("fe80::1%eth0") == "\"fe80::1%eth0\" has a scope id, which cannot be used");
    CHECK(address("fe80::1") ==
          "\"fe80::1\" is a link-local address, which needs a scope id and cannot be used");
    CHECK(address("febf::1") ==
          "\"febf::1\" is a link-local address, which needs a scope id and cannot be used");
    CHECK(address("0.0.0.0") == "\"0.0.0.0\" is no address of a machine");
    CHECK(address("::") == "\"::\" is no address of a machine");
    CHECK(address("224.0.0.1") == "\"224.0.0.1\" is a multicast address");
    CHECK(address("ff02::1") == "\"ff02::1\" is a multicast address");
    CHECK(address("255.255.255.255") == "\"255.255.255.255\" is a broadcast address");
    CHECK(with("/nodes/ec2/address", "ec2") == Lines{"vmhad.json: nodes.ec2.address: \"ec2\"" + no_ip});
    for (const std::string text : {"2001:db8::5", "::1", "127.0.0.11", "fec0::1", "ff::1", "fe8::1"})
        CHECK(with("/nodes/ec1/host/address", text) == Lines{});
}

TEST_CASE("what is required and absent is named") {
    CHECK(without("/nodes") == Lines{"vmhad.json: nodes: is missing"});
    CHECK(without("/nodes/ec1/address") == Lines{"vmhad.json: nodes.ec1.address: is missing"});
    CHECK(without("/nodes/ec1/host") == Lines{"vmhad.json: nodes.ec1.host: is missing"});
    CHECK(without("/nodes/ec1/host/address") == Lines{"vmhad.json: nodes.ec1.host.address: is missing"});
    CHECK(without("/nodes/ec1/host/api/user") == Lines{"vmhad.json: nodes.ec1.host.api.user: is missing"});
    CHECK(without("/nodes/ec1/host/api/password_file") ==
          Lines{"vmhad.json: nodes.ec1.host.api.password_file: is missing"});
    CHECK(without("/vms/vm1/vmx") == Lines{"vmhad.json: vms.vm1.vmx: is missing"});
    CHECK(without("/nodes/ec1/host/api") ==
          Lines{"vmhad.json: nodes.ec1.host: has neither api nor ssh, so there is no way to talk to it"});
    CHECK(with("/nodes/ec1/host/ssh", Json::object()) ==
          Lines{"vmhad.json: nodes.ec1.host.ssh.user: is missing",
                "vmhad.json: nodes.ec1.host.ssh.identity_file: is missing",
                "vmhad.json: nodes.ec1.host.ssh.known_hosts: is missing"});
}

TEST_CASE("one node is not enough, nor is none") {
    CHECK(without("/nodes/ec2") == Lines{"vmhad.json: nodes: names one node, two or more are needed"});
    CHECK(with("/nodes", Json::object()) ==
          Lines{"vmhad.json: nodes: names no node, two or more are needed"});
}

TEST_CASE("names of nodes, hosts, VMs and adapters are checked") {
    const std::string rule = ": 1 to 64 characters of A-Z, a-z, 0-9, \".\", \"_\", \"-\"";
    Site site;
    site.at("/vms/vm1") = Json();
    site.value["vms"] = Json::object();
    site.value["vms"]["db server"] = {{"vmx", "[EC_iSCSI] vm1/vm1.vmx"}};
    site.value["vms"][std::string(65, 'x')] = {{"vmx", "[EC_iSCSI] vm2/vm2.vmx"}};
    site.value["vms"][""] = {{"vmx", "[EC_iSCSI] vm3/vm3.vmx"}};
    CHECK(site.problems() ==
          Lines{"vmhad.json: vms.\"db server\": is no valid name of a VM" + rule,
                "vmhad.json: vms." + std::string(65, 'x') + ": is no valid name of a VM" + rule,
                "vmhad.json: vms.\"\": is no valid name of a VM" + rule});
    CHECK(with("/nodes/ec1/host/name", "esxi/1") ==
          Lines{"vmhad.json: nodes.ec1.host.name: \"esxi/1\" is no valid name of a host" + rule});
    CHECK(with("/nodes/ec1/host/iscsi_adapter", "vmhba 65") ==
          Lines{"vmhad.json: nodes.ec1.host.iscsi_adapter: \"vmhba 65\" is no name of an adapter such as "
                "vmhba65"});
    Site node;
    node.value["nodes"]["ec 3"] = node.value["nodes"]["ec2"];
    node.remove("/nodes/ec2");
    CHECK(node.problems() == Lines{"vmhad.json: nodes.\"ec 3\": is no valid name of a node" + rule});
}

TEST_CASE("ports are whole numbers from 1 to 65535") {
    for (const Json& value : {Json(0), Json(65536), Json(-1), Json(18446744073709551615U)})
        CHECK(with("/nodes/ec1/host/api/port", value) ==
              Lines{"vmhad.json: nodes.ec1.host.api.port: must be from 1 to 65535, not " + value.dump()});
    CHECK(with("/nodes/ec1/host/api/port", 443.5) ==
          Lines{"vmhad.json: nodes.ec1.host.api.port: must be a whole number from 1 to 65535, not 443.5"});
    CHECK(with("/nodes/ec1/host/api/port", 65535) == Lines{});
}

TEST_CASE("a thumbprint must be SHA-256 in hexadecimal digits") {
    const std::string at = "vmhad.json: nodes.ec1.host.api.thumbprint: ";
    const auto thumbprint = [](const std::string& text) {
        return with("/nodes/ec1/host/api/thumbprint", text);
    };
    CHECK(thumbprint(Site::thumbprint('A', 20)) ==
          Lines{at + "is a SHA-1 thumbprint (20 bytes), the SHA-256 one (32 bytes) is needed"});
    CHECK(thumbprint(Site::thumbprint('A', 31)) ==
          Lines{at + "must be a SHA-256 thumbprint of 64 hexadecimal digits, not 62"});
    CHECK(thumbprint(Site::thumbprint('G')) ==
          Lines{at + "must be hexadecimal digits in pairs, with colons between them: AA:BB:…"});
    CHECK(thumbprint("SHA-256 of the certificate, AA:BB:…").size() == 1);
    CHECK(thumbprint("A:" + std::string(63, 'A')) ==
          Lines{at + "has colons in the wrong places, they stand between all bytes: AA:BB:…"});
}

TEST_CASE("certificates are checked in exactly one way, and never not") {
    CHECK(without("/nodes/ec1/host/api/thumbprint") ==
          Lines{"vmhad.json: nodes.ec1.host.api: has neither thumbprint nor ca_file, one of them is needed: "
                "certificate "
                "checking cannot be turned off"});
    Site site;
    site.dir.write("ca.pem", "-----BEGIN CERTIFICATE-----\n", 0644);
    site.at("/nodes/ec1/host/api/ca_file") = "ca.pem";
    CHECK(site.problems() ==
          Lines{"vmhad.json: nodes.ec1.host.api: has both thumbprint and ca_file, one of them is needed"});
    CHECK(with("/nodes/ec1/host/api/server_name", "esxi1") ==
          Lines{"vmhad.json: nodes.ec1.host.api.server_name: is of use together with ca_file only"});
}

TEST_CASE("hosts and nodes are told apart by name and address") {
    CHECK(with("/nodes/ec2/address", "192.0.2.11") ==
          Lines{"vmhad.json: nodes.ec2.address: \"192.0.2.11\" is also the address of node \"ec1\""});
    CHECK(with("/nodes/ec2/host/name", "esxi1") ==
          Lines{"vmhad.json: nodes.ec2.host.name: \"esxi1\" is also the name of the host of node \"ec1\""});
    CHECK(with("/nodes/ec2/host/address", "192.0.2.1") ==
          Lines{"vmhad.json: nodes.ec2.host.address: 192.0.2.1 port 443 is also used by the host of node "
                "\"ec1\""});
    Site ports;
    ports.at("/nodes/ec2/host/address") = "192.0.2.1";
    ports.at("/nodes/ec2/host/api/port") = 8443;
    CHECK(ports.problems() == Lines{});
    Site spellings;
    spellings.at("/nodes/ec1/host/address") = "2001:db8:0:0::1";
    spellings.at("/nodes/ec2/host/address") = "2001:DB8::1";
    CHECK(spellings.problems() == Lines{"vmhad.json: nodes.ec2.host.address: 2001:db8::1 port 443 is also "
                                        "used by the host of node \"ec1\""});
}

TEST_CASE("a host's API and SSH server cannot share a port") {
    Site site;
    site.dir.write("id_rsa", "key\n");
    site.dir.write("known_hosts", "192.0.2.1 ssh-ed25519 AAAA\n", 0644);
    site.at("/nodes/ec1/host/ssh") = Json::parse(
        R"({"port": 443, "user": "root", "identity_file": "id_rsa", "known_hosts": "known_hosts"})");
    CHECK(site.problems() ==
          Lines{"vmhad.json: nodes.ec1.host.address: 192.0.2.1 port 443 is named for both api and ssh"});
}
