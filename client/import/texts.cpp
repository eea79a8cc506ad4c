#include "client/import/texts.hpp"

#include "common/log_line.hpp"

namespace vmha::migration {
namespace {

std::string pretty(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json host_json(const NodePlan& node, const std::string& identity_name) {
    Json host = Json::object();
    if (!node.host_name.empty()) host["name"] = node.host_name;
    host["address"] = node.host_address;
    if (!node.adapter.empty()) host["iscsi_adapter"] = node.adapter;
    host["ssh"] = {{"user", "root"}, {"identity_file", identity_name}, {"known_hosts", "known_hosts"}};
    return host;
}

std::string dash_if_empty(const std::string& text) {
    return text.empty() ? "-" : printable(text);
}

}  // namespace

std::string main_text(const Plan& plan, const std::string& identity_name) {
    Json nodes = Json::object();
    for (const NodePlan& node : plan.nodes)
        nodes[node.name] = {{"address", node.address}, {"host", host_json(node, identity_name)}};
    return "// Made by vmhactl import; the same file on every node. The VMs are in conf.d.\n" +
           pretty(Json{{"nodes", nodes}});
}

std::string vm_text(const VmPlan& vm) {
    Json settings{{"vmx", vm.vmx.text}};
    if (vm.stop_timeout_s) settings["stop_timeout_s"] = *vm.stop_timeout_s;
    if (vm.guest_shutdown_timeout_s) settings["guest_shutdown_timeout_s"] = *vm.guest_shutdown_timeout_s;
    Json vms = Json::object();
    vms[vm.name] = settings;
    return "// Made by vmhactl import from " + printable(vm.file) + "\n" + pretty(Json{{"vms", vms}});
}

Rows node_rows(const Plan& plan) {
    Rows rows{{"NODE", "ADDRESS", "HOST", "HOST ADDRESS", "ISCSI ADAPTER"}};
    for (const NodePlan& node : plan.nodes)
        rows.push_back({node.name, node.address, node.host_name.empty() ? node.host_address : node.host_name,
                        node.host_address, dash_if_empty(node.adapter)});
    return rows;
}

Rows vm_rows(const Plan& plan) {
    Rows rows{{"VM", "VMX", "SCRIPTS", "GUEST SHUTDOWN"}};
    for (const VmPlan& vm : plan.vms) {
        std::string scripts;
        for (const Kind kind : vm.kinds) scripts += (scripts.empty() ? "" : " ") + std::string(word(kind));
        rows.push_back(
            {dash_if_empty(vm.name), printable(vm.vmx.text), scripts,
             vm.guest_shutdown_timeout_s ? std::to_string(*vm.guest_shutdown_timeout_s) + " s" : "default"});
    }
    return rows;
}

}  // namespace vmha::migration
