// The .vmx path as the scripts write it, taken apart to compare spellings.
#pragma once
#include <compare>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace vmha::migration {

struct VmxPath {
    std::string volume;  // the datastore's name or its uuid
    std::string file;    // below the datastore, without doubled slashes

    auto operator<=>(const VmxPath&) const = default;

    bool by_uuid() const;
    std::string folder()
        const;  // the directory that holds the file, its last part; empty: the datastore itself
};

// "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx" or "[EC_iSCSI] vm1/vm1.vmx". The error says what is wrong with it.
Result<VmxPath> parse_vmx_path(std::string_view text);

}  // namespace vmha::migration
