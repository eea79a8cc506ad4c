// The runtime directory, /run/vmhad: active marks and the locks among engines on this node. It must outlive
// the daemon and end with the node: a tmpfs, made by tmpfiles.d.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "common/ids.hpp"
#include "common/result.hpp"
#include "daemon/run/files.hpp"

namespace vmha::run {

// The right to write about one VM. Held until destroyed, or until the process ends in whatever way.
class VmLock {
public:
    explicit VmLock(Fd file) : file_(std::move(file)) {}

private:
    Fd file_;
};

// Makes its directories when first needed; every error names the path. Holds no state of its own, so any
// number of engines may use the same directory.
class Runtime {
public:
    explicit Runtime(std::string directory) : directory_(std::move(directory)) {}

    // Not needed, but tells early what would fail later, in the middle of a start or a stop.
    Result<> prepare() const;

    // Files in active/. Setting twice and clearing what is not set are no errors.
    Result<> set_active(const VmName& vm) const;
    Result<> clear_active(const VmName& vm) const;
    Result<std::set<VmName>> active() const;

    // nullopt: another engine holds it; ask again later. Never waits.
    Result<std::optional<VmLock>> try_lock(const VmName& vm) const;

private:
    std::string directory_;
};

}  // namespace vmha::run
