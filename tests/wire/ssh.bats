#!/usr/bin/env bats
# SSH as the way to the hosts, alone and beside the API: what the requirement demands of it, judged by the site's own
# counters, the shims' exit codes and what an administrator reads.

setup() {
    load support
    transport=ssh
    # Cases change the transport, not the addresses.
    address_of() { echo "${addresses[$1]}"; }
}
# Each case makes hosts and configuration of its own; keys take their time and may stay.
teardown() {
    load support
    stop_all
    find "$room" -not -type d -not -name 'ssh_host_*' -not -name 'id_rsa*' -delete
}

# begin_site [TUNING [PROGRAM]]: TUNING of the configuration, PROGRAM of the site.
begin_site() { start_site "${2:-.}" && site_configuration "${1:-.}"; }
both_nodes() { begin_site "$@" && start_both_nodes; }
ssh_of() { counter ".$1.ssh.$2"; }
ssh_is() { [ "$(ssh_of "$1" "$2")" = "$3" ]; }
logged() { grep -qF -- "$2" "$room/$1.log"; }
detail_of() { api "$1" /v1/status | jq -r --arg host "$2" '.hosts[] | select(.name == $host) | .detail'; }
details() { detail_of "$1" "$2" | grep -qF -- "$3"; }
hosts_line() { on "$1" "$bin/vmhactl" hosts | grep "^$2 "; }
timed() {
    local began
    began=$(now_ms)
    code=0
    "$@" >"$room/timed.out" 2>&1 || code=$?
    took_ms=$(($(now_ms) - began))
}
# no_failover NODE: the monitor's exit code is that of a VM that nothing is known against.
no_failover() {
    run on "$1" "$bin/vmha-genw" vm1
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
}
# follow NODE: a monitor that ends the moment the verdict turns unhealthy.
follow() {
    begin follow "$1" "$bin/vmha-genw" --follow vm1
    reaches follow healthy
}
follows_on() {
    kill -0 "$(pid_of follow)" || { cat "$room/follow.log"; return 1; }
    lacks -E 'unhealthy|not_registered' "$room/follow.log" "$room/ec1.log"
}
is_healthy() { verdict_is "$1" vm1 .verdict healthy; }
is_unknown() { verdict_is "$1" vm1 .verdict unknown; }

@test "one connection for each host and node in all its life: start, monitor, move, stop" {
    both_nodes
    on ec1 "$bin/vmha-exec" start vm1 vm2
    for _ in 1 2 3 4 5; do no_failover ec1; done
    on ec1 "$bin/vmha-exec" stop vm1
    on ec2 "$bin/vmha-exec" start vm1 vm2
    [ "$(power_at esxi2 vm2)" = poweredOn ]
    [ "$(power_at esxi1 vm2)" = absent ]
    on ec2 "$bin/vmha-exec" stop vm1 vm2
    for host in esxi1 esxi2; do
        [ "$(ssh_of $host connections_total)" = 2 ]
        [ "$(ssh_of $host logins_accepted)" = 2 ]
        [ "$(counter ".$host.connections_total")" = 0 ]
        [ "$(ssh_of $host vim_cmd_most_at_once)" -le 2 ]
    done
    timed end_process "$(pid_of ec1)"
    [ "$took_ms" -lt 1500 ]
    wait_until 3 ssh_is esxi1 connections_open 1
    [ "$(ssh_of esxi2 connections_open)" = 1 ]
}

@test "a wrong key is tried once, is said, and once more when asked; the right one is taken up by itself" {
    begin_site
    ssh-keygen -q -t ecdsa -N '' -f "$room/wrong"
    mv "$room/id_rsa" "$room/right"
    cp "$room/wrong" "$room/id_rsa"
    start_node ec1
    wait_until 10 link_is ec1 esxi1 bad_password
    hosts_line ec1 esxi1
    [[ "$(hosts_line ec1 esxi1)" == *"refuses the key $room/id_rsa"* ]]
    logged ec1 "the host refuses the key"
    timed on ec1 "$bin/vmha-exec" start vm1 --timeout 20
    cat "$room/timed.out"
    [ "$code" -eq 1 ]
    [ "$took_ms" -lt 3000 ]
    no_failover ec1
    [ "$(ssh_of esxi1 keys_refused)" = 1 ]
    on ec1 "$bin/vmhactl" retry-login esxi1
    wait_until 5 ssh_is esxi1 keys_refused 2
    mv "$room/right" "$room/id_rsa"
    wait_until 15 link_is ec1 esxi1 up
    [ "$(ssh_of esxi1 keys_refused)" = 2 ]
    lacks -F 'PRIVATE KEY' "$room/ec1.log"
}

