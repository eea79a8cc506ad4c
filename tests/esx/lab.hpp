// One Host against one FakeHost, and what came of it.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "daemon/esx/host.hpp"
#include "tests/esx/fake_host.hpp"
#include "tests/support/catch.hpp"

namespace vmha::test {

struct MemoryStore : esx::BreakerStore {
    std::string text;
    int saves = 0;
    Result<std::string> load() override { return text; }
    Result<void> save(const std::string& all) override {
        text = all;
        ++saves;
        return {};
    }
};

inline core::Time boot_now() {
    return core::Time(net::BootClock::now().time_since_epoch());
}

struct Lab {
    boost::asio::io_context io{1};
    FakeHost fake{io};
    MemoryStore store;
    esx::Breaker breaker{store};
    int64_t wall_s = 1'000'000;
    std::string secret = fake.password;
    esx::Limits limits = {.connect = core::milliseconds(1500),
                          .wait_grace = core::milliseconds(1000),
                          .check_interval = core::milliseconds(1000),
                          .watch_life = core::milliseconds(100),
                          .secret_check = core::milliseconds(300)};
    static constexpr int long_enough_ms = 200;  // for a watch: its end is then no failure to start
    net::Pulses pulses;
    std::vector<core::Event> events;
    std::unique_ptr<esx::Host> host;

    Lab() = default;
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;
    ~Lab() {
        host.reset();
        io.poll();
    }

    void start() {
        esx::HostConfig config;
        config.name = HostName("esxi1");
        config.endpoint = fake.endpoint();
        config.trust = net::PinnedCertificate(fake.thumbprint());
        config.user = "vmha";
        config.secret = [this]() -> Result<std::string> { return secret; };
        config.limits = limits;
        esx::HostWorld world;
        world.clock = boot_now;
        world.wall_s = [this] { return wall_s; };
        world.events = [this](core::Event event) { events.push_back(std::move(event)); };
        world.breaker = &breaker;
        world.pulses = pulses;
        host = std::make_unique<esx::Host>(io.get_executor(), std::move(config), std::move(world));
        host->start();
    }

    // Runs the loop until the condition holds; false when the time is over.
    bool until(const std::function<bool()>& condition, int limit_ms = 5000) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
        while (!condition()) {
            if (std::chrono::steady_clock::now() >= end) return false;
            io.run_one_for(std::chrono::milliseconds(10));
        }
        return true;
    }

    void run_for(int ms) {
        until([] { return false; }, ms);
    }

    template <class Wanted>
    std::vector<Wanted> all() const {
        std::vector<Wanted> found;
        for (const auto& event : events)
            if (const auto* one = std::get_if<Wanted>(&event)) found.push_back(*one);
        return found;
    }

    std::optional<core::LinkChanged> link() const {
        const auto changes = all<core::LinkChanged>();
        return changes.empty() ? std::nullopt : std::optional(changes.back());
    }
    bool link_is(core::Link state) const { return link() && link()->link == state; }

    std::vector<core::Read> reads(bool full) const {
        auto found = all<core::Read>();
        std::erase_if(found, [full](const auto& read) { return read.full != full; });
        return found;
    }

    bool up() {
        return until([this] { return link_is(core::Link::up) && !reads(true).empty(); });
    }

    // The newest that any Read said of the entry.
    std::optional<core::VmEntry> entry(const std::string& vmid) const {
        std::optional<core::VmEntry> newest;
        for (const auto& read : all<core::Read>())
            for (const auto& one : read.entries)
                if (one.vmid == vmid) newest = one;
        return newest;
    }

    core::Write order(core::Verb verb, const std::string& vmid, int limit_ms = 5000) const {
        core::Write write;
        write.id = 7;
        write.host = HostName("esxi1");
        write.verb = verb;
        write.vmid = vmid;
        write.limit = boot_now() + core::milliseconds(limit_ms);
        return write;
    }

    // The outcome of one write, performed now.
    core::WriteDone perform(core::Write write) {
        const size_t before = all<core::WriteDone>().size();
        host->perform(std::move(write));
        REQUIRE(until([&] { return all<core::WriteDone>().size() > before; }, 8000));
        return all<core::WriteDone>().back();
    }

    void stop() {
        bool stopped = false;
        boost::asio::co_spawn(io, host->stop(), [&](std::exception_ptr) { stopped = true; });
        REQUIRE(until([&] { return stopped; }));
    }
};

}  // namespace vmha::test
