// The managers that are not part of the inventory: sessions, tasks, events, licences, views, the service
// itself.
#include "tests/simulator/soap/properties.hpp"

namespace vmha::sim {
namespace {

Value current_session(const World& world, const Ref&) {
    return world.session ? user_session(world, *world.session) : Value{};
}

Value session_list(const World& world, const Ref&) {
    std::vector<Value> list;
    for (const auto& [cookie, session] : world.host().sessions)
        if (!world.site.is_expired(world.id, cookie)) list.push_back(user_session(world, session));
    return Value::list("UserSession", list);
}

Value locale(const World&, const Ref&) {
    return Value::text("en");
}
Value no_message(const World&, const Ref&) {
    return Value::text("");
}
Value locales(const World&, const Ref&) {
    return Value::list("xsd:string", {Value::text("en")});
}
Value no_collectors(const World&, const Ref&) {
    return Value::integer(0);
}

Value latest_event(const World& world, const Ref&) {
    return Value::object("Event", {{"key", Value::integer(1)},
                                   {"chainId", Value::integer(1)},
                                   {"createdTime", world.time(world.host().booted)},
                                   {"userName", Value::text("")},
                                   {"fullFormattedMessage", Value::text("The host has been started.")}});
}

struct Edition {
    const char* key;
    const char* name;
};

Edition edition_of(const World& world) {
    switch (world.host().licence) {
        case site::Licence::free: return {"esxBasic", "vSphere 7 Hypervisor"};
        case site::Licence::expired: return {"eval", "Evaluation Mode"};
        case site::Licence::full: break;
    }
    return {"esx.standard.cpuPackage", "vSphere 7 Standard"};
}

Value license_edition(const World& world, const Ref&) {
    return Value::text(edition_of(world).key);
}

Value license_list(const World& world, const Ref&) {
    const Edition edition = edition_of(world);
    Value license =
        Value::object("LicenseManagerLicenseInfo", {{"licenseKey", Value::text("00000-00000-00000-00000")},
                                                    {"editionKey", Value::text(edition.key)},
                                                    {"name", Value::text(edition.name)},
                                                    {"total", Value::integer(0)},
                                                    {"used", Value::integer(1)},
                                                    {"costUnit", Value::text("cpuPackage")}});
    return Value::list("LicenseManagerLicenseInfo", {license});
}

Value license_evaluation(const World& world, const Ref&) {
    const auto row = [](const char* key, Value value) {
        return Value::object("KeyAnyValue",
                             {{"key", Value::text(key)}, {"value", std::move(value).derived()}});
    };
    const bool over = world.host().expired();
    std::vector<Value> rows{
        row("diagnostic", Value::text(over ? "Evaluation period has expired, please install license" : ""))};
    if (over) {
        rows.push_back(row("expirationHours", Value::integer64(world.host().evaluation_days * 24)));
        rows.push_back(row("expirationMinutes", Value::integer64(0)));
    }
    return Value::object("LicenseManagerEvaluationInfo",
                         {{"properties", Value::list("KeyAnyValue", std::move(rows))}});
}

Value license_source(const World&, const Ref&) {
    return Value::object("LocalLicenseSource", {{"licenseKeys", Value::text("")}}).derived();
}

Value yes(const World&, const Ref&) {
    return Value::boolean(true);
}

Value view_contents(const World& world, const Ref& ref) {
    return Value::refs(contents(world, world.views.at(ref.id)));
}
Value view_container(const World& world, const Ref& ref) {
    return Value::ref(world.views.at(ref.id).container);
}
Value view_recursive(const World& world, const Ref& ref) {
    return Value::boolean(world.views.at(ref.id).recursive);
}
Value view_types(const World& world, const Ref& ref) {
    std::vector<Value> types;
    for (const auto& type : world.views.at(ref.id).types) types.push_back(Value::text(type));
    return Value::list("xsd:string", types);
}

Value server_clock(const World& world, const Ref&) {
    return world.time(world.site.now());
}
Value capability(const World&, const Ref&) {
    return Value::object("Capability", {{"provisioningSupported", Value::boolean(true)},
                                        {"multiHostSupported", Value::boolean(false)},
                                        {"userShellAccessSupported", Value::boolean(true)}});
}

Value service_content(const World& world, const Ref&) {
    using namespace well_known;
    return Value::object("ServiceContent", {{"rootFolder", Value::ref(root)},
                                            {"propertyCollector", Value::ref(collector)},
                                            {"viewManager", Value::ref(view_manager)},
                                            {"about", about(world)},
                                            {"setting", Value::ref(options)},
                                            {"sessionManager", Value::ref(sessions)},
                                            {"authorizationManager", Value::ref(permissions)},
                                            {"eventManager", Value::ref(events)},
                                            {"taskManager", Value::ref(tasks)},
                                            {"licenseManager", Value::ref(licenses)},
                                            {"searchIndex", Value::ref(search)},
                                            {"virtualDiskManager", Value::ref(virtual_disks)}});
}

}  // namespace

Value recent_tasks(const World& world, const Ref& ref) {
    std::vector<Ref> tasks;
    if (const auto id = vm_id(ref))
        for (const auto& task : world.vm(*id)->recent_tasks) tasks.push_back({"Task", task});
    if (ref == well_known::tasks)
        for (const auto& task : world.host().recent_tasks) tasks.push_back({"Task", task});
    return Value::refs(tasks);
}

Value no_refs(const World&, const Ref&) {
    return Value::refs({});
}

const Types& service_types() {
    static const Types table{
        {"SessionManager",
         {{"sessionList", session_list},
          {"currentSession", current_session},
          {"message", no_message},
          {"messageLocaleList", locales},
          {"supportedLocaleList", locales},
          {"defaultLocale", locale}}},
        {"TaskManager",
         {{"recentTask", recent_tasks}, {"description", unset}, {"maxCollector", no_collectors}}},
        {"EventManager",
         {{"description", unset}, {"latestEvent", latest_event}, {"maxCollector", no_collectors}}},
        {"LicenseManager",
         {{"source", license_source},
          {"sourceAvailable", yes},
          {"diagnostics", unset},
          {"featureInfo", unset},
          {"licensedEdition", license_edition},
          {"licenses", license_list},
          {"licenseAssignmentManager", unset},
          {"evaluation", license_evaluation}}},
        {"ContainerView",
         {{"view", view_contents},
          {"container", view_container},
          {"type", view_types},
          {"recursive", view_recursive}}},
        {"ViewManager", {{"viewList", no_refs}}},
        {"ServiceInstance",
         {{"serverClock", server_clock}, {"capability", capability}, {"content", service_content}}},
        {"OptionManager", {{"supportedOption", unset}, {"setting", unset}}},
        {"AuthorizationManager", {{"privilegeList", unset}, {"roleList", unset}, {"description", unset}}},
        {"PropertyCollector", {{"filter", no_refs}}},
        {"SearchIndex", {}},
        {"VirtualDiskManager", {}}};
    return table;
}

}  // namespace vmha::sim
