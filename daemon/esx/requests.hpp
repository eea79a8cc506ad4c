// The calls that this program makes, each as a Request in the schema's order. Pure.
#pragma once
#include <string>
#include <string_view>

#include "daemon/core/facts.hpp"
#include "daemon/esx/inventory.hpp"
#include "daemon/esx/soap_text.hpp"

namespace vmha::esx {

// What the ServiceInstance names: the way to everything else.
struct ServiceContent {
    Moref root_folder;
    Moref property_collector;
    Moref view_manager;
    Moref session_manager;
    Moref license_manager;  // empty, as the next two: it does not say
    Moref authorization_manager;
    Moref task_manager;
    std::string product;   // "VMware ESXi 7.0.3 build-19193900"
    std::string api_type;  // HostAgent: an ESXi; VirtualCenter: not our business
};
ServiceContent content_of(const Reply& reply);

// Where VMs are registered, and who rescans.
struct Places {
    Moref vm_folder;
    Moref pool;
    Moref host;
    Moref storage_system;
    bool complete() const { return !vm_folder.empty() && !pool.empty() && !host.empty(); }
};
Places places_of(const Retrieved& retrieved);

namespace request {

Request service_content();
Request login(const ServiceContent& content, std::string_view user, std::string_view password);
Request logout(const ServiceContent& content);
Request current_time();

// The sign of life of a session: SessionIsActive is a fault on ESXi (libvirt, esx_vi.c).
Request current_session(const ServiceContent& content);

// One view of all that we ask about, for the watch, for whole reads and for the places.
Request create_view(const ServiceContent& content);
Request destroy_view(const Moref& view);
Request places(const ServiceContent& content, const Moref& view);

Request create_collector(const ServiceContent& content);
Request destroy_collector(const Moref& collector);
Request create_filter(const Moref& collector, const Moref& view, const PropertyPlan& plan);
// The tasks that run on the host, or ended lately. A filter of its own: without it the rest is still watched.
Request create_task_filter(const ServiceContent& content, const Moref& collector);
Request wait_for_updates(const Moref& collector, std::string_view version, long max_wait_s);

// Direct reads; the session's own sign of life stands in the same reply.
Request read_all(const ServiceContent& content, const Moref& view, const PropertyPlan& plan);
Request read_vm(const ServiceContent& content, std::string_view vmid, const PropertyPlan& plan);
Request read_more(const ServiceContent& content, std::string_view token);
// With the session's sign of life, as a read of nothing would end all tasks.
Request read_tasks(const ServiceContent& content);
Request read_licence(const ServiceContent& content);
// On each of the places, as a role may be granted on any of them. session_key: UserSession's.
Request has_privileges(const ServiceContent& content, const Places& places, std::string_view session_key);
Request query_unresolved(const Places& places);
Request read_one(const ServiceContent& content, const Moref& object, std::string_view path);

Request register_vm(const Places& places, std::string_view datastore_path);
Request unregister_vm(std::string_view vmid);
Request power_on(std::string_view vmid);
Request power_off(std::string_view vmid);
Request shutdown_guest(std::string_view vmid);
Request answer(std::string_view vmid, std::string_view question_id, std::string_view choice_key);
Request cancel_task(std::string_view task);
Request rescan_adapter(const Places& places, std::string_view adapter);
Request rescan_all_adapters(const Places& places);
Request rescan_vmfs(const Places& places);
Request search_datastore(const Moref& browser, std::string_view folder, std::string_view file);

}  // namespace request

// Of a reply to current_session, read_vm or read_all: the session's key; empty: there is no session.
std::string session_key_of(const Retrieved& retrieved);

// The reply to current_session, read_vm or read_all says that the session lives.
bool shows_session(const Retrieved& retrieved);

}  // namespace vmha::esx
