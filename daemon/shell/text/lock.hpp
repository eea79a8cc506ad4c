// "vmkfstools -D FILE": the lock of a file on VMFS (KB 314365).
#pragma once
#include <string_view>

#include "common/result.hpp"
#include "daemon/core/facts.hpp"

namespace vmha::shell::text {

// Without `file`. The holder is named by the MAC address of a physical adapter of its host: the last 12
// hexadecimal digits of the owner's uuid. An exclusive lock of nobody is free.
Result<core::DiskLock> read_lock(std::string_view text);

// Of several files of a VM the lock that counts: an exclusive one before one of many writers before one of
// readers.
bool outweighs(const core::DiskLock& a, const core::DiskLock& b);

}  // namespace vmha::shell::text
