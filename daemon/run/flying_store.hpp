// The writes that nobody has answered yet, one small file per VM in <state-dir>/flying/, stored before each
// is sent (rule 6). One file per VM, since the daemon and a oneshot may each write about another VM: the VM's
// lock makes each file one engine's.
//
// No fsync: rename alone outlives a killed daemon, which is what the file is for. When the node itself
// crashes, the cluster starts the VM elsewhere, and that node never saw this file; and when the crashed node
// is back, after tens of seconds, a new session concludes nothing from absence for settle_s anyway. An fsync
// would wait for the disk on the way of every write, seconds where the disk is busy with mirroring.
//
// Where the state directory cannot be written (full, read-only), the file lies in the runtime directory until
// it can be again: that outlives a killed daemon too. A stop that cannot be carried out would take the node
// down.
//
// A file that cannot be read or understood (a crash may leave an empty one) says one thing for certain: a
// write of this VM was on its way. So it counts as an unanswered register on the local host with
// `unknown_limit` to go: as long as a host may still be carrying out something, nothing negative is concluded
// about that VM.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "daemon/core/state.hpp"

namespace vmha::run {

class FlyingStore {
public:
    static constexpr core::Duration unknown_limit = core::seconds(60);

    // boot_id: of this boot, see boot_id(). local: the host to assume where a file does not tell. folder: the
    // answers to questions, which may fly beside another write of the same VM, have one of their own.
    FlyingStore(const std::string& state_dir, const std::string& runtime_dir, std::string boot_id,
                HostName local, const std::string& folder = "flying");

    // Before the write is sent. An error means that it must not be sent.
    Result<> put(const core::Flying& flying);
    // Of the last put: what is wrong with the state directory, where the runtime directory took its place.
    const Result<>& state_directory() const { return state_directory_; }
    // After the answer.
    Result<> drop(const VmName& vm);

    struct Restored {
        std::optional<core::Flying> flying;
        std::string warning;  // empty: all is well
    };
    // What is stored about a VM; to be asked when its lock was just taken, as a oneshot may have died holding
    // it. A write of an earlier boot gets its time over again: from the beginning of this boot, where the
    // clock shows that it was sent before; else from now (in some containers the clock goes on over a boot).
    Restored load(const VmName& vm, core::Time now) const;

    struct AllRestored {
        std::vector<core::Flying> flying;
        std::vector<std::string> warnings;
    };
    AllRestored load_all(const std::set<VmName>& vms, core::Time now) const;

private:
    Result<> put_into(const std::string& directory, const core::Flying& flying);
    Restored load_from(const std::string& directory, const VmName& vm, core::Time now) const;
    core::Flying unknown(const VmName& vm, core::Time now) const;

    std::string directory_, spare_;
    Result<> state_directory_;
    std::string boot_id_;
    HostName local_;
};

// /proc/sys/kernel/random/boot_id; empty where it cannot be read, which fits no stored one.
std::string boot_id();

}  // namespace vmha::run
