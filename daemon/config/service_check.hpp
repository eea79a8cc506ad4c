// What root, who checks, can read, and the service cannot.
#pragma once
#include "daemon/config/load.hpp"
#include "daemon/config/service_user.hpp"

namespace vmha::config {

// Adds to what `loaded` says about the configuration in `file`. A file of the configuration itself is a
// problem where it is the service's own, /etc/vmhad/vmhad.json, else a warning; a file that it names is a
// warning, but for those in the credentials folder, which systemd hands over. Nothing where there is no
// `account`, or for anybody but root.
void check_for_service(const std::string& file, Loaded& loaded,
                       const std::optional<Account>& account = find_account(service_user));

}  // namespace vmha::config
