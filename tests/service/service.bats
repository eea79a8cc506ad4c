#!/usr/bin/env bats
# A day in the life of the service, by systemctl, journalctl, the shims and vmhactl alone.

setup_file() {
    load support
    serve
}
setup() {
    load support
    mark
}
# Each case begins with both units running, both hosts connected, and no VM anywhere.
teardown() {
    site task-time power_on 0
    ! is_changed || { put_configuration && on systemctl stop vmhad.service; }
    on systemctl start vmhad.socket vmhad.service
    wait_connected
    on vmha-exec stop --all >/dev/null
}
teardown_file() {
    load support
    remove_machine
}

main_pid() { property vmhad.service MainPID; }
# by_the_daemon NAME: the answer came through the socket, not from a oneshot.
by_the_daemon() { lacks -F -- --oneshot "$room/$1.log"; }
# with FIELD=VALUE…: the entries since the mark, as JSON.
entries() { journal -o json SYSLOG_IDENTIFIER=vmhad "$@"; }
# number TITLE: the MESSAGE_ID of an entry of the catalog, by what its subject says.
number() { on journalctl --list-catalog | grep -F "vmha: $1" | cut -d' ' -f1; }

@test "systemctl status shows in one line what it knows" {
    run on systemctl status vmhad.service
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *'Status: "2/2 hosts connected; 3 VMs'* ]]
    site host esxi2 network cut
    gone_quiet() { [[ "$(property vmhad.service StatusText)" == "1/2 hosts connected (esxi2: down); 3 VMs"* ]]; }
    wait_until 15 gone_quiet
    site host esxi2 network restore
    wait_connected
}

@test "start, monitor and stop through the socket" {
    run on vmha-exec start vm1 vm2
    echo "$output"
    [ "$status" -eq 0 ]
    run on vmha-genw vm1
    [ "$status" -eq 0 ]
    [[ "$output" == *healthy* ]]
    on vmhactl vms
    on vmha-exec stop vm1 vm2
    [ "$(power_at esxi1 vm1)" = absent ]
}

@test "a request to the stopped daemon starts it and is answered" {
    on systemctl stop vmhad.service
    is_inactive vmhad.service
    is_active vmhad.socket
    begin request vmha-exec start vm1
    ends request 0 30
    by_the_daemon request
    is_active vmhad.service
    [ "$(power_at esxi1 vm1)" = poweredOn ]
}

@test "after a restart the first question is answered at once, and the verdict follows when the hosts were seen" {
    on vmha-exec start vm1
    on systemctl restart vmhad.service
    began=$(now_ms)
    request /healthz
    took_ms=$(($(now_ms) - began))
    echo "first answer after $took_ms ms"
    [ "$took_ms" -lt 1500 ]
    run on vmha-genw vm1
    echo "$output"
    [ "$status" -eq 0 ]
    wait_until 10 is_verdict vm1 healthy
}

@test "reload takes a good change, says it, and keeps the sessions" {
    before=$(logins esxi1)
    pid=$(main_pid)
    change '.vms.vm1.stop_timeout_s = 77'
    on systemctl reload vmhad.service
    says_soon stop_timeout_s
    # Once: vmhad says it, the command that systemd runs for the reload does not.
    [ "$(journal -o cat -u vmhad.service | grep -c 'stop_timeout_s .* -> 77')" -eq 1 ]
    is_active vmhad.service
    [ "$(main_pid)" = "$pid" ]
    [ "$(logins esxi1)" = "$before" ]
    both_connected
    mark
    on systemctl reload vmhad.service
    says_soon "nothing has changed"
    # Whoever changed a password, and reloads for it, is told.
    says_soon "a secret that is new reaches vmhad only when it is started"
}

@test "a reload adds a VM and takes one away that runs nowhere" {
    # Proved to be off and absent here, which takes settle_s after a login; else it would be refused.
    on vmha-exec stop vm3
    change '.vms.vm4 = {vmx: "/vmfs/volumes/EC_iSCSI/vm3/vm3.vmx"} | del(.vms.vm3)'
    on systemctl reload vmhad.service
    [ "$(request /v1/vms | jq -r '[.vms[].vm] | sort | join(" ")')" = "vm1 vm2 vm4" ]
    [[ "$(property vmhad.service StatusText)" == "2/2 hosts connected; 3 VMs"* ]]
    on vmha-exec start vm4
    [ "$(power_at esxi1 vm3)" = poweredOn ]
    on vmha-exec stop vm4
}

@test "reload refuses a bad file visibly, names file and key, and goes on" {
    pid=$(main_pid)
    change '.vms.vm1.stop_timeout = 5'
    run on systemctl reload vmhad.service
    echo "$output"
    [ "$status" -ne 0 ]
    is_active vmhad.service
    [ "$(main_pid)" = "$pid" ]
    says_soon /etc/vmhad/vmhad.json
    said "the new configuration is refused, vmhad goes on with the old one"
    [ "$(journal -o cat -u vmhad.service | grep -c vms.vm1.stop_timeout:)" -eq 1 ]
    on vmha-exec start vm1
    on vmha-genw vm1
    run on vmhactl reload
    [ "$status" -eq 2 ]
    [[ "$output" == *vms.vm1.stop_timeout* ]]
}

