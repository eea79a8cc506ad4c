// What a client can do to VMs, the datastore and the host.
#include "daemon/xml/xml.hpp"
#include "tests/simulator/model/faults.hpp"
#include "tests/simulator/soap/api.hpp"
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

std::string task_xml(const std::string& task) {
    return "<returnval type=\"Task\">" + xml::escaped(task) + "</returnval>";
}

std::string vm_xml(int id) {
    return "<returnval type=\"VirtualMachine\">" + std::to_string(id) + "</returnval>";
}

// "56 4d 0a … 1c-7e 55 … 09": how .vmx files and virtual disks write a uuid.
std::string spaced_uuid(std::string uuid) {
    std::erase(uuid, '-');
    std::string out;
    for (size_t i = 0; i < uuid.size(); i += 2)
        out += uuid.substr(i, 2) + (i == 14 ? "-" : i + 2 < uuid.size() ? " " : "");
    return out;
}

site::Answer<std::string> done_or(std::optional<site::Fault> fault) {
    if (fault) return std::move(*fault);
    return std::string{};
}

}  // namespace

Api::Outcome Api::power(const Call& call, site::Verb verb) {
    return task_xml(site_.power(host_, *vm_id(call.request.target), verb, call.session->user));
}

Api::Outcome Api::shutdown_guest(const Call& call) {
    return done_or(site_.shutdown_guest(host_, *vm_id(call.request.target)));
}

Api::Outcome Api::reboot_guest(const Call& call) {
    return done_or(site_.reboot_guest(host_, *vm_id(call.request.target)));
}

Api::Outcome Api::answer_vm(const Call& call) {
    return done_or(site_.answer(host_, *vm_id(call.request.target), call.request.text("questionId"),
                                call.request.text("answerChoice")));
}

Api::Outcome Api::register_vm(const Call& call) {
    if (call.request.target != well_known::vm_folder)
        return site::faults::not_supported("NotSupported", "The operation is not supported on the object.");
    if (!call.request.parameter("pool")) return site::faults::invalid_argument("pool");
    return task_xml(
        site_.register_vm(host_, call.request.text("path"), call.request.text("name"), call.session->user));
}

Api::Outcome Api::unregister_vm(const Call& call) {
    return done_or(site_.unregister_vm(host_, *vm_id(call.request.target)));
}

Api::Outcome Api::cancel_task(const Call& call) {
    return done_or(site_.cancel_task(host_, call.request.target.id));
}

Api::Outcome Api::search_datastore(const Call& call) {
    const auto pattern = xml::child(call.request.parameter("searchSpec"), "matchPattern");
    return task_xml(site_.search(host_, call.request.text("datastorePath"), pattern.text().get(), false,
                                 call.session->user));
}

Api::Outcome Api::search_subfolders(const Call& call) {
    const auto pattern = xml::child(call.request.parameter("searchSpec"), "matchPattern");
    return task_xml(site_.search(host_, call.request.text("datastorePath"), pattern.text().get(), true,
                                 call.session->user));
}

Api::Outcome Api::enter_maintenance(const Call& call) {
    return task_xml(site_.change_maintenance(host_, site::Verb::enter_maintenance, call.session->user));
}

Api::Outcome Api::exit_maintenance(const Call& call) {
    return task_xml(site_.change_maintenance(host_, site::Verb::exit_maintenance, call.session->user));
}

Api::Outcome Api::rescan(const Call&) {
    site_.rescan(host_);
    return std::string{};
}

Api::Outcome Api::query_unresolved(const Call& call) {
    std::string out;
    unresolved_volumes(world(call)).write(out, "returnval");
    return out;
}

Api::Outcome Api::find_by_uuid(const Call& call) {
    const std::string uuid = call.request.text("uuid");
    if (!parse_boolean(call.request.parameter("vmSearch"))) {
        if (uuid != site_.host(host_).uuid) return std::string{};
        return std::string("<returnval type=\"HostSystem\">ha-host</returnval>");
    }
    const bool instance = parse_boolean(call.request.parameter("instanceUuid"));
    for (const auto& [id, vm] : world(call).vms()) {
        const auto* files = site_.files(host_, vm);
        if (files && (instance ? files->instance_uuid : files->uuid) == uuid) return vm_xml(id);
    }
    return std::string{};
}

Api::Outcome Api::find_by_path(const Call& call) {
    auto path = site_.path_in_datastore(host_, call.request.text("path"));
    if (auto* fault = std::get_if<site::Fault>(&path)) return std::move(*fault);
    for (const auto& [id, vm] : world(call).vms())
        if (vm.path == std::get<std::string>(path)) return vm_xml(id);
    return std::string{};
}

