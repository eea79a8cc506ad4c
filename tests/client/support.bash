# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # "code" is for the suites, "status" and "output" are the test runner's
# For the suites of this folder: the programs in a folder of their own, a scripted daemon, the cluster's alert command.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"

setup() {
    room=$BATS_TEST_TMPDIR
    bin=$room/bin
    sock=$room/s
    mkdir "$bin" "$room/alerts"
    # Copies: the programs look for vmhad in their own folder, and here it is a script of the test, or none.
    cp "${VMHA_BIN:-$top/build/release/bin}"/{vmha-exec,vmha-genw,vmhactl} "$bin"
    export VMHAD_SOCKET=$sock VMHA_ALERT_DIR=$room/alerts/memory VMHA_CLPLOGCMD=$room/clplogcmd
    unset CLP_RESOURCENAME
    printf '#!/bin/sh\necho "$@" >>%s\n' "$room/alerts/log" >"$room/clplogcmd"
    chmod +x "$room/clplogcmd"
}

teardown() {
    local file
    for file in "$room"/*.pid; do
        [ ! -e "$file" ] || end_process "$(cat "$file")"
    done
}

# daemon [OPTION...]: starts the scripted daemon (again); lines written to descriptor 7 become events.
daemon() {
    [ ! -e "$room/daemon.pid" ] || kill_daemon
    rm -f "$sock"
    [ -p "$room/events" ] || mkfifo "$room/events"
    exec 7<>"$room/events"
    # Descriptor 3 is the test runner's.
    /usr/bin/python3 "$here/fake_vmhad.py" --socket "$sock" --log "$room/requests" "$@" <"$room/events" \
        >"$room/daemon.log" 2>&1 3>&- 7>&- &
    echo $! >"$room/daemon.pid"
    wait_until 10 test -S "$sock" || { cat "$room/daemon.log"; return 1; }
}

# Without a word to anybody, as a crash ends it; its socket file stays.
kill_daemon() {
    local pid
    pid=$(cat "$room/daemon.pid")
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
    rm "$room/daemon.pid"
}

# background NAME COMMAND...: its output is $room/NAME.log; `ended NAME` waits for it and sets $code.
background() {
    local name=$1
    shift
    "$@" >"$room/$name.log" 2>&1 </dev/null 3>&- 7>&- &
    echo $! >"$room/$name.pid"
}
ended() {
    local pid
    pid=$(cat "$room/$1.pid")
    wait_until "${2:-10}" gone "$pid" || { echo "$1 has not ended:"; cat "$room/$1.log"; return 1; }
    code=0
    wait "$pid" || code=$?
    rm "$room/$1.pid"
    output=$(cat "$room/$1.log")
}
runs() { ! gone "$(cat "$room/$1.pid")"; }
logged() { grep -qF -- "$2" "$room/$1.log"; }

# A vmhad for --oneshot beside the shims: notes its words and ends with the given code.
oneshot() {
    printf '#!/bin/sh\necho "$$ $*" >>%s\necho "oneshot says $*"\nexit %s\n' "$room/oneshot" "$1" >"$bin/vmhad"
    chmod +x "$bin/vmhad"
}

# requests FILTER: jq over the list of what the daemon was asked.
requests() { jq -s "$1" "$room/requests"; }
alerts() { cat "$room/alerts/log" 2>/dev/null || true; }
alert_count() { alerts | wc -l; }

expect_code() { [ "$status" -eq "$1" ] || { echo "code $status instead of $1: $output"; return 1; }; }
has() { [[ $output == *"$1"* ]] || { echo "no '$1' in: $output"; return 1; }; }
has_not() { [[ $output != *"$1"* ]] || { echo "'$1' in: $output"; return 1; }; }

send_event() { printf '%s\n' "$1" >&7; }
health_event() {
    send_event "$(printf '{"event":"health","vm":"%s","verdict":"%s","reason":"%s","detail":"","exit_code":%s}' "$@")"
}
