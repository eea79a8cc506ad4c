#include "daemon/run/id_map.hpp"

#include "daemon/run/files.hpp"

namespace vmha::run {
namespace {

std::string path_in(const std::string& state_dir) {
    return state_dir + "/ids.json";
}

std::vector<std::string> texts(const Json& object, const char* key) {
    std::vector<std::string> out;
    const auto list = object.find(key);
    if (list == object.end() || !list->is_array()) return out;
    for (const auto& item : *list)
        if (item.is_string()) out.push_back(item.get<std::string>());
    return out;
}

std::map<VmName, KnownIds> host_from_json(const Json& vms) {
    std::map<VmName, KnownIds> out;
    if (!vms.is_object()) return out;
    for (const auto& [name, value] : vms.items()) {
        const auto vmid = get_string(value, "vmid");
        const auto vmx = get_string(value, "vmx");
        if (!vmid || !vmx) continue;
        out[VmName(name)] = {*vmid,
                             *vmx,
                             get_string(value, "datastore_uuid").value_or(""),
                             get_string(value, "instance_uuid").value_or(""),
                             get_integer(value, "memory_mb"),
                             texts(value, "networks")};
    }
    return out;
}

Json host_to_json(const std::map<VmName, KnownIds>& vms) {
    Json out = Json::object();
    for (const auto& [name, ids] : vms)
        out[name.str()] = {{"vmid", ids.vmid},
                           {"vmx", ids.vmx},
                           {"datastore_uuid", ids.datastore_uuid},
                           {"instance_uuid", ids.instance_uuid},
                           {"memory_mb", ids.memory_mb ? Json(*ids.memory_mb) : Json(nullptr)},
                           {"networks", ids.networks}};
    return out;
}

}  // namespace

Result<IdMap> load_ids(const std::string& state_dir) {
    const auto value = load_json(path_in(state_dir));
    if (!value) return value.error();
    IdMap ids;
    for (const auto& [host, vms] : value->items())
        if (auto read = host_from_json(vms); !read.empty()) ids[HostName(host)] = std::move(read);
    return ids;
}

Result<> save_ids(const std::string& state_dir, const IdMap& ids) {
    return update_json(path_in(state_dir), [&ids](Json& value) {
        for (const auto& [host, vms] : ids) value[host.str()] = host_to_json(vms);
    });
}

}  // namespace vmha::run
