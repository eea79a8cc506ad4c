#!/usr/bin/env bats
# transports: ssh both
# shellcheck disable=SC2034,SC2154 # bin and room come from support.bash
# The chapter "Testing" of the procedure that administrators follow: Move, Power, and of NP what needs no second copy of
# the disk (partition.bats has the rest). Two real daemons with real shims, and functions that do what the cluster
# manager does: start the group on a node, ask its monitor again and again, stop it, fail it over. A node is a VM of its
# host: it dies with it, and comes back with an empty /run. The cases follow each other, as they do there.

setup_file() {
    load procedure
    # Hosts break a dead host's lock after 16 s; here after 1.5 s.
    start_site '.lock_break_ms = 1500 | .hosts[].boot_ms = 300 | .vms[0].shutdown_ms = 300 | .vms[0].boot_ms = 200'
    site_configuration '.freshness_s = 3'
    start_proxies
    start_both_nodes
    group_starts_on 1
}
teardown_file() { load procedure; stop_all; }
setup() { load procedure; }

group_starts_on() {
    on "ec$1" "$bin/vmha-exec" start vm1 --timeout 100
    start monitor monitor "$1"
    reaches monitor healthy
    runs_only_at "$1"
}
group_moves() {
    monitor_is_content
    stop monitor
    on "ec$1" env CLP_FACTOR=GROUPMOVE "$bin/vmha-exec" stop vm1 --timeout 100
    is_at "esxi$1" vm1 absent
    group_starts_on "$2"
}

# host_dies N: with all that runs in it, the node and what runs there.
host_dies() {
    site host "esxi$1" power off
    node_ends "$1"
}
# host_returns N: it boots, and starts its node; not before all see each other has it really come back.
host_returns() {
    site host "esxi$1" power on
    start_node "ec$1"
}

# fails_over FROM TO: the host of the active node loses power, and the cluster manager of the other misses its heartbeat.
fails_over() {
    monitor_is_content
    host_dies "$1"
    stop monitor
    group_starts_on "$2"
}
# recovers N: the host returns as the standby; the group does not notice, and nobody changes anything on any host.
recovers() {
    local active=$((3 - $1)) before
    before="$(writes_at 1) $(writes_at 2)"
    host_returns "$1"
    all_see_each_other
    on "ec$1" "$bin/vmha-genw"
    wait_until 10 verdict_is "ec$1" vm1 .reason not_active_here
    wait_until 10 verdict_is "ec$active" vm1 .verdict healthy
    runs_only_at "$active"
    [ "$(writes_at 1) $(writes_at 2)" = "$before" ]
    monitor_is_content
}

@test "Move: from ec1 to ec2" { group_moves 1 2; }
@test "Move: from ec2 to ec1" { group_moves 2 1; }

@test "Power: off ESXi#1, and the group fails over to ec2" { fails_over 1 2; }
@test "Power: on ESXi#1, which is the standby now" { recovers 1; }
@test "Power: off ESXi#2, and the group fails over to ec1, where an old entry is left" {
    is_at esxi1 vm1 poweredOff
    fails_over 2 1
}
@test "Power: on ESXi#2, which is the standby now" { recovers 2; }

@test "Power: off ESXi#1 and ESXi#2, on ESXi#1 and ESXi#2, and the group starts" {
    monitor_is_content
    host_dies 1
    host_dies 2
    stop monitor
    host_returns 1
    host_returns 2
    group_starts_on 1
    all_see_each_other
    wait_until 10 verdict_is ec1 vm1 .verdict healthy
    runs_only_at 1
    monitor_is_content
}

@test "Power: off the standby's host, and on again: the group does not notice" {
    host_dies 2
    wait_until 10 link_is ec1 esxi2 down
    verdict_is ec1 vm1 .verdict healthy
    monitor_is_content
    recovers 2
}

# The network between a node and hosts; what is on the way is lost.
cut_off() {
    local host
    for host in "${@:2}"; do
        proxy "ec$1-esxi$host" refuse
        proxy "ec$1-esxi$host" reset
    done
}
repair() {
    local host
    for host in "${@:2}"; do proxy "ec$1-esxi$host" good; done
}
@test "NP 2: ec1 alone loses its network, ec2 takes the VM over; repaired, ec1 keeps the group and takes it back" {
    cut_off 1 1 2
    wait_until 10 verdict_is ec1 vm1 .verdict unknown
    on ec2 "$bin/vmha-exec" start vm1 --timeout 100
    runs_only_at 2
    monitor_is_content
    # Both nodes are active: ec2 ends itself.
    node_ends 2
    repair 1 1 2
    wait_until 30 says monitor "the group has failed"
    group_starts_on 1
    is_at esxi2 vm1 absent
    start_node ec2
    all_see_each_other
    runs_only_at 1
    monitor_is_content
}

@test "NP with one copy of the disk: ec2 does not see ESXi#1, whose lock keeps the VM from running twice" {
    before=$(writes_at 1)
    cut_off 2 1
    wait_until 10 link_is ec2 esxi1 down
    run on ec2 "$bin/vmha-exec" start vm1 --timeout 6
    [ "$status" -eq 1 ]
    [[ "$output" == *lock_held* ]]
    runs_only_at 1
    on ec2 "$bin/vmha-exec" stop vm1 --timeout 30
    is_at esxi2 vm1 absent
    repair 2 1
    all_see_each_other
    runs_only_at 1
    [ "$(writes_at 1)" = "$before" ]
    monitor_is_content
}

@test "NP 4: the standby loses its network, ends itself, is started again without it; repaired, the group moves" {
    before="$(writes_at 1) $(writes_at 2)"
    cut_off 2 1 2
    wait_until 10 link_is ec2 esxi2 down
    on ec2 "$bin/vmha-genw"
    node_ends 2
    start_node ec2
    on ec2 "$bin/vmha-genw" --timeout 3
    repair 2 1 2
    all_see_each_other
    runs_only_at 1
    [ "$(writes_at 1) $(writes_at 2)" = "$before" ]
    group_moves 1 2
    group_moves 2 1
}

@test "Power: off both while the group starts, and only ESXi#2 comes back: it starts there" {
    group_moves 1 2
    wait_until 5 is_at esxi1 vm1 absent
    group_moves 2 1
    group_moves 1 2
    stop monitor
    on ec2 "$bin/vmha-exec" stop vm1
    site task-time power_on 1000
    begin shim ec1 "$bin/vmha-exec" start vm1
    reaches shim "-> 'powering on'"
    kill -KILL "$(pid_of shim)"
    host_dies 1
    host_dies 2
    site task-time power_on 0
    host_returns 2
    group_starts_on 2
    host_returns 1
    all_see_each_other
    runs_only_at 2
    monitor_is_content
}
