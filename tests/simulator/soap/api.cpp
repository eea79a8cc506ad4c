// The table of methods, and how a call gets to its own.
#include "tests/simulator/soap/api.hpp"

#include "tests/simulator/model/faults.hpp"

namespace vmha::sim {
namespace {

bool is_wait(const std::string& method) {
    return method == "WaitForUpdatesEx" || method == "WaitForUpdates";
}

bool is_read(const std::string& method) {
    return method == "RetrievePropertiesEx" || method == "RetrieveProperties" ||
           method == "ContinueRetrievePropertiesEx";
}

}  // namespace

const std::map<std::string, Api::Method, std::less<>>& Api::methods() {
    constexpr auto open = Method::Kind::open;
    constexpr auto write = Method::Kind::write;
    static const std::map<std::string, Method, std::less<>> table{
        {"RetrieveServiceContent", {"ServiceInstance", &Api::retrieve_service_content, open}},
        {"CurrentTime", {"ServiceInstance", &Api::current_time}},
        {"Login", {"SessionManager", &Api::login, open}},
        {"Logout", {"SessionManager", &Api::logout}},
        {"SessionIsActive", {"SessionManager", &Api::session_is_active}},
        {"CreateContainerView", {"ViewManager", &Api::create_container_view}},
        {"DestroyView", {"ContainerView", &Api::destroy_view}},
        {"CreatePropertyCollector", {"PropertyCollector", &Api::create_collector}},
        {"DestroyPropertyCollector", {"PropertyCollector", &Api::destroy_collector}},
        {"CreateFilter", {"PropertyCollector", &Api::create_filter}},
        {"DestroyPropertyFilter", {"PropertyFilter", &Api::destroy_filter}},
        {"RetrieveProperties", {"PropertyCollector", &Api::retrieve}},
        {"RetrievePropertiesEx", {"PropertyCollector", &Api::retrieve_ex}},
        {"ContinueRetrievePropertiesEx", {"PropertyCollector", &Api::continue_retrieve}},
        {"CancelRetrievePropertiesEx", {"PropertyCollector", &Api::cancel_retrieve}},
        {"CheckForUpdates", {"PropertyCollector", &Api::check_for_updates}},
        {"CancelWaitForUpdates", {"PropertyCollector", &Api::cancel_wait}},
        {"PowerOnVM_Task", {"VirtualMachine", &Api::power_on, write}},
        {"PowerOffVM_Task", {"VirtualMachine", &Api::power_off, write}},
        {"ResetVM_Task", {"VirtualMachine", &Api::reset, write}},
        {"SuspendVM_Task", {"VirtualMachine", &Api::suspend, write}},
        {"ShutdownGuest", {"VirtualMachine", &Api::shutdown_guest, write}},
        {"RebootGuest", {"VirtualMachine", &Api::reboot_guest, write}},
        {"AnswerVM", {"VirtualMachine", &Api::answer_vm, write}},
        {"UnregisterVM", {"VirtualMachine", &Api::unregister_vm, write}},
        {"RegisterVM_Task", {"Folder", &Api::register_vm, write}},
        {"CancelTask", {"Task", &Api::cancel_task, write}},
        {"HasPrivilegeOnEntity", {"AuthorizationManager", &Api::has_privilege}},
        {"HasPrivilegeOnEntities", {"AuthorizationManager", &Api::has_privileges}},
        {"FindByUuid", {"SearchIndex", &Api::find_by_uuid}},
        {"FindByDatastorePath", {"SearchIndex", &Api::find_by_path}},
        {"FindByInventoryPath", {"SearchIndex", &Api::find_by_inventory_path}},
        {"FindChild", {"SearchIndex", &Api::find_child}},
        {"RescanHba", {"HostStorageSystem", &Api::rescan, write}},
        {"RescanAllHba", {"HostStorageSystem", &Api::rescan, write}},
        {"RescanVmfs", {"HostStorageSystem", &Api::rescan, write}},
        {"RefreshStorageSystem", {"HostStorageSystem", &Api::nothing}},
        {"QueryUnresolvedVmfsVolume", {"HostStorageSystem", &Api::query_unresolved}},
        {"QueryUnresolvedVmfsVolumes", {"HostDatastoreSystem", &Api::query_unresolved}},
        {"RefreshDatastore", {"Datastore", &Api::nothing}},
        {"RefreshDatastoreStorageInfo", {"Datastore", &Api::nothing}},
        {"QueryVirtualDiskUuid", {"VirtualDiskManager", &Api::virtual_disk_uuid}},
        {"SearchDatastore_Task", {"HostDatastoreBrowser", &Api::search_datastore}},
        {"SearchDatastoreSubFolders_Task", {"HostDatastoreBrowser", &Api::search_subfolders}},
        {"EnterMaintenanceMode_Task", {"HostSystem", &Api::enter_maintenance, write}},
        {"ExitMaintenanceMode_Task", {"HostSystem", &Api::exit_maintenance, write}},
    };
    return table;
}

Api::Api(site::Site& site, site::HostId host, std::chrono::system_clock::time_point began)
    : site_(site), host_(host), began_(began) {}

World Api::world(const site::Session* session, const Belongings* belongings) const {
    static const std::map<std::string, View> no_views;
    return World{site_, host_, began_, belongings ? belongings->views : no_views, session, numbers_.data};
}

std::string Api::new_name(const Call& call) {
    return "session[" + call.session->key + "]" +
           site::uuid_from(call.session->key + std::to_string(++numbers_.name));
}

Collector* Api::collector(Belongings* belongings, const std::string& id) {
    if (!belongings) return nullptr;
    const auto found = belongings->collectors.find(id);
    if (found != belongings->collectors.end()) return found->second.get();
    if (id != well_known::collector.id) return nullptr;
    // Every session has one of its own under the well-known name.
    return belongings->collectors.emplace(id, std::make_unique<Collector>(id, numbers_)).first->second.get();
}

bool Api::is_target(const Call& call, const char* type) const {
    const Ref& target = call.request.target;
    if (target.type != type) return false;
    if (target.type == "PropertyCollector")
        return !call.belongings || target == well_known::collector ||
               call.belongings->collectors.contains(target.id);
    if (target.type == "PropertyFilter") {
        for (const auto& [id, one] : call.belongings->collectors)
            if (one->has_filter(target.id)) return true;
        return false;
    }
    return exists(world(call), target);
}

Api::Ticket Api::call(const Request& request, const Caller& caller, OnReply on_reply) {
    site::Session* session = site_.use_session(host_, caller.cookie);
    Belongings* belongings = session ? &belongings_[caller.cookie] : nullptr;
    const Call call{request, caller, session, belongings};
    if (is_wait(request.method) && request.target.type == "PropertyCollector") {
        const bool answers = session || (site_.is_expired(host_, caller.cookie) &&
                                         site_.host(host_).expired_shape != site::ExpiredShape::fault);
        if (answers) return wait_for_updates(call, std::move(on_reply));
    }
    if (!session) {
        if (auto reply = without_session(request, caller)) {
            on_reply(std::move(*reply));
            return 0;
        }
    }
    on_reply(run(call));
    return 0;
}

Reply Api::run(const Call& call) {
    const auto found = methods().find(call.request.method);
    if (found == methods().end()) {
        const std::string text =
            "Unable to resolve WSDL method name " + call.request.method + " for " + call.request.target.type;
        return fault_answer(site::faults::not_supported("InvalidRequest", text));
    }
    if (!is_target(call, found->second.target))
        return fault_answer(site::faults::no_such_object(call.request.target.type, call.request.target.id));
    // The free licence: reads only, and that is said before anything is begun (pyvmomi#625).
    if (found->second.kind == Method::Kind::write && site_.host(host_).licence == site::Licence::free)
        return fault_answer(site::faults::restricted_version());
    const Outcome outcome = (this->*found->second.run)(call);
    if (const auto* fault = std::get_if<site::Fault>(&outcome)) return fault_answer(*fault);
    Reply reply = answer(call.request.method, std::get<std::string>(outcome));
    reply.set_cookie = std::exchange(new_cookie_, {});
    return reply;
}

// nullopt: the method may be called without a session.
std::optional<Reply> Api::without_session(const Request& request, const Caller& caller) {
    const auto found = methods().find(request.method);
    if (found != methods().end() && found->second.kind == Method::Kind::open) return std::nullopt;
    if (is_read(request.method) && request.target == well_known::collector) {
        const Outcome outcome = unauthenticated_read(request, caller);
        if (const auto* fault = std::get_if<site::Fault>(&outcome)) return fault_answer(*fault);
        return answer(request.method, std::get<std::string>(outcome));
    }
    return fault_answer(site::faults::not_authenticated(request.target.type, request.target.id));
}

void Api::publish() {
    if (noted_.empty()) return;
    const std::vector<site::Change> changes = std::exchange(noted_, {});
    const Version version = ++numbers_.data;
    for (auto& [cookie, belongings] : belongings_) {
        const World here = world(nullptr, &belongings);
        std::set<Ref> objects;
        for (const auto& change : changes)
            for (auto& ref : shown_by(here, change)) objects.insert(std::move(ref));
        for (auto& [id, one] : belongings.collectors) one->look_again(here, objects, version);
    }
    answer_waits([this](const Wait& wait) { return wait_result(wait, false); });
    std::erase_if(belongings_,
                  [this](const auto& one) { return !site_.host(host_).sessions.contains(one.first); });
}

void Api::forget_everything() {
    waits_.clear();
    belongings_.clear();
    noted_.clear();
}

}  // namespace vmha::sim
