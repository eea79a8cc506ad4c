#!/usr/bin/env bats
# The socket API as curl sees it: every route, every refusal.

setup_file() {
    load support
    start_site
    site_configuration
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
}
teardown_file() { load support; stop_all; }
setup() { load support; }

# call METHOD PATH [CURL-OPTION...]: status in $code, headers and body in $room/head and $room/body.
call() {
    local method=$1 path=$2
    shift 2
    code=$(curl -sS --max-time 10 --unix-socket "$room/ec1.sock" -X "$method" -D "$room/head" -o "$room/body" \
        -w '%{http_code}' "$@" "http://localhost$path")
}
field() { jq -r "$1" "$room/body"; }

@test "every reply carries the version, as header and as field" {
    for path in /v1/status /v1/vms /v1/vms/vm1 /v1/vms/vm1/health /healthz /nowhere; do
        call GET "$path"
        grep -qi '^Vmha-Api: 1' "$room/head"
        [ "$(field .api)" = 1 ]
    done
}

@test "status names node, hosts, datastores, VMs and operations" {
    call GET /v1/status
    [ "$code" = 200 ]
    [ "$(field .node)" = ec1 ]
    [ "$(field '[.hosts[] | .name + ":" + .role + ":" + .link] | sort | join(" ")')" = "esxi1:local:up esxi2:peer:up" ]
    [ "$(field '.hosts[0].age_ms < 3000')" = true ]
    [ "$(field '[.vms[].vm] | join(" ")')" = "vm1 vm2 vm3" ]
    [ "$(field '.operations')" = "[]" ]
    [ "$(field '.datastores | length')" = 2 ]
}

@test "health: 200 when healthy, 503 when not, exit_code for the shim" {
    call GET /v1/vms/vm1/health
    [ "$code" = 200 ]
    [ "$(field '[.vm, .verdict, .reason, .host, .exit_code] | map(tostring) | join(" ")')" = "vm1 healthy running esxi1 0" ]
    wait_until 5 verdict_is ec1 vm2 .reason not_active_here
    call GET /v1/vms/vm2/health
    [ "$code" = 503 ]
    [ "$(field '.exit_code')" = 1 ]
}

@test "a stop and a start stream their progress and end with the result" {
    call POST /v1/vms/vm1/stop -d '{"timeout_s": 30, "context": {"CLP_FACTOR": "GROUPMOVE"}}'
    [ "$code" = 200 ]
    [ "$(tail -1 "$room/body" | jq -r .result)" = ok ]
    grep -q '"event":"transition"' "$room/body"
    call POST /v1/vms/vm1/start -d '{}'
    [ "$(tail -1 "$room/body" | jq -r '.result + " " + .reason')" = "ok running" ]
    [ "$(tail -1 "$room/body" | jq -r '.elapsed_ms | type')" = number ]
}

@test "events: the recent ones, and the coming ones as they happen" {
    call GET /v1/events
    [ "$code" = 200 ]
    grep -q '"event":"transition"' "$room/body"
    curl -siN --max-time 10 --unix-socket "$room/ec1.sock" 'http://localhost/v1/events?follow=1' >"$room/events" 3>&- &
    echo $! >"$room/curl.pid"
    wait_until 5 grep -q '200 OK' "$room/events"
    on ec1 "$bin/vmhactl" pause vm1
    wait_until 5 grep -q paused "$room/events"
    on ec1 "$bin/vmhactl" resume vm1
    wait_until 5 grep -q '"running"' "$room/events"
    stop curl
}

@test "what cannot be answered is refused with a status, a word and a sentence" {
    check() {
        [ "$code" = "$1" ] || { echo "got $code"; cat "$room/body"; return 1; }
        [ "$(field .error)" = "$2" ]
        [ "$(field '.message | length > 10')" = true ]
    }
    call GET /v1/vms/vm9; check 404 unknown_vm
    call GET /v1/vms/vm9/health; check 404 unknown_vm
    call POST /v1/vms/vm9/start -d '{}'; check 404 unknown_vm
    call GET /v1/nothing; check 404 not_found
    call DELETE /v1/status; [ "$code" = 405 ]
    call GET /v1/vms/vm1/start; [ "$code" = 405 ]
    call POST /v1/vms/vm1/start -d '{"timeout_s": -1}'; check 400 bad_request
    call POST /v1/vms/vm1/start -d '{"timeout_s": 5'; check 400 bad_request
    call POST /v1/vms/vm1/start -d '{"timeout_s": 5, "timeout_s": 6}'; check 400 bad_request
    call POST /v1/vms/vm1/start -d "$(printf '[%.0s' {1..100})"; check 400 bad_request
    call GET /v1/status -H 'Origin: http://evil.example'; check 403 forbidden
    call GET /v1/status -H 'Referer: http://evil.example/x'; check 403 forbidden
    call POST /v1/hosts/esxi9/retry-login; check 404 unknown_host
    call GET "/v1/$(printf 'x%.0s' {1..20000})"; [ "$code" = 431 ] || [ "$code" = 414 ]
    head -c 200000 /dev/zero | tr '\0' x >"$room/large"
    call POST /v1/vms/vm1/start --data-binary "@$room/large"; [ "$code" = 413 ]
}

@test "pause makes healthy whatever happens; resume ends it" {
    on ec1 "$bin/vmhactl" pause vm2
    call GET /v1/vms/vm2/health
    [ "$code" = 200 ]
    [ "$(field .reason)" = paused ]
    on ec1 "$bin/vmhactl" resume vm2
    call GET /v1/vms/vm2/health
    [ "$code" = 503 ]
}

@test "who is neither root nor in the group may read, not operate" {
    [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$(dirname "$BATS_FILE_TMPDIR")" || true
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups curl -sS --max-time 5 --unix-socket "$room/ec1.sock" "$@"; }
    run as_nobody http://localhost/v1/vms/vm1/health
    [ "$status" -eq 0 ]
    [[ "$output" == *healthy* ]]
    run as_nobody -X POST -d '{}' http://localhost/v1/vms/vm1/stop
    [[ "$output" == *forbidden* ]]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
}

@test "a client that sends one byte a minute, and one that never reads, harm nobody" {
    start slow python3 -c 'import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(b"G")
print(client.recv(4096).decode())' "$room/ec1.sock"
    for i in 1 2 3; do
        call GET /v1/vms/vm1/health
        [ "$code" = 200 ]
    done
    cut_off() { grep -q 408 "$room/slow" || gone "$(pid_of slow)"; }
    wait_until 15 cut_off
    stop slow
}

@test "nothing that the daemon says holds a secret" {
    lacks 'esxsim"\|password.*esxsim' "$room/ec1.log"
    call GET /v1/status
    lacks '"esxsim"' "$room/body"
}
