// vim-cmd: what is about the host itself.
#include "tests/simulator/shell/print.hpp"
#include "tests/simulator/shell/shell.hpp"

namespace vmha::sim {
namespace {

struct Edition {
    const char* key;
    const char* name;
};

Edition edition_of(site::Licence licence) {
    switch (licence) {
        case site::Licence::free: return {"esxBasic", "vSphere 7 Hypervisor"};
        case site::Licence::expired: return {"eval", "Evaluation Mode"};
        case site::Licence::full: break;
    }
    return {"esx.standard.cpuPackage", "vSphere 7 Standard"};
}

}  // namespace

Shell::Outcome Shell::license(const Argv&) {
    const Edition edition = edition_of(host().licence);
    std::string out =
        "[200] Sending request for installed licenses...[200] Complete, result is:\n"
        "[200]   serial: 00000-00000-00000-00000-00000\n";
    out += "[200]   vmodl key: " + std::string(edition.key) + "\n[200]   name: " + edition.name + "\n";
    out +=
        "[200]   total: 0\n[200]   used:  1\n[200]   unit: cpuPackage\n[200]   Properties:\n"
        "[200]     [ProductName] = VMware ESX Server\n[200]     [ProductVersion] = 7.0\n"
        "[200]     [count_disabled] = This license is unlimited\n";
    if (host().expired())
        out +=
            "[200]     [diagnostic] = Evaluation period has expired, please install license.\n"
            "[200]     [expirationHours] = 0\n[200]     [expirationMinutes] = 0\n";
    return Printed{out + "[200]     [feature] = vsmp:8 (\"Up to 8-way virtual SMP\")\n", "", 0};
}

Shell::Outcome Shell::host_summary(const Argv&) {
    Block hardware("vim.host.Summary.HardwareSummary");
    hardware.text("vendor", "VMware, Inc.")
        .text("model", "Simulated")
        .text("uuid", host().uuid)
        .word("memorySize", (host().memory_mb ? *host().memory_mb + 2048 : 32768) << 20)
        .word("numCpuPkgs", 1L)
        .word("numNics", 1L)
        .word("numHBAs", 1L);
    Block runtime("vim.host.RuntimeInfo");
    runtime.text("connectionState", "connected")
        .text("powerState", "poweredOn")
        .text("standbyMode", "none")
        .word("inMaintenanceMode", host().maintenance)
        .text("bootTime", wall(host().booted));
    Block product("vim.AboutInfo");
    product.text("name", "VMware ESXi")
        .text("fullName", "VMware ESXi 7.0.3 build-20328353")
        .text("version", "7.0.3")
        .text("build", "20328353")
        .text("apiType", "HostAgent");
    Block config("vim.host.Summary.ConfigSummary");
    config.text("name", host().config.name).word("port", 443L).object("product", std::move(product));
    long used = 2048;
    for (const site::Vm* running : processes())
        if (const auto* files = site_.files(id_, *running); files && host().memory_mb)
            used += files->memory_mb;
    Block quick("vim.host.Summary.QuickStats");
    quick.word("overallCpuUsage", 100L).word("overallMemoryUsage", used).word("uptime", 0L);
    Block block("vim.host.Summary");
    block.ref("host", "vim.HostSystem:ha-host")
        .object("hardware", std::move(hardware))
        .object("runtime", std::move(runtime))
        .object("config", std::move(config))
        .object("quickStats", std::move(quick))
        .text("overallStatus", "green")
        .word("rebootRequired", false)
        .unset("customValue");
    return Printed{"Listsummary:\n\n" + block.print(old()), "", 0};
}

Shell::Outcome Shell::autostart_sequence(const Argv&) {
    constexpr const char* type = "vim.host.AutoStartManager.AutoPowerInfo";
    std::vector<Block> rows;
    for (const auto& [id, entry] : vms()) {
        if (!host().autostart.contains(entry.path)) continue;
        Block row(type);
        row.ref("key", "vim.VirtualMachine:" + std::to_string(id))
            .word("startOrder", static_cast<long>(rows.size()) + 1)
            .word("startDelay", -1L)
            .text("waitForHeartbeat", "systemDefault")
            .text("startAction", "powerOn")
            .word("stopDelay", -1L)
            .text("stopAction", "systemDefault");
        rows.push_back(std::move(row));
    }
    return Printed{Block::print_list(type, rows, old()), "", 0};
}

Shell::Outcome Shell::autostart_defaults(const Argv&) {
    Block block("vim.host.AutoStartManager.SystemDefaults");
    block.word("enabled", !host().autostart.empty())
        .word("startDelay", 120L)
        .word("stopDelay", 120L)
        .word("waitForHeartbeat", false)
        .text("stopAction", "PowerOff");
    return Printed{block.print(old()), "", 0};
}

}  // namespace vmha::sim
