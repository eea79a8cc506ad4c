// Everything the core may ask for.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/log_line.hpp"
#include "common/reasons.hpp"
#include "daemon/core/events.hpp"
#include "daemon/core/judgement.hpp"

namespace vmha::core {

// A direct read, begun now: of one entry, or (vmid empty) of the whole inventory.
struct Look {
    LookId id = 0;
    VmName vm;
    HostName host;
    std::string vmid;
};

// Is the .vmx file there, as this host sees it?
struct CheckVmx {
    VmName vm;
    HostName host;
    VmxPath path;
};

// Which VMX processes run on the host? Answered by a ProcessesTold. Sent only while its SSH session is up.
struct AskProcesses {
    VmName vm;
    HostName host;
};

// Who holds the files of this VM, as this host sees it? Answered by a LockTold. Only while SSH is up.
struct AskLock {
    VmName vm;
    HostName host;
    VmxPath path;
};

struct TakeLock {
    VmName vm;
};
struct DropLock {
    VmName vm;
};

// The active mark in the runtime directory.
struct SetMark {
    VmName vm;
    bool active = false;
};

enum class Topic { transition, health, link, note };

// What a note is about, where programs and the journal's readers want to find it again.
enum class About { other, not_ready, ready_again, left_over, paused, goes_on };

// The whole of what is to be kept about this VM, since it has changed.
struct Remember {
    VmName vm;
    Judgement judgement;
};

// Something worth a line: the log, the event stream, the progress of an operation and the tests' oracle.
struct Say {
    Topic topic = Topic::note;
    About about = About::other;  // note
    Level level = Level::info;
    VmName vm;      // may be empty
    HostName host;  // may be empty
    std::optional<Kind> operation;
    std::string from, to;  // transition: stages; link: states; health: verdicts
    std::optional<Reason> reason;
    std::string detail;
    int exit_code = 0;    // health
    std::string message;  // the whole line for people
};

enum class Ending { ok, failed, timeout };

// The last word to one caller of an operation.
struct Answer {
    CallerId caller = 0;
    Ending ending = Ending::ok;
    Reason reason = Reason::running;
    std::string detail;
    int64_t elapsed_ms = 0;
};

using Action = std::variant<Write, Look, CheckVmx, AskProcesses, AskLock, TakeLock, DropLock, SetMark,
                            Remember, Say, Answer>;

}  // namespace vmha::core
