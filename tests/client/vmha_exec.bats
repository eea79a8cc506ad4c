#!/usr/bin/env bats
# The real vmha-exec against a scripted daemon: its lines, its exit codes, and what it does when the daemon goes.

load support

@test "a start that ends well is 0, and its progress is told line by line" {
    daemon --vm vm1=ok
    run "$bin/vmha-exec" start vm1
    expect_code 0
    [[ ${lines[0]} =~ ^20[0-9]{2}/[0-9]{2}/[0-9]{2}\ [0-9]{2}:[0-9]{2}:[0-9]{2}\ \[I\]\ vm\ \'vm1\':\ \'checking\'\ -\>\ \'registering\'\ \(esxi1\)$ ]]
    [[ ${lines[1]} =~ \[I\]\ vm\ \'vm1\':\ start\ ok\ after\ 1.2\ s$ ]]
    [ ${#lines[@]} -eq 2 ]
}

@test "a failed operation is 1 and names its reason" {
    daemon --vm vm1=failed:lock_held
    run "$bin/vmha-exec" start vm1
    expect_code 1
    has "[E] vm 'vm1': start failed after 1.2 s: lock_held: as scripted"
}

@test "an operation whose time is over is 4" {
    daemon --vm vm1=timeout
    run "$bin/vmha-exec" stop vm1
    expect_code 4
    has "[E] vm 'vm1': stop timed out after 1.2 s: deadline: waited for the host"
}

@test "an unknown VM is 2" {
    daemon --vm vm1=ok
    run "$bin/vmha-exec" start vm9
    expect_code 2
    has "unknown_vm: no such VM is configured"
}

@test "a caller without the right is 1 and told so" {
    daemon --vm vm1=forbidden
    run "$bin/vmha-exec" start vm1
    expect_code 1
    has "forbidden: needs root or the group vmha"
}

@test "wrong usage is 2, and nothing is asked" {
    daemon --vm vm1=ok
    for words in "" "restart vm1" "start vm1 --fast" "start vm/1" "start vm1 --timeout 0" "start"; do
        # shellcheck disable=SC2086
        run "$bin/vmha-exec" $words
        expect_code 2
        has "[E]"
        has "usage: vmha-exec"
    done
    [ ! -e "$room/requests" ]
}

@test "without a VM the cluster's resource name is taken" {
    daemon --vm VM1=ok
    CLP_RESOURCENAME=exec-VM1 run "$bin/vmha-exec" stop
    expect_code 0
    [ "$(requests '.[0].target')" = '"/v1/vms/VM1/stop"' ]
}

@test "the cluster's variables go with the request, the others do not" {
    daemon --vm vm1=ok
    CLP_FACTOR=GROUPFAILOVER CLP_EVENT=FAILOVER SECRET=x run "$bin/vmha-exec" stop vm1 --timeout 60
    expect_code 0
    [ "$(requests -c '.[0].body.context')" = '{"CLP_EVENT":"FAILOVER","CLP_FACTOR":"GROUPFAILOVER"}' ] ||
        [ "$(requests '.[0].body.context == {"CLP_EVENT":"FAILOVER","CLP_FACTOR":"GROUPFAILOVER"}')" = true ]
    [ "$(requests '.[0].body.timeout_s')" = 60 ]
}

@test "without --timeout each VM's own time holds" {
    daemon --vm vm1=ok
    run "$bin/vmha-exec" start vm1
    [ "$(requests '.[0].body | has("timeout_s")')" = false ]
}

@test "options may stand anywhere, and the environment may be empty" {
    daemon --vm vm1=ok
    run env -i POSIXLY_CORRECT=1 "$bin/vmha-exec" --timeout 9 start vm1 --socket "$sock"
    expect_code 0
    [ "$(requests '.[0].body.timeout_s')" = 9 ]
}

@test "several VMs run side by side, all are attempted, and the first of 2, 1, 5, 4, 3 counts" {
    daemon --vm vm1=slow:1 --vm vm2=slow:1 --vm vm3=slow:1 --vm vm4=failed:busy --vm vm5=timeout
    begin=$(now_ms)
    run "$bin/vmha-exec" start vm1 vm2 vm3
    expect_code 0
    [ $(($(now_ms) - begin)) -lt 2500 ]
    run "$bin/vmha-exec" start vm5 vm4 vm1
    expect_code 1
    has "'vm1': start ok"
    run "$bin/vmha-exec" start vm5 vm1
    expect_code 4
    run "$bin/vmha-exec" start vm4 vm9 vm5
    expect_code 2
}

@test "--all is every configured VM" {
    daemon --vm vm1=ok,active --vm vm2=ok
    run "$bin/vmha-exec" stop --all
    expect_code 0
    [ "$(requests '[.[1:][].target] | sort == ["/v1/vms/vm1/stop", "/v1/vms/vm2/stop"]')" = true ]
}

@test "a daemon that is killed in the middle and comes back is asked again, with the time that is left" {
    daemon --vm vm1=hang
    background exec "$bin/vmha-exec" start vm1 --timeout 60
    wait_until 10 logged exec registering
    sleep 1.2 # the time that is spent has to show in whole seconds
    kill_daemon
    daemon --vm vm1=ok
    ended exec
    [ "$code" -eq 0 ]
    has "trying again"
    has "start ok"
    [ "$(requests '.[0].body.timeout_s')" = 60 ]
    [ "$(requests '.[1].body.timeout_s | . <= 59 and . >= 50')" = true ]
}

@test "after a restart the daemon's own limit goes on, it does not begin anew" {
    daemon --vm vm1=hang,limit:40
    background exec "$bin/vmha-exec" start vm1
    wait_until 10 logged exec registering
    sleep 1.2 # as above
    kill_daemon
    daemon --vm vm1=ok
    ended exec
    [ "$code" -eq 0 ]
    [ "$(requests '.[0].body | has("timeout_s")')" = false ]
    [ "$(requests '.[1].body.timeout_s | . <= 39 and . >= 30')" = true ]
}

@test "a stream that ends without a result is no result" {
    daemon --vm vm1=close
    run "$bin/vmha-exec" start vm1 --timeout 1
    expect_code 4
    has "gave up"
}

@test "a daemon that accepts and says nothing is replaced by vmhad --oneshot, with all that was said" {
    daemon --silent
    oneshot 4
    begin=$(now_ms)
    run "$bin/vmha-exec" stop vm1 vm2 --config /etc/x.json --node ec1 --timeout 100
    took=$(($(now_ms) - begin))
    expect_code 4
    has "does not answer; running '$bin/vmhad --oneshot stop' instead"
    has "oneshot says --oneshot stop vm1 vm2 --config /etc/x.json --node ec1 --timeout 9"
    [ $took -ge 2900 ] && [ $took -lt 6000 ]
}

@test "without a socket vmhad --oneshot takes the shim's place, as the same process" {
    oneshot 0
    background exec "$bin/vmha-exec" start vm1
    pid=$(cat "$room/exec.pid")
    ended exec
    [ "$code" -eq 0 ]
    has "does not exist"
    [ "$(cat "$room/oneshot")" = "$pid --oneshot start vm1" ]
}

@test "nobody behind the socket file: tried for 3 s, then vmhad --oneshot" {
    daemon --vm vm1=ok
    kill_daemon
    oneshot 0
    begin=$(now_ms)
    run "$bin/vmha-exec" start --all
    took=$(($(now_ms) - begin))
    expect_code 0
    has "nobody listens"
    has "oneshot says --oneshot start --all"
    [ $took -ge 2900 ] && [ $took -lt 6000 ]
}

@test "a result that came before the daemon went is kept" {
    daemon --vm vm1=failed:vmx_missing --vm vm2=hang
    oneshot 0
    background exec "$bin/vmha-exec" start vm1 vm2
    wait_until 10 logged exec vmx_missing
    kill_daemon
    ended exec
    [ "$code" -eq 1 ]
    has "oneshot says --oneshot start vm2"
}

@test "no daemon and no vmhad is 1, and said" {
    run "$bin/vmha-exec" start vm1
    expect_code 1
    has "[E] vmhad is unreachable: $sock does not exist; and there is no vmhad"
}

@test "a daemon that comes in time is waited for" {
    background exec "$bin/vmha-exec" start vm1
    sleep 1 # a part of the 3 s that the shim has patience
    daemon --vm vm1=ok
    ended exec
    [ "$code" -eq 0 ]
}

@test "a failed operation is one alert, and one more after it went well" {
    daemon --vm vm1=failed:lock_held
    run "$bin/vmha-exec" start vm1
    [ "$(alerts)" = "-m vm 'vm1': start failed after 1.2 s: lock_held: as scripted --alert -l ERR" ]
    run "$bin/vmha-exec" start vm1
    has "after 2.2 s"
    [ "$(alert_count)" -eq 1 ]
    kill_daemon
    daemon --vm vm1=ok
    run "$bin/vmha-exec" start vm1
    [ "$(alert_count)" -eq 1 ]
    kill_daemon
    daemon --vm vm1=failed:lock_held
    run "$bin/vmha-exec" start vm1
    [ "$(alert_count)" -eq 2 ]
}

@test "an alert command that hangs costs 2 s at most" {
    printf '#!/bin/sh\nexec sleep 60\n' >"$room/clplogcmd"
    daemon --vm vm1=failed:lock_held
    begin=$(now_ms)
    run "$bin/vmha-exec" start vm1
    expect_code 1
    [ $(($(now_ms) - begin)) -lt 4000 ]
}

@test "a closed stdout changes nothing" {
    daemon --vm vm1=failed:busy
    code=0
    "$bin/vmha-exec" start vm1 >&- || code=$?
    [ "$code" -eq 1 ]
    [ "$({ "$bin/vmha-exec" start vm1 || echo $? >&2; } 2>&1 >/dev/full)" = 1 ]
}

@test "the cluster's scripts, as they are shipped, end in the shims" {
    daemon --vm vm1=ok,active --vm vm2=unhealthy:suspended
    for script in start stop genw; do
        sed "s|/usr/bin/|$bin/|" "$top/config/$script.sh" >"$room/$script.sh"
    done
    CLP_RESOURCENAME=exec-vm1 run env -u PATH /bin/sh "$room/start.sh"
    expect_code 0
    CLP_RESOURCENAME=exec-vm1 run env -u PATH /bin/sh "$room/stop.sh"
    expect_code 0
    [ "$(requests '[.[].target] == ["/v1/vms/vm1/start", "/v1/vms/vm1/stop"]')" = true ]
    run env -u PATH /bin/sh "$room/genw.sh"
    expect_code 0
    sed -i 's/^VM=$/VM=vm2/' "$room/genw.sh"
    run env -u PATH /bin/sh "$room/genw.sh"
    expect_code 1
}
