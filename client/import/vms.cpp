// The VMs: for each .vmx that a start script names, one, if the other scripts of the resource agree.
#include <algorithm>
#include <set>

#include "client/import/plan.hpp"
#include "common/ids.hpp"

namespace vmha::migration {
namespace {

bool holds(const Script& script, const VmxPath& path) {
    return std::ranges::any_of(script.vmx, [&](const Vmx& vmx) { return vmx.path == path; });
}

std::string listed(const Script& script) {
    std::string out;
    for (const Vmx& vmx : script.vmx) out += (out.empty() ? "'" : ", '") + vmx.text + "'";
    return out;
}

bool told_both_ways(const Script& a, const Script& b) {
    for (const Vmx& one : a.vmx)
        for (const Vmx& other : b.vmx)
            if (one.path.file == other.path.file && one.path.by_uuid() != other.path.by_uuid()) return true;
    return false;
}

// Stop must end what start began, all of it; a monitor may watch one of several.
void compare_vmx(const Script& first, const Script& other, Remarks& remarks) {
    if (first.vmx.empty() || other.vmx.empty()) return;
    const auto known = [&](const Vmx& vmx) { return holds(first, vmx.path); };
    const bool all = other.kind == Kind::genw || other.vmx.size() == first.vmx.size();
    if (all && std::ranges::all_of(other.vmx, known)) return;
    const auto differs = std::ranges::find_if_not(other.vmx, known);
    remarks.problem(
        other.file, differs == other.vmx.end() ? other.vmx.front().line : differs->line,
        "the .vmx is " + listed(other) + ", but " + place(first.file, first.vmx.front().line) + " says " +
            listed(first) +
            (told_both_ways(first, other)
                 ? "; one is written with the datastore's uuid, the other with its name, which cannot be "
                   "compared: write the same in both"
                 : ""));
}

class Datastores {
public:
    explicit Datastores(Remarks& remarks) : remarks_(remarks) {}

    void check(const Unit& unit) {
        first_ = nullptr;
        for (const Script* const script : unit.scripts)
            if (const Value* const value = script->value("datastore")) check(*script, *value);
    }

private:
    void check(const Script& script, const Value& value) {
        if (!first_) {
            first_ = &value;
            first_place_ = place(script.file, value.line);
            compare_paths(script, value);
        } else if (first_->text != value.text) {
            remarks_.problem(
                script.file, value.line,
                "$datastore is '" + value.text + "', but " + first_place_ + " says '" + first_->text + "'");
        }
    }

    void compare_paths(const Script& script, const Value& value) {
        for (const Vmx& vmx : script.vmx)
            if (vmx.path.volume == value.text) {
                continue;
            } else if (vmx.path.by_uuid()) {
                remarks_.note(script.file, value.line,
                              "$datastore '" + value.text +
                                  "' cannot be compared with the .vmx, which is written with "
                                  "the datastore's uuid: " +
                                  vmx.text);
            } else {
                remarks_.problem(script.file, value.line,
                                 "$datastore is '" + value.text + "', but the .vmx lies on '" +
                                     vmx.path.volume + "' (line " + std::to_string(vmx.line) + ")");
            }
    }