# best_of COMMAND...: the shortest of 15 times, in microseconds.
best_of() {
    local began took best=999999999
    for _ in {1..15}; do
        began=${EPOCHREALTIME/[.,]/}
        "$@" >/dev/null
        took=$((${EPOCHREALTIME/[.,]/} - began))
        [ "$took" -ge "$best" ] || best=$took
    done
    echo "$best"
}

@test "a monitor over SSH answers from the view, as fast as over the API, and asks the host nothing" {
    begin_site '.nodes[].host.ssh.interval_s = 10'
    jq '(.nodes[].host) |= del(.api)' "$room/vmhad.json" >"$room/ec1.json"
    transport=both site_configuration
    cp "$room/vmhad.json" "$room/ec2.json"
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    on ec2 "$bin/vmha-exec" start vm2
    before=$(counter '[.[].ssh.commands["vim-cmd:vmsvc/get.summary"] // 0] | add')
    over_ssh=$(VMHAD_SOCKET=$room/ec1.sock best_of "$bin/vmha-genw" vm1)
    over_api=$(VMHAD_SOCKET=$room/ec2.sock best_of "$bin/vmha-genw" vm2)
    after=$(counter '[.[].ssh.commands["vim-cmd:vmsvc/get.summary"] // 0] | add')
    echo "genw: $over_ssh us over SSH, $over_api us over the API; summaries read: $before, $after"
    [ "$over_ssh" -lt $((over_api * 3 / 2 + 500)) ]
    [ $((after - before)) -le 4 ]
}

@test "garbage, half lines, a flood and <unset> are never an absence and never a failover" {
    both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    follow ec1
    for kind in 'garbage 30 binary' 'garbage 30 half' 'unset 30' 'garbage 12 flood'; do
        site host esxi1 ssh $kind
        for _ in {1..15}; do
            no_failover ec1
            sleep 0.1
        done
        follows_on
        site host esxi1 ssh "${kind%% *}" 0
        wait_until 30 is_healthy ec1 || { cat "$room/ec1.log"; return 1; }
    done
    follows_on
    [ "$(ssh_of esxi1 connections_total)" -le 3 ]
}

@test "garbage in the middle of a stop: it never succeeds with the VM still there" {
    both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    for kind in 'garbage 8 half' 'unset 8' 'garbage 8 binary'; do
        site host esxi1 ssh $kind
        code=0
        on ec1 "$bin/vmha-exec" stop vm1 --timeout 60 >"$room/stop.out" || code=$?
        cat "$room/stop.out"
        expect_site [ "$code$(power_at esxi1 vm1)" = 0absent ]
        site host esxi1 ssh "${kind%% *}" 0
        on ec1 "$bin/vmha-exec" start vm1
        [ "$(copies vm1)" = 1 ]
    done
}

@test "a command that never ends: unknown when the facts are too old, no failover, and it recovers" {
    both_nodes '.freshness_s = 2'
    on ec1 "$bin/vmha-exec" start vm1
    follow ec1
    site fault esxi1 vim-cmd:vmsvc/getallvms hang
    wait_until 45 is_unknown ec1
    no_failover ec1
    follows_on
    [ "$(ssh_of esxi1 connections_total)" = 2 ]
    timed on ec1 "$bin/vmha-exec" stop vm2 --timeout 3
    [ "$code" -ne 0 ]
    site fault esxi1 vim-cmd:vmsvc/getallvms clear
    wait_until 75 is_healthy ec1 || { tail -5 "$room/ec1.log"; return 1; }
    follows_on
}

