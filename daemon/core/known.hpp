// What is remembered of the VMs' entries, in this life and from an earlier one: which VM an entry without a
// path is, how much memory a VM needs, and whether it was moved behind our back. A memory, never the source
// of truth about a host.
#pragma once
#include <optional>
#include <set>
#include <string>

#include "daemon/core/state.hpp"

namespace vmha::core {

// The path of an entry that tells none: ours only if this host called the VM by this vmid, and nothing that
// the entry tells speaks against it (facts C6).
std::optional<VmxPath> remembered_path(const State& state, const HostView& host, const VmEntry& entry);

// The host tells a path under this vmid that is not the remembered one: it has given its ids out anew, so
// none of those that we remember means anything.
bool ids_reissued(const HostView& host, const VmEntry& entry);

void remember(HostView& host, const VmName& vm, const VmEntry& entry);
void forget_all_remembered(HostView& host);

// The VM's entry on this host under a path that is nobody's, told by its instance uuid (rule 4: touch
// nothing). Only where none is there under the configured path; nullptr: none.
const Seen* moved_entry(const State& state, const HostView& host, const VmState& vm);

// "vm1 is registered on esxi1 from /vmfs/…/b.vmx, and is configured as /vmfs/…/a.vmx"
std::string moved_text(const HostView& host, const VmState& vm, const Seen& moved);

// As any host told it last; the local host's word first.
std::optional<int64_t> memory_of(const State& state, const VmState& vm);
std::set<std::string> networks_of(const State& state, const VmState& vm);

}  // namespace vmha::core
