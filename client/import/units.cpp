#include "client/import/units.hpp"

#include <algorithm>
#include <set>

namespace vmha::migration {
namespace {

// "vm1" of …/exec-vm1, for its start and stop scripts; of …/genw-vm1, for its monitor.
std::string resource_of(const Script& script) {
    const std::string folder = script.folder.substr(script.folder.rfind('/') + 1);
    const std::string_view prefix = script.kind == Kind::genw ? "genw-" : "exec-";
    return folder.starts_with(prefix) ? folder.substr(prefix.size()) : std::string();
}

Unit* find_name(std::vector<Unit>& units, const std::string& name) {
    const auto found = std::ranges::find(units, name, &Unit::name);
    return found == units.end() ? nullptr : &*found;
}

Unit* find_vmx(std::vector<Unit>& units, const Script& script) {
    for (Unit& unit : units)
        for (const Vmx& vmx : script.vmx)
            if (unit.mentions(vmx.path)) return &unit;
    return nullptr;
}

void add_resources(std::vector<Unit>& units, const std::vector<Script>& scripts) {
    for (const Script& script : scripts) {
        const std::string name = resource_of(script);
        if (script.kind == Kind::genw || name.empty()) continue;
        if (Unit* const known = find_name(units, name))
            known->scripts.push_back(&script);
        else
            units.push_back({name, {&script}});
    }
}

void add_monitors(std::vector<Unit>& units, const std::vector<Script>& scripts, Remarks& remarks) {
    for (const Script& script : scripts) {
        const std::string name = resource_of(script);
        if (script.kind != Kind::genw || name.empty()) continue;
        Unit* known = find_name(units, name);
        if (!known && (known = find_vmx(units, script)))
            remarks.note(
                script.file, 0,
                "the monitor genw-" + name + " watches " +
                    (known->name.empty() ? script.vmx.front().text : "the VM of exec-" + known->name));
        if (known)
            known->scripts.push_back(&script);
        else
            units.push_back({name, {&script}});
    }
}

// A folder with one script of each kind holds one VM's.
bool is_of_one_vm(const std::vector<const Script*>& scripts) {
    std::set<Kind> kinds;
    return std::ranges::all_of(scripts, [&](const Script* one) { return kinds.insert(one->kind).second; });
}

void add_others(std::vector<Unit>& units, const std::vector<Script>& scripts) {
    std::map<std::string, std::vector<const Script*>> folders;
    for (const Script& script : scripts)
        if (resource_of(script).empty()) folders[script.folder].push_back(&script);
    for (const auto& [folder, together] : folders) {
        const bool one_vm = is_of_one_vm(together);
        Unit* unit = nullptr;
        for (const Script* const script : together) {
            if (!one_vm || !unit) unit = find_vmx(units, *script);
            if (!unit) unit = &units.emplace_back();
            unit->scripts.push_back(script);
        }
    }
}

}  // namespace

std::vector<const Script*> Unit::of(Kind kind) const {
    std::vector<const Script*> found;
    std::ranges::copy_if(scripts, std::back_inserter(found),
                         [&](const Script* one) { return one->kind == kind; });
    return found;
}

bool Unit::mentions(const VmxPath& path) const {
    return std::ranges::any_of(scripts, [&](const Script* one) {
        return std::ranges::any_of(one->vmx, [&](const Vmx& vmx) { return vmx.path == path; });
    });
}

std::vector<Unit> group(const std::vector<Script>& scripts, Remarks& remarks) {
    std::vector<Unit> units;
    units.reserve(scripts.size());  // pointers into it are held while it grows
    add_resources(units, scripts);
    add_monitors(units, scripts, remarks);
    add_others(units, scripts);
    return units;
}

}  // namespace vmha::migration
