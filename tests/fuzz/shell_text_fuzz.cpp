// Every parser of what a host prints, fed with anything: the first byte chooses the parser, the rest is the
// text. What they promise is checked too: what is told is bounded by the text, and vmids can be words of a
// command.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "daemon/shell/text/faults.hpp"
#include "daemon/shell/text/frames.hpp"
#include "daemon/shell/text/host_facts.hpp"
#include "daemon/shell/text/inventory_file.hpp"
#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/listing.hpp"
#include "daemon/shell/text/lock.hpp"
#include "daemon/shell/text/message.hpp"
#include "daemon/shell/text/processes.hpp"
#include "daemon/shell/text/storage.hpp"
#include "daemon/shell/text/summary.hpp"
#include "daemon/shell/text/tasks.hpp"
#include "daemon/shell/text/tree.hpp"

namespace {

using namespace vmha::shell::text;

void require(bool holds) {
    if (!holds) std::abort();
}

// An error says something, in one line that can be printed.
template <class T>
bool told(const vmha::Result<T>& result) {
    if (result) return true;
    const auto& message = result.error().message;
    require(!message.empty() && message.find('\n') == std::string::npos);
    return false;
}

size_t depth_of(const Value& value) {
    size_t deepest = 0;
    for (const auto& part : value.parts) deepest = std::max(deepest, depth_of(part.value));
    return deepest + 1;
}

void listing(std::string_view text) {
    const auto listing = read_listing(text, text);
    if (!told(listing)) return;
    require(text.find("Vmid") != std::string_view::npos);
    for (const auto& row : listing->rows) require(is_digits(row.vmid));
    for (const auto& vmid : listing->skipped) require(is_digits(vmid));
}

void tree(std::string_view text) {
    for (const bool whole : {true, false}) {
        const auto tree = read_tree(text, whole);
        if (told(tree)) require(depth_of(*tree) <= 65);
    }
}

void summary(std::string_view text) {
    const auto summary = read_summary(text, "496");
    if (told(summary)) require(summary->entry.vmid == "496");
    epoch_of(text);
}

void questions(std::string_view text) {
    const auto questions = read_questions(text);
    if (!told(questions)) return;
    for (const auto& question : *questions) {
        require(!question.id.empty());
        for (const auto& choice : question.choices) require(is_digits(choice.key) && !choice.label.empty());
    }
}

void faults(std::string_view text) {
    if (const auto fault = fault_in(text)) {
        require(!fault->message.empty());
        require(fault->existing.empty() || is_digits(fault->existing));
        require(refusal_of(0, text, "").has_value());
    }
    hostd_down(text);
    require(refusal_of(1, text, text).has_value());
}

void storage(std::string_view text) {
    told(read_filesystems(text));
    told(read_extents(text));
    told(read_paths(text));
    told(read_unresolved(text));
}

void processes(std::string_view text) {
    const auto processes = read_processes(text);
    if (!told(processes)) return;
    for (const auto& process : *processes) require(is_digits(process.world_id) && !process.path.file.empty());
}

void host_facts(std::string_view text) {
    told(read_version(text));
    told(read_maintenance(text));
    told(read_nics(text));
    told(read_port_groups(text));
    told(read_autostart(text));
    told(read_autostart_enabled(text));
    told(read_free_memory_mb(text));
    const auto days = read_evaluation_days(text);
    if (told(days) && *days) require(**days >= 0);
}

void tasks(std::string_view text) {
    if (const auto ids = read_task_list(text); told(ids))
        for (const auto& id : *ids) require(id.find_first_of(" ;'\"$`\n") == std::string::npos);
    told(read_task(text, "haTask-1"));
}

void locks(std::string_view text) {
    const auto lock = read_lock(text);
    if (!told(lock)) return;
    for (const auto& mac : lock->owners) require(mac.size() == 17);
    require((lock->mode != vmha::core::LockMode::exclusive) || !lock->owners.empty());
}

void inventory_file(std::string_view text) {
    told(read_inventory_file(text));
}

void frames(std::string_view text) {
    const auto middle = std::min(text.find('\0'), text.size());
    const auto out = text.substr(0, middle);
    const auto frames = read_frames(out, text.substr(middle), "M");
    if (!told(frames)) return;
    size_t total = 0;
    for (const auto& [name, frame] : *frames) total += frame.out.size();
    require(total <= out.size());
}

constexpr struct {
    char name;
    void (*parse)(std::string_view text);
} parsers[] = {{'l', listing}, {'v', tree},    {'s', summary},        {'q', questions},
               {'f', faults},  {'d', storage}, {'p', processes},      {'h', host_facts},
               {'t', tasks},   {'k', locks},   {'i', inventory_file}, {'m', frames}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    for (const auto& parser : parsers)
        if (parser.name == static_cast<char>(data[0])) parser.parse(text);
    return 0;
}
