#!/usr/bin/env bats
# What goes wrong on a node: the daemon dies or hangs, secrets and folders have the wrong owner, the configuration is
# broken. Told by what an administrator sees, and by what the cluster's scripts are answered meanwhile.

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
    on rm -rf /etc/systemd/system/vmhad.service.d
    on systemctl daemon-reload
    put_configuration
    on systemctl reset-failed vmhad.service vmhad.socket
    on systemctl restart vmhad.socket vmhad.service
    wait_connected
    on vmha-exec stop --all >/dev/null
}
teardown_file() {
    load support
    remove_machine
}

restarts() { property vmhad.service NRestarts; }
restarted() { [ "$(restarts)" -gt "$1" ]; }
details() { request /v1/status | jq -r --arg host "$1" '.hosts[] | select(.name == $host) | "\(.link) \(.detail)"'; }
link_says() { [[ "$(details "$1")" == *"$2"* ]]; }
# set_in_unit LINE…: a drop-in, in force at once.
set_in_unit() {
    { echo '[Service]'; printf '%s\n' "$@"; } | put /etc/systemd/system/vmhad.service.d/50-test.conf
    on systemctl daemon-reload
    on systemctl restart vmhad.service
    wait_connected
}

@test "killed during a start: systemd starts the next one, and the shim ends as if nothing had been" {
    site task-time power_on 2000
    before=$(restarts)
    begin start vmha-exec start vm1
    reaches start powering
    on systemctl kill -s KILL vmhad.service
    ends start 0 30
    lacks -F -- --oneshot "$room/start.log"
    restarted "$before"
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    [ "$(calls esxi1 PowerOnVM_Task)" = "$(calls esxi1 RegisterVM_Task)" ]
    wait_connected
    wait_until 10 is_verdict vm1 healthy
}

@test "killed ten times in a row it is started ten times: there is no limit" {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        before=$(restarts)
        on systemctl kill -s KILL vmhad.service
        wait_until 10 restarted "$before"
        wait_until 10 is_active vmhad.service
    done
    run on vmha-genw vm1
    echo "$output"
    [[ "$output" != *--oneshot* ]]
    is_active vmhad.socket
}

@test "a daemon that hangs is replaced by the watchdog; the monitor is answered meanwhile" {
    on vmha-exec start vm1
    [ "$(property vmhad.service WatchdogUSec)" = 30s ]
    set_in_unit WatchdogSec=4
    before=$(restarts)
    on systemctl kill -s STOP vmhad.service
    run on vmha-genw vm1
    echo "$output"
    [ "$status" -eq 0 ]
    wait_until 20 restarted "$before"
    said "Watchdog timeout"
    wait_connected
    run on vmha-genw vm1
    [ "$status" -eq 0 ]
    [[ "$output" != *--oneshot* ]]
}

@test "no core dump is left of a daemon that the watchdog has aborted" {
    on sh -c 'echo /root/core.%p >/proc/sys/kernel/core_pattern' 2>/dev/null || true
    pid=$(property vmhad.service MainPID)
    before=$(restarts)
    on grep -E '^Max core file size +0 +0' "/proc/$pid/limits"
    on systemctl kill -s ABRT vmhad.service
    wait_until 10 restarted "$before"
    said "code=killed, status=6/ABRT"
    run on find / -xdev -name 'core.*' -newermt '-1 minute' -type f -size +100k
    [ -z "$output" ]
}

@test "a missing password: the daemon stays, names the file it looked for, and does not log in" {
    on mv /etc/vmhad/credentials/esxi2.password /root/
    before=$(logins esxi2)
    on systemctl restart vmhad.service
    wait_until 10 link_says esxi2 'no credential "credentials_esxi2.password"'
    details esxi2
    wait_until 10 link_is esxi1 up
    [ "$(logins esxi2)" = "$before" ]
    is_active vmhad.service
    on vmha-exec start vm1
    says_soon "put the file there as root, call it credentials/esxi2.password"
    on mv /root/esxi2.password /etc/vmhad/credentials/
    on systemctl restart vmhad.service
    wait_connected
}

@test "a new password takes effect with a restart, and a wrong one is tried once" {
    site host esxi2 password root renewed
    before=$(logins esxi2)
    site host esxi2 expire-sessions
    wait_until 15 link_is esxi2 bad_password
    on systemctl restart vmhad.service
    wait_until 10 link_is esxi1 up
    printf renewed | put /etc/vmhad/credentials/esxi2.password 600
    on systemctl restart vmhad.service
    wait_connected
    [ $(($(logins esxi2) - before)) -le 3 ]
    # The old one again: it was refused once, so a person has to say that it may be tried.
    site host esxi2 password root esxsim
    put_configuration
    on systemctl restart vmhad.service
    on vmhactl retry-login esxi2
}

