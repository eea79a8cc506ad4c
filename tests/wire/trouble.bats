#!/usr/bin/env bats
# transports: ssh both
# What goes wrong on the way: silent hosts, killed daemons, lost answers, wrong passwords, broken locks.

setup() {
    load support
    start_site
    site_configuration
}
teardown() { load support; stop_all; rm -rf "$room"/*.state "$room"/*.run; }

# milliseconds COMMAND...: how long it took, in $took_ms; its status in $code.
timed() {
    local began
    began=$(now_ms)
    code=0
    "$@" >"$room/timed.log" 2>&1 || code=$?
    took_ms=$(($(now_ms) - began))
}

@test "a host that accepts TCP and says nothing: unknown within freshness_s + 1 s, and nothing else is slower" {
    start_node ec1
    wait_until 20 both_up ec1
    on ec1 "$bin/vmha-exec" start vm1
    site host esxi1 network stall
    began=$(now_ms)
    wait_until 10 verdict_is ec1 vm1 .verdict unknown
    [ $(($(now_ms) - began)) -le 6000 ]
    timed on ec1 "$bin/vmha-genw" vm1
    [ "$code" -eq 0 ]
    [ "$took_ms" -lt 300 ]
    [ "$(api ec1 /v1/status | jq '.hosts[] | select(.name == "esxi2") | .fresh')" = true ]
    site host esxi1 network restore
    wait_until 20 verdict_is ec1 vm1 .verdict healthy
}

@test "a host that never said anything: requests wait for it until their deadline and then say why" {
    site host esxi1 network stall
    start_node ec1
    timed on ec1 "$bin/vmha-exec" stop vm1 --timeout 3
    [ "$code" -eq 1 ]
    grep -q host_unreachable "$room/timed.log"
    [ "$took_ms" -ge 2900 ] && [ "$took_ms" -lt 6000 ]
    timed on ec1 "$bin/vmha-genw" vm1 --timeout 4
    [ "$code" -eq 0 ]
    [ "$took_ms" -lt 6000 ]
}

@test "kill -9 in the middle of a start: the next daemon goes on, and the same shim ends well" {
    site task-time power_on 3000
    start_both_nodes
    VMHAD_SOCKET=$room/ec1.sock "$bin/vmha-exec" start vm1 >"$room/shim.log" 3>&- &
    shim=$!
    wait_until 10 grep -q "'powering on'" "$room/shim.log"
    wait_until 5 called esxi1 PowerOnVM_Task 1
    kill -KILL "$(pid_of ec1)"
    wait_until 5 gone "$(pid_of ec1)"
    start_node ec1
    code=0
    wait "$shim" || code=$?
    cat "$room/shim.log"
    [ "$code" -eq 0 ]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    [ "$(calls esxi1 PowerOnVM_Task)" = 1 ]
    run on ec1 "$bin/vmha-genw" vm1
    [ "$status" -eq 0 ]
}

@test "kill -9 and no daemon any more: the shim carries on by itself" {
    site task-time power_on 1500
    start_both_nodes
    cp "$bin/vmha-exec" "$room/vmha-exec"
    printf '#!/bin/sh\nexec "%s" "$@" --state-dir "%s" --runtime-dir "%s"\n' "$daemon_bin/vmhad" "$room/ec1.state" \
        "$room/ec1.run" >"$room/vmhad"
    chmod +x "$room/vmhad"
    VMHAD_SOCKET=$room/ec1.sock "$room/vmha-exec" start vm1 --config "$room/vmhad.json" --node ec1 >"$room/shim.log" 3>&- &
    shim=$!
    wait_until 10 grep -q "'powering on'" "$room/shim.log"
    wait_until 5 called esxi1 PowerOnVM_Task 1
    kill -KILL "$(pid_of ec1)"
    code=0
    wait "$shim" || code=$?
    cat "$room/shim.log"
    [ "$code" -eq 0 ]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    [ "$(calls esxi1 PowerOnVM_Task)" = 1 ]
}

@test "a power-on whose answer is lost is looked at, not repeated" {
    start_both_nodes
    site fault esxi1 PowerOnVM_Task lose_reply count=1
    timed on ec1 "$bin/vmha-exec" start vm1
    cat "$room/timed.log"
    [ "$code" -eq 0 ]
    [ "$(calls esxi1 PowerOnVM_Task)" = 1 ]
}

@test "a lock that another host holds is waited for while that host cannot be seen" {
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    stop ec1
    site host esxi2 network cut
    start_node ec1
    timed on ec1 "$bin/vmha-exec" start vm1 --timeout 8
    cat "$room/timed.log"
    [ "$code" -eq 1 ]
    grep -q lock_held "$room/timed.log"
    VMHAD_SOCKET=$room/ec1.sock "$bin/vmha-exec" start vm1 >"$room/shim.log" 3>&- &
    shim=$!
    wait_until 10 grep -q "disk lock" "$room/shim.log"
    site host esxi2 power off
    code=0
    wait "$shim" || code=$?
    [ "$code" -eq 0 ]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
}

@test "a session that expires in any of its three shapes is built anew, and no VM looks absent meanwhile" {
    only_over api both
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    VMHAD_SOCKET=$room/ec1.sock "$bin/vmha-genw" --follow vm1 >"$room/follow.log" 3>&- &
    echo $! >"$room/follow.pid"
    wait_until 5 grep -q healthy "$room/follow.log"
    for shape in fault empty missing; do
        before=$(counter .esxi1.calls.Login)
        site host esxi1 expire-sessions $shape
        again() { [ "$(counter .esxi1.calls.Login)" -gt "$before" ]; }
        wait_until 20 again
        wait_until 20 link_is ec1 esxi1 up
        wait_until 5 verdict_is ec1 vm1 .verdict healthy
    done
    kill -0 "$(pid_of follow)"
    lacks unhealthy "$room/follow.log"
}

@test "a wrong password is tried once, is said, and fails a start at once; the right one is taken up" {
    only_over api
    printf wrong >"$room/esxi.password"
    start_node ec1
    wait_until 10 link_is ec1 esxi1 bad_password || wait_until 1 link_is ec1 esxi1 locked_out
    run on ec1 "$bin/vmha-exec" start vm1 --timeout 20
    [ "$status" -eq 1 ]
    [[ "$output" == *bad_password* || "$output" == *locked_out* ]]
    [ "$(counter .esxi1.calls.Login)" = 1 ]
    run on ec1 "$bin/vmha-genw" vm1 --timeout 3
    [ "$status" -eq 0 ]
    printf esxsim >"$room/esxi.password"
    wait_until 20 link_is ec1 esxi1 up
    [ "$(counter .esxi1.calls.Login)" = 2 ]
    lacks -r 'esxsim' "$room/ec1.state"
}

@test "another certificate is not trusted, and the offered thumbprint is shown" {
    only_over api
    site_configuration '.nodes.ec1.host.api.thumbprint = .nodes.ec2.host.api.thumbprint'
    start_node ec1
    wait_until 10 link_is ec1 esxi1 untrusted
    api ec1 /v1/status | jq -r '.hosts[] | select(.name == "esxi1") | .detail' | grep -q "$(announced esxi1)"
    [ "$(counter '.esxi1.calls.Login // 0')" = 0 ]
}

# Of a host's SSH service, since esxsim runs.
ssh_counter() { counter ".$1.ssh.$2"; }
detail_has() { api "$1" /v1/status | jq -r --arg host "$2" '.hosts[] | select(.name == $host) | .detail' | grep -qF -- "$3"; }

@test "a key that the host does not take is offered once, is said, and fails a start at once; the right one is taken up" {
    only_over ssh
    rm -f "$room/other_key"*
    ssh-keygen -q -t rsa -b 3072 -N '' -f "$room/other_key"
    install -m 600 "$room/other_key" "$room/key"
    site_configuration '.nodes[].host.ssh.identity_file = "'"$room/key"'"'
    start_node ec1
    wait_until 10 link_is ec1 esxi1 bad_password
    run on ec1 "$bin/vmha-exec" start vm1 --timeout 20
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"refuses the key"* ]]
    [ "$(ssh_counter esxi1 keys_refused)" = 1 ]
    run on ec1 "$bin/vmha-genw" vm1 --timeout 3
    [ "$status" -eq 0 ]
    install -m 600 "$room/id_rsa" "$room/key"
    wait_until 20 link_is ec1 esxi1 up
    [ "$(ssh_counter esxi1 keys_refused)" = 1 ]
    lacks -r 'PRIVATE KEY' "$room/ec1.state"
}

@test "another host key is not trusted, and the offered one is shown" {
    only_over ssh
    site host esxi1 ssh new-host-key
    start_node ec1
    wait_until 10 link_is ec1 esxi1 untrusted
    fingerprints=$(ssh-keygen -l -f "$room/esxi1/known_hosts.new" | grep -o 'SHA256:[^ ]*')
    shown() { local print; for print in $fingerprints; do detail_has ec1 esxi1 "$print" && return 0; done; return 1; }
    shown
    [ "$(ssh_counter esxi1 logins_accepted)" = 0 ]
}

@test "where the API's password is wrong, SSH does all of it and the link says why; the right one is taken up" {
    only_over both
    printf wrong >"$room/esxi.password"
    start_node ec1
    wait_until 20 both_up ec1
    detail_has ec1 esxi1 "read over SSH"
    detail_has ec1 esxi1 password
    on ec1 "$bin/vmha-exec" start vm1
    expect_site is_at esxi1 vm1 poweredOn
    wait_until 5 verdict_is ec1 vm1 .verdict healthy
    [ "$(counter .esxi1.calls.Login)" = 1 ]
    printf esxsim >"$room/esxi.password"
    by_api() { ! detail_has ec1 esxi1 "read over SSH" && link_is ec1 esxi1 up; }
    wait_until 20 by_api
    [ "$(counter .esxi1.calls.Login)" = 2 ]
    wait_until 5 verdict_is ec1 vm1 .verdict healthy
}

@test "a second daemon on the same socket is refused; a stale socket file is replaced" {
    start_node ec1
    run timeout 10 "$daemon_bin/vmhad" --config "$room/vmhad.json" --node ec1 --socket "$room/ec1.sock" \
        --state-dir "$room/ec1.state" --runtime-dir "$room/ec1.run"
    [ "$status" -eq 2 ]
    kill -KILL "$(pid_of ec1)"
    wait_until 5 gone "$(pid_of ec1)"
    [ -S "$room/ec1.sock" ]
    start_node ec1
}

@test "SIGTERM ends the daemon within a second and leaves no session behind" {
    start_both_nodes
    timed end_process "$(pid_of ec1)"
    [ "$took_ms" -lt 1500 ]
    # Those of ec2: one to each host, each way.
    rest=2
    [ "$transport" != both ] || rest=4
    sessions() { site show | sed 's/^ok //' | jq '[.hosts[] | .sessions, .ssh.connections_open // 0] | add'; }
    only_its_own() { [ "$(sessions)" = $rest ]; }
    wait_until 3 only_its_own || { sessions; return 1; }
}

@test "without a daemon the monitor asks by itself, and its own trouble is no failover" {
    mkdir -p "$room/alone"
    cp "$bin/vmha-genw" "$room/alone/"
    run "$room/alone/vmha-genw" vm1 --socket "$room/none.sock"
    [ "$status" -eq 0 ]
    [[ "$output" == *"[E]"* ]]
    printf '#!/bin/sh\nexec "%s" "$@" --state-dir "%s" --runtime-dir "%s"\n' "$daemon_bin/vmhad" "$room/o.state" \
        "$room/o.run" >"$room/alone/vmhad"
    chmod +x "$room/alone/vmhad"
    run "$room/alone/vmha-genw" vm1 --socket "$room/none.sock" --config "$room/vmhad.json" --node ec1
    echo "$output"
    [ "$status" -eq 0 ]
    site host esxi1 network cut
    run "$room/alone/vmha-genw" vm1 --timeout 6 --socket "$room/none.sock" --config "$room/vmhad.json" --node ec1
    [ "$status" -eq 0 ]
    [[ "$output" == *"[E]"* ]]
}

@test "a start asked of a daemon that has just come up waits until it has seen the peer, and changes nothing before" {
    site_configuration '.vms.vm1.on_running_elsewhere = "refuse"'
    start_both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    stop ec1
    site delay esxi2 '*' 100
    start_node ec1
    run on ec1 "$bin/vmha-exec" start vm1
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"'waiting for the peer' (esxi2"* ]]
    [[ "$output" == *running_elsewhere* ]]
    [ "$(calls esxi1 RegisterVM_Task)" = 0 ]
}

@test "a host that answers and tells nothing new does not read like a healthy one, and comes back by itself" {
    only_over api
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    site fault esxi1 WaitForUpdatesEx hang
    shows() { on ec1 "$bin/vmhactl" hosts | grep "^esxi1 .*$1"; }
    wait_until 10 shows "up .*stale: nothing new for"
    wait_until 30 link_is ec1 esxi1 down
    shows "down .*it answers, but tells nothing new"
    reaches ec1 "host 'esxi1': 'up' -> 'down' (cannot watch esxi1: it answers, but tells nothing new"
    run on ec1 "$bin/vmha-genw" vm1
    [ "$status" -eq 0 ]
    says ec1 "vm1 is unknown (stale)"
    [ "$(api ec1 /v1/status | jq '.hosts[] | select(.name == "esxi2") | .fresh')" = true ]
    site fault esxi1 WaitForUpdatesEx clear
    wait_until 30 link_is ec1 esxi1 up
    wait_until 5 verdict_is ec1 vm1 .verdict healthy
    [ "$(grep -c "tells nothing new" "$room/ec1.log")" -le 2 ]
}
