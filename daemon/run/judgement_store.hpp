// <state-dir>/judgement.json: per VM what core::Judgement holds, shared by all engines of this node.
//
// No fsync, for the reasons given in flying_store.hpp; what matters after a crash of the node was written
// long before it.
#pragma once
#include <ctime>
#include <map>
#include <string>

#include "common/result.hpp"
#include "daemon/core/judgement.hpp"

namespace vmha::run {

class JudgementStore {
public:
    // No pause is longer; an end beyond it comes from a broken file or a clock that was set.
    static constexpr core::Duration pause_max = std::chrono::hours(24);

    JudgementStore(std::string state_dir, std::string boot_id);

    struct Loaded {
        std::map<VmName, core::Judgement> judgements;
        std::string warning;  // empty: all is well
    };
    // A file that cannot be read or understood is empty, with a warning; a record that makes no sense is left
    // out. A pause of an earlier boot ends at its wall-clock time.
    Loaded load(core::Time now, std::time_t wall) const;

    // Replaces these VMs' records and keeps the others'.
    Result<> save(const std::map<VmName, core::Judgement>& judgements, core::Time now,
                  std::time_t wall) const;

private:
    std::string path() const { return state_dir_ + "/judgement.json"; }

    std::string state_dir_;
    std::string boot_id_;
};

}  // namespace vmha::run
