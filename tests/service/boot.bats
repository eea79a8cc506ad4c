#!/usr/bin/env bats
# Soon after boot, when the addresses of the machine may not be there yet: in a network and a time of its own, where the
# boot was as long ago as the case says.

setup_file() {
    top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
    export VMHAD=${VMHA_BIN:-$top/build/release/bin}/vmhad room=$BATS_FILE_TMPDIR
    jq -n --arg thumbprint "$(printf 'AB:%.0s' {1..31})AB" '
        def host($name; $address): {name: $name, address: $address,
            api: {user: "vmha", password_file: "password", thumbprint: $thumbprint}};
        {nodes: {ec1: {address: "192.0.2.1", host: host("esxi1"; "127.0.0.11")},
                 ec2: {address: "192.0.2.2", host: host("esxi2"; "127.0.0.12")}}, vms: {}}' >"$room/vmhad.json"
    (umask 077 && echo secret >"$room/password")
    mkdir -p "$room/state" "$room/runtime"
}
setup() {
    export state=$room/state
    [ "$EUID" -eq 0 ] || skip "needs namespaces of its own"
}

# booted SECONDS SCRIPT: SCRIPT, so long after the boot of a machine that has no address but those of lo. In it, `daemon`
# is vmhad's pid, and `said TEXT` waits until it was said.
booted() {
    local now
    now=$(cut -d. -f1 /proc/uptime)
    # shellcheck disable=SC2016
    run timeout -k 1 30 unshare --net --time --boottime "$(($1 - now))" --fork --kill-child bash -c '
        ip link set lo up
        "$VMHAD" --config "$room/vmhad.json" --state-dir "$state" --runtime-dir "$room/runtime" \
            --socket "$room/socket" >"$room/log" 2>&1 &
        daemon=$!
        said() {
            for ((i = 0; i < 500; ++i)); do
                grep -qF "$1" "$room/log" && return
                kill -0 $daemon 2>/dev/null || break
                sleep 0.02
            done
            grep -qF "$1" "$room/log"
        }
        '"$2"
    echo "$output"
    cat "$room/log"
}

@test "soon after boot the service waits for its node's address and then goes on" {
    export NOTIFY_SOCKET=$room/notify
    booted 20 'said "may still come" || exit 99
        ip address add 192.0.2.1/32 dev lo && said "is node ec1" || exit 98
        kill -TERM $daemon; wait $daemon'
    [ "$status" -eq 0 ]
}

@test "while it waits, it ends when it is told to" {
    export NOTIFY_SOCKET=$room/notify
    booted 20 'said "may still come" || exit 99
        begin=$EPOCHREALTIME; kill -TERM $daemon; wait $daemon
        awk -v begin=$begin -v end=$EPOCHREALTIME "BEGIN { exit !(end - begin < 1) }"'
    [ "$status" -eq 0 ]
}

@test "later it is refused at once where it has never been a node: nobody is left waiting for what does not come" {
    export NOTIFY_SOCKET=$room/notify state=$room/new
    mkdir "$state"
    booted 400 'wait $daemon'
    [ "$status" -eq 2 ]
    grep -qF "cannot tell which node this is" "$room/log"
}

@test "later it waits where it has been a node: the network may be away for a moment while the service restarts" {
    export NOTIFY_SOCKET=$room/notify
    booted 20 'ip address add 192.0.2.1/32 dev lo && said "is node ec1" || exit 99
        kill -TERM $daemon; wait $daemon'
    [ "$status" -eq 0 ]
    booted 4000 'said "may still come" || exit 99
        ip address add 192.0.2.1/32 dev lo && said "is node ec1" || exit 98
        kill -TERM $daemon; wait $daemon'
    [ "$status" -eq 0 ]
}

@test "started by hand it is refused at once, also soon after boot" {
    unset NOTIFY_SOCKET
    booted 20 'wait $daemon'
    [ "$status" -eq 2 ]
    grep -qF "cannot tell which node this is" "$room/log"
    grep -qF "ip address" "$room/log"
}
