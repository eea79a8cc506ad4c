#!/usr/bin/env bats
# The real vmhactl against a scripted daemon.

load support

@test "without a daemon it is 3, with a sentence about what is there" {
    run "$bin/vmhactl" status
    expect_code 3
    has "cannot reach vmhad: $sock does not exist; is the service running? try: systemctl status vmhad"
    run "$bin/vmhactl" status --socket "$room/no/such"
    expect_code 3
    has "$room/no does not exist"
    daemon --vm vm1=healthy
    kill_daemon
    run "$bin/vmhactl" vms
    expect_code 3
    has "nobody listens"
    touch "$room/file"
    run "$bin/vmhactl" vms --socket "$room/file"
    expect_code 3
    has "is not a socket"
}

@test "a silent daemon is 3 after 3 s" {
    daemon --silent
    run "$bin/vmhactl" status
    expect_code 3
    has "did not answer within 3 s"
}

@test "vms is a table, and with --json what the daemon says" {
    daemon --vm vm1=healthy,active --vm vm2=healthy
    run "$bin/vmhactl" vms
    expect_code 0
    [[ ${lines[0]} == "VM   ACTIVE"* ]]
    [[ ${lines[1]} == "vm1  yes "* ]]
    for words in "--json vms" "vms --json"; do
        # shellcheck disable=SC2086
        run "$bin/vmhactl" $words
        [ "$(jq -c '[.vms[].vm]' <<<"$output")" = '["vm1","vm2"]' ]
    done
}

@test "check shows verdicts and ends like the monitor" {
    daemon --vm vm1=healthy --vm vm2=unhealthy:suspended
    run "$bin/vmhactl" check vm1
    expect_code 0
    run "$bin/vmhactl" check vm1 vm2
    expect_code 1
    has "vm 'vm2': unhealthy: suspended"
    run "$bin/vmhactl" check vm9
    expect_code 2
    run "$bin/vmhactl" check --json vm2
    [ "$(jq -r .reason <<<"$output")" = suspended ]
}

@test "start shows the progress and ends like vmha-exec" {
    daemon --vm vm1=ok --vm vm2=failed:busy
    run "$bin/vmhactl" start vm1
    expect_code 0
    has "start ok"
    run "$bin/vmhactl" stop vm2 --json
    expect_code 1
    [ "$(jq -rs '.[-1].reason' <<<"$output")" = busy ]
    [ "$(alert_count)" -eq 0 ]
}

@test "a daemon that goes during a start is 3, not an answer" {
    daemon --vm vm1=hang
    background ctl "$bin/vmhactl" start vm1
    wait_until 10 logged ctl registering
    kill_daemon
    ended ctl
    [ "$code" -eq 3 ]
}

@test "what the daemon refuses is shown in its words" {
    daemon --vm vm1=ok
    run "$bin/vmhactl" pause vm1 --for 60
    expect_code 1
    has "cannot pause vm1: not_found: there is nothing at this address"
    [ "$(requests '.[-1].body.for_s')" = 60 ]
    run "$bin/vmhactl" retry-login esxi1
    expect_code 1
    [ "$(requests '.[-1].target')" = '"/v1/hosts/esxi1/retry-login"' ]
}

@test "a reload shows what has changed and what is worth a warning, or all that speaks against it" {
    daemon --reload ok
    run "$bin/vmhactl" reload
    expect_code 0
    has "vm 'vm3' added"
    has "warning: a warning"
    daemon --reload refused
    run "$bin/vmhactl" reload
    expect_code 2
    has "a.json: one"
    has "b.json: two"
    has "a hint"
}

@test "a quiet reload says nothing where it was taken, and one line where it was refused" {
    daemon --reload ok
    run "$bin/vmhactl" reload --quiet
    expect_code 0
    [ -z "$output" ]
    daemon --reload refused
    for word in -q --quiet; do
        run "$bin/vmhactl" reload $word
        expect_code 2
        [ "${#lines[@]}" -eq 1 ]
        has "the new configuration is refused, vmhad goes on with the old one; vmhad's log says why"
    done
}

@test "a reload waits for a busy daemon, and says after 3 s that it does" {
    daemon --reload slow:4
    run "$bin/vmhactl" reload
    expect_code 0
    has "vmhad has not answered yet; waiting up to 60 s in all"
    has "vm 'vm3' added"
}

@test "a reload of a daemon that hangs ends 3 when its time is over, and says what to do" {
    daemon --silent
    run "$bin/vmhactl" reload --timeout 1
    expect_code 3
    has "vmhad did not answer within 1 s, so whether it took the new configuration is not known"
    has "systemctl restart vmhad"
}

@test "wrong usage is 2" {
    for words in "" "nonsense" "vm" "vm a/b" "start" "pause" "pause --all vm1" "pause vm1 --for 0" "status --nothing" \
        "reload --timeout 0"; do
        # shellcheck disable=SC2086
        run "$bin/vmhactl" $words
        expect_code 2
    done
    # A mistyped word is named, not only missed.
    for word in statsu --statsu; do
        run "$bin/vmhactl" "$word"
        has "no such command or option: $word"
    done
    run "$bin/vmhactl" --help
    expect_code 0
    run "$bin/vmhactl" --version
    expect_code 0
}

@test "events -f shows events until the daemon goes" {
    daemon --vm vm1=ok
    background ctl "$bin/vmhactl" events -f
    wait_until 10 test -s "$room/requests"
    until_shown() { send_event '{"event":"link","message":"esxi1 is up","level":"I","time":"T"}'; logged ctl "T [I] esxi1 is up"; }
    wait_until 10 until_shown
    kill_daemon
    ended ctl
    [ "$code" -eq 3 ]
}
