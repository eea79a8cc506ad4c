#include "daemon/config/keys.hpp"

#include <algorithm>
#include <span>

namespace vmha::config::keys {
namespace {

void add(std::vector<std::string>& out, const std::string& parent, std::span<const std::string_view> names) {
    for (const auto name : names) out.push_back(parent + std::string(name));
}

void add_vm(std::vector<std::string>& out, const std::string& parent) {
    add(out, parent, vm_settings);
    for (const auto& row : confirm) out.push_back(parent + "confirm_s." + std::string(row.key));
}

}  // namespace

std::vector<std::string> known_keys() {
    std::vector<std::string> out;
    add(out, "", top);
    add(out, "nodes.*.", node);
    add(out, "nodes.*.host.", host);
    add(out, "nodes.*.host.api.", api);
    add(out, "nodes.*.host.ssh.", ssh);
    add_vm(out, "defaults.");
    add_vm(out, "vms.*.");
    out.emplace_back("vms.*.vmx");
    std::ranges::sort(out);
    return out;
}

}  // namespace vmha::config::keys
