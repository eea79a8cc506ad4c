// How the property tables of the types are written down: one row per property, its name and what makes its
// value.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/soap/world.hpp"

namespace vmha::sim {

struct Property {
    std::string_view name;
    Value (*make)(const World&, const Ref&);
};

using Properties = std::vector<Property>;
using Types = std::map<std::string, Properties>;

// The rows of ManagedEntity, which each kind of entity continues.
Properties entity_properties(Properties own);

inline Value unset(const World&, const Ref&) {
    return {};
}
template <const Ref& object>
Value the(const World&, const Ref&) {
    return Value::ref(object);
}
inline Value green() {
    return Value::leaf("ManagedEntityStatus", "green");
}
Value all_vms(const World& world, const Ref&);
Value all_datastores(const World& world, const Ref&);
Value all_networks(const World& world, const Ref&);
Value recent_tasks(const World& world, const Ref& ref);
Value no_refs(const World&, const Ref&);
Value host_runtime(const World& world, const Ref&);
Value storage_device_info(const World& world, const Ref&);
Value file_system_volume_info(const World& world, const Ref&);
Value network_info(const World& world, const Ref&);
Value autostart_config(const World& world, const Ref&);
Value unresolved_volumes(const World& world);
Value host_mount_info(const World& world);
Value vmfs_volume(const World& world);
Value about(const World& world);
Value user_session(const World& world, const site::Session& session);
std::string datastore_url(const World& world);

// The port group of every VM.
inline constexpr const char* vms_network = "VM Network";
// A host's own needs of memory.
inline constexpr int64_t host_memory_mb = 2048;
int64_t host_memory_bytes(const World& world);
int64_t memory_used_mb(const World& world);

inline constexpr int64_t volume_bytes = 1099243192320;  // a 1 TiB LUN
inline constexpr int64_t volume_free_bytes = 824633720832;
inline constexpr int64_t memory_bytes = 34359738368;
inline constexpr int cpu_mhz = 2400;
inline constexpr int cpu_cores = 8;

const Types& service_types();
const Properties& vm_properties();
const Properties& task_properties();
const Properties& host_properties();
const Properties& datastore_properties();
const Properties& storage_system_properties();

}  // namespace vmha::sim
