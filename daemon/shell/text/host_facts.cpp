#include "daemon/shell/text/host_facts.hpp"

#include <algorithm>

#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/table.hpp"
#include "daemon/shell/text/tree.hpp"

namespace vmha::shell::text {

namespace {

// All cells of one column, none of them empty.
Result<std::vector<std::string>> column_of(std::string_view text, std::string_view what,
                                           std::string_view column) {
    const auto table = read_table(text, what);
    if (!table) return table.error();
    if (!table->rows.empty() && !table->has(column)) return not_a(what, text);
    std::vector<std::string> cells;
    for (size_t row = 0; row < table->rows.size(); ++row) {
        cells.emplace_back(table->cell(row, column));
        if (cells.back().empty()) return not_a(what, text);
    }
    return cells;
}

// "  [expirationHours] = 1440" and "name: Evaluation Mode" -> the value.
std::string_view value_after(std::string_view line, std::string_view key) {
    line = trimmed(line);
    if (!line.starts_with(key)) return {};
    line = trimmed(line.substr(key.size()));
    if (line.starts_with('=') || line.starts_with(':')) line.remove_prefix(1);
    return trimmed(line);
}

}  // namespace

Result<std::string> read_version(std::string_view text) {
    const auto blocks = read_blocks(text, "version");
    if (!blocks) return blocks.error();
    if (blocks->size() != 1 || blocks->front().field("Product").empty() ||
        blocks->front().field("Version").empty())
        return not_a("version", text);
    const auto& block = blocks->front();
    std::string version = std::string(block.field("Product")) + " " + std::string(block.field("Version"));
    auto build = block.field("Build");
    build.remove_prefix(std::min(build.size(), build.rfind('-') + 1));  // "Releasebuild-22380479"
    if (!build.empty()) version += " build-" + std::string(build);
    return version;
}

Result<bool> read_maintenance(std::string_view text) {
    const auto word = lowered(trimmed(text));
    if (word == "enabled") return true;
    if (word == "disabled") return false;
    return not_a("state of the maintenance mode", text);
}

Result<std::vector<std::string>> read_nics(std::string_view text) {
    auto cells = column_of(text, "list of adapters", "MAC Address");
    if (!cells) return cells;
    for (auto& mac : *cells) {
        mac = lowered(mac);
        if (mac.size() != 17 || mac.find_first_not_of("0123456789abcdef:") != std::string::npos)
            return not_a("list of adapters", text);
    }
    return cells;
}

Result<std::vector<std::string>> read_port_groups(std::string_view text) {
    return column_of(text, "list of port groups", "Name");
}

Result<std::vector<std::string>> read_autostart(std::string_view text) {
    const auto tree = read_tree(text);
    if (!tree) return tree.error();
    if (tree->kind != Value::Kind::array) return not_a("autostart sequence", text);
    std::vector<std::string> vmids;
    for (const auto& [name, entry] : tree->parts) {
        const auto action = lowered(entry.text_at("startAction"));
        const auto key = entry.text_at("key");
        if (action == "poweron" && !key.empty()) vmids.emplace_back(key.substr(key.rfind(':') + 1));
    }
    return vmids;
}

Result<bool> read_autostart_enabled(std::string_view text) {
    const auto tree = read_tree(text);
    if (!tree) return tree.error();
    const auto enabled = tree->text_at("enabled");
    if (enabled != "true" && enabled != "false") return not_a("autostart setting", text);
    return enabled == "true";
}

Result<std::optional<int64_t>> read_free_memory_mb(std::string_view text) {
    const auto tree = read_tree(text);
    if (!tree) return tree.error();
    const auto bytes = integer_of(tree->text_at("hardware.memorySize"));
    const auto used_mb = integer_of(tree->text_at("quickStats.overallMemoryUsage"));
    if (!bytes || !used_mb) return std::optional<int64_t>();
    return std::optional(*bytes / (1 << 20) - *used_mb);
}

Result<std::optional<int>> read_evaluation_days(std::string_view text) {
    bool told = false, evaluation = false;
    std::optional<int64_t> hours, minutes;
    for (const auto line : lines_of(text)) {
        const auto key = lowered(value_after(line, "vmodl key"));
        const auto name = lowered(value_after(line, "name"));
        told = told || !key.empty() || !name.empty();
        evaluation = evaluation || key.find("eval") != std::string::npos || name.starts_with("evaluation");
        if (const auto value = integer_of(value_after(line, "[expirationHours]"))) hours = value;
        if (const auto value = integer_of(value_after(line, "[expirationMinutes]"))) minutes = value;
    }
    if (!told) return not_a("licence", text);
    if (!evaluation || (!hours && !minutes)) return std::optional<int>();
    // Where both are given, the minutes are either what is left of an hour or all of it told more finely.
    constexpr int64_t most_hours = 24 * 36500, day = 24 * 60;
    const int64_t whole = std::clamp(hours.value_or(0), int64_t{0}, most_hours) * 60;
    const int64_t rest = std::clamp(minutes.value_or(0), int64_t{0}, most_hours * 60);
    const int64_t left = rest < 60 ? whole + rest : std::max(whole, rest);
    return std::optional(static_cast<int>((left + day - 1) / day));
}

}  // namespace vmha::shell::text
