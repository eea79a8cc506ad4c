#!/usr/bin/env bats
# The real vmha-genw against a scripted daemon: a verdict becomes an exit code, its own trouble never does.

load support

@test "a healthy VM is 0 and one line" {
    daemon --vm vm1=healthy
    run "$bin/vmha-genw" vm1
    expect_code 0
    [ ${#lines[@]} -eq 1 ]
    has "[I] vm 'vm1': healthy (esxi1)"
    [ "$(alert_count)" -eq 0 ]
}

@test "an unhealthy VM is 1 and its reason" {
    daemon --vm vm1=unhealthy:powered_off
    run "$bin/vmha-genw" vm1
    expect_code 1
    has "[E] vm 'vm1': unhealthy: powered_off: as scripted (esxi1)"
}

@test "unknown is 0 with a warning, and 5 where the daemon's tolerance is over" {
    daemon --vm vm1=unknown:stale --vm vm2=tolerance:stale
    run "$bin/vmha-genw" vm1
    expect_code 0
    has "[W] vm 'vm1': unknown: stale"
    run "$bin/vmha-genw" vm2
    expect_code 5
    has "[E] vm 'vm2': unknown: stale"
}

@test "an unknown VM is 2, and so is wrong usage" {
    daemon --vm vm1=healthy
    run "$bin/vmha-genw" vm9
    expect_code 2
    run "$bin/vmha-genw" vm1 --no-such-option
    expect_code 2
}

@test "without a VM all that are active here are judged, and the worst verdict counts" {
    daemon --vm vm1=healthy,active --vm vm2=unhealthy:suspended --vm vm3=tolerance:stale,active
    run "$bin/vmha-genw"
    expect_code 5
    has "'vm1'"
    has_not "'vm2'"
}

@test "without a VM and with none active it is 0, with a line" {
    daemon --vm vm1=unhealthy:suspended
    run "$bin/vmha-genw"
    expect_code 0
    has "[I] no VM is active on this node"
}

@test "several VMs: each has its line" {
    daemon --vm vm1=unhealthy:suspended --vm vm2=healthy
    run "$bin/vmha-genw" vm2 vm1 --socket "$sock"
    expect_code 1
    [ ${#lines[@]} -eq 2 ]
}

@test "a daemon that waits for its view says so at once, and is waited for" {
    daemon --vm vm1=unhealthy:powered_off,waiting:4
    oneshot 0
    run "$bin/vmha-genw" vm1
    expect_code 1
    [ ! -e "$room/oneshot" ]
}

@test "no answer by the deadline is unknown: 0 with a warning" {
    daemon --vm vm1=unhealthy:powered_off,waiting:30
    run "$bin/vmha-genw" vm1 --timeout 4
    expect_code 0
    has "[W] vm 'vm1': unknown"
}

@test "a silent daemon is replaced by vmhad --oneshot check" {
    daemon --silent
    oneshot 1
    run "$bin/vmha-genw" vm1 --node ec2
    expect_code 1
    has "oneshot says --oneshot check vm1 --node ec2 --timeout 1"
}

@test "without a VM, the oneshot finds out itself which are active" {
    oneshot 0
    run "$bin/vmha-genw"
    expect_code 0
    has "oneshot says --oneshot check --timeout 1"
}

@test "no daemon and no vmhad is no failover: 0 with an error line" {
    run "$bin/vmha-genw" vm1
    expect_code 0
    has "[E] unknown: vmhad is unreachable"
    has "there is no vmhad"
}

@test "a vmhad that cannot be executed is no failover either" {
    printf '\177ELF' >"$bin/vmhad"
    chmod +x "$bin/vmhad"
    run "$bin/vmha-genw" vm1
    expect_code 0
    has "[E] unknown: cannot run $bin/vmhad"
}

@test "an answer that is none is no failover" {
    daemon --vm vm1=nonsense
    run "$bin/vmha-genw" vm1
    expect_code 0
    has "[E] unknown"
}

@test "unhealthy counts even while there is no answer about another VM" {
    daemon --vm vm1=unhealthy:suspended --vm vm2=nonsense
    oneshot 0
    run "$bin/vmha-genw" vm1 vm2
    expect_code 1
}

@test "a state that a human has to see is one alert per change, not one per look" {
    daemon --vm vm1=unknown:stale
    for _ in 1 2 3; do run "$bin/vmha-genw" vm1; done
    [ "$(alerts)" = "-m vm 'vm1': unknown: stale: as scripted (esxi1) --alert -l WARN" ]
    kill_daemon
    daemon --vm vm1=unknown:locked_out
    run "$bin/vmha-genw" vm1
    run "$bin/vmha-genw" vm1
    [ "$(alert_count)" -eq 2 ]
    kill_daemon
    daemon --vm vm1=healthy
    run "$bin/vmha-genw" vm1
    [ "$(alert_count)" -eq 2 ]
    kill_daemon
    daemon --vm vm1=unknown:stale
    run "$bin/vmha-genw" vm1
    [ "$(alert_count)" -eq 3 ]
}

@test "what comes with every start, stop and new session is no alert, and no change either" {
    daemon --vm vm1=unknown:operation_under_way --vm vm2=unknown:settling --vm vm3=unknown:stale
    run "$bin/vmha-genw" vm1 vm2 vm3
    expect_code 0
    [ "$(alert_count)" -eq 1 ]
    kill_daemon
    daemon --vm vm3=unknown:settling
    run "$bin/vmha-genw" vm3
    kill_daemon
    daemon --vm vm3=unknown:stale
    run "$bin/vmha-genw" vm3
    [ "$(alert_count)" -eq 1 ]
}

@test "a left over copy is an error alert; a VM that is simply off is the cluster's to report" {
    daemon --vm vm1=unhealthy:left_over --vm vm2=unhealthy:powered_off
    run "$bin/vmha-genw" vm2
    [ "$(alert_count)" -eq 0 ]
    run "$bin/vmha-genw" vm1
    [[ $(alerts) == *"left_over"*"-l ERR" ]]
}

@test "a daemon that is down is one alert until it is back" {
    run "$bin/vmha-genw" vm1
    run "$bin/vmha-genw" vm1
    [ "$(alert_count)" -eq 1 ]
    [[ $(alerts) == *"vmhad is unreachable"*"--alert -l ERR" ]]
    daemon --vm vm1=healthy
    run "$bin/vmha-genw" vm1
    kill_daemon
    run "$bin/vmha-genw" vm1
    [ "$(alert_count)" -eq 2 ]
}

@test "the shims are static and at a fixed address in a release" {
    file=$(readelf -hl "$bin/vmha-genw")
    [[ $file == *"INTERP"* ]] && skip "not a release build"
    [[ $file == *"EXEC (Executable file)"* ]]
    readelf -hl "$bin/vmha-exec" | grep -q 'EXEC (Executable file)'
}

@test "following ends the moment the verdict turns unhealthy, with the event's code" {
    daemon --vm vm1=healthy --vm vm2=healthy
    background follow "$bin/vmha-genw" --follow vm1
    wait_until 10 logged follow "healthy (esxi1)"
    health_event vm2 unhealthy powered_off 1
    health_event vm1 unknown stale 0
    wait_until 10 logged follow "unknown: stale"
    runs follow
    health_event vm1 unhealthy powered_off 1
    ended follow
    [ "$code" -eq 1 ]
    has "[E] vm 'vm1': unhealthy: powered_off"
    has_not vm2
    [ "$(requests '[.[].target | split("?")[0]] == ["/v1/events", "/v1/vms/vm1/health"]')" = true ]
}

@test "following ends with 5 where the daemon's tolerance is over" {
    daemon --vm vm1=healthy
    background follow "$bin/vmha-genw" vm1 --follow
    wait_until 10 logged follow "healthy (esxi1)"
    health_event vm1 unknown stale 5
    ended follow
    [ "$code" -eq 5 ]
}

@test "following a VM that is unhealthy already ends at once" {
    daemon --vm vm1=unhealthy:suspended
    run timeout 10 "$bin/vmha-genw" --follow vm1
    expect_code 1
}

@test "following an unknown VM is wrong usage" {
    daemon --vm vm1=healthy
    run timeout 10 "$bin/vmha-genw" --follow vm9
    expect_code 2
}

@test "a follower outlives the daemon, and reads again what it may have missed" {
    daemon --vm vm1=healthy
    background follow "$bin/vmha-genw" --follow vm1
    wait_until 10 logged follow "healthy (esxi1)"
    kill_daemon
    wait_until 10 logged follow "trying again"
    sleep 1 # long enough for several tries
    runs follow
    daemon --vm vm1=healthy
    wait_until 10 logged follow "answers again"
    runs follow
    kill_daemon
    daemon --vm vm1=unhealthy:powered_off
    ended follow
    [ "$code" -eq 1 ]
}

@test "a follower that never met a daemon waits for one" {
    background follow "$bin/vmha-genw" --follow vm1
    sleep 1 # long enough for several tries
    runs follow
    daemon --vm vm1=unhealthy:suspended
    ended follow
    [ "$code" -eq 1 ]
}

@test "a silent daemon does not end a follower" {
    daemon --silent
    background follow "$bin/vmha-genw" --follow vm1
    wait_until 10 logged follow "does not answer"
    runs follow
    [ "$(grep -c "does not answer" "$room/follow.log")" -eq 1 ]
}

@test "following all VMs, one that the cluster stopped here is no fault, one that it started is followed" {
    daemon --vm vm1=healthy,active --vm vm2=unhealthy:not_active_here
    background follow "$bin/vmha-genw" --follow
    wait_until 10 logged follow "'vm1': healthy (esxi1)"
    health_event vm1 unhealthy not_active_here 1
    health_event vm2 healthy running 0
    wait_until 10 logged follow "'vm2': healthy"
    runs follow
    health_event vm2 unhealthy powered_off 1
    ended follow
    [ "$code" -eq 1 ]
}

@test "a follower shows what happens to its VM, and keeps silent when nothing changes" {
    daemon --vm vm1=healthy
    background follow "$bin/vmha-genw" --follow vm1
    wait_until 10 logged follow "healthy (esxi1)"
    health_event vm1 unknown stale 0
    health_event vm1 unknown stale 0
    send_event '{"event":"link","host":"esxi1","message":"the link to esxi1 is down","level":"W"}'
    send_event '{"event":"transition","vm":"vm2","message":"not ours","level":"I"}'
    send_event 'not JSON'
    send_event '{"event":"transition","vm":"vm1","message":"ours","level":"I"}'
    wait_until 10 logged follow "[I] ours"
    [ "$(grep -c "unknown: stale" "$room/follow.log")" -eq 1 ]
    logged follow "[W] the link to esxi1 is down"
    [ "$(grep -c "not ours" "$room/follow.log")" -eq 0 ]
    wait_until 10 test -s "$room/alerts/log"
    [ "$(alert_count)" -eq 1 ]
}
