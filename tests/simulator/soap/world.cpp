#include "tests/simulator/soap/world.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {

std::string World::wall(site::Time time) const {
    using namespace std::chrono;
    const auto since_epoch =
        duration_cast<microseconds>((began + duration_cast<system_clock::duration>(time)).time_since_epoch());
    const std::time_t seconds_part = static_cast<std::time_t>(since_epoch.count() / 1000000);
    std::tm parts{};
    gmtime_r(&seconds_part, &parts);
    char text[40];
    const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text + length, sizeof text - length, ".%06dZ",
                  static_cast<int>(since_epoch.count() % 1000000));
    return text;
}

const std::map<int, site::Vm>& World::vms() const {
    static const std::map<int, site::Vm> none;
    return site.now() < host().loading_until ? none : host().vms;
}

const site::Vm* World::vm(int number) const {
    const auto found = vms().find(number);
    return found == vms().end() ? nullptr : &found->second;
}

Ref vm_ref(int id) {
    return {"VirtualMachine", std::to_string(id)};
}

std::optional<int> vm_id(const Ref& ref) {
    if (ref.type != "VirtualMachine") return std::nullopt;
    int id = 0;
    const char* end = ref.id.data() + ref.id.size();
    const auto [stopped, error] = std::from_chars(ref.id.data(), end, id);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return id;
}

std::optional<Ref> datastore_ref(const World& world) {
    const auto* disk = world.site.disk_of(world.id);
    if (!disk) return std::nullopt;
    return Ref{"Datastore", disk->vmfs_uuid()};
}

Value all_vms(const World& world, const Ref&) {
    std::vector<Ref> refs;
    refs.reserve(world.vms().size());
    for (const auto& [id, vm] : world.vms()) refs.push_back(vm_ref(id));
    return Value::refs(refs);
}

Value all_datastores(const World& world, const Ref&) {
    const auto ref = datastore_ref(world);
    return ref ? Value::refs({*ref}) : Value::refs({});
}

Ref network_ref(const std::string& name) {
    return {"Network", "HaNetwork-" + name};
}

std::string network_name(const Ref& ref) {
    return ref.id.substr(std::string_view("HaNetwork-").size());
}

bool has_network(const World& world, const std::string& name) {
    const auto& names = world.host().networks;
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<Ref> network_refs(const World& world) {
    std::vector<Ref> refs;
    for (const auto& name : world.host().networks) refs.push_back(network_ref(name));
    if (!world.vms().empty() && !has_network(world, vms_network)) refs.push_back(network_ref(vms_network));
    return refs;
}

Value all_networks(const World& world, const Ref& ref) {
    if (ref.type == "VirtualMachine") return Value::refs({network_ref(vms_network)});
    if (ref.type != "HostSystem") return Value::refs(network_refs(world));
    std::vector<Ref> refs;
    for (const auto& name : world.host().networks) refs.push_back(network_ref(name));
    return Value::refs(refs);
}

std::vector<Ref> shown_by(const World& world, const site::Change& change) {
    using What = site::Change::What;
    using namespace well_known;
    std::vector<Ref> refs;
    const auto add_views = [&] {
        for (const auto& [id, view] : world.views) refs.push_back({"ContainerView", id});
    };
    switch (change.what) {
        case What::vm:
            // What VMs use of the host's memory is watched only where it is scarce.
            if (world.host().memory_mb) return {vm_ref(change.vm), host};
            return {vm_ref(change.vm)};
        case What::task: return {{"Task", change.task}, tasks};
        case What::host:
            refs = network_refs(world);
            for (const Ref& ref :
                 {host, storage, autostart, licenses, network_folder, network_system, compute})
                refs.push_back(ref);
            add_views();
            return refs;
        case What::sessions: return {sessions};
        case What::datastore:
        case What::inventory: break;
    }
    refs = network_refs(world);
    for (const Ref& ref : {host, vm_folder, pool, datastores, storage, autostart}) refs.push_back(ref);
    if (const auto datastore = datastore_ref(world)) refs.push_back(*datastore);
    if (change.what == What::datastore) return refs;
    refs.push_back(vm_ref(change.vm));
    add_views();
    return refs;
}

std::vector<Ref> contents(const World& world, const View& view) {
    // Everything below each container, flat: a standalone host's tree is always this one.
    using namespace well_known;
    std::vector<Ref> all;
    const Ref& top = view.container;
    const bool whole = top == root || top == datacenter;
    const auto wants = [&view](const std::string& type) {
        if (view.types.empty()) return true;
        for (const auto& wanted : view.types)
            if (is_a(type, wanted)) return true;
        return false;
    };
    const auto add = [&all, &wants](bool here, const Ref& ref) {
        if (here && wants(ref.type)) all.push_back(ref);
    };
    add(top == root, datacenter);
    if (top == root && !view.recursive) return all;
    for (const Ref& folder : {vm_folder, host_folder, datastore_folder, network_folder}) add(whole, folder);
    if (whole && !view.recursive) return all;
    add(whole || top == host_folder, compute);
    add(whole || top == host_folder || top == compute, host);
    add(whole || top == host_folder || top == compute, pool);
    if (wants("VirtualMachine") &&
        (whole || top == vm_folder || top == pool || top == compute || top == host))
        for (const auto& [id, vm] : world.vms()) all.push_back(vm_ref(id));
    if (const auto datastore = datastore_ref(world)) add(whole || top == datastore_folder, *datastore);
    for (const Ref& network : network_refs(world)) add(whole || top == network_folder, network);
    return all;
}

Value fault_value(const site::Fault& fault) {
    std::vector<Value::Field> fields;
    if (!fault.message_id.empty())
        fields.push_back(
            {"faultMessage",
             Value::list("LocalizableMessage",
                         {Value::object("LocalizableMessage", {{"key", Value::text(fault.message_id)},
                                                               {"message", Value::text(fault.message)}})})});
    for (const auto& field : fault.fields)
        fields.push_back(
            {field.name, field.reference
                             ? Value::ref({field.type, field.text})
                             : Value::leaf(field.type.empty() ? "xsd:string" : field.type, field.text)});
    return Value::object_of(fault.name, std::move(fields)).derived();
}

Value localized(const site::Fault& fault) {
    return Value::object("LocalizedMethodFault",
                         {{"fault", fault_value(fault)}, {"localizedMessage", Value::text(fault.message)}});
}

}  // namespace vmha::sim
