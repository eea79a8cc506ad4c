#include "daemon/esx/faults.hpp"

#include <array>

namespace vmha::esx {

namespace {

using core::FaultKind;

struct Known {
    std::string_view name;
    FaultKind kind;
};

constexpr Known known[] = {
    {"FileLocked", FaultKind::lock_held},
    {"AlreadyExists", FaultKind::already_exists},
    {"NotFound", FaultKind::not_found},
    {"FileNotFound", FaultKind::not_found},
    {"ManagedObjectNotFound", FaultKind::object_gone},
    {"InvalidPowerState", FaultKind::invalid_power_state},
    {"InvalidState", FaultKind::invalid_state},
    {"InvalidHostState", FaultKind::invalid_state},
    {"HostInMaintenanceMode", FaultKind::invalid_state},
    {"TaskInProgress", FaultKind::task_in_progress},
    {"VAppTaskInProgress", FaultKind::task_in_progress},
    {"QuestionPending", FaultKind::question_pending},
    {"ToolsUnavailable", FaultKind::tools_unavailable},
    {"RestrictedVersion", FaultKind::restricted_version},
    {"NoPermission", FaultKind::no_permission},
    {"NotEnoughLicenses", FaultKind::not_enough_licenses},
    {"LicenseExpired", FaultKind::not_enough_licenses},
    {"ExpiredFeatureLicense", FaultKind::not_enough_licenses},
    {"ExpiredEditionLicense", FaultKind::not_enough_licenses},
    {"InvalidLicense", FaultKind::not_enough_licenses},
    {"InvalidEditionLicense", FaultKind::not_enough_licenses},
    {"LicenseRestricted", FaultKind::not_enough_licenses},
    {"LicenseKeyEntityMismatch", FaultKind::not_enough_licenses},
    {"LicenseSourceUnavailable", FaultKind::not_enough_licenses},
    {"NoLicenseServerConfigured", FaultKind::not_enough_licenses},
    {"VmLimitLicense", FaultKind::not_enough_licenses},
    {"VramLimitLicense", FaultKind::not_enough_licenses},
    {"NotEnoughCpus", FaultKind::no_capacity},
    {"NotEnoughLogicalCpus", FaultKind::no_capacity},
    {"NumVirtualCpusExceedsLimit", FaultKind::no_capacity},
    {"InvalidResourcePoolStructureFault", FaultKind::no_capacity},
    {"InvalidDatastore", FaultKind::bad_datastore},
    {"InvalidDatastorePath", FaultKind::bad_datastore},
    {"InaccessibleDatastore", FaultKind::bad_datastore},
    {"FileFault", FaultKind::file_fault},
    {"CannotAccessFile", FaultKind::file_fault},
    {"CannotCreateFile", FaultKind::file_fault},
    {"CannotDeleteFile", FaultKind::file_fault},
    {"FileAlreadyExists", FaultKind::file_fault},
    {"FileNameTooLong", FaultKind::file_fault},
    {"FileNotWritable", FaultKind::file_fault},
    {"FileTooLarge", FaultKind::file_fault},
    {"NoDiskSpace", FaultKind::file_fault},
    {"VmConfigFault", FaultKind::vm_config},
    {"GenericVmConfigFault", FaultKind::vm_config},
    {"InvalidFormat", FaultKind::vm_config},
    {"InvalidVmConfig", FaultKind::vm_config},
    {"ConcurrentAccess", FaultKind::answered_already},
    {"NotSupported", FaultKind::not_supported},
    {"NotImplemented", FaultKind::not_supported},
    {"MethodNotFound", FaultKind::not_supported},
    {"InvalidRequest", FaultKind::not_supported},
    {"InvalidType", FaultKind::not_supported},
};

FaultKind kind_of(std::string_view name) {
    for (const auto& entry : known)
        if (entry.name == name) return entry.kind;
    // InsufficientResourcesFault and everything that extends it.
    return name.starts_with("Insufficient") ? FaultKind::no_capacity : FaultKind::other;
}

// A lock held by another host rarely comes as FileLocked: a failed power-on says it inside a
// GenericVmConfigFault or FileFault (vmware/vic#5713, KB 314365, KB 393999). The ids hold in every language,
// the texts are those of en_US.
constexpr std::array<std::string_view, 6> lock_words = {
    "msg.fileio.lock",         "msg.disklib.FILELOCKED", "msg.disklib.LOCKED",
    "Failed to lock the file", "since it is locked",     "Failed to get exclusive lock",
};

bool names_a_lock(std::string_view text) {
    for (const auto word : lock_words)
        if (text.find(word) != std::string_view::npos) return true;
    return false;
}

struct LockSearch : pugi::xml_tree_walker {
    bool found = false;
    bool for_each(pugi::xml_node& node) override {
        found = names_a_lock(node.value());
        return !found;
    }
};

bool tells_of_a_lock(pugi::xml_node detail, std::string_view sentence) {
    LockSearch search;
    if (!names_a_lock(sentence)) detail.traverse(search);
    return search.found || names_a_lock(sentence);
}

// After the evaluation a power-on is refused, and not on every version with a fault of its own: there is a
// general one that says it in words.
bool tells_of_a_licence(std::string_view words) {
    std::string small(words);
    for (auto& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool names_it = small.find("licens") != std::string::npos ||
                          small.find("licenc") != std::string::npos ||
                          small.find("evaluation") != std::string::npos;
    return names_it && small.find("expired") != std::string::npos;
}

// The host's own words: the sentence that it composed, and below it what it says in detail.
std::string words_of(const pugi::xml_node& detail, std::string_view sentence) {
    std::string words(sentence);
    for (const auto& node : detail.children()) {
        if (xml::local_name(node) != "faultMessage") continue;
        const std::string_view line = text_of(node, "message");
        if (line.empty() || words.find(line) != std::string::npos) continue;
        if (!words.empty()) words += "; ";
        words += line;
    }
    if (const auto reason = text_of(detail, "reason"); words.empty() && !reason.empty()) words = reason;
    return words;
}

SoapFault fault_of(const pugi::xml_node& detail, std::string_view sentence) {
    SoapFault result;
    const auto type = xml::type_of(detail);
    std::string_view name = type ? type->local : xml::local_name(detail);
    // Without a type the element's own name tells: <InvalidLoginFault>.
    if (!type && name.ends_with("Fault") && kind_of(name) == FaultKind::other)
        name.remove_suffix(std::string_view("Fault").size());
    result.fault.name = name;
    result.fault.kind = kind_of(name);
    result.fault.message = words_of(detail, sentence);
    if (result.fault.message.empty()) result.fault.message = name;
    if (result.fault.kind == FaultKind::already_exists) result.fault.existing = text_of(detail, "name");
    if (result.is("InvalidProperty")) result.property = text_of(detail, "name");
    const auto kind = result.fault.kind;
    const bool may_hide_lock =
        kind == FaultKind::file_fault || kind == FaultKind::vm_config || kind == FaultKind::other;
    if (may_hide_lock && tells_of_a_lock(detail, sentence)) result.fault.kind = FaultKind::lock_held;
    const bool general =
        result.fault.kind == FaultKind::other || result.fault.kind == FaultKind::invalid_state;
    if (general && tells_of_a_licence(result.fault.message))
        result.fault.kind = FaultKind::not_enough_licenses;
    return result;
}

}  // namespace

SoapFault fault_of_soap(const pugi::xml_node& fault) {
    const std::string_view sentence = text_of(fault, "faultstring");
    for (const auto& node : xml::child(fault, "detail").children())
        if (node.type() == pugi::node_element) return fault_of(node, sentence);
    SoapFault bare;
    bare.fault.name = text_of(fault, "faultcode");
    bare.fault.message = sentence;
    return bare;
}

SoapFault fault_of_localized(const pugi::xml_node& error) {
    return fault_of(xml::child(error, "fault"), text_of(error, "localizedMessage"));
}

}  // namespace vmha::esx
