#include "client/import/existing.hpp"

#include <optional>

#include "client/import/address.hpp"

namespace vmha::migration {
namespace {

const Json nothing = nullptr;

const Json& at(const Json& object, const char* key) {
    if (!object.is_object()) return nothing;
    const auto found = object.find(key);
    return found == object.end() ? nothing : *found;
}

std::string text_at(const Json& object, const char* key) {
    return get_string(object, key).value_or("");
}

Json merged(const Existing& existing) {
    Json all = existing.main;
    for (const auto& [file, part] : existing.parts) all.merge_patch(part);
    return all;
}

// The file that says something of this VM last.
const std::string& file_naming(const Existing& existing, const std::string& vm) {
    const std::string* file = &existing.file;
    for (const auto& [name, part] : existing.parts)
        if (!at(at(part, "vms"), vm.c_str()).is_null()) file = &name;
    return *file;
}

class NodeJoining {
public:
    NodeJoining(Plan& plan, const Names& given, const std::string& file)
        : plan_(plan), given_(given), file_(file) {}

    void take(const Json& nodes) {
        for (NodePlan& node : plan_.nodes) take_node(node, nodes);
    }

private:
    void differs(const std::string& message) { plan_.remarks.problem(file_, 0, message); }

    void take_node(NodePlan& node, const Json& nodes) {
        if (nodes.is_object())
            for (const auto& item : nodes.items())
                if (same_address(text_at(item.value(), "address"), node.address))
                    return compare(node, item.key(), at(item.value(), "host"));
        differs("has no node with the address " + node.address + ", as the scripts have it");
    }

    void compare(NodePlan& node, const std::string& name, const Json& host) {
        const std::string where = "nodes." + name + ": ";
        if (!given_.nodes.empty() && node.name != name)
            differs(where + "is the name of " + node.address + " there, --node says " + node.name);
        node.name = name;
        const std::string host_name = text_at(host, "name");
        if (!given_.hosts.empty() && node.host_name != host_name)
            differs(where + "host.name is '" + host_name + "' there, --host says " + node.host_name);
        node.host_name = host_name;
        if (!same_address(text_at(host, "address"), node.host_address))
            differs(where + "host.address is '" + text_at(host, "address") + "' there, the scripts say " +
                    node.host_address);
        const std::string adapter = text_at(host, "iscsi_adapter");
        if (!adapter.empty() && !node.adapter.empty() && adapter != node.adapter)
            differs(where + "host.iscsi_adapter is '" + adapter + "' there, the scripts say " + node.adapter);
        if (at(host, "ssh").is_null())
            plan_.remarks.note(
                file_, 0, where + "has no \"ssh\", which stays so: the host is reached over its API only");
    }

    Plan& plan_;
    const Names& given_;
    const std::string& file_;
};

class VmJoining {
public:
    VmJoining(Plan& plan, const Existing& existing, bool replace)
        : plan_(plan), existing_(existing), replace_(replace) {}

    void take(const Json& vms) {
        if (!vms.is_object()) return;
        for (VmPlan& vm : plan_.vms)
            for (const auto& item : vms.items()) compare(vm, item.key(), text_at(item.value(), "vmx"));
    }

private:
    void compare(VmPlan& vm, const std::string& name, const std::string& text) {
        const auto path = parse_vmx_path(text);
        const bool same_path = !path.has_error() && *path == vm.vmx.path;
        const std::string& file = file_naming(existing_, name);
        if (name == vm.name && replace_ && file == file_of_vm(existing_.file, name)) return;
        if (name == vm.name && same_path) {
            vm.present = true;
            plan_.remarks.note(file, 0, "has VM '" + vm.name + "' with this .vmx already and stays as it is");
        } else if (name == vm.name) {
            plan_.remarks.problem(file, 0,
                                  "has a VM '" + vm.name + "' already, with the .vmx '" + text +
                                      "'; the scripts say '" + vm.vmx.text + "'");
        } else if (same_path) {
            plan_.remarks.problem(file, 0,
                                  "has '" + text + "' already, as VM '" + name +
                                      "': one VM cannot be protected under two names");
        }
    }

    Plan& plan_;
    const Existing& existing_;
    bool replace_;
};

}  // namespace

bool join(Plan& plan, const Names& given, const Existing& existing, bool replace) {
    Plan joined = plan;
    NodeJoining(joined, given, existing.file).take(at(merged(existing), "nodes"));
    const bool same_nodes = joined.remarks.problems.size() == plan.remarks.problems.size();
    if (same_nodes || !replace) plan = std::move(joined);
    Existing rest = existing;
    if (!same_nodes && replace) {
        plan.remarks.note(existing.file, 0, "its nodes differ from the scripts', it is replaced");
        rest.main = Json::object();
    }
    VmJoining(plan, rest, replace).take(at(merged(rest), "vms"));
    return same_nodes;
}

std::string file_of_vm(const std::string& main_file, const std::string& vm) {
    return main_file.substr(0, main_file.rfind('/') + 1) + "conf.d/" + vm + ".json";
}

}  // namespace vmha::migration