@test "hostd restarts while the list is being asked for, again and again: its first, empty lists are no absence" {
    both_nodes '.nodes[].host.settle_s = 8' '.late_inventory_ms = 5000'
    on ec1 "$bin/vmha-exec" start vm1
    wait_until 15 is_healthy ec1
    follow ec1
    site delay esxi1 esxcli:storage/core/path/list 2000
    for pause in 0.4 2.3 1.1; do
        sleep $pause
        site host esxi1 hostd-restart 100
        for _ in {1..40}; do
            no_failover ec1
            sleep 0.1
        done
        wait_until 30 is_healthy ec1
    done
    follows_on
}

@test "hostd restarts, and is away for a while: unknown, said, the same connection, healthy again" {
    both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    follow ec1
    site host esxi1 hostd-restart 25000
    wait_until 24 is_unknown ec1
    details ec1 esxi1 'hostd on esxi1 does not answer'
    no_failover ec1
    wait_until 45 is_healthy ec1
    follows_on
    [ "$(ssh_of esxi1 connections_total)" = 2 ]
}

@test "the SSH service switched off is said, and the session goes on" {
    both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    site host esxi1 ssh off
    wait_until 75 logged ec1 "the SSH service on esxi1 is switched off"
    [ "$(ssh_of esxi1 connections_total)" = 2 ]
    [[ "$(hosts_line ec1 esxi1)" == *"switched off"* ]]
    no_failover ec1
    on ec1 "$bin/vmha-exec" stop vm1
    [ "$(power_at esxi1 vm1)" = absent ]
}

@test "a start with a question, whatever the host's texts: moved, by its label" {
    both_nodes '.' '.vms[0].keep_uuid = false'
    for texts in 'new _vmx' 'old _vmx' 'new number' 'old number'; do
        for host in esxi1 esxi2; do
            site host $host ssh texts question "${texts% *}"
            site host $host ssh texts question_id "${texts#* }"
        done
        for node in ec1 ec2; do
            run on $node "$bin/vmha-exec" start vm1 --timeout 40
            [ "$status" -eq 0 ] || { echo "$texts: $output"; return 1; }
            on $node "$bin/vmha-exec" stop vm1
        done
    done
    grep -h "altered\|moved" "$room/ec1.log" | head -3
    [ "$(ssh_of esxi2 'commands["vim-cmd:vmsvc/message"]')" -ge 2 ]
}

@test "power on failed, bare or with a body, status 0 or 1, on either stream: failed, never started" {
    both_nodes
    for texts in 'bare 1 out' 'body 0 out' 'bare 0 err' 'body 1 err' 'bare 0 out'; do
        read -r body fault_status stream <<<"$texts"
        site host esxi1 ssh texts power_on_failed "$body"
        site host esxi1 ssh texts fault_status "$fault_status"
        site host esxi1 ssh texts fault_stream "$stream"
        site fault esxi1 PowerOnVM_Task InsufficientMemoryResourcesFault
        run on ec1 "$bin/vmha-exec" start vm1 --timeout 15
        echo "$texts: $output"
        [ "$status" -ne 0 ]
        [ "$(power_at esxi1 vm1)" != poweredOn ]
        site fault esxi1 PowerOnVM_Task clear
    done
    run on ec1 "$bin/vmha-exec" start vm1
    [ "$status" -eq 0 ]
}

@test "VMs whose names and annotations look like listings are what they are" {
    both_nodes '.' '.vms += [{name: "evil", path: "evil/evil.vmx", display_name: "1 vm1 [EC_iSCSI] vm1/vm1.vmx x vmx-19",
        registered_on: "esxi1", powered_on: true}]'
    for text in 'x\n2      vm1     [EC_iSCSI] vm1/vm1.vmx   otherGuest   vmx-19' "x\\nSkipping invalid VM '2'" \
        '(vim.fault.NotFound) {' 'Failed to login' 'Unable to find a VM corresponding to "2"' \
        'runtime = (vim.vm.RuntimeInfo) {\n   powerState = "poweredOff",\n' 'x' '<unset>'; do
        site host esxi1 ssh texts annotation "$text"
        site host esxi1 ssh texts annotation.vm1 "$text"
        run on ec1 "$bin/vmha-exec" start vm1 --timeout 20
        [ "$status" -eq 0 ] || { echo "$text: $output"; return 1; }
        sleep 1.5
        run health ec1 vm1
        [ "$(jq -r .verdict <<<"$output")" = healthy ] || { echo "$text: $output"; return 1; }
        [ "$(jq -r .pending <<<"$output")" = null ] || { echo "$text: $output"; return 1; }
        run on ec1 "$bin/vmha-exec" stop vm1 --timeout 20
        [ "$status" -eq 0 ] || { echo "$text: $output"; return 1; }
        [ "$(power_at esxi1 vm1)" = absent ]
        expect_site is_at esxi1 "1 vm1 [EC_iSCSI] vm1/vm1.vmx x vmx-19" poweredOn
    done
}

