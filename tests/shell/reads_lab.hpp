// A Reader and a Writer on LocalCommands: a healthy host with vm1 (ours, running) and two strangers.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "daemon/net/task_group.hpp"
#include "daemon/shell/lock.hpp"
#include "daemon/shell/read.hpp"
#include "daemon/shell/write.hpp"
#include "tests/shell/local_commands.hpp"
#include "tests/support/print.hpp"

namespace vmha::test {

inline constexpr const char* volume_uuid = "5bc7459f-967eeb48-b3f7-20677cd9a16c";

struct SummaryText {
    std::string vmid, path, power = "poweredOn", connection = "connected", uuid = "52a1-" + vmid;
    std::string question = "(vim.vm.QuestionInfo) null";

    operator std::string() const {
        return "Listsummary:\n\n(vim.vm.Summary) {\n   vm = 'vim.VirtualMachine:" + vmid +
               "',\n   runtime = (vim.vm.RuntimeInfo) {\n      connectionState = \"" + connection +
               "\",\n      powerState = \"" + power +
               "\",\n      bootTime = \"1970-01-01T00:01:00Z\",\n"
               "      question = " +
               question +
               ",\n   },\n   config = (vim.vm.Summary.ConfigSummary) {\n      name = \"vm\",\n"
               "      vmPathName = \"" +
               path + "\",\n      instanceUuid = \"" + uuid +
               "\",\n   },\n"
               "   quickStats = (vim.vm.Summary.QuickStats) {\n      guestHeartbeatStatus = \"green\",\n   "
               "},\n}\n";
    }
};

struct ReadsLab {
    boost::asio::io_context io{1};
    LocalCommands host{io.get_executor()};
    shell::HostConfig config;
    shell::HostWorld world;
    std::vector<core::Event> events;
    std::vector<std::string> cannot_read;
    std::optional<shell::Reader> reader;
    std::optional<shell::Writer> writer;
    net::TaskGroup tasks{io.get_executor()};
    bool one_channel = false;
    core::Duration ahead{};  // the host's clock of decisions, moved by a test

    static constexpr const char* header =
        "Vmid   Name    File                     Guest OS     Version   Annotation\n";

    ReadsLab() {
        config.name = HostName("esxi1");
        config.vms[VmName("vm1")] = *core::parse_vmx_path("[EC_iSCSI] vm1/vm1.vmx");
        config.interval = core::seconds(60);
        world.clock = [this] { return core::Time(net::BootClock::now().time_since_epoch()) + ahead; };
        world.events = [this](core::Event event) { events.push_back(std::move(event)); };
        world.cannot_read = [this](const Error& error) { cannot_read.push_back(error.message); };
        list(
            "12     vm1     [EC_iSCSI] vm1/vm1.vmx   otherGuest   vmx-19\n"
            "3      ec1     [local] ec1/ec1.vmx      otherGuest   vmx-19\n"
            "4      ec2     [local] ec2/ec2.vmx      otherGuest   vmx-19\n");
        summary({"12", "[EC_iSCSI] vm1/vm1.vmx"});
        summary({"3", "[local] ec1/ec1.vmx"});
        summary({"4", "[local] ec2/ec2.vmx"});
        host.says("vim-cmd vmsvc/get.tasklist 12", "(ManagedObjectReference) []\n");
        host.says("esxcli vm process list",
                  std::string("vm1\n   World ID: 77\n   Config File: /vmfs/volumes/") + volume_uuid +
                      "/vm1/vm1.vmx\n");
        host.says("esxcli storage filesystem list",
                  "Mount Point                                        Volume Name  UUID                      "
                  "           Mounted  Type    Size  Free\n"
                  "-------------------------------------------------  -----------  "
                  "-----------------------------------  -------  ------  ----  ----\n"
                  "/vmfs/volumes/5bc7459f-967eeb48-b3f7-20677cd9a16c  EC_iSCSI     "
                  "5bc7459f-967eeb48-b3f7-20677cd9a16c     true  VMFS-6     9     8\n");
        host.says(
            "esxcli storage vmfs extent list",
            "Volume Name  VMFS UUID                            Extent Number  Device Name     Partition\n"
            "-----------  -----------------------------------  -------------  --------------  ---------\n"
            "EC_iSCSI     5bc7459f-967eeb48-b3f7-20677cd9a16c              0  naa.6001405aaa          1\n");
        host.says("esxcli storage core path list -d naa.6001405aaa",
                  "iqn-naa.6001405aaa:\n   Device: naa.6001405aaa\n   Adapter: vmhba65\n   State: active\n");
        host.says("esxcli system maintenanceMode get", "Disabled\n");
        host.says("esxcli system version get",
                  "   Product: VMware ESXi\n   Version: 8.0.2\n   Build: Releasebuild-1\n");
        host.says("esxcli network nic list",
                  "Name    MAC Address        MTU\n------  -----------------  ----\nvmnic0  "
                  "bc:ae:c5:8a:d8:3d  1500\n");
    }
    ~ReadsLab() {
        tasks.cancel();
        io.restart();
        io.run_for(std::chrono::milliseconds(500));
    }
    ReadsLab(const ReadsLab&) = delete;
    ReadsLab& operator=(const ReadsLab&) = delete;

    void list(const std::string& rows) { host.says("vim-cmd vmsvc/getallvms", header + rows); }
    void summary(const SummaryText& of) { host.says("vim-cmd vmsvc/get.summary " + of.vmid, of); }
    static std::string gone(const std::string& vmid) {
        return "Unable to find a VM corresponding to \"" + vmid + "\"\n";
    }

    void begin(bool reads = true) {
        reader.emplace(io.get_executor(), config, world, host);
        writer.emplace(io.get_executor(), config, world, host, *reader, [this] { return one_channel; });
        tasks.spawn("refreshes", reader->run());
        reader->connected(true);
        if (reads) reader->want(true);
    }

    bool until(const std::function<bool()>& condition, int limit_ms = 8000) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
        while (!condition()) {
            if (std::chrono::steady_clock::now() >= end) return false;
            io.restart();
            io.run_one_for(std::chrono::milliseconds(10));
        }
        return true;
    }

    template <class Event>
    std::vector<Event> all() const {
        std::vector<Event> found;
        for (const auto& event : events)
            if (const auto* one = std::get_if<Event>(&event)) found.push_back(*one);
        return found;
    }
    template <class Event>
    Event next(size_t before) {
        REQUIRE(until([&] { return all<Event>().size() > before; }));
        return all<Event>()[before];
    }

    core::Read first_read() { return next<core::Read>(0); }
    core::Read refresh() {
        const size_t before = all<core::Read>().size();
        reader->refresh_soon();
        return next<core::Read>(before);
    }
    void look(core::LookId id, const std::string& vmid) {
        tasks.spawn("look", reader->look(core::Look{id, VmName("vm1"), config.name, vmid}));
    }
    core::WriteDone write(core::Write order) {
        begin_write(std::move(order));
        return next<core::WriteDone>(all<core::WriteDone>().size());
    }
    void begin_write(core::Write order, core::Duration within = core::seconds(8)) {
        order.id = 41;
        order.host = config.name;
        order.vm = VmName("vm1");
        order.limit = world.clock() + within;
        tasks.spawn("write", writer->write(std::move(order)));
    }
};

inline const core::VmEntry* entry_in(const core::Read& read, const std::string& vmid) {
    for (const auto& entry : read.entries)
        if (entry.vmid == vmid) return &entry;
    return nullptr;
}

}  // namespace vmha::test
