#include "daemon/shell/text/processes.hpp"

#include <algorithm>

#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/table.hpp"

namespace vmha::shell::text {

Result<std::vector<core::VmProcess>> read_processes(std::string_view text) {
    const auto blocks = read_blocks(text, "list of VM processes");
    if (!blocks) return blocks.error();
    std::vector<core::VmProcess> processes;
    for (const auto& block : *blocks) {
        const auto world = block.field("World ID");
        const auto file = block.field("Config File");
        if (!is_digits(world) || file.empty()) return not_a("list of VM processes", text);
        // A name with line ends may hold another VM's lines.
        for (const std::string_view key : {"World ID", "Config File"})
            if (std::ranges::count(block.fields, key, &std::pair<std::string, std::string>::first) != 1)
                return not_a("list of VM processes", text);
        auto path = core::parse_vmx_path(file);
        // One of the system's own lies on no datastore: "/var/run/crx/…".
        if (!path && !file.starts_with('/')) return not_a("list of VM processes", text);
        if (!path) path = core::VmxPath{"", std::string(file)};
        processes.push_back({std::string(world), std::move(*path)});
    }
    return processes;
}

}  // namespace vmha::shell::text
