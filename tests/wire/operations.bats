#!/usr/bin/env bats
# transports: ssh both
# Start, monitor, stop and move through the real programs, over TLS, against the simulated site.

setup_file() {
    load support
    start_site
    site_configuration '.vms.vm2.on_running_elsewhere = "refuse"'
    start_both_nodes
}
teardown_file() { load support; stop_all; }
setup() { load support; }

@test "a start registers and powers on, twice is once" {
    run on ec1 "$bin/vmha-exec" start vm1
    [ "$status" -eq 0 ]
    [[ "$output" == *"vm 'vm1': 'registering' -> 'powering on' (esxi1)"* ]]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    before=$(calls esxi1 PowerOnVM_Task)
    run on ec1 "$bin/vmha-exec" start vm1
    [ "$status" -eq 0 ]
    [ "$(calls esxi1 PowerOnVM_Task)" = "$before" ]
}

@test "the monitor says healthy where it was started, and not active on the other node" {
    run on ec1 "$bin/vmha-genw" vm1
    [ "$status" -eq 0 ]
    [[ "$output" =~ ^[0-9]{4}/[0-9]{2}/[0-9]{2}\ [0-9]{2}:[0-9]{2}:[0-9]{2}\ \[I\].*healthy ]]
    wait_until 5 verdict_is ec2 vm1 .reason not_active_here
    run on ec2 "$bin/vmha-genw" vm1
    [ "$status" -eq 1 ]
    [[ "$output" == *not_active_here* ]]
    run on ec2 "$bin/vmha-genw"
    [ "$status" -eq 0 ]
}

@test "without the daemon the monitor gives each verdict once" {
    place_oneshot ec1
    VMHAD_SOCKET=$room/nobody.sock run "$room/ec1/vmha-genw" --config "$room/vmhad.json" --node ec1 vm1 vm3
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c 'vm1 is healthy' <<<"$output")" -eq 1 ]
    [ "$(grep -c 'vm3 is unknown' <<<"$output")" -eq 1 ]
}

@test "a planned move: stopped and gone here, running there" {
    run on ec1 "$bin/vmha-exec" stop vm1
    [ "$status" -eq 0 ]
    [ "$(power_at esxi1 vm1)" = absent ]
    run on ec2 "$bin/vmha-exec" start vm1
    [ "$status" -eq 0 ]
    [ "$(power_at esxi2 vm1)" = poweredOn ]
}

@test "a takeover stops the copy on the peer before it starts its own" {
    run on ec1 "$bin/vmha-exec" start vm1
    [ "$status" -eq 0 ]
    [[ "$output" == *"'stopping elsewhere' (esxi2"* ]]
    [ "$(power_at esxi2 vm1)" = absent ]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
}

@test "where the policy says refuse, the peer is left alone" {
    on ec2 "$bin/vmha-exec" start vm2
    before=$(writes esxi2)
    run on ec1 "$bin/vmha-exec" start vm2
    [ "$status" -eq 1 ]
    [[ "$output" == *running_elsewhere* ]]
    [ "$(power_at esxi2 vm2)" = poweredOn ]
    [ "$(writes esxi2)" = "$before" ]
    on ec2 "$bin/vmha-exec" stop vm2
}

@test "the resource's name names the VM; several VMs run side by side and all are attempted" {
    run on ec1 env CLP_RESOURCENAME=exec-vm3 "$bin/vmha-exec" start
    [ "$status" -eq 0 ]
    [ "$(power_at esxi1 vm3)" = poweredOn ]
    run on ec1 "$bin/vmha-exec" stop vm3 vm9 vm2
    [ "$status" -eq 2 ]
    [ "$(power_at esxi1 vm3)" = absent ]
}

@test "a stop of a VM that is not there is proved and succeeds" {
    run on ec1 "$bin/vmha-exec" stop vm3
    [ "$status" -eq 0 ]
    [[ "$output" == *"not registered"* ]]
}

@test "without Tools the VM is powered off at once" {
    on ec1 "$bin/vmha-exec" start vm3
    site vm vm3 tools off
    run on ec1 "$bin/vmha-exec" stop vm3
    [ "$status" -eq 0 ]
    [[ "$output" == *"'powering off'"* ]]
    site vm vm3 tools on
}

@test "a missing .vmx file fails the start at once and says which" {
    jq '.vms.vm4 = {vmx: "/vmfs/volumes/EC_iSCSI/vm4/vm4.vmx"}' "$room/vmhad.json" >"$room/four.json"
    mkdir -p "$room/x.state" "$room/x.run"
    run timeout 30 "$daemon_bin/vmhad" --config "$room/four.json" --node ec1 --state-dir "$room/x.state" \
        --runtime-dir "$room/x.run" --oneshot start vm4
    [ "$status" -eq 1 ]
    [[ "$output" == *vmx_missing* ]]
    [[ "$output" == *"/vmfs/volumes/EC_iSCSI/vm4/vm4.vmx"* ]]
}

@test "a crash ends --follow with 1, and a start brings the VM back" {
    VMHAD_SOCKET=$room/ec1.sock "$bin/vmha-genw" --follow vm1 >"$room/follow.log" 3>&- &
    follow=$!
    wait_until 5 grep -q healthy "$room/follow.log"
    site vm vm1 crash
    code=0
    wait "$follow" || code=$?
    [ "$code" -eq 1 ]
    grep -q powered_off "$room/follow.log"
    run on ec1 "$bin/vmha-exec" start vm1
    [ "$status" -eq 0 ]
    run on ec1 "$bin/vmha-genw" vm1
    [ "$status" -eq 0 ]
}

@test "a host in maintenance mode starts nothing and leaves the peer's copy alone" {
    site host esxi2 maintenance on
    in_maintenance() { [ "$(api ec2 /v1/status | jq '.hosts[] | select(.name == "esxi2") | .in_maintenance')" = true ]; }
    wait_until 5 in_maintenance
    run on ec2 "$bin/vmha-exec" start vm1
    [ "$status" -eq 1 ]
    [[ "$output" == *maintenance_mode* ]]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    site host esxi2 maintenance off
}
