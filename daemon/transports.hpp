// The ways to one host, as one link to the core.
#pragma once
#include <functional>
#include <memory>

#include "daemon/esx/host.hpp"
#include "daemon/reader_choice.hpp"
#include "daemon/shell/host.hpp"

namespace vmha {

// Owned by the engine; one thread; nothing throws. Every order is answered by an event, as the transports
// promise. A write goes the way that the core chose for it; a look goes to the one that reads.
class Transports {
public:
    struct Ways {
        std::optional<esx::HostConfig> api;
        std::optional<shell::HostConfig> ssh;
        uint64_t sessions_before = 0;  // that the core knows of earlier links to it
    };
    struct World {
        std::function<core::Time()> clock;
        std::function<int64_t()> wall_s;
        std::function<void(core::Event)> events;
        esx::Breaker* breaker = nullptr;
        net::Pulses pulses = {};
    };

    Transports(boost::asio::any_io_executor executor, HostName host, Ways ways, World world);

    void start();
    net::Task<> stop();  // bounded

    void perform(core::Write write);
    void look(core::Look look);
    void check_vmx(core::CheckVmx check);
    void ask_processes(core::AskProcesses ask);
    void ask_lock(core::AskLock ask);
    void retry_login();
    // The protected VMs are these from now on, in the sessions that there are.
    void read_vms(const std::map<VmName, core::VmxPath>& vms);

private:
    void tell(ReaderChoice::Events events);

    HostName name_;
    World world_;
    ReaderChoice choice_;
    std::unique_ptr<esx::Host> api_;
    std::unique_ptr<shell::Host> ssh_;
    bool ssh_reads_ = false;
};

}  // namespace vmha
