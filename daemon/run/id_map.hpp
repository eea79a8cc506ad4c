// <state-dir>/ids.json: what each host last called each VM. An entry that has become invalid tells its vmid
// only; this is how its path is known nevertheless. And what a VM that stands on no host needs: memory, port
// groups. A memory, never the source of truth about a host.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/result.hpp"

namespace vmha::run {

struct KnownIds {
    std::string vmid;
    std::string vmx;             // in the host's spelling, "[ds] d/x.vmx"
    std::string datastore_uuid;  // may be empty
    std::string instance_uuid;   // may be empty
    std::optional<int64_t> memory_mb = {};
    std::vector<std::string> networks = {};
    bool operator==(const KnownIds&) const = default;
};

using IdMap = std::map<HostName, std::map<VmName, KnownIds>>;

// Absent: an empty map. Records that make no sense are left out.
Result<IdMap> load_ids(const std::string& state_dir);

// Replaces the records of the hosts in `ids`, keeps the others' (as an engine with fewer hosts may have
// written).
Result<> save_ids(const std::string& state_dir, const IdMap& ids);

}  // namespace vmha::run
