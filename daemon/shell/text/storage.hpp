// esxcli storage …: volumes, what they lie on, and the paths to that.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/facts.hpp"

namespace vmha::shell::text {

// "storage filesystem list": what virtual machines can lie on. Volumes of the system itself (boot banks) are
// left out, and so is a volume without a mount point. Extents are not in it.
Result<std::vector<core::Datastore>> read_filesystems(std::string_view text);

struct Extent {
    std::string volume;  // its name
    std::string uuid;    // of the volume
    std::string device;
    bool operator==(const Extent&) const = default;
};

// "storage vmfs extent list"
Result<std::vector<Extent>> read_extents(std::string_view text);

// "storage core path list [-d DEVICE]"
Result<std::vector<core::StoragePath>> read_paths(std::string_view text);

// "storage vmfs snapshot list": the labels of volumes that are seen and not mounted; facts B5.
Result<std::vector<std::string>> read_unresolved(std::string_view text);

}  // namespace vmha::shell::text
