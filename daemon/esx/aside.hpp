// What a host's change feed does not tell and is asked for now and then: its licence, the account's rights,
// and the volumes that it sees and does not mount. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/esx/properties.hpp"
#include "daemon/esx/soap_text.hpp"

namespace vmha::esx {

// Owned by the host, copied to the watch; what was not learned is unset.
struct Aside {
    std::optional<bool> api_writes;
    std::optional<bool> privileged;
    std::optional<int> evaluation_days;
    std::vector<std::string> unresolved_volumes;
    bool operator==(const Aside&) const = default;
};

struct Licence {
    std::optional<bool> writes;          // by the API
    std::optional<int> evaluation_days;  // begun ones; 0: it is over
    bool operator==(const Licence&) const = default;
};

// LicenseManager's licenses and evaluation.
Licence licence_of(const Retrieved& retrieved);

// All that this program does on a host; the right to browse datastores is good to have, but not needed.
const std::vector<std::string_view>& needed_privileges();

// HasPrivilegeOnEntities: every needed one is held on one of the entities at least. Unset: no such answer.
std::optional<bool> privileged_of(const Reply& reply);

// QueryUnresolvedVmfsVolume: the labels.
std::vector<std::string> unresolved_of(const Reply& reply);

}  // namespace vmha::esx
