// What a host reports, as plain values. A transport (esx, shell) fills them; nothing in here is a judgement.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/time.hpp"
#include "daemon/core/vmx_path.hpp"

namespace vmha::core {

enum class Power { unknown, off, on, suspended };
enum class Connection { unknown, connected, disconnected, inaccessible, invalid, orphaned };
enum class Heartbeat { unknown, gray, red, yellow, green };

struct Choice {
    std::string key;    // what AnswerVM wants
    std::string label;  // "button.uuid.movedTheVM" or "I Moved It"
    bool operator==(const Choice&) const = default;
};

struct Question {
    std::string id;
    std::string text;
    std::vector<std::string> message_ids;  // "msg.uuid.altered"; empty where the transport cannot tell
    std::vector<Choice> choices;
    bool operator==(const Question&) const = default;
};

// What the host is doing with a VM now, whoever asked for it: a power-on, a backup's snapshot, a
// consolidation.
struct RunningTask {
    std::string id;    // what CancelTask wants
    std::string what;  // "vim.VirtualMachine.createSnapshot"
    bool cancellable = false;
    bool operator==(const RunningTask&) const = default;
};

// One entry of a host's inventory.
struct VmEntry {
    std::string vmid;             // the moref's value; changes with every registration
    std::optional<VmxPath> path;  // unset while the host cannot tell (invalid, inaccessible)
    std::string name;
    std::string instance_uuid;
    Power power = Power::unknown;
    Connection connection = Connection::unknown;
    Heartbeat heartbeat = Heartbeat::unknown;
    std::optional<bool> tools_running;
    std::optional<Question> question;
    std::optional<Time> booted;  // runtime.bootTime, moved from the host's clock to ours
    std::optional<RunningTask> task;
    std::optional<int64_t> memory_mb;   // what it needs to run
    std::vector<std::string> networks;  // the port groups that it is connected to
    bool operator==(const VmEntry&) const = default;
};

struct Datastore {
    std::string id;
    std::string name;
    std::string uuid;  // VMFS uuid, or the last part of the url; may be empty
    bool accessible = false;
    std::string trouble;  // AllPathsDown_Start, AllPathsDown_Timeout, PermanentDeviceLoss, or empty
    std::vector<std::string> extents;  // device names; empty where it is not VMFS (NFS, local folder)
    bool operator==(const Datastore&) const = default;
};

struct StoragePath {
    std::string adapter;  // vmhba65
    std::string device;   // naa.…
    bool active = false;
    bool operator==(const StoragePath&) const = default;
};

// A running VMX process, whether or not the inventory has an entry for it. Only SSH tells ("esxcli vm process
// list"; the API has nothing like it).
struct VmProcess {
    std::string world_id;
    VmxPath path;
    bool operator==(const VmProcess&) const = default;
};

enum class LockMode { free, exclusive, read_only, multi_writer };

// Who holds a file of a VM. Only SSH tells ("vmkfstools -D"; facts C1, KB 314365).
struct DiskLock {
    LockMode mode = LockMode::free;
    std::vector<std::string> owners;  // MAC addresses of the holders, "00:50:56:01:02:03"
    std::string file;                 // that the lock is on
    bool operator==(const DiskLock&) const = default;
};

struct HostFacts {
    std::string product;  // "VMware ESXi 7.0.3 build-19193900"
    bool in_maintenance = false;
    std::optional<bool> api_writes;      // false with the free licence; unset: not known
    std::optional<bool> privileged;      // the account may do all that vmhad does; unset: not known
    std::optional<int> evaluation_days;  // left; unset: a licence, or not known
    std::optional<int64_t> memory_free_mb;
    std::vector<StoragePath> paths;
    std::optional<std::vector<std::string>> networks;  // its port groups; unset: not known
    std::vector<std::string> autostart;                // vmids that it powers on by itself when it boots
    std::vector<std::string> unresolved_volumes;       // VMFS labels seen as snapshots, and so not mounted
    std::vector<std::string> nics;  // MAC addresses of its physical adapters: they name it as a lock's owner
    bool operator==(const HostFacts&) const = default;
};

// Why a host refused a call: the vSphere faults that we treat differently, everything else is `other`.
enum class FaultKind {
    other,
    lock_held,            // FileLocked, "Failed to lock the file"
    already_exists,       // `existing` holds the vmid
    not_found,            // the file does not exist
    object_gone,          // ManagedObjectNotFound: the vmid is not (or not yet) there
    invalid_power_state,  // it is already so, or the other way round
    invalid_state,        // maintenance mode, configuration not available
    task_in_progress,
    question_pending,
    tools_unavailable,
    restricted_version,  // free licence: reads only
    no_permission,
    not_enough_licenses,
    no_capacity,
    bad_datastore,
    file_fault,
    vm_config,
    answered_already,  // ConcurrentAccess, InvalidArgument of AnswerVM: look again
    not_supported,     // the host does not know the method
};

struct Fault {
    FaultKind kind = FaultKind::other;
    std::string name;      // the vSphere fault, "FileLocked"
    std::string message;   // the host's own words
    std::string existing;  // already_exists: the vmid named by the host
};

}  // namespace vmha::core