@test "a reload that takes away a VM running here is refused, until that VM is paused" {
    on vmha-exec start vm2
    change 'del(.vms.vm2)'
    run on systemctl reload vmhad.service
    [ "$status" -ne 0 ]
    says_soon vm2
    on vmha-genw vm2
    on vmhactl pause vm2
    on systemctl reload vmhad.service
    run on vmha-genw vm2
    [ "$status" -eq 2 ]
    [ "$(power_at esxi1 vm2)" = poweredOn ]
    put_configuration
    on systemctl reload vmhad.service
    on vmhactl resume vm2
}

@test "a stop of the service during a start: the shim ends right, with the next daemon" {
    site task-time power_on 2000
    begin start vmha-exec start vm1
    reaches start powering
    on systemctl stop vmhad.service
    ends start 0 30
    by_the_daemon start
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    [ "$(calls esxi1 PowerOnVM_Task)" = "$(calls esxi1 RegisterVM_Task)" ]
}

@test "stopped with its socket during a start: the shim does the rest itself, and the next daemon takes that up" {
    site task-time power_on 2000
    begin start vmha-exec start vm1
    reaches start powering
    on systemctl stop vmhad.socket vmhad.service
    ends start 0 60
    says start --oneshot
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    on systemctl start vmhad.service
    wait_connected
    wait_until 10 is_verdict vm1 healthy
    on vmha-exec stop vm1
    [ "$(power_at esxi1 vm1)" = absent ]
}

@test "stop ends within a second, also with hosts that hang and a start under way" {
    site host esxi2 network stall
    site task-time power_on 20000
    begin start vmha-exec start vm1
    reaches start powering
    began=$(now_ms)
    on systemctl stop vmhad.socket vmhad.service
    took_ms=$(($(now_ms) - began))
    echo "stopped after $took_ms ms"
    [ "$took_ms" -lt 2500 ]
    [ "$(property vmhad.service Result)" = success ]
    site host esxi2 network restore
    site task-time power_on 0
    ends start 0 60
}

@test "what root's oneshot leaves while the service is stopped, the service reads" {
    on systemctl stop vmhad.socket vmhad.service
    run on vmhad --oneshot start vm1
    echo "$output"
    [ "$status" -eq 0 ]
    run on find /var/lib/vmhad /run/vmhad -not -user vmha -not -type s
    [ -z "$output" ]
    on systemctl start vmhad.service
    wait_connected
    lacks -F "cannot" <(journal -o cat -u vmhad.service)
    wait_until 10 is_verdict vm1 healthy
    [ "$(request /v1/vms/vm1 | jq .active)" = true ]
    run on vmha-exec stop vm1
    [ "$status" -eq 0 ]
}

@test "everybody may read; root and members of the group vmha may start and stop, nobody else" {
    on useradd -G vmha member
    on useradd stranger
    for user in member stranger; do
        as $user vmhactl vms
        as $user vmha-genw
    done
    run as stranger vmha-exec start vm1
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *forbidden* ]]
    run as stranger vmhactl reload
    [ "$status" -ne 0 ]
    [ "$(power_at esxi1 vm1)" = absent ]
    as member vmha-exec start vm1
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    on vmha-exec stop vm1
}

@test "the journal has every change once, with fields to search for" {
    on vmha-exec start vm1
    entries VM=vm1 HOST=esxi1 >"$room/entries"
    jq -c '{MESSAGE, FROM, TO, OPERATION, PRIORITY, MESSAGE_ID}' "$room/entries"
    jq -se 'any(.OPERATION == "start" and .FROM != null and .TO != null and (.MESSAGE_ID | length == 32))' "$room/entries"
    # Once: no line of a start's change came twice, by stderr and by the journal's own way.
    twice=$(journal -o cat -u vmhad.service | grep -F "'vm1'" | sort | uniq -d)
    [ -z "$twice" ] || { echo "twice: $twice"; return 1; }
    # Without a date of its own in the text: the journal has its own.
    lacks -E '^20[0-9]{2}/' <(journal -o cat -u vmhad.service)
    site vm vm1 crash
    on sh -c '! vmha-genw vm1'
    id=$(number '@VM@ is unhealthy')
    [ ${#id} -eq 32 ]
    [ "$(entries "MESSAGE_ID=$id" | jq -r '"\(.VM) \(.HOST) \(.REASON) \(.TO)"')" = "vm1 esxi1 powered_off unhealthy" ]
}

@test "journalctl -x explains a line and says what to do" {
    on vmha-exec start vm1
    site vm vm1 crash
    on sh -c '! vmha-genw vm1'
    journal -x -u vmhad.service >"$room/explained"
    grep -F "Subject: vm1 is unhealthy: powered_off" "$room/explained"
    grep -F "What to do:" "$room/explained"
}

@test "its own start and end are in the journal by their numbers" {
    on systemctl restart vmhad.service
    for title in "vmhad ends" "vmhad serves its socket"; do
        id=$(number "$title")
        [ "$(entries "MESSAGE_ID=$id" | wc -l)" -eq 1 ] || { echo "$title"; journal; return 1; }
    done
}
