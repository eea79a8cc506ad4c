// "vim-cmd vmsvc/get.summary ID" and "vmsvc/power.getstate ID": one VM.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "daemon/core/facts.hpp"

namespace vmha::shell::text {

struct Summary {
    core::VmEntry entry;            // without `booted` and `task`
    std::optional<int64_t> boot_s;  // runtime.bootTime on the host's clock, seconds since 1970
    bool question_open = true;      // its question is not shown as null: there may be one
};

// Of exactly this VM: a summary of another one is an error, and so is one that does not end.
Result<Summary> read_summary(std::string_view text, std::string_view vmid);

// "2026-11-22T07:18:02.123456Z" or with "+09:00" -> seconds since 1970.
std::optional<int64_t> epoch_of(std::string_view iso);

}  // namespace vmha::shell::text
