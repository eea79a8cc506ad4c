// Between the site model and the core, in one process and without SOAP: what a host would report, and what a
// write does to it.
#pragma once
#include <string>
#include <variant>

#include "daemon/core/events.hpp"
#include "daemon/core/write.hpp"
#include "tests/simulator/model/site.hpp"

namespace vmha::scenario {

// The core's clock when the site's is zero.
inline constexpr auto epoch = core::Time(std::chrono::hours(24));

core::VmEntry entry_of(const site::Site& site, site::HostId host, const site::Vm& vm);
core::Datastore datastore_of(const site::Site& site, site::HostId host);
core::HostFacts facts_of(const site::Site& site, site::HostId host);
// The same as vim-cmd tells it: no message id in a question, no task, nothing of an invalid entry but its
// path.
core::VmEntry shell_entry_of(const site::Site& site, site::HostId host, const site::Vm& vm);
core::Fault fault_of(const site::Fault& fault);

// A task's id if the write goes on as a task, else its outcome at once.
std::variant<std::string, core::WriteDone> carry_out(site::Site& site, site::HostId host,
                                                     const core::Write& write);

}  // namespace vmha::scenario
