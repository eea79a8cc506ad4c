#include "daemon/esx/requests.hpp"

namespace vmha::esx {

namespace {

const Moref service_instance{"ServiceInstance", "ServiceInstance"};

Moref vm(std::string_view vmid) {
    return {"VirtualMachine", std::string(vmid)};
}

// A page of the first full view: bounds the memory for the text and the tree of one reply.
constexpr long page_objects = 250;

void object(Request& request, const Moref& moref) {
    request.open("objectSet").ref("obj", moref).flag("skip", false).close();
}

void members_of(Request& request, const Moref& view) {
    request.open("objectSet").ref("obj", view).flag("skip", true);
    request.open("selectSet", "TraversalSpec").text("name", "view").text("type", "ContainerView");
    request.text("path", "view").flag("skip", false).close().close();
}

void property(Request& request, std::string_view type, std::initializer_list<std::string_view> paths) {
    request.open("propSet").text("type", type).flag("all", false);
    for (const auto path : paths) request.text("pathSet", path);
    request.close();
}

// Not `info` as a whole: its progress changes all the time.
void properties_of_tasks(Request& request) {
    property(request, "Task",
             {"info.state", "info.entity", "info.descriptionId", "info.name", "info.cancelable"});
}

void recent_tasks(Request& request, const ServiceContent& content) {
    request.open("objectSet").ref("obj", content.task_manager).flag("skip", true);
    request.open("selectSet", "TraversalSpec").text("name", "tasks").text("type", "TaskManager");
    request.text("path", "recentTask").flag("skip", false).close().close();
}

// RetrieveOptions must be there, even empty.
void no_options(Request& request) {
    request.open("options").close();
}

}  // namespace

ServiceContent content_of(const Reply& reply) {
    const auto returned = reply.returned();
    const auto about = xml::child(returned, "about");
    const auto manager = [&returned](std::string_view name) { return moref_of(xml::child(returned, name)); };
    return {manager("rootFolder"),
            manager("propertyCollector"),
            manager("viewManager"),
            manager("sessionManager"),
            manager("licenseManager"),
            manager("authorizationManager"),
            manager("taskManager"),
            std::string(text_of(about, "fullName")),
            std::string(text_of(about, "apiType"))};
}

Places places_of(const Retrieved& retrieved) {
    Places places;
    for (const auto& news : retrieved.objects) {
        if (news.object.type == "HostSystem") places.host = news.object;
        for (const auto& change : news.changes) {
            if (change.path == "vmFolder") places.vm_folder = moref_of(change.value);
            if (change.path == "resourcePool") places.pool = moref_of(change.value);
            if (change.path == "configManager.storageSystem") places.storage_system = moref_of(change.value);
        }
    }
    return places;
}

std::string session_key_of(const Retrieved& retrieved) {
    for (const auto& news : retrieved.objects)
        for (const auto& change : news.changes)
            if (change.path == "currentSession") return std::string(text_of(change.value, "key"));
    return {};
}

bool shows_session(const Retrieved& retrieved) {
    return !session_key_of(retrieved).empty();
}

namespace request {

Request service_content() {
    return Request("RetrieveServiceContent", service_instance);
}

Request login(const ServiceContent& content, std::string_view user, std::string_view password) {
    Request request("Login", content.session_manager);
    // en_US keeps the texts of faults and questions the same on every host.
    request.text("userName", user).text("password", password).text("locale", "en_US");
    return request;
}

Request logout(const ServiceContent& content) {
    return Request("Logout", content.session_manager);
}

Request current_time() {
    return Request("CurrentTime", service_instance);
}

Request current_session(const ServiceContent& content) {
    return read_one(content, content.session_manager, "currentSession");
}

Request create_view(const ServiceContent& content) {
    Request request("CreateContainerView", content.view_manager);
    request.ref("container", content.root_folder);
    for (const auto* type :
         {"VirtualMachine", "Datastore", "HostSystem", "Network", "Datacenter", "ComputeResource"})
        request.text("type", type);
    request.flag("recursive", true);
    return request;
}

Request destroy_view(const Moref& view) {
    return Request("DestroyView", view);
}

Request places(const ServiceContent& content, const Moref& view) {
    Request request("RetrievePropertiesEx", content.property_collector);
    request.open("specSet");
    property(request, "Datacenter", {"vmFolder"});
    property(request, "ComputeResource", {"resourcePool"});
    property(request, "HostSystem", {"configManager.storageSystem"});
    members_of(request, view);
    request.close();
    no_options(request);
    return request;
}

Request create_collector(const ServiceContent& content) {
    return Request("CreatePropertyCollector", content.property_collector);
}

Request destroy_collector(const Moref& collector) {
    return Request("DestroyPropertyCollector", collector);
}

Request create_filter(const Moref& collector, const Moref& view, const PropertyPlan& plan) {
    Request request("CreateFilter", collector);
    request.open("spec");
    plan.write(request);
    members_of(request, view);
    request.close();
    // Whole values, so that a change can be merged without knowing the rest of the property.
    request.flag("partialUpdates", false);
    return request;
}

Request create_task_filter(const ServiceContent& content, const Moref& collector) {
    Request request("CreateFilter", collector);
    request.open("spec");
    properties_of_tasks(request);
    recent_tasks(request, content);
    request.close();
    request.flag("partialUpdates", false);
    return request;
}

Request wait_for_updates(const Moref& collector, std::string_view version, long max_wait_s) {
    Request request("WaitForUpdatesEx", collector);
    request.text("version", version);
    request.open("options").number("maxWaitSeconds", max_wait_s).number("maxObjectUpdates", page_objects);
    request.close();
    return request;
}

Request read_all(const ServiceContent& content, const Moref& view, const PropertyPlan& plan) {
    Request request("RetrievePropertiesEx", content.property_collector);
    request.open("specSet");
    plan.write(request);
    property(request, "SessionManager", {"currentSession"});
    members_of(request, view);
    object(request, content.session_manager);
    request.close();
    no_options(request);
    return request;
}

Request read_vm(const ServiceContent& content, std::string_view vmid, const PropertyPlan& plan) {
    Request request("RetrievePropertiesEx", content.property_collector);
    request.open("specSet");
    plan.write(request, "VirtualMachine");
    property(request, "SessionManager", {"currentSession"});
    object(request, vm(vmid));
    object(request, content.session_manager);
    request.close();
    no_options(request);
    return request;
}

Request read_more(const ServiceContent& content, std::string_view token) {
    Request request("ContinueRetrievePropertiesEx", content.property_collector);
    request.text("token", token);
    return request;
}

Request read_tasks(const ServiceContent& content) {
    Request request("RetrievePropertiesEx", content.property_collector);
    request.open("specSet");
    properties_of_tasks(request);
    property(request, "SessionManager", {"currentSession"});
    recent_tasks(request, content);
    object(request, content.session_manager);
    request.close();
    no_options(request);
    return request;
}

Request read_licence(const ServiceContent& content) {
    Request request("RetrievePropertiesEx", content.property_collector);
    request.open("specSet");
    property(request, "LicenseManager", {"licenses", "evaluation"});
    object(request, content.license_manager);
    request.close();
    no_options(request);
    return request;
}

Request has_privileges(const ServiceContent& content, const Places& places, std::string_view session_key) {
    Request request("HasPrivilegeOnEntities", content.authorization_manager);
    for (const auto& place : {content.root_folder, places.vm_folder, places.pool, places.host})
        request.ref("entity", place);
    request.text("sessionId", session_key);
    for (const auto privilege : needed_privileges()) request.text("privId", privilege);
    return request;
}

Request query_unresolved(const Places& places) {
    return Request("QueryUnresolvedVmfsVolume", places.storage_system);
}

Request read_one(const ServiceContent& content, const Moref& of, std::string_view path) {
    Request request("RetrievePropertiesEx", content.property_collector);
    request.open("specSet");
    property(request, of.type, {path});
    object(request, of);
    request.close();
    no_options(request);
    return request;
}

Request register_vm(const Places& places, std::string_view datastore_path) {
    Request request("RegisterVM_Task", places.vm_folder);
    request.text("path", datastore_path).flag("asTemplate", false);
    request.ref("pool", places.pool).ref("host", places.host);
    return request;
}

Request unregister_vm(std::string_view vmid) {
    return Request("UnregisterVM", vm(vmid));
}

Request power_on(std::string_view vmid) {
    return Request("PowerOnVM_Task", vm(vmid));
}

Request power_off(std::string_view vmid) {
    return Request("PowerOffVM_Task", vm(vmid));
}

Request shutdown_guest(std::string_view vmid) {
    return Request("ShutdownGuest", vm(vmid));
}

Request answer(std::string_view vmid, std::string_view question_id, std::string_view choice_key) {
    Request request("AnswerVM", vm(vmid));
    request.text("questionId", question_id).text("answerChoice", choice_key);
    return request;
}

Request cancel_task(std::string_view task) {
    return Request("CancelTask", Moref{"Task", std::string(task)});
}

Request rescan_adapter(const Places& places, std::string_view adapter) {
    Request request("RescanHba", places.storage_system);
    request.text("hbaDevice", adapter);
    return request;
}

Request rescan_all_adapters(const Places& places) {
    return Request("RescanAllHba", places.storage_system);
}

Request rescan_vmfs(const Places& places) {
    return Request("RescanVmfs", places.storage_system);
}

Request search_datastore(const Moref& browser, std::string_view folder, std::string_view file) {
    Request request("SearchDatastore_Task", browser);
    request.text("datastorePath", folder);
    request.open("searchSpec").text("matchPattern", file).close();
    return request;
}

}  // namespace request

}  // namespace vmha::esx
