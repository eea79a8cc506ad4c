#!/usr/bin/env bats
# The daemon as a service, without systemd: what it tells systemd and the journal, how fast it ends, the socket that is
# handed over, and a password that is not there.

setup_file() {
    load support
    addresses=(127.0.0.17 127.0.0.18)
    start_site
    site_configuration
    declare -p addresses >"$BATS_FILE_TMPDIR/addresses"
}
teardown_file() { load support; stop_all; }
setup() {
    load support
    . "$BATS_FILE_TMPDIR/addresses"
    only_over api
    rm -rf "$room"/ec1.* "$room"/*.said
    site_configuration
}
teardown() {
    site fault esxi1 '*' clear
    site fault esxi1 PowerOnVM_Task clear
    site fault esxi2 '*' clear
    [ ! -e "$room/shim.pid" ] || stop shim
    [ ! -e "$room/ec1.pid" ] || stop ec1
}

# run_under OPTION...: the daemon of ec1, as systemd runs it.
run_under() {
    mkdir -p "$room/ec1.state" "$room/ec1.run"
    start ec1 "${before[@]}" "$BATS_TEST_DIRNAME/under_systemd.py" "$@" "$daemon_bin/vmhad" --config "$room/vmhad.json" \
        --node ec1 --socket "$room/ec1.sock" --state-dir "$room/ec1.state" --runtime-dir "$room/ec1.run"
    wait_until 20 answers ec1 || { cat "$room/ec1.log"; return 1; }
}
before=()
told() { jq -r .text "$room/notify.said"; }
status_is() { told | grep -F STATUS= | tail -1 | grep -qFx -- "STATUS=$1"; }
fed() { [ "$(told | grep -c WATCHDOG=1)" -ge "$1" ]; }
ms() { date +%s%3N; }

# ends_within MS CODE: from the signal on.
ends_within() {
    local pid begun took code=0
    pid=$(pid_of ec1)
    begun=$(ms)
    kill -TERM "$pid"
    [ "${3:-}" != twice ] || { wait_until 1 grep -q 'ends: SIGTERM' "$room/ec1.log" && kill -TERM "$pid"; }
    wait_until 5 gone "$pid"
    took=$(($(ms) - begun))
    wait "$pid" || code=$?
    rm "$room/ec1.pid"
    echo "ended after $took ms with $code"
    [ "$took" -le "$1" ] && [ "$code" -eq "$2" ]
}

@test "a quiet daemon ends at once, and takes its socket with it" {
    start_node ec1 && wait_until 20 both_up ec1
    ends_within 1000 0
    [ ! -e "$room/ec1.sock" ]
}

@test "a daemon whose hosts hang, with a start under way, ends within a second" {
    start_node ec1 && wait_until 20 both_up ec1
    site fault esxi1 PowerOnVM_Task hang
    begin shim ec1 "$bin/vmha-exec" start vm1
    wait_until 10 says ec1 "'powering on'"
    site fault esxi1 '*' hang
    site fault esxi2 '*' hang
    ends_within 1000 0
}

@test "a second signal changes nothing" {
    start_node ec1 && wait_until 20 both_up ec1
    site fault esxi1 '*' hang
    site fault esxi2 '*' hang
    ends_within 1000 0 twice
}

@test "systemd hears readiness, a status that names what waits for a person, signs of life, and the end" {
    run_under --notify "$room/notify.said" --watchdog 2
    wait_until 20 status_is '2/2 hosts connected; 3 VMs'
    site fault esxi1 '*' drop
    wait_until 20 status_is '1/2 hosts connected (esxi1: down); 3 VMs' || { told; cat "$room/ec1.log"; false; }
    wait_until 20 fed 12
    # Never later than systemd allows, whatever the hosts do.
    jq -s '[.[] | select(.text == "WATCHDOG=1") | .at] | [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | max < 2' \
        "$room/notify.said" | grep -qx true
    stop ec1
    told | head -1 | grep -qx READY=1
    told | grep -qx STOPPING=1
    run lacks 'no sign of progress' "$room/ec1.log"
    [ "$status" -eq 0 ]
}

@test "the socket that is handed over is served, and its file outlives the daemon" {
    run_under --socket "$room/ec1.sock"
    wait_until 20 both_up ec1
    stop ec1
    [ -S "$room/ec1.sock" ]
    rm "$room/ec1.sock"
}

@test "started by hand beside a socket that is served, it says so and ends 2" {
    run_under --socket "$room/ec1.sock"
    run "$daemon_bin/vmhad" --config "$room/vmhad.json" --node ec1 --socket "$room/ec1.sock" \
        --state-dir "$room/ec1.state" --runtime-dir "$room/ec1.run"
    [ "$status" -eq 2 ]
    [[ $output == *"cannot listen on $room/ec1.sock: it is in use by another process"* ]]
}

@test "a password that is not there: the daemon stays up, names both places, sends no login, and goes on once it is" {
    local password logins
    password=$(jq -r '.nodes.ec1.host.api.password_file' "$room/vmhad.json")
    [ -e "$room/$password" ] || password=${password##*/}
    mv "$room/$password" "$room/kept"
    logins=$(counter .esxi1.calls.Login)
    mkdir -p "$room/credentials.d"
    CREDENTIALS_DIRECTORY=$room/credentials.d start_node ec1
    wait_until 20 link_is ec1 esxi1 bad_password
    says ec1 "cannot read $room/$password: No such file or directory; nor is it among the service's credentials in $room/credentials.d"
    [ "$(counter .esxi1.calls.Login)" = "$logins" ]
    mv "$room/kept" "$room/$password"
    wait_until 20 link_is ec1 esxi1 up
}

@test "under the journal a state change is one entry with its fields, and no line beside it" {
    [ "$(id -u)" -eq 0 ] && unshare -m true || skip "needs a mount namespace"
    before=(unshare -m)
    run_under --journal "$room/journal.said" --notify "$room/notify.said"
    wait_until 20 both_up ec1
    on ec1 "$bin/vmha-exec" start vm2
    on ec1 "$bin/vmha-exec" stop vm2
    stop ec1
    id_of() { grep -A1 "^# $1\$" "$top/systemd/vmha.catalog" | sed -n 's/^-- //p'; }
    # entries NAME FILTER: how many have that number and hold.
    entries() {
        jq -s --arg id "$(id_of "$1")" "[.[] | select(.MESSAGE_ID == \$id and .SYSLOG_IDENTIFIER == \"vmhad\" and ($2))] | length" \
            "$room/journal.said"
    }
    [ "$(entries daemon_ready 'true')" -eq 1 ]
    [ "$(entries link_up '.HOST == "esxi1" and .FROM == "connecting" and .TO == "up" and .PRIORITY == "6"')" -eq 1 ]
    [ "$(entries operation_moved '.VM == "vm2" and .OPERATION == "start" and .TO == "powering on" and .HOST == "esxi1"')" -eq 1 ]
    [ "$(entries operation_done '.VM == "vm2" and .OPERATION == "start" and .TO == "started"')" -eq 1 ]
    [ "$(entries operation_done '.VM == "vm2" and .OPERATION == "stop" and .TO == "stopped"')" -eq 1 ]
    [ "$(entries vm_healthy '.VM == "vm2" and .TO == "healthy"')" -eq 1 ]
    [ "$(entries daemon_ends 'true')" -eq 1 ]
    run lacks '"stderr"' "$room/journal.said"
    [ "$status" -eq 0 ]
    run lacks "$(cat "$room"/*.password | head -1)" "$room/journal.said"
    [ "$status" -eq 0 ]
}
