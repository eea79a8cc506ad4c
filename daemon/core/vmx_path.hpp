// The path of a .vmx file in all its spellings: "[ds] d/x.vmx", "/vmfs/volumes/ds/d/x.vmx" and
// "/vmfs/volumes/<uuid>/d/x.vmx". A VM is known by this path, never by its display name.
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace vmha::core {

struct VmxPath {
    std::string volume;  // the datastore's name or its uuid, as it was written
    std::string file;    // relative to the datastore, without doubled or leading slashes

    auto operator<=>(const VmxPath&) const = default;
};

// nullopt: relative, without a datastore, without a file, or with "." or ".." in it.
std::optional<VmxPath> parse_vmx_path(std::string_view text);

// "[ds] d/x.vmx": what the API wants.
std::string datastore_path(const VmxPath& path);

// "/vmfs/volumes/ds/d/x.vmx": what people and vim-cmd read.
std::string file_path(const VmxPath& path);

}  // namespace vmha::core