    Remarks& remarks_;
    const Value* first_ = nullptr;
    std::string first_place_;
};

// A script that is there but names another .vmx is reported as that.
void note_missing(const Unit& unit, const VmPlan& vm, bool only_one, Remarks& remarks) {
    for (const Kind kind : {Kind::stop, Kind::genw}) {
        const bool there = std::ranges::find(vm.kinds, kind) != vm.kinds.end();
        if (there || (only_one && !unit.of(kind).empty())) continue;
        remarks.note("", 0,
                     vm.name + " has no " + std::string(word(kind)) + " script here" +
                         (unit.name.empty() ? "" : " (resource exec-" + unit.name + ")"));
    }
}

VmPlan plan_vm(const Unit& unit, const Script& start, const Vmx& vmx, Remarks& remarks) {
    VmPlan vm;
    vm.vmx = vmx;
    vm.file = start.file;
    if (start.vmx.size() == 1) vm.resource = unit.name;
    vm.name = vm.resource.empty() ? vmx.path.folder() : vm.resource;
    for (const Kind kind : {Kind::start, Kind::stop, Kind::genw})
        if (std::ranges::any_of(unit.of(kind), [&](const Script* one) { return holds(*one, vmx.path); }))
            vm.kinds.push_back(kind);
    plan_times(unit, vm, remarks);
    note_missing(unit, vm, start.vmx.size() == 1, remarks);
    return vm;
}

void plan_unit(const Unit& unit, Plan& plan) {
    const auto starts = unit.of(Kind::start);
    if (starts.empty())
        return plan.remarks.problem(unit.scripts.front()->file, 0,
                                    "no start script belongs to it" +
                                        (unit.scripts.front()->vmx.empty()
                                             ? std::string()
                                             : ": none names " + unit.scripts.front()->vmx.front().text));
    const Script& start = *starts.front();
    for (const Script* const other : unit.scripts)
        if (other != &start) compare_vmx(start, *other, plan.remarks);
    Datastores(plan.remarks).check(unit);
    if (start.vmx.size() > 1)
        plan.remarks.note(start.file, start.vmx.front().line,
                          "holds " + std::to_string(start.vmx.size()) +
                              " VMs, which vmha-exec starts and stops side by side");
    for (const Vmx& vmx : start.vmx) plan.vms.push_back(plan_vm(unit, start, vmx, plan.remarks));
}

// NEW for the only VM, or OLD=NEW, where OLD is the name found or the .vmx.
void rename(const std::vector<std::string>& wishes, Plan& plan) {
    for (const std::string& wish : wishes) {
        const size_t equals = wish.rfind('=');
        const bool by_old = equals != std::string::npos;
        const std::string name = by_old ? wish.substr(equals + 1) : wish;
        if (!by_old && plan.vms.size() > 1) {
            plan.remarks.problem("", 0,
                                 "--name " + wish + ": there are several VMs, write --name OLD=" + name);
            continue;
        }
        size_t renamed = 0;
        for (VmPlan& vm : plan.vms)
            if (!by_old || vm.name == wish.substr(0, equals) || vm.vmx.text == wish.substr(0, equals)) {
                vm.name = name;
                ++renamed;
            }
        if (renamed == 0 && !plan.vms.empty())
            plan.remarks.problem("", 0, "--name " + wish + ": no VM has that name");
    }
}

void check_names(Plan& plan) {
    std::map<std::string, const VmPlan*> by_name;
    std::map<VmxPath, const VmPlan*> by_path;
    for (const VmPlan& vm : plan.vms) {
        if (vm.name.empty())
            plan.remarks.problem(
                vm.file, vm.vmx.line,
                "neither a resource's folder nor the .vmx's tells the VM's name: give it with "
                "--name NAME");
        else if (!is_valid_name(vm.name))
            plan.remarks.problem(vm.file, vm.vmx.line,
                                 "'" + vm.name +
                                     "' is no valid name of a VM (letters, digits, '.', '_' and '-', at "
                                     "most 64): give another with --name '" +
                                     vm.name + "=NAME'");
        const auto [path, new_path] = by_path.try_emplace(vm.vmx.path, &vm);
        if (!new_path) {
            plan.remarks.problem(vm.file, vm.vmx.line,
                                 "'" + vm.vmx.text + "' is also the .vmx of VM '" + path->second->name +
                                     "' (" + place(path->second->file, path->second->vmx.line) +
                                     "): one VM cannot be protected under two names");
            continue;
        }
        const auto [same, new_name] = by_name.try_emplace(vm.name, &vm);
        if (!new_name && !vm.name.empty())
            plan.remarks.problem(vm.file, vm.vmx.line,
                                 "the VM's name '" + vm.name + "' is also that of '" +
                                     same->second->vmx.text + "' (" +
                                     place(same->second->file, same->second->vmx.line) +
                                     "): give one of them another with --name '" + vm.vmx.text + "=NAME'");
    }
}

// Without a name vmha-exec takes the resource's.
void note_other_names(Plan& plan) {
    for (const VmPlan& vm : plan.vms)
        if (vm.resource.empty())
            plan.remarks.note(vm.file, 0,
                              "no folder exec-VM tells the VM's name, '" + vm.name +
                                  "' is taken: call the resource exec-" + vm.name +
                                  ", or write the name behind vmha-exec start and stop");
        else if (vm.resource != vm.name)
            plan.remarks.note(vm.file, 0,
                              "the VM '" + vm.name + "' is not called like its resource exec-" + vm.resource +
                                  ": write the name behind vmha-exec start and stop");
}

void note_possible_twins(Plan& plan) {
    for (const VmPlan& one : plan.vms)
        for (const VmPlan& other : plan.vms)
            if (one.vmx.path.by_uuid() && !other.vmx.path.by_uuid() &&
                one.vmx.path.file == other.vmx.path.file)
                plan.remarks.note(other.file, other.vmx.line,
                                  "'" + other.vmx.text + "' may be the same file as '" + one.vmx.text +
                                      "': one is written with the datastore's uuid, the other with its name");
}

}  // namespace

void plan_vms(const std::vector<Unit>& units, const Names& names, Plan& plan) {
    for (const Unit& unit : units) plan_unit(unit, plan);
    rename(names.vms, plan);
    check_names(plan);
    note_other_names(plan);
    note_possible_twins(plan);
}

}  // namespace vmha::migration
