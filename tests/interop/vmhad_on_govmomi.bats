#!/usr/bin/env bats
# The real vmhad and its shims against hosts that others wrote: two processes of the govmomi simulator as esxi1 and
# esxi2 with one shared datastore. What that simulator does otherwise than ESXi stands in govmomi/main.go.
# The cases build on each other: one life of vm1.

load support

setup_file() {
    build_govmomi_host
    make_datastore
    start_govmomi_host esxi1 127.0.0.21
    start_govmomi_host esxi2 127.0.0.22
    govmomi_configuration
    start_daemon ec1
    start_daemon ec2
}

teardown_file() { stop_all; }

# on HOST CASE: looks at a host, or changes it behind vmhad's back.
on() {
    local address=127.0.0.21
    [ "$1" = esxi1 ] || address=127.0.0.22
    python_client --host $address --port $govmomi_port --password $govmomi_password "$2"
}

# seen_on NODE HOST: the node knows that vm1 is on there.
seen_on() {
    api "$1" /v1/vms/vm1 | jq -e --arg host "$2" '.hosts[] | select(.host == $host) | .power.value == "on"' >/dev/null
}

teardown() {
    [ -n "$BATS_TEST_COMPLETED" ] || { tail -n 30 "$room/ec1.log" "$room/ec2.log"; health ec1 vm1; }
}

@test "both daemons connect to both hosts" {
    for node in ec1 ec2; do
        wait_until 10 link_is $node esxi1 up
        wait_until 10 link_is $node esxi2 up
    done
}

@test "the full view shows the shared datastore, and the VM registered nowhere" {
    wait_until 10 verdict_is ec1 vm1 .reason not_active_here
    api ec1 /v1/status | jq -e '[.datastores[] | select(.name == "EC_iSCSI")] | length >= 1'
    [ "$(on esxi1 state)" = absent ]
}

@test "start registers the VM and powers it on" {
    run "$bin/vmha-exec" start vm1 --socket "$room/ec1.sock"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(on esxi1 state)" = poweredOn ]
    [ "$(on esxi2 state)" = absent ]
}

@test "the started VM is healthy, for the API and for the monitor" {
    verdict_is ec1 vm1 .verdict healthy
    run "$bin/vmha-genw" vm1 --socket "$room/ec1.sock"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a second start of the running VM changes nothing and succeeds" {
    before=$(grep -c '<PowerOnVM_Task ' "$room/esxi1.log")
    run "$bin/vmha-exec" start vm1 --socket "$room/ec1.sock"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '<PowerOnVM_Task ' "$room/esxi1.log")" -eq "$before" ]
}

@test "a power-off behind its back is noticed" {
    on esxi1 power_off_behind
    wait_until 3 verdict_is ec1 vm1 .reason powered_off
    run "$bin/vmha-genw" vm1 --socket "$room/ec1.sock"
    echo "$output"
    [ "$status" -eq 1 ]
}

@test "a start brings the powered-off VM back" {
    run "$bin/vmha-exec" start vm1 --socket "$room/ec1.sock"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(on esxi1 state)" = poweredOn ]
}

@test "an unregister behind its back is noticed" {
    on esxi1 power_off_behind
    on esxi1 unregister_behind
    wait_until 5 verdict_is ec1 vm1 .reason not_registered
    run "$bin/vmha-exec" start vm1 --socket "$room/ec1.sock"
    [ "$status" -eq 0 ]
}

@test "stop shuts the VM down and unregisters it" {
    run "$bin/vmha-exec" stop vm1 --socket "$room/ec1.sock"
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q '<ShutdownGuest ' "$room/esxi1.log"
    [ "$(on esxi1 state)" = absent ]
}

@test "stop of a stopped VM succeeds" {
    run "$bin/vmha-exec" stop vm1 --socket "$room/ec1.sock"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a start on the other node takes a running VM over" {
    run "$bin/vmha-exec" start vm1 --socket "$room/ec1.sock"
    [ "$status" -eq 0 ]
    # On ESXi the files' lock would hold back a start that comes before the news; here nothing would.
    wait_until 3 seen_on ec2 esxi1
    run "$bin/vmha-exec" start vm1 --socket "$room/ec2.sock"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(on esxi2 state)" = poweredOn ]
    [ "$(on esxi1 state)" = absent ]
}

@test "three VMs start and stop side by side" {
    run "$bin/vmha-exec" start vm1 vm2 vm3 --socket "$room/ec2.sock"
    echo "$output"
    [ "$status" -eq 0 ]
    run "$bin/vmha-genw" --socket "$room/ec2.sock"
    echo "$output"
    [ "$status" -eq 0 ]
    run "$bin/vmha-exec" stop vm1 vm2 vm3 --socket "$room/ec2.sock"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "sessions that were terminated on the host come back" {
    before=$(logins esxi1)
    on esxi1 end_other_sessions
    wait_until 10 eval '[ "$(logins esxi1)" -ge $((before + 3)) ]'
    wait_until 10 link_is ec1 esxi1 up
    wait_until 10 link_is ec2 esxi1 up
}

@test "a daemon that ends logs out of both hosts" {
    before=$(grep -c '<Logout ' "$room/esxi1.log")
    stop ec2
    [ "$(grep -c '<Logout ' "$room/esxi1.log")" -gt "$before" ]
}