@test "a configuration that the service's user cannot read is no good one to root, who checks it" {
    on vmhad --check-config
    on chmod 600 /etc/vmhad/vmhad.json
    run on vmhad --check-config
    on chmod 644 /etc/vmhad/vmhad.json
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *"the service, which runs as the user vmha, cannot read /etc/vmhad/vmhad.json: chmod 644 /etc/vmhad/vmhad.json"* ]]
    [[ "$output" == *"1 problem" ]]
}

@test "a password that everybody can read is refused, by name" {
    printf esxsim | put /etc/vmhad/open.password 644
    change '.nodes.ec2.host.api.password_file = "open.password"'
    run on vmhad --check-config
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *"nodes.ec2.host.api.password_file"*"/etc/vmhad/open.password"* ]]
    run on systemctl reload vmhad.service
    [ "$status" -ne 0 ]
    says_soon /etc/vmhad/open.password
    put_configuration
    on rm /etc/vmhad/open.password
}

@test "a state folder that belongs to another user is put right by systemd" {
    on systemctl stop vmhad.service
    on chown -R root:root /var/lib/vmhad
    on systemctl start vmhad.service
    wait_connected
    [ "$(on find /var/lib/vmhad -not -user vmha)" = "" ]
    on vmha-exec start vm1
    lacks -F not_writable <(journal -o cat -u vmhad.service)
}

@test "active marks that cannot be written fail the start with the folder's name, and tmpfiles puts that right" {
    on chown root:root /run/vmhad/active
    run on vmha-exec start vm1
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *not_writable* ]]
    [[ "$output" == */run/vmhad/active* ]]
    on systemd-tmpfiles --create vmha.conf
    on vmha-exec start vm1
}

@test "restarted with a broken configuration it goes on with the last good one, and says so loudly" {
    on vmha-exec start vm1
    printf '{ "nodes": ' | put /etc/vmhad/vmhad.json
    on systemctl restart vmhad.service
    wait_connected
    said "last good"
    said /etc/vmhad/vmhad.json
    [[ "$(property vmhad.service StatusText)" == *"CONFIGURATION IS BROKEN"* ]]
    run on vmha-genw vm1
    [ "$status" -eq 0 ]
    on vmha-exec stop vm1
    put_configuration
    on systemctl reload vmhad.service
    wait_until 5 property_is vmhad.service StatusText "2/2 hosts connected; $(jq '.vms | length' "$room/vmhad.json") VMs"
}

@test "a restart that cuts a reload off ends with a running service" {
    local i
    for i in 1 2 3; do
        begin reload systemctl reload vmhad.service
        on systemctl restart vmhad.service
        wait "$(pid_of reload)" || true
        rm -f "$room/reload.pid"
        wait_connected
        is_active vmhad.socket
    done
}

@test "a daemon that does not end and has to be killed ends, at a restart, with a running service" {
    # A signal that it does not even notice stands for a hung one.
    set_in_unit KillSignal=SIGWINCH TimeoutStopSec=1
    on systemctl restart vmhad.service
    said "Failed with result 'timeout'"
    wait_connected
    is_active vmhad.socket
}

@test "without any usable configuration the unit stays failed, monitors or not, and mending it is enough" {
    on systemctl stop vmhad.service
    on rm /var/lib/vmhad/last-good.json
    printf '{ "nodes": ' | put /etc/vmhad/vmhad.json
    for _ in 1 2 3; do on timeout 20 vmha-genw vm1 || true; done
    wait_until 10 property_is vmhad.service ActiveState failed
    said /etc/vmhad/vmhad.json
    # Not one attempt for every request that waits in the socket: nobody would serve it, so it is closed.
    [ "$(journal -o cat -u vmhad.service | grep -c 'Failed with result')" -le 3 ]
    put_configuration
    on systemctl start vmhad.service
    wait_connected
    is_active vmhad.socket
    run on vmha-genw vm1
    [[ "$output" != *--oneshot* ]]
}

@test "a second vmhad, started by hand beside the service, ends with 2 and harms nothing" {
    run on setpriv --reuid vmha --regid vmha --init-groups vmhad --state-dir /var/lib/vmhad
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == */run/vmhad/vmhad.sock* ]]
    run on vmha-genw vm1
    [[ "$output" != *--oneshot* ]]
}
