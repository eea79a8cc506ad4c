#include "daemon/shell/text/storage.hpp"

#include <algorithm>
#include <set>

#include "daemon/shell/text/lines.hpp"
#include "daemon/shell/text/table.hpp"

namespace vmha::shell::text {

namespace {

// vfat, VMFSOS and VMFS-L carry the system: boot banks, locker, OSDATA.
bool is_of_the_system(std::string_view type) {
    return type == "vfat" || type == "VMFSOS" || type == "VMFS-L" || type == "VFFS";
}

}  // namespace

Result<std::vector<core::Datastore>> read_filesystems(std::string_view text) {
    const auto table = read_table(text, "list of filesystems");
    if (!table) return table.error();
    // A host without any volume has not been seen: it boots from one.
    if (!table->has("Mount Point") || !table->has("UUID") || !table->has("Mounted") || !table->has("Type"))
        return not_a("list of filesystems", text);
    std::vector<core::Datastore> datastores;
    for (size_t row = 0; row < table->rows.size(); ++row) {
        const auto mount = table->cell(row, "Mount Point");
        const auto mounted = lowered(table->cell(row, "Mounted"));
        if (mounted != "true" && mounted != "false") return not_a("list of filesystems", text);
        if (mount.empty() || is_of_the_system(table->cell(row, "Type"))) continue;
        core::Datastore datastore;
        datastore.uuid = table->cell(row, "UUID");
        datastore.id = datastore.uuid.empty() ? mount : std::string_view(datastore.uuid);
        datastore.name = table->cell(row, "Volume Name");
        datastore.accessible = mounted == "true";
        datastores.push_back(std::move(datastore));
    }
    return datastores;
}

Result<std::vector<Extent>> read_extents(std::string_view text) {
    const auto table = read_table(text, "list of extents");
    if (!table) return table.error();
    std::vector<Extent> extents;
    for (size_t row = 0; row < table->rows.size(); ++row) {
        Extent extent{std::string(table->cell(row, "Volume Name")),
                      std::string(table->cell(row, "VMFS UUID")),
                      std::string(table->cell(row, "Device Name"))};
        if (extent.uuid.empty() || extent.device.empty()) return not_a("list of extents", text);
        extents.push_back(std::move(extent));
    }
    return extents;
}

Result<std::vector<core::StoragePath>> read_paths(std::string_view text) {
    const auto blocks = read_blocks(text, "list of paths");
    if (!blocks) return blocks.error();
    std::vector<core::StoragePath> paths;
    for (const auto& block : *blocks) {
        if (!block.has("State") || !block.has("Device")) return not_a("list of paths", text);
        paths.push_back({std::string(block.field("Adapter")), std::string(block.field("Device")),
                         block.field("State") == "active"});
    }
    return paths;
}

Result<std::vector<std::string>> read_unresolved(std::string_view text) {
    const auto blocks = read_blocks(text, "list of volumes seen as snapshots");
    if (!blocks) return blocks.error();
    std::set<std::string> labels;  // several copies of a LUN are the same volume once more
    for (const auto& block : *blocks) {
        if (!block.has("Volume Name")) return not_a("list of volumes seen as snapshots", text);
        if (const auto label = block.field("Volume Name"); !label.empty()) labels.emplace(label);
    }
    return std::vector<std::string>(labels.begin(), labels.end());
}

}  // namespace vmha::shell::text
