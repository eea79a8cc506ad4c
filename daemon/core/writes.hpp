// Writes: sent one at a time per VM, stored before they are sent, never replayed blindly (rule 6).
#pragma once
#include "daemon/core/operation.hpp"

namespace vmha::core {

// Sends the decision's write, or, for a peer, first asks for a look that was begun after the decision.
void send(Turn& turn, VmState& vm, const Decision& decision);

void write_done(Turn& turn, const WriteDone& done);

// An unanswered write whose effect is seen, or whose limit is over and a read was asked since, holds nothing
// up.
void land_unanswered(Turn& turn, VmState& vm);

void look(Turn& turn, VmState& vm, const HostName& host, const std::string& vmid);
// At the VM's entry there, or at everything where it has none; nothing while a look is under way.
void look_at(Turn& turn, VmState& vm, const HostView& host, bool everything = false);

// The facts on this host are older than our last write there, or a look is under way.
bool look_awaited(const State& state, const VmState& vm, const HostView& host, Time now);

}  // namespace vmha::core
