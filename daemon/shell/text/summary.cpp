#include "daemon/shell/text/summary.hpp"

#include <charconv>
#include <chrono>

#include "daemon/core/host_words.hpp"
#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/message.hpp"
#include "daemon/shell/text/tree.hpp"

namespace vmha::shell::text {

namespace {

// The running status is newer than toolsStatus, and finer; guestToolsExecutingScripts: they run.
std::optional<bool> tools_of(const Value& summary) {
    const auto running = summary.text_at("guest.toolsRunningStatus");
    if (!running.empty()) return running != "guestToolsNotRunning";
    const auto status = summary.text_at("guest.toolsStatus");
    if (status.empty()) return std::nullopt;
    return status == "toolsOk" || status == "toolsOld";
}

// The last one: an annotation, which stands before it, may look like one.
std::string_view heartbeat_in(const Value& summary) {
    std::string_view heartbeat;
    for (const auto& part : summary.parts)
        if (part.name == "quickStats") heartbeat = part.value.text_at("guestHeartbeatStatus");
    return heartbeat;
}

// Takes `digits` digits and the separator after them off the text.
std::optional<int> take_number(std::string_view& text, size_t digits, std::string_view separator) {
    if (text.size() < digits + separator.size() || !text.substr(digits).starts_with(separator))
        return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc() || end != text.data() + digits || value < 0) return std::nullopt;
    text.remove_prefix(digits + separator.size());
    return value;
}

// "", "Z", "+09:00" -> seconds east of UTC.
std::optional<int64_t> zone_of(std::string_view text) {
    if (text.empty() || text == "Z") return 0;
    const int sign = text.front() == '-' ? -1 : 1;
    if (text.front() != '-' && text.front() != '+') return std::nullopt;
    text.remove_prefix(1);
    const auto hours = take_number(text, 2, ":");
    const auto minutes = take_number(text, 2, "");
    if (!hours || !minutes || !text.empty()) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<int64_t> epoch_of(std::string_view iso) {
    const auto year = take_number(iso, 4, "-");
    const auto month = take_number(iso, 2, "-");
    const auto day = take_number(iso, 2, "T");
    const auto hour = take_number(iso, 2, ":");
    const auto minute = take_number(iso, 2, ":");
    const auto second = take_number(iso, 2, "");
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (iso.starts_with('.')) {
        const size_t end = iso.find_first_not_of("0123456789", 1);
        iso = end == std::string_view::npos ? std::string_view() : iso.substr(end);
    }
    const auto zone = zone_of(iso);
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(*day)};
    if (!zone || !date.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return int64_t{days} * 86400 + *hour * 3600 + *minute * 60 + *second - *zone;
}

Result<Summary> read_summary(std::string_view text, std::string_view vmid) {
    const auto tree = read_tree(text);
    if (!tree) return tree.error();
    if (tree->type != "vim.vm.Summary") return not_a("summary of a VM", text);
    Summary summary;
    auto& entry = summary.entry;
    entry.vmid = vmid;
    // "vim.VirtualMachine:496": the number is the moref's value.
    const auto of = tree->text_at("vm");
    if (of.substr(of.rfind(':') + 1) != vmid)
        return Error{Errc::bad_reply, "the summary is of another VM than " + std::string(vmid)};
    const Value* runtime = tree->at("runtime");
    if (runtime == nullptr || runtime->kind != Value::Kind::object)
        return Error{Errc::bad_reply, "the summary of VM " + std::string(vmid) + " has no state"};
    entry.connection = core::connection_of(runtime->text_at("connectionState"));
    entry.power = core::power_of(runtime->text_at("powerState"));
    summary.boot_s = epoch_of(runtime->text_at("bootTime"));
    const Value* question = runtime->at("question");
    summary.question_open = question == nullptr || question->kind != Value::Kind::null;
    if (question != nullptr && question->kind == Value::Kind::object) {
        auto asked = question_of(*question);
        if (!asked.id.empty() && !asked.choices.empty()) entry.question = std::move(asked);
    }
    entry.name = tree->text_at("config.name");
    entry.path = core::parse_vmx_path(tree->text_at("config.vmPathName"));
    entry.instance_uuid = tree->text_at("config.instanceUuid");
    entry.memory_mb = integer_of(tree->text_at("config.memorySizeMB"));
    entry.tools_running = tools_of(*tree);
    entry.heartbeat = core::heartbeat_of(heartbeat_in(*tree));
    return summary;
}

}  // namespace vmha::shell::text
