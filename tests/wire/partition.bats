#!/usr/bin/env bats
# transports: ssh both
# shellcheck disable=SC2034,SC2154 # bin and room come from support.bash
# NP of the chapter "Testing", with both copies of the mirror: the network fails, the cluster manager starts the group
# on both nodes or moves it, and the network is repaired. Two real daemons with real shims; the functions here do what
# the cluster manager and the target in a node do. Each node comes to its own host by one port and to the other by a
# second one, which is the network between them. Each case has a site of its own.

setup() { load procedure; }
teardown() { stop_all; }

# site_with LOST_LOCK: what a VM shows whose lock another host has taken. The group runs on ec1.
site_with() {
    local node
    start_site '.mirror = true | .recovery_ms = 300 | .lock_break_ms = 1500 | .vms[0].shutdown_ms = 300
        | .hosts[].peer_port = 8444 | .lost_lock = '"$1"
    site_configuration '.freshness_s = 3'
    jq ".nodes.ec2.host |= $(by_ports 8444 8023)" "$room/vmhad.json" >"$room/ec1.json"
    jq ".nodes.ec1.host |= $(by_ports 8444 8023)" "$room/vmhad.json" >"$room/ec2.json"
    start_both_nodes
    group_starts_on 1
}
group_starts_on() {
    on "ec$1" "$bin/vmha-exec" start vm1 --timeout 100
    start "monitor$1" monitor "$1"
    reaches "monitor$1" healthy
}
# target_is_at N HOST...: the node exports its copy, and these hosts use it.
target_is_at() {
    local host
    for host in "${@:2}"; do
        site host "esxi$host" storage lost
        site host "esxi$host" storage copy "$1"
    done
}
# group_moves FROM TO: with the target, and both hosts follow it.
group_moves() {
    monitor_is_content "monitor$1"
    stop "monitor$1"
    on "ec$1" env CLP_FACTOR=GROUPMOVE "$bin/vmha-exec" stop vm1 --timeout 100
    expect_site is_at "esxi$1" vm1 absent
    target_is_at "$2" 1 2
    group_starts_on "$2"
}

shown() { site show | sed 's/^ok //' | jq -r "$1"; }
vm1_at() { shown ".hosts[] | select(.name == \"esxi$1\") | .vms[] | select(.name == \"vm1\") | $2"; }
# writes_on HOST COPY: the VM's process there writes on that copy.
writes_on() { [ "$(vm1_at "$1" .writes_on_copy)" = "$2" ]; }
mirror_is() { [ "$(shown .mirror)" = "$1" ]; }
# How many processes of the VM live, with an entry or without.
processes_are() {
    [ "$(shown '[.hosts[] | (.vms[] | select(.path == "vm1/vm1.vmx" and .process)),
        (.processes_without_entry[] | select(.path == "vm1/vm1.vmx"))] | length')" = "$1" ]
}
corruptions_are() { [ "$(shown .corruptions)" = "$1" ]; }
connection_is() { [ "$(vm1_at "$1" .connection)" = "$2" ]; }
# The monitor has found it healthy so often since now.
goes_on_well() {
    local had
    had=$(grep -c healthy "$room/monitor$1.log")
    wait_until 20 eval '[ "$(grep -c healthy "$room/monitor'"$1"'.log")" -ge '$((had + 3))' ]'
    monitor_is_content "monitor$1"
}

# is_older NODE HOST MS: what the node knows of the host.
is_older() { [ "$(api "$1" /v1/status | jq --arg host "$2" '.hosts[] | select(.name == $host) | .age_ms')" -gt "$3" ]; }

networks_are_back() {
    site host esxi1 network restore
    site host esxi2 network restore
}
# node_is_started_again N: by the other node's monitor resource.
node_is_started_again() {
    start_node "ec$1"
    all_see_each_other
}

# All networks of ESXi#1 are disconnected; ec2 does not hear ec1 and starts the group on its own copy of the disk.
both_become_active() {
    site host esxi1 network cut peers
    site host esxi2 network cut peers
    site mirror break
    wait_until 10 link_is ec2 esxi1 down
    target_is_at 2 2
    group_starts_on 2
    expect_site writes_on 1 1
    expect_site writes_on 2 2
    wait_until 10 link_is ec1 esxi2 down
    goes_on_well 1
    goes_on_well 2
}
# The networks are back: the cluster manager finds both active and ends ec2; ESXi#2 gets to see the copy of ec1.
ec2_ends_itself() {
    local before
    before="$(writes_at 1) $(writes_at 2)"
    networks_are_back
    all_see_each_other
    goes_on_well 1
    # Neither daemon has laid hand on either copy.
    [ "$(writes_at 1) $(writes_at 2)" = "$before" ]
    stop monitor2
    node_ends 2
    target_is_at 1 2
    site mirror recover 1
    wait_until 10 mirror_is in_sync
    expect_site writes_on 1 1
    expect_site writes_on 2 null
    expect_site processes_are 2
}
# The copy at ESXi#1 was never touched.
all_is_well_at_1() {
    runs_only_at 1
    expect_site writes_on 1 1
    goes_on_well 1
    expect_site corruptions_are 0
}
# Moving the group to ec2 also clears what was left there.
moving_clears_it() {
    group_moves 1 2
    runs_only_at 2
    expect_site writes_on 2 2
    expect_site processes_are 1
    goes_on_well 2
    expect_site corruptions_are 0
    verdict_is ec2 vm1 .verdict healthy
}