@test "a VM whose name has a line end is seen, watched and stopped; it is never taken for absent" {
    name=$'vm1\n7 second line'
    both_nodes '.' '.vms[0].display_name = "vm1\n7 second line"'
    on ec1 "$bin/vmha-exec" start vm1
    expect_site is_at esxi1 "$name" poweredOn
    follow ec1
    on ec1 "$bin/vmhactl" vm vm1 | grep -E '^esxi1 +local +registered +on '
    sleep 2.5
    follows_on
    on ec2 "$bin/vmha-exec" start vm1
    expect_site is_at esxi1 "$name" absent
    expect_site is_at esxi2 "$name" poweredOn
    on ec2 "$bin/vmha-exec" stop vm1
    expect_site is_at esxi2 "$name" absent
}

@test "a host that allows one channel a connection does all of it over one connection" {
    begin_site '.' '.vms[0].keep_uuid = false'
    site host esxi1 ssh max-sessions 1
    site host esxi2 ssh max-sessions 1
    start_both_nodes
    on ec1 "$bin/vmha-exec" start vm1 vm2 vm3
    on ec2 "$bin/vmha-exec" start vm1
    no_failover ec2
    on ec1 "$bin/vmha-exec" stop vm2 vm3
    [ "$(power_at esxi2 vm1)" = poweredOn ]
    [ "$(ssh_of esxi1 connections_total)" = 2 ]
    [ "$(ssh_of esxi2 connections_total)" = 2 ]
}

@test "the free licence beside the API: SSH writes; without SSH a start fails with the reason" {
    transport=both
    both_nodes
    writes_over_ssh() { [ "$(hosts_line ec1 esxi1 | awk '{ print $6 }')" = ssh ]; }
    wait_until 10 writes_over_ssh
    on ec1 "$bin/vmha-exec" start vm1
    on ec1 "$bin/vmha-exec" stop vm1
    [ "$(counter '.esxi1.calls.PowerOnVM_Task // 0')" = 0 ]
    stop ec1
    site host esxi1 ssh off
    start_node ec1
    wait_until 10 link_is ec1 esxi1 up
    timed on ec1 "$bin/vmha-exec" start vm1 --timeout 60
    cat "$room/timed.out"
    [ "$code" -eq 1 ]
    [ "$took_ms" -lt 40000 ]
    grep -qE 'license_restricted.*SSH|SSH.*licen' "$room/timed.out"
    no_failover ec1
}

@test "a wrong password with SSH up: the monitor goes on over SSH, and the password is tried no more" {
    transport=both
    begin_site
    printf wrong >"$room/esxi.password"
    start_node ec1
    wait_until 20 both_up ec1
    on ec1 "$bin/vmha-exec" start vm1
    no_failover ec1
    is_healthy ec1
    hosts_line ec1 esxi1
    counter .esxi1.calls
    [ "$(counter '.esxi1.calls.Login // 0')" = 1 ]
}

@test "the lock of a host that nobody sees is named, in the log and by vmhactl" {
    both_nodes
    on ec2 "$bin/vmha-exec" start vm1
    site host esxi2 network cut
    wait_until 10 link_is ec1 esxi2 down
    begin start ec1 "$bin/vmha-exec" start vm1
    reaches start lock
    wait_until 15 logged ec1 "locked by esxi2 (exclusive)"
    on ec1 "$bin/vmhactl" vm vm1 | grep -F "locked by esxi2 (exclusive)"
    site host esxi2 power off
    ends start 0
    [ "$(power_at esxi1 vm1)" = poweredOn ]
}