Api::Outcome Api::find_by_inventory_path(const Call& call) {
    using namespace well_known;
    std::string path = call.request.text("inventoryPath");
    while (path.starts_with('/')) path.erase(0, 1);
    while (path.ends_with('/')) path.pop_back();
    const std::string& name = site_.host(host_).config.name;
    const std::map<std::string, Ref> fixed{{"", root},
                                           {"ha-datacenter", datacenter},
                                           {"ha-datacenter/vm", vm_folder},
                                           {"ha-datacenter/host", host_folder},
                                           {"ha-datacenter/datastore", datastore_folder},
                                           {"ha-datacenter/network", network_folder},
                                           {"ha-datacenter/host/" + name, compute},
                                           {"ha-datacenter/host/" + name + "/" + name, host},
                                           {"ha-datacenter/host/" + name + "/Resources", pool}};
    const auto found = fixed.find(path);
    const auto returned = [](const Ref& ref) {
        return "<returnval type=\"" + ref.type + "\">" + xml::escaped(ref.id) + "</returnval>";
    };
    if (found != fixed.end()) return returned(found->second);
    for (const auto& [id, vm] : world(call).vms())
        if (path == "ha-datacenter/vm/" + vm.name) return vm_xml(id);
    for (const Ref& network : network_refs(world(call)))
        if (path == "ha-datacenter/network/" + network_name(network)) return returned(network);
    const auto datastore = datastore_ref(world(call));
    if (datastore && path == "ha-datacenter/datastore/" + site_.disk_of(host_)->datastore())
        return returned(*datastore);
    return std::string{};
}

Api::Outcome Api::find_child(const Call& call) {
    const World here = world(call);
    const Ref parent = parse_ref(call.request.parameter("entity"));
    const std::string name = call.request.text("name");
    if (!exists(here, parent)) return site::faults::no_such_object(parent.type, parent.id);
    std::vector<Ref> children;
    for (const char* path : {"childEntity", "vmFolder", "hostFolder", "datastoreFolder", "networkFolder",
                             "host", "resourcePool"}) {
        const auto value = property(here, parent, path);
        if (!value) continue;
        if (value->kind() == Value::Kind::ref) children.push_back(value->as_ref());
        for (const auto& item : value->items()) children.push_back(item.as_ref());
    }
    for (const auto& child : children)
        if (property(here, child, "name")->text() == name)
            return "<returnval type=\"" + child.type + "\">" + xml::escaped(child.id) + "</returnval>";
    return std::string{};
}

Api::Outcome Api::virtual_disk_uuid(const Call& call) {
    const std::string name = call.request.text("name");
    const auto path = site_.path_in_datastore(host_, name);
    if (const auto* fault = std::get_if<site::Fault>(&path)) return *fault;
    if (!name.ends_with(".vmdk")) return site::faults::file_not_found(name);
    return "<returnval>" + spaced_uuid(site::uuid_from(std::get<std::string>(path))) + "</returnval>";
}

std::optional<std::string> Api::file(const std::string& path, const std::string& datastore) const {
    const auto* disk = site_.disk_of(host_);
    if (!disk || !site_.host(host_).accessible || disk->datastore() != datastore) return std::nullopt;
    const auto* files = disk->find(path);
    if (!files) return std::nullopt;
    const std::string base = path.substr(path.rfind('/') + 1, path.rfind(".vmx") - path.rfind('/') - 1);
    std::string text;
    const auto line = [&text](const char* key, const std::string& value) {
        text.append(key).append(" = \"").append(value).append("\"\n");
    };
    line(".encoding", "UTF-8");
    line("config.version", "8");
    line("virtualHW.version", "19");
    line("displayName", files->name);
    line("guestOS", "centos8-64");
    line("memSize", std::to_string(files->memory_mb));
    line("numvcpus", std::to_string(files->cpus));
    line("uuid.bios", spaced_uuid(files->uuid));
    line("vc.uuid", spaced_uuid(files->instance_uuid));
    if (files->keep_uuid) line("uuid.action", "keep");
    line("scsi0.present", "TRUE");
    line("scsi0.virtualDev", "pvscsi");
    line("scsi0:0.present", "TRUE");
    line("scsi0:0.deviceType", "scsi-hardDisk");
    line("scsi0:0.fileName", base + ".vmdk");
    line("ethernet0.present", "TRUE");
    line("ethernet0.virtualDev", "vmxnet3");
    line("ethernet0.networkName", vms_network);
    line("ethernet0.addressType", "generated");
    line("ethernet0.generatedAddress", "00:0c:29:" + files->uuid.substr(24, 2) + ":" +
                                           files->uuid.substr(26, 2) + ":" + files->uuid.substr(28, 2));
    return text;
}

}  // namespace vmha::sim
