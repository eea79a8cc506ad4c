#include "daemon/shell/text/inventory_file.hpp"

#include "daemon/shell/text/lines.hpp"
#include "daemon/xml/xml.hpp"

namespace vmha::shell::text {

Result<std::map<std::string, std::optional<core::VmxPath>>> read_inventory_file(std::string_view text) {
    pugi::xml_document document;
    const auto root = xml::parse(document, text);
    if (!root) return root.error();
    if (xml::local_name(*root) != "ConfigRoot") return not_a("inventory", text);
    std::map<std::string, std::optional<core::VmxPath>> paths;
    for (const auto& entry : root->children()) {
        if (xml::local_name(entry) != "ConfigEntry") continue;
        const std::string_view vmid = trimmed(xml::child(entry, "objID").child_value());
        auto path = core::parse_vmx_path(trimmed(xml::child(entry, "vmxCfgPath").child_value()));
        if (!is_digits(vmid)) continue;
        paths.emplace(vmid, path ? std::optional(std::move(*path)) : std::nullopt);
    }
    return paths;
}

}  // namespace vmha::shell::text
