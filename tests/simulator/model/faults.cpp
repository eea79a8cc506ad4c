#include "tests/simulator/model/faults.hpp"

namespace vmha::site::faults {
namespace {

std::string in_words(Power power) {
    switch (power) {
        case Power::powered_off: return "Powered off";
        case Power::powered_on: return "Powered on";
        case Power::suspended: return "Suspended";
    }
    return {};
}

}  // namespace

Fault invalid_power_state(Power requested, Power existing) {
    return {"InvalidPowerState",
            "The attempted operation cannot be performed in the current state (" + in_words(existing) + ").",
            {{"requestedState", to_word(requested), "VirtualMachinePowerState"},
             {"existingState", to_word(existing), "VirtualMachinePowerState"}}};
}

Fault invalid_state(const std::string& message) {
    return {"InvalidState", message};
}

Fault question_pending(const std::string& text) {
    return {
        "QuestionPending", "The virtual machine is waiting for a question to be answered.", {{"text", text}}};
}

Fault task_in_progress(const std::string& task) {
    return {"TaskInProgress",
            "The operation cannot be allowed at the current time because the virtual machine has a task in "
            "progress.",
            {{"task", task, "Task", true}}};
}

Fault already_exists(int vm) {
    const std::string id = std::to_string(vm);
    return {"AlreadyExists",
            "The specified key, name, or identifier '" + id + "' already exists.",
            {{"name", id}}};
}

Fault not_found() {
    return {"NotFound", "The object or item referred to could not be found."};
}

Fault file_not_found(const std::string& file) {
    return {"FileNotFound", "File " + file + " was not found", {{"file", file}}};
}

Fault file_locked(const std::string& name, const std::string& file) {
    const std::string text = "Failed to lock the file";
    if (name == "GenericVmConfigFault")
        return {name, text, {{"reason", text + ": Cannot open the disk '" + file + "'"}}, "msg.fileio.lock"};
    return {"FileLocked", text, {{"file", file}}, "msg.fileio.lock"};
}

Fault invalid_datastore_path(const std::string& path) {
    return {"InvalidDatastorePath", "Invalid datastore path '" + path + "'.", {{"datastorePath", path}}};
}

Fault invalid_datastore(const std::string& name) {
    return {"InvalidDatastore", "Invalid datastore '" + name + "'.", {{"name", name}}};
}

Fault invalid_argument(const std::string& property) {
    return {"InvalidArgument",
            "A specified parameter was not correct: " + property,
            {{"invalidProperty", property}}};
}

Fault invalid_login() {
    return {"InvalidLogin", "Cannot complete login due to an incorrect user name or password."};
}

Fault invalid_property(const std::string& path) {
    return {"InvalidProperty", "Property " + path + " is invalid.", {{"name", path}}};
}

Fault invalid_collector_version() {
    return {"InvalidCollectorVersion", "The version given is not of this collector."};
}

Fault not_authenticated(const std::string& type, const std::string& object) {
    return {"NotAuthenticated",
            "The session is not authenticated.",
            {{"object", object, type, true}, {"privilegeId", "System.View"}}};
}

Fault no_such_object(const std::string& type, const std::string& object) {
    return {"ManagedObjectNotFound",
            "The object '" + type + ":" + object +
                "' has already been deleted or has not been completely created",
            {{"obj", object, type, true}}};
}

Fault not_supported(const std::string& name, const std::string& message) {
    return {name, message};
}

Fault tools_unavailable() {
    return {"ToolsUnavailable",
            "Cannot complete operation because VMware Tools is not running in this virtual machine."};
}

Fault request_canceled() {
    return {"RequestCanceled", "The task was canceled by a user."};
}

Fault restricted_version() {
    return {"RestrictedVersion",
            "Current license or ESXi version prohibits execution of the requested operation."};
}

Fault not_enough_licenses() {
    return {"NotEnoughLicenses", "There are not enough licenses installed to perform the operation."};
}

Fault no_capacity() {
    return {"InsufficientMemoryResourcesFault",
            "The available memory resources in the parent resource pool are insufficient for the operation."};
}

Fault system_error(const std::string& message) {
    return {"SystemError", message};
}

Fault generic_vm_config(const std::string& message) {
    return {"GenericVmConfigFault", message, {{"reason", message}}};
}

}  // namespace vmha::site::faults
