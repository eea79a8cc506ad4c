// Much of anything: read in a time that grows with the text, and not faster.
#include <chrono>
#include <functional>

#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/frames.hpp"
#include "daemon/shell/text/host_facts.hpp"
#include "daemon/shell/text/inventory_file.hpp"
#include "daemon/shell/text/listing.hpp"
#include "daemon/shell/text/lock.hpp"
#include "daemon/shell/text/message.hpp"
#include "daemon/shell/text/processes.hpp"
#include "daemon/shell/text/storage.hpp"
#include "daemon/shell/text/summary.hpp"
#include "daemon/shell/text/tasks.hpp"
#include "tests/support/print.hpp"

namespace vmha::shell::text {

namespace {

// Small enough for what is linear, and far too much for what is not.
constexpr size_t much = 256u << 10;

std::string repeated(std::string_view what) {
    std::string text;
    while (text.size() < much) text += what;
    return text;
}

const std::pair<const char*, std::function<void(const std::string&)>> parsers[] = {
    {"listing", [](const auto& text) { (void)read_listing(text, text); }},
    {"summary", [](const auto& text) { (void)read_summary(text, "1"); }},
    {"questions", [](const auto& text) { (void)read_questions(text); }},
    {"fault", [](const auto& text) { (void)refusal_of(0, text, text); }},
    {"hostd", [](const auto& text) { (void)hostd_down(text); }},
    {"filesystems", [](const auto& text) { (void)read_filesystems(text); }},
    {"extents", [](const auto& text) { (void)read_extents(text); }},
    {"paths", [](const auto& text) { (void)read_paths(text); }},
    {"unresolved", [](const auto& text) { (void)read_unresolved(text); }},
    {"processes", [](const auto& text) { (void)read_processes(text); }},
    {"version", [](const auto& text) { (void)read_version(text); }},
    {"licence", [](const auto& text) { (void)read_evaluation_days(text); }},
    {"autostart", [](const auto& text) { (void)read_autostart(text); }},
    {"tasks", [](const auto& text) { (void)read_task_list(text); }},
    {"lock", [](const auto& text) { (void)read_lock(text); }},
    {"inventory file", [](const auto& text) { (void)read_inventory_file(text); }},
    {"frames", [](const auto& text) { (void)read_frames(text, text, "M"); }},
};

}  // namespace

TEST_CASE("much of anything is read in a moment") {
    const auto pattern =
        GENERATE(as<std::string>{}, " [", "((vim.a", "a\n", "'", "(vim.A) {\n", "- ", "1. a\n", "RO Owner[ ",
                 "4fbbf995-325ce3c2-e7ee-bcaec58ad83d ", "   a: b\n");
    const auto prefix = GENERATE(as<std::string>{}, "", "Vmid  Name  File  Guest OS  Version  Annotation\n1 ",
                                 "(vim.vm.Summary) {\n   a = \"", "Lock [ mode 2, owner ]\n");
    const std::string text = prefix + repeated(pattern);
    for (const auto& [name, parse] : parsers) {
        INFO(name << " of " << prefix << pattern);
        const auto begun = std::chrono::steady_clock::now();
        parse(text);
        CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(2));
    }
}

}  // namespace vmha::shell::text