@test "a stop of an invalid VM ends its process, and only that" {
    both_nodes
    on ec1 "$bin/vmha-exec" start vm1 vm2
    site vm vm1 connection invalid
    run on ec1 "$bin/vmha-exec" stop vm1
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(power_at esxi1 vm1)" = absent ]
    [ "$(site show | sed 's/^ok //' | jq '.hosts[0].processes_without_entry | length')" = 0 ]
    [ "$(power_at esxi1 vm2)" = poweredOn ]
}

@test "a host that loses power or goes silent: unknown within freshness_s + 1 s, not unhealthy" {
    both_nodes
    on ec1 "$bin/vmha-exec" start vm1
    follow ec1
    site host esxi1 network stall
    timed wait_until 10 is_unknown ec1
    echo "noticed after $took_ms ms"
    [ "$code" -eq 0 ]
    [ "$took_ms" -le 6000 ]
    no_failover ec1
    site host esxi1 network restore
    wait_until 20 is_healthy ec1
    site host esxi1 power off
    timed wait_until 10 is_unknown ec1
    [ "$took_ms" -le 6000 ]
    no_failover ec1
    follows_on
    timed end_process "$(pid_of ec1)"
    [ "$took_ms" -lt 1500 ]
}

@test "--oneshot over SSH starts, checks and stops, and leaves no connection" {
    begin_site
    mkdir -p "$room/o.state" "$room/o.run"
    oneshot() {
        timeout 60 "$daemon_bin/vmhad" --config "$room/vmhad.json" --node ec1 --state-dir "$room/o.state" \
            --runtime-dir "$room/o.run" --oneshot "$@"
    }
    oneshot start vm1
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    oneshot check vm1
    oneshot stop vm1
    [ "$(power_at esxi1 vm1)" = absent ]
    wait_until 3 ssh_is esxi1 connections_open 0
    [ "$(ssh_of esxi1 connections_total)" = 3 ]
}

@test "an unknown host key and a changed one: nothing is sent, the sentence has the fingerprint, known_hosts repairs it" {
    begin_site
    cp "$room/esxi2/known_hosts" "$room/known_hosts"
    start_node ec1
    wait_until 10 link_is ec1 esxi1 untrusted
    offered=$(cut -d' ' -f2- "$room/esxi1/known_hosts" | ssh-keygen -lf - | awk '{ print $2 }')
    detail_of ec1 esxi1
    grep -qF "$(detail_of ec1 esxi1 | grep -oE 'SHA256:[A-Za-z0-9+/]+')" <<<"$offered"
    [[ "$(hosts_line ec1 esxi1)" == *"host key is not in"* ]]
    logged ec1 "its host key is not in"
    timed on ec1 "$bin/vmha-exec" start vm1 --timeout 20
    cat "$room/timed.out"
    [ "$code" -eq 1 ]
    grep -q host_key_changed "$room/timed.out"
    [ "$(ssh_of esxi1 logins_accepted)" = 0 ]
    [ "$(ssh_of esxi1 keys_refused)" = 0 ]
    cat "$room/esxi1/known_hosts" "$room/esxi2/known_hosts" >"$room/known_hosts"
    wait_until 15 both_up ec1
    on ec1 "$bin/vmha-exec" start vm1
    site host esxi1 ssh new-host-key
    site host esxi1 network cut
    site host esxi1 network restore
    wait_until 15 link_is ec1 esxi1 untrusted
    offered=$(cut -d' ' -f2- "$room/esxi1/known_hosts.new" | ssh-keygen -lf - | awk '{ print $2 }')
    grep -qF "$(detail_of ec1 esxi1 | grep -oE 'SHA256:[A-Za-z0-9+/]+' | head -1)" <<<"$offered"
    no_failover ec1
    [ "$(ssh_of esxi1 logins_accepted)" = 1 ]
    cat "$room/esxi1/known_hosts.new" "$room/esxi2/known_hosts" >"$room/known_hosts"
    wait_until 15 is_healthy ec1
}