@test "NP 1: both run; repaired, the invalid VM of ESXi#2 is unregistered without a person, and the group can move" {
    site_with '"invalid"'
    both_become_active
    ec2_ends_itself
    expect_site connection_is 2 invalid
    node_is_started_again 2
    # A minute of patience: a group that is just being moved looks the same.
    wait_until 90 is_at esxi2 vm1 absent
    all_is_well_at_1
    moving_clears_it
}

@test "NP 1: the group moves to ec2 while the invalid VM is still there" {
    site_with '"invalid"'
    both_become_active
    ec2_ends_itself
    node_is_started_again 2
    expect_site connection_is 2 invalid
    goes_on_well 1
    moving_clears_it
}

@test "NP 1: the group moves to ec2 while the VM there asks about its lost lock" {
    site_with '"question"'
    both_become_active
    ec2_ends_itself
    node_is_started_again 2
    [ "$(vm1_at 2 .question.message_id)" = msg.hbacommon.locklost ]
    goes_on_well 1
    moving_clears_it
}

# The network of ec1 alone fails: ESXi#1 lives, and both hosts get their disk from ec2, which takes the VM over.
ec2_takes_over() {
    site host esxi1 storage lost
    site host esxi2 storage lost
    site host esxi1 network cut own
    site host esxi2 network cut peers
    site mirror break
    wait_until 10 link_is ec1 esxi1 down
    target_is_at 2 1 2
    group_starts_on 2
    runs_only_at 2
    expect_site writes_on 2 2
    expect_site corruptions_are 0
    # It does not know how its VM is, and that is no failure.
    wait_until 10 verdict_is ec1 vm1 .verdict unknown
    lacks 'ended [1-9]' "$room/monitor1.log"
}

@test "NP 2: ec2 takes the VM over; a person powers ec1 off before its network is repaired: the VM runs on" {
    site_with '"question"'
    ec2_takes_over
    before="$(writes_at 1) $(writes_at 2)"
    stop monitor1
    node_ends 1
    networks_are_back
    site mirror recover 2
    wait_until 10 mirror_is in_sync
    node_is_started_again 1
    goes_on_well 2
    runs_only_at 2
    [ "$(writes_at 1) $(writes_at 2)" = "$before" ]
    group_moves 2 1
    runs_only_at 1
    expect_site corruptions_are 0
}

# The cluster manager keeps ec1 and with it the older copy, on which the guest of ESXi#2 goes on writing: what becomes
# of the disk then nobody but the cluster manager can help, and vmhad must not make it worse.
@test "NP 2: as the procedure has it, ec2 ends itself: nothing is done twice, and the VM is back on ec1" {
    site_with '"question"'
    ec2_takes_over
    stop monitor2
    node_ends 2
    target_is_at 1 1 2
    done_by_the_cluster=$(shown .corruptions)
    site mirror recover 1
    networks_are_back
    # A start that does not see ESXi#2 yet has only the lock, and leaves the copy there to the tidying of ec2.
    wait_until 30 both_up ec1
    wait_until 30 says monitor1 "the group has failed"
    group_starts_on 1
    runs_only_at 1
    expect_site processes_are 1
    node_is_started_again 2
    goes_on_well 1
    expect_site corruptions_are "$done_by_the_cluster"
}

@test "NP 3: ec2 alone starts the group for itself and reaches no host; repaired, it leaves the running VM alone" {
    site_with '"question"'
    before=$(writes_at 1)
    site host esxi2 network cut own
    site host esxi1 network cut peers
    site mirror break
    # The cluster manager's patience with a silent node is longer than vmhad believes an old view; and it is some time
    # before somebody repairs the network: what comes back sooner than that counts as late, and not as gone.
    wait_until 10 is_older ec2 esxi1 3000
    wait_until 10 is_older ec2 esxi2 3000
    begin shim ec2 "$bin/vmha-exec" start vm1 --timeout 100
    reaches shim "-> 'waiting for the host'"
    wait_until 20 is_older ec2 esxi1 15000
    networks_are_back
    all_see_each_other
    reaches shim 'waiting for the cluster manager'
    goes_on_well 1
    kill -KILL "$(pid_of shim)"
    rm "$room/shim.pid"
    node_ends 2
    site mirror recover 1
    wait_until 10 mirror_is in_sync
    node_is_started_again 2
    all_is_well_at_1
    # At ESXi#2 there may be an entry, if that host came back first; the lock kept it off.
    [ "$(writes_at 1)" = "$before" ]
}
