// What a refresh of many VMs costs: one script, one vim-cmd a VM, and little of our own time.
#include <iostream>

#include "daemon/shell/refresh.hpp"
#include "tests/shell/reads_lab.hpp"

namespace vmha::test {

namespace {

constexpr int many = 100;

void fill(ReadsLab& lab) {
    std::string rows;
    for (int i = 1; i <= many; ++i) {
        const std::string vmid = std::to_string(i), name = "vm" + vmid,
                          path = "[EC_iSCSI] " + name + "/" + name + ".vmx";
        lab.config.vms[VmName(name)] = *core::parse_vmx_path(path);
        rows += vmid + "   " + name + "   " + path + "   otherGuest   vmx-19\n";
        lab.summary({vmid, path});
    }
    lab.list(rows);
}

}  // namespace

TEST_CASE("a refresh of 100 VMs is one script with one vim-cmd for each") {
    ReadsLab lab;
    fill(lab);
    lab.begin();
    CHECK(lab.first_read().entries.size() == many);
    const int runs = lab.host.runs, commands = lab.host.asked("vim-cmd");
    const auto read = lab.refresh();
    CHECK(lab.host.runs == runs + 1);
    CHECK(lab.host.asked("vim-cmd") == commands + many + 1);
    for (const auto& entry : read.entries) CHECK(entry.power == core::Power::on);
}

TEST_CASE("what a refresh of 100 VMs costs", "[.cost]") {
    ReadsLab lab;
    fill(lab);
    lab.begin();
    lab.first_read();
    const auto begun = std::chrono::steady_clock::now();
    lab.refresh();
    const std::chrono::duration<double, std::milli> whole = std::chrono::steady_clock::now() - begun;

    shell::Picture picture(lab.config.name, lab.config.vms);
    core::Duration own{};
    for (int round = 0; round < 2; ++round) {
        auto script = std::make_optional(picture.ask(lab.world.clock()));
        for (bool first = true; script; first = false) {
            shell::Command command;
            command.script = script->text();
            std::optional<shell::Ran> ran;
            boost::asio::co_spawn(
                lab.io, lab.host.run(command, net::deadline_in(core::seconds(60))),
                [&ran](const std::exception_ptr&, shell::Ran result) { ran = std::move(result); });
            REQUIRE(lab.until([&] { return ran.has_value(); }, 60'000));
            const auto marker = script->marker();
            const auto before = lab.world.clock();
            const auto reply = shell::reply_of(*ran->output, marker);
            REQUIRE(reply);
            if (first)
                script = picture.take(*reply, before).value();
            else
                script = (picture.take_more(*reply).value(), std::nullopt);
            if (!script) picture.read();
            own = lab.world.clock() - before;
        }
    }
    std::cout << many << " VMs: " << whole.count() << " ms with instant commands, of it "
              << std::chrono::duration<double, std::milli>(own).count() << " ms of our own\n";
}

}  // namespace vmha::test
