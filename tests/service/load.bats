#!/usr/bin/env bats
# Fifty shims a second, across ten restarts of the daemon and one upgrade of the package: no answer may fail.

setup_file() {
    load support
    serve
    put /root/load.sh 755 <"$BATS_TEST_DIRNAME/load.sh"
    higher_package >/dev/null
}
setup() { load support; }
teardown_file() {
    load support
    remove_machine
}

answered() { on sh -c 'wc -l </root/answers 2>/dev/null || echo 0'; }
answered_more() { [ "$(answered)" -ge "$1" ]; }
failures() { on awk '$1 != 0' /root/answers; }
# go_on N: the load goes on until N more shims were answered, and none has failed.
go_on() {
    wait_until 30 answered_more $(($(answered) + $1)) || { echo "shims hang"; on tail -5 /root/answers; return 1; }
    [ -z "$(failures)" ] || { failures | head -5; return 1; }
}
new_daemon() { is_active vmhad.service && [ "$(property vmhad.service MainPID)" != "$1" ] && [ "$(property vmhad.service MainPID)" != 0 ]; }

@test "fifty shims a second, ten restarts, one upgrade, not one failed answer" {
    on vmha-exec start vm1 vm2
    # Long enough that restarts meet starts and stops under way.
    site task-time power_on 150
    began=$(now_ms)
    begin load bash /root/load.sh /root/answers
    go_on 50
    for round in 1 2 3 4 5 6 7 8 9 10; do
        pid=$(property vmhad.service MainPID)
        # Every third time it is a crash.
        if ((round % 3)); then on systemctl restart vmhad.service; else on systemctl kill -s KILL vmhad.service; fi
        wait_until 10 new_daemon "$pid"
        go_on 40
    done
    pid=$(property vmhad.service MainPID)
    install_file "$room/vmha_99.0.0-1_amd64.deb" >"$room/upgrade.log" 2>&1 || { cat "$room/upgrade.log"; return 1; }
    new_daemon "$pid"
    [ "$(on dpkg-query -W -f '${Version}' vmha)" = 99.0.0-1 ]
    go_on 100
    took_ms=$(($(now_ms) - began))
    on touch /root/answers.stop
    ends load 0 60
    on cat /root/answers >"$room/answers"
    [ -z "$(failures)" ] || { failures | head -20; return 1; }
    sent=$(wc -l <"$room/answers")
    # The runner shows this line with the results.
    echo "# $sent shims in $took_ms ms; the longest took $(sort -k2n "$room/answers" | awk 'END { print $2 }') ms" >&3
    # Else this has not been the load that it claims to be.
    [ $((sent * 1000 / took_ms)) -ge 40 ]
    [ "$(grep -c 'stop vm2' "$room/answers")" -ge 10 ]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    [ "$(power_at esxi1 vm2)" = poweredOn ]
}

@test "a hundred monitors at once find the daemon stopped: the socket starts it, and each is answered" {
    on systemctl stop vmhad.service
    on bash -c 'for i in $(seq 100); do vmha-genw vm1 >>/root/hundred 2>&1 || echo "FAILED $?" >>/root/hundred & done; wait'
    lacks -E 'FAILED|--oneshot' <(on cat /root/hundred)
    [ "$(on cat /root/hundred | wc -l)" -ge 100 ]
    is_active vmhad.socket
    is_active vmhad.service
}
