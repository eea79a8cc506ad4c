// esxcli vm, network, system, hardware.
#include <algorithm>
#include <charconv>

#include "tests/simulator/shell/options.hpp"
#include "tests/simulator/shell/print.hpp"

namespace vmha::sim {

// Every VMX that lives here, with an entry or without.
std::vector<const site::Vm*> Shell::processes() const {
    std::vector<const site::Vm*> all;
    for (const auto& [number, entry] : host().vms)
        if (entry.process) all.push_back(&entry);
    for (const auto& [path, stray] : host().strays) all.push_back(&stray);
    std::sort(all.begin(), all.end(),
              [](const site::Vm* a, const site::Vm* b) { return a->world < b->world; });
    return all;
}

Shell::Outcome Shell::process_list(const Argv&) {
    std::string out;
    for (const site::Vm* running : processes()) {
        const site::VmFiles* files = site_.files(id_, *running);
        const std::string uuid = files ? files->uuid : site::uuid_from("bios " + running->name);
        out += (out.empty() ? "" : "\n") + running->name +
               "\n   World ID: " + std::to_string(running->world) +
               "\n   Process ID: 0\n   VMX Cartel ID: " + std::to_string(running->world - 1) +
               "\n   UUID: " + spaced_uuid(uuid) + "\n   Display Name: " + running->name +
               "\n   Config File: " + volume_path(running->path) + "\n";
    }
    return Printed{out, "", 0};
}

Shell::Outcome Shell::process_kill(const Argv& words) {
    const auto kind = site::kill_of(option(words, "type", 't').value_or(""));
    const std::string number = option(words, "world-id", 'w').value_or("");
    if (!kind || number.empty())
        return Printed{"Error: Missing required parameter -t|--type or -w|--world-id\n", "", 1};
    for (const site::Vm* running : processes())
        if (std::to_string(running->world) == number) {
            site_.kill(id_, running->path, *kind);
            return Printed{"", "", 0};
        }
    return Printed{"Unable to find a running VM with world ID " + number + "\n", "", 1};
}

Shell::Outcome Shell::nic_list(const Argv&) {
    Table table({{"Name"},
                 {"PCI Device"},
                 {"Driver"},
                 {"Admin Status"},
                 {"Link Status"},
                 {"Speed", true},
                 {"Duplex"},
                 {"MAC Address"},
                 {"MTU", true},
                 {"Description"}});
    table.add({"vmnic0", "0000:03:00.0", "ixgben", "Up", "Up", "10000", "Full", host().mac, "1500",
               "Intel(R) Ethernet Controller X550"});
    return Printed{table.print(), "", 0};
}

Shell::Outcome Shell::portgroup_list(const Argv&) {
    Table table({{"Name"}, {"Virtual Switch"}, {"Active Clients", true}, {"VLAN ID", true}});
    table.add({"Management Network", "vSwitch0", "1", "0"});
    for (const auto& name : host().networks) table.add({name, "vSwitch0", "0", "0"});
    return Printed{table.print(), "", 0};
}

Shell::Outcome Shell::version_get(const Argv&) {
    return Printed{
        "   Product: VMware ESXi\n   Version: 7.0.3\n   Build: Releasebuild-20328353\n   Update: 3\n   "
        "Patch: 50\n",
        "", 0};
}

Shell::Outcome Shell::maintenance_get(const Argv&) {
    return Printed{host().maintenance ? "Enabled\n" : "Disabled\n", "", 0};
}

Shell::Outcome Shell::hostname_get(const Argv&) {
    const std::string& name = host().config.name;
    return Printed{
        "   Domain Name: \n   Fully Qualified Domain Name: " + name + "\n   Host Name: " + name + "\n", "",
        0};
}

Shell::Outcome Shell::memory_get(const Argv&) {
    const long bytes = (host().memory_mb ? *host().memory_mb + 2048 : 32768) << 20;
    return Printed{"   Physical Memory: " + std::to_string(bytes) +
                       " Bytes\n   Reliable Memory: 0 Bytes\n   NUMA Node Count: 1\n",
                   "", 0};
}

}  // namespace vmha::sim
