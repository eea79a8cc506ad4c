#!/usr/bin/env bats
# transports: ssh both
# shellcheck disable=SC2034,SC2154 # bin and room come from support.bash
# kill -9 of vmhad in each step of a start, a stop and a takeover: the next daemon goes on, the same shim ends well,
# and the host sees no write twice. Each step is made long at the site, so that the kill is sure to land in it.

setup() {
    load support
    start_site
    site_configuration .defaults.start_timeout_s=150
}
teardown() { load support; stop_all; rm -rf "$room"/*.state "$room"/*.run "$room"/ec?.json; }

# The supervisor: what systemd does after a crash.
restart_ec1() { kill_node ec1 && start_node ec1; }

# has_got HOST "REGISTER POWER_ON SHUTDOWN POWER_OFF UNREGISTER": calls of each kind that have arrived there.
has_got() {
    local got=() verb
    for verb in RegisterVM_Task PowerOnVM_Task ShutdownGuest PowerOffVM_Task UnregisterVM; do
        got+=("$(calls "$1" $verb)")
    done
    [ "${got[*]}" = "$2" ] || { echo "$1 has got ${got[*]} instead of $2"; return 1; }
}
runs_only_at() {
    local other=esxi1
    [ "$1" != esxi1 ] || other=esxi2
    expect_site is_at "$1" vm1 poweredOn
    expect_site is_at "$other" vm1 absent
}
is_nowhere() {
    expect_site is_at esxi1 vm1 absent
    expect_site is_at esxi2 vm1 absent
}
healthy_at() { on "$1" "$bin/vmha-genw" vm1 && [ "$(health "$1" vm1 | jq -r .verdict)" = healthy ]; }

# What reaches HOST is done, and its answer does not reach ec1 any more: call it while METHOD waits at the host.
lose_answers_of() {
    wait_until 15 called "$1" "$2" 1
    proxy "ec1-$1" stall down
}

@test "a start, killed while it registers" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_both_nodes
    site task-time register 1500
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'registering'"
    wait_until 5 called esxi1 RegisterVM_Task 1
    restart_ec1
    ends shim 0
    runs_only_at esxi1
    has_got esxi1 "1 1 0 0 0"
    wait_until 5 healthy_at ec1
}

@test "a start, killed while it powers on" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_both_nodes
    site task-time power_on 1500
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'powering on'"
    wait_until 5 called esxi1 PowerOnVM_Task 1
    restart_ec1
    ends shim 0
    runs_only_at esxi1
    has_got esxi1 "1 1 0 0 0"
    wait_until 5 healthy_at ec1
}

@test "a start, killed in each of its steps, one after the other" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    stop_all
    start_site '.vms[0].boot_ms = 2500'
    site_configuration '.vms.vm1.start_waits_for = "heartbeat"'
    start_both_nodes
    site task-time register 1500
    site task-time power_on 1500
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'registering'"
    wait_until 5 called esxi1 RegisterVM_Task 1
    restart_ec1
    reaches shim "-> 'powering on'"
    wait_until 5 called esxi1 PowerOnVM_Task 1
    restart_ec1
    reaches shim "-> 'waiting for the heartbeat'"
    restart_ec1
    ends shim 0
    runs_only_at esxi1
    has_got esxi1 "1 1 0 0 0"
}

@test "a start, killed while it waits for the disk lock of a host that nobody sees" {
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    site host esxi2 network cut
    wait_until 20 link_is ec1 esxi2 down
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'waiting for the disk lock'"
    restart_ec1
    tries=$(calls esxi1 PowerOnVM_Task)
    wait_until 20 called esxi1 PowerOnVM_Task $((tries + 1))
    is_at esxi1 vm1 poweredOff
    is_at esxi2 vm1 poweredOn
    site host esxi2 power off
    ends shim 0
    is_at esxi1 vm1 poweredOn
    [ "$(calls esxi1 RegisterVM_Task)" = 1 ]
    has_got esxi2 "1 1 0 0 0"
}

@test "a takeover, killed while it looks whether the VM could start here" {
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    site task-time search 1500
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'checking'"
    restart_ec1
    ends shim 0
    runs_only_at esxi1
    has_got esxi2 "1 1 1 0 1"
    has_got esxi1 "1 1 0 0 0"
}

@test "a takeover, killed while the guest shuts down elsewhere" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    stop_all
    start_site '.vms[0].shutdown_ms = 2000'
    site_configuration .defaults.start_timeout_s=150
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'stopping elsewhere' (esxi2"
    wait_until 5 called esxi2 ShutdownGuest 1
    restart_ec1
    is_at esxi2 vm1 poweredOn
    ends shim 0
    runs_only_at esxi1
    # A shutdown that was asked for leaves no trace on a host: a new daemon can only ask again.
    [ "$(calls esxi2 ShutdownGuest)" -le 2 ]
    has_got esxi2 "1 1 $(calls esxi2 ShutdownGuest) 0 1"
    has_got esxi1 "1 1 0 0 0"
}

@test "a takeover, killed while the VM is powered off elsewhere" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    site vm vm1 tools off
    site task-time power_off 2000
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'stopping elsewhere' (esxi2"
    wait_until 5 called esxi2 PowerOffVM_Task 1
    restart_ec1
    is_at esxi2 vm1 poweredOn
    ends shim 0
    runs_only_at esxi1
    [ "$(calls esxi2 PowerOffVM_Task)" = 1 ]
    [ "$(calls esxi2 UnregisterVM)" = 1 ]
    has_got esxi1 "1 1 0 0 0"
}

@test "a takeover, killed after the entry elsewhere is gone and before it learns so" {
    start_proxies
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    site delay esxi2 UnregisterVM 1000
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'stopping elsewhere' (esxi2"
    lose_answers_of esxi2 UnregisterVM
    wait_until 5 is_at esxi2 vm1 absent
    kill_node ec1
    proxy ec1-esxi2 good
    start_node ec1
    ends shim 0
    runs_only_at esxi1
    has_got esxi2 "1 1 1 0 1"
    has_got esxi1 "1 1 0 0 0"
}

@test "a start, killed after it cleared the entry elsewhere and before it learns so" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_proxies
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    stop ec2
    site vm vm1 crash esxi2
    site delay esxi2 UnregisterVM 1000
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'clearing elsewhere' (esxi2"
    lose_answers_of esxi2 UnregisterVM
    wait_until 5 is_at esxi2 vm1 absent
    kill_node ec1
    proxy ec1-esxi2 good
    start_node ec1
    ends shim 0
    runs_only_at esxi1
    has_got esxi2 "1 1 0 0 1"
    has_got esxi1 "1 1 0 0 0"
}

@test "a stop, killed while the guest shuts down" {
    stop_all
    start_site '.vms[0].shutdown_ms = 2000'
    site_configuration .defaults.start_timeout_s=150
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    begin shim ec1 "$bin/vmha-exec" stop vm1
    reaches shim "-> 'shutting down'"
    wait_until 5 called esxi1 ShutdownGuest 1
    restart_ec1
    is_at esxi1 vm1 poweredOn
    ends shim 0
    is_nowhere
    [ "$(calls esxi1 ShutdownGuest)" -le 2 ]
    has_got esxi1 "1 1 $(calls esxi1 ShutdownGuest) 0 1"
}

@test "a stop, killed while it powers off" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    site vm vm1 tools off
    site task-time power_off 2000
    begin shim ec1 "$bin/vmha-exec" stop vm1
    reaches shim "-> 'powering off'"
    wait_until 5 called esxi1 PowerOffVM_Task 1
    restart_ec1
    is_at esxi1 vm1 poweredOn
    ends shim 0
    is_nowhere
    [ "$(calls esxi1 PowerOffVM_Task)" = 1 ]
    [ "$(calls esxi1 UnregisterVM)" = 1 ]
}

@test "a stop, killed after the entry is gone and before it learns so" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_proxies
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    site delay esxi1 UnregisterVM 1000
    begin shim ec1 "$bin/vmha-exec" stop vm1
    reaches shim "-> 'unregistering'"
    lose_answers_of esxi1 UnregisterVM
    wait_until 5 is_at esxi1 vm1 absent
    kill_node ec1
    proxy ec1-esxi1 good
    start_node ec1
    ends shim 0
    is_nowhere
    has_got esxi1 "1 1 1 0 1"
}

@test "a stop, killed while it proves that nothing is there" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    site_configuration '.nodes[].host.settle_s = 3'
    start_node ec1
    begin shim ec1 "$bin/vmha-exec" stop vm1
    reaches shim "-> 'proving'"
    restart_ec1
    ends shim 0
    says shim "proving"
    is_nowhere
    has_got esxi1 "0 0 0 0 0"
}

@test "a stop, killed with an unregister that the host never does: it is sent again, but not before its time is over" {
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    # The host gives up a call whose connection ends before it has begun with it.
    site delay esxi1 UnregisterVM 3000
    begin shim ec1 "$bin/vmha-exec" stop vm1
    reaches shim "-> 'unregistering'"
    wait_until 5 called esxi1 UnregisterVM 1
    began=$(now_ms)
    restart_ec1
    site delay esxi1 UnregisterVM 0
    reaches shim "-> 'waiting for an unanswered write'"
    wait_until 30 called esxi1 UnregisterVM 2
    [ $(($(now_ms) - began)) -ge 18000 ]
    ends shim 0
    is_nowhere
    has_got esxi1 "1 1 1 0 2"
}

@test "killed with the answers of register and power-on lost, though both were carried out" {
    start_proxies
    start_both_nodes
    site delay esxi1 RegisterVM_Task 1000
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'registering'"
    lose_answers_of esxi1 RegisterVM_Task
    wait_until 5 is_at esxi1 vm1 poweredOff
    kill_node ec1
    proxy ec1-esxi1 good
    site delay esxi1 PowerOnVM_Task 1000
    start_node ec1
    reaches shim "-> 'powering on'"
    lose_answers_of esxi1 PowerOnVM_Task
    wait_until 5 is_at esxi1 vm1 poweredOn
    kill_node ec1
    proxy ec1-esxi1 good
    start_node ec1
    ends shim 0
    runs_only_at esxi1
    has_got esxi1 "1 1 0 0 0"
    wait_until 5 healthy_at ec1
}

@test "the shim posts again with the time that remains, not with all of it" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_both_nodes
    site task-time power_on 4500
    began=$(now_ms)
    begin shim ec1 "$bin/vmha-exec" start vm1 --timeout 30
    reaches shim "-> 'powering on'"
    wait_until 5 called esxi1 PowerOnVM_Task 1
    kill_node ec1
    later() { [ $(($(now_ms) - began)) -ge 2500 ]; }
    wait_until 5 later
    start_node ec1
    remaining() { remaining_ms=$(api ec1 /v1/status | jq -e '.operations[0].remaining_ms'); }
    wait_until 5 remaining
    [ "$remaining_ms" -gt 20000 ]
    [ "$remaining_ms" -le 28500 ]
    ends shim 0
}

# killed_for_good VERB TEXT HOST METHOD: the shim becomes a oneshot once METHOD has come to the host, and ends 0.
killed_for_good() {
    place_oneshot ec1
    begin shim ec1 "$room/ec1/vmha-exec" "$1" vm1 --config "$room/vmhad.json" --node ec1
    reaches shim "$2"
    wait_until 5 called "$3" "$4" 1
    kill_node ec1
    ends shim 0
    says shim "--oneshot $1"
}

@test "killed for good in a start: the shim itself finishes it, and the next daemon knows it" {
    start_both_nodes
    site task-time register 4500
    killed_for_good start "-> 'registering'" esxi1 RegisterVM_Task
    runs_only_at esxi1
    has_got esxi1 "1 1 0 0 0"
    start_node ec1
    wait_until 10 healthy_at ec1
}

@test "killed for good in a takeover: the shim itself finishes it" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    site vm vm1 tools off
    site task-time power_off 4500
    killed_for_good start "-> 'stopping elsewhere' (esxi2" esxi2 PowerOffVM_Task
    runs_only_at esxi1
    [ "$(calls esxi2 PowerOffVM_Task)" = 1 ]
    [ "$(calls esxi2 UnregisterVM)" = 1 ]
    has_got esxi1 "1 1 0 0 0"
}

@test "killed for good in a stop: the shim itself finishes it, and the next daemon has no mark of it" {
    only_over api ssh # both: what differs is the way of a write, which the others show
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    site vm vm1 tools off
    site task-time power_off 4500
    killed_for_good stop "-> 'powering off'" esxi1 PowerOffVM_Task
    is_nowhere
    [ "$(calls esxi1 PowerOffVM_Task)" = 1 ]
    [ "$(calls esxi1 UnregisterVM)" = 1 ]
    start_node ec1
    wait_until 10 verdict_is ec1 vm1 .reason not_active_here
}
