#include "daemon/core/host_words.hpp"

#include <array>
#include <string>

namespace vmha::core {
namespace {

template <class Value>
struct Word {
    std::string_view text;
    Value value;
};

template <class Value, size_t N>
Value look_up(const Word<Value> (&words)[N], std::string_view text) {
    for (const auto& word : words)
        if (word.text == text) return word.value;
    return Value::unknown;
}

constexpr Word<Power> powers[] = {
    {"poweredOff", Power::off},
    {"poweredOn", Power::on},
    {"suspended", Power::suspended},
};

constexpr Word<Connection> connections[] = {
    {"connected", Connection::connected},       {"disconnected", Connection::disconnected},
    {"inaccessible", Connection::inaccessible}, {"invalid", Connection::invalid},
    {"orphaned", Connection::orphaned},
};

constexpr Word<Heartbeat> heartbeats[] = {
    {"gray", Heartbeat::gray},
    {"red", Heartbeat::red},
    {"yellow", Heartbeat::yellow},
    {"green", Heartbeat::green},
};

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

// A lock held by another host rarely comes as FileLocked: a failed power-on says it inside a
// GenericVmConfigFault or FileFault (vmware/vic#5713, KB 314365, KB 393999). The ids hold in every language,
// the texts are those of en_US.
constexpr std::array<std::string_view, 6> lock_words = {
    "msg.fileio.lock",         "msg.disklib.FILELOCKED", "msg.disklib.LOCKED",
    "Failed to lock the file", "since it is locked",     "Failed to get exclusive lock",
};

}  // namespace

Power power_of(std::string_view word) {
    return look_up(powers, word);
}
Connection connection_of(std::string_view word) {
    return look_up(connections, word);
}
Heartbeat heartbeat_of(std::string_view word) {
    return look_up(heartbeats, word);
}

FaultKind fault_kind_of(std::string_view name) {
    for (const auto& entry : known)
        if (entry.name == name) return entry.kind;
    // InsufficientResourcesFault and everything that extends it.
    return name.starts_with("Insufficient") ? FaultKind::no_capacity : FaultKind::other;
}

bool names_a_lock(std::string_view text) {
    for (const auto word : lock_words)
        if (text.find(word) != std::string_view::npos) return true;
    return false;
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

}  // namespace vmha::core
