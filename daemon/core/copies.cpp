#include "daemon/core/copies.hpp"

#include "daemon/core/decide.hpp"
#include "daemon/core/view.hpp"

namespace vmha::core {

void end_halts_if_done(Turn& turn, VmState& vm) {
    Op& op = *vm.op;
    const HostView& local = turn.state.hosts.at(turn.state.local);
    if (op.left_over && fresh(turn.state, local, turn.now) && !decide_halt(turn.state, vm, local, turn.now))
        op.left_over = vm.left_over = false;
    if (!op.taking_over || op.taken_over) return;
    const HostView& peer = turn.state.hosts.at(*op.taking_over);
    // Decided on the last news before the peer fell silent, and nothing was sent: when it is back all is
    // judged anew.
    if (!fresh(turn.state, peer, turn.now) && !op.touched.contains(peer.name)) return op.taking_over.reset();
    if (!fresh(turn.state, peer, turn.now) || decide_halt(turn.state, vm, peer, turn.now)) return;
    op.taken_over = true;
    // What was refused before, such as the lock that it held, says nothing any more.
    op.fault.reset();
    op.not_before.reset();
}

void find_own_power_on(VmState& vm, const State& state, Time now) {
    Op& op = *vm.op;
    const HostView& local = state.hosts.at(state.local);
    const Seen* seen = entry_of(local, vm);
    if (!op.power_on_sent || op.powered_on || !seen || !fresh(state, local, now)) return;
    if (seen->entry.power == Power::on && !powering_on(seen->entry)) op.powered_on = now;
}

void find_stray(Turn& turn, VmState& vm) {
    Op& op = *vm.op;
    const HostView& local = turn.state.hosts.at(turn.state.local);
    const Seen* seen = entry_of(local, vm);
    if (op.kind != Kind::start || op.left_over || !op.registered_here || op.power_on_sent) return;
    if (!seen || seen->entry.power != Power::on || !fresh(turn.state, local, turn.now)) return;
    op.left_over = vm.left_over = true;
    turn.note(vm, local.name, Level::warning,
              vm.name.str() + " was running on " + local.name.str() +
                  " without an entry: a left-over copy, which goes off before it is started",
              About::left_over);
}

}  // namespace vmha::core
