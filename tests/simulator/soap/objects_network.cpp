// The host's network: switch, port groups and NICs.
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

std::string group_key(const std::string& network) {
    return "key-vim.host.PortGroup-" + network;
}

Value virtual_switches(const World& world) {
    std::vector<Value> groups;
    for (const auto& name : world.host().networks) groups.push_back(Value::text(group_key(name)));
    Value spec = Value::object("HostVirtualSwitchSpec", {{"numPorts", Value::integer(128)}});
    Value one =
        Value::object("HostVirtualSwitch",
                      {{"name", Value::text("vSwitch0")},
                       {"key", Value::text("key-vim.host.VirtualSwitch-vSwitch0")},
                       {"numPorts", Value::integer(2560)},
                       {"numPortsAvailable", Value::integer(2552)},
                       {"mtu", Value::integer(1500)},
                       {"portgroup", Value::list("xsd:string", std::move(groups))},
                       {"pnic", Value::list("xsd:string", {Value::text("key-vim.host.PhysicalNic-vmnic0")})},
                       {"spec", std::move(spec)}});
    return Value::list("HostVirtualSwitch", {one});
}

Value kernel_nics(const World& world) {
    Value ip = Value::object("HostIpConfig", {{"dhcp", Value::boolean(false)},
                                              {"ipAddress", Value::text(world.host().config.address)},
                                              {"subnetMask", Value::text("255.0.0.0")}});
    Value spec = Value::object(
        "HostVirtualNicSpec",
        {{"ip", std::move(ip)}, {"mac", Value::text(world.host().mac)}, {"mtu", Value::integer(1500)}});
    Value one = Value::object("HostVirtualNic", {{"device", Value::text("vmk0")},
                                                 {"key", Value::text("key-vim.host.VirtualNic-vmk0")},
                                                 {"portgroup", Value::text("Management Network")},
                                                 {"spec", std::move(spec)}});
    return Value::list("HostVirtualNic", {one});
}

}  // namespace

Value network_info(const World& world, const Ref&) {
    Value card = Value::object(
        "PhysicalNic",
        {{"key", Value::text("key-vim.host.PhysicalNic-vmnic0")},
         {"device", Value::text("vmnic0")},
         {"pci", Value::text("0000:0b:00.0")},
         {"driver", Value::text("nvmxnet3")},
         {"linkSpeed", Value::object("PhysicalNicLinkInfo",
                                     {{"speedMb", Value::integer(10000)}, {"duplex", Value::boolean(true)}})},
         {"spec", Value::object("PhysicalNicSpec", {})},
         {"wakeOnLanSupported", Value::boolean(false)},
         {"mac", Value::text(world.host().mac)}});
    std::vector<Value> groups;
    for (const auto& name : world.host().networks)
        groups.push_back(Value::object(
            "HostPortGroup",
            {{"key", Value::text(group_key(name))},
             {"vswitch", Value::text("key-vim.host.VirtualSwitch-vSwitch0")},
             {"computedPolicy", Value::object("HostNetworkPolicy", {})},
             {"spec",
              Value::object("HostPortGroupSpec", {{"name", Value::text(name)},
                                                  {"vlanId", Value::integer(0)},
                                                  {"vswitchName", Value::text("vSwitch0")},
                                                  {"policy", Value::object("HostNetworkPolicy", {})}})}}));
    Value names = Value::object("HostDnsConfig", {{"dhcp", Value::boolean(false)},
                                                  {"hostName", Value::text(world.host().config.name)},
                                                  {"domainName", Value::text("")}});
    return Value::object("HostNetworkInfo", {{"vswitch", virtual_switches(world)},
                                             {"proxySwitch", {}},
                                             {"portgroup", Value::list("HostPortGroup", std::move(groups))},
                                             {"pnic", Value::list("PhysicalNic", {card})},
                                             {"vnic", kernel_nics(world)},
                                             {"consoleVnic", {}},
                                             {"dnsConfig", std::move(names)},
                                             {"ipRouteConfig", {}}});
}

}  // namespace vmha::sim
