// The faults the site gives, with the texts real hosts use.
#pragma once
#include <string>

#include "tests/simulator/model/types.hpp"

namespace vmha::site::faults {

Fault invalid_power_state(Power requested, Power existing);
Fault invalid_state(const std::string& message);
Fault question_pending(const std::string& text);
Fault task_in_progress(const std::string& task);
Fault already_exists(int vm);
Fault not_found();
Fault file_not_found(const std::string& file);
Fault file_locked(const std::string& name, const std::string& file);  // FileLocked or GenericVmConfigFault
Fault invalid_datastore_path(const std::string& path);
Fault invalid_datastore(const std::string& name);
Fault invalid_argument(const std::string& property);
Fault invalid_login();
Fault invalid_property(const std::string& path);
Fault invalid_collector_version();
Fault not_authenticated(const std::string& type, const std::string& object);
Fault no_such_object(const std::string& type, const std::string& object);
Fault not_supported(const std::string& name, const std::string& message);
Fault tools_unavailable();
Fault request_canceled();
Fault restricted_version();
Fault not_enough_licenses();
Fault no_capacity();
Fault system_error(const std::string& message);
Fault generic_vm_config(const std::string& message);

}  // namespace vmha::site::faults
