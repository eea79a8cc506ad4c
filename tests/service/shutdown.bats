#!/usr/bin/env bats
# The node goes down and comes up again, with a stand-in for the cluster manager: a unit whose start and stop are the
# shims. Its stop needs vmhad, so vmhad's units must end after it.

setup_file() {
    load support
    serve . '.vms[].shutdown_ms = 1500'
    printf '%s\n' '[Unit]' 'Description=stand-in for the cluster manager' \
        '[Service]' Type=oneshot RemainAfterExit=yes TimeoutStopSec=100 \
        'ExecStart=/usr/bin/vmha-exec start vm1 vm2' 'ExecStop=/usr/bin/vmha-exec stop vm1 vm2' \
        '[Install]' WantedBy=multi-user.target | put /etc/systemd/system/clusterpro.service
    on systemctl daemon-reload
    on systemctl enable --now clusterpro.service
}
setup() {
    load support
    "$sandbox" is-on "$room/machine" || "$sandbox" boot "$room/machine"
}
teardown_file() {
    load support
    remove_machine
}

# What the journal on the disk says, of this unit, since the machine was switched on for the last time; the machine
# is off and takes the boot's number from the machine that it runs on, so the marks are by time.
switched_on() { date -u '+%F %T.%N' >"$room/switched-on"; }
recorded() { disk journalctl -q -o short-monotonic --no-hostname --utc --since "$(cat "$room/switched-on")" "$@"; }
# position TEXT: of the first line that holds it.
position() { grep -nF -m 1 -- "$1" "$room/all" | cut -d: -f1; }
in_this_order() {
    local last=0 here text
    recorded >"$room/all"
    for text; do
        here=$(position "$text")
        [ "${here:-0}" -gt "$last" ] || { echo "not in this order: $text"; cat "$room/all"; return 1; }
        last=$here
    done
}

@test "shut down with VMs running: the cluster's stop is done before vmhad ends, and the VMs are off and gone" {
    is_active clusterpro.service
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    switched_on
    "$sandbox" off "$room/machine"
    for vm in vm1 vm2; do expect_site is_at esxi1 $vm absent; done
    recorded -u clusterpro.service >"$room/cluster"
    cat "$room/cluster"
    lacks -F -- --oneshot "$room/cluster"
    lacks -F "Failed with result" "$room/cluster"
    in_this_order "Stopped clusterpro.service" "Stopped vmhad.service" "Closed vmhad.socket"
}

@test "after that boot it is all back by itself: units, VMs, marks" {
    [ "$(on systemctl is-active vmhad.socket vmhad.service clusterpro.service)" = $'active\nactive\nactive' ]
    wait_connected
    run on systemctl --failed --no-legend
    [ -z "$output" ]
    for vm in vm1 vm2; do expect_site is_at esxi1 $vm poweredOn; done
    wait_until 10 is_verdict vm1 healthy
    [ "$(on stat -c '%a %U' /run/vmhad)" = "755 vmha" ]
}

@test "shut down while the daemon is not running: the stop is done all the same" {
    on systemctl stop vmhad.socket vmhad.service
    switched_on
    "$sandbox" off "$room/machine"
    for vm in vm1 vm2; do expect_site is_at esxi1 $vm absent; done
    recorded -u clusterpro.service | grep -F -- --oneshot
}

@test "the plug is pulled with VMs running: they run on, no mark outlives the node, a start takes them up again" {
    wait_connected
    for vm in vm1 vm2; do expect_site is_at esxi1 $vm poweredOn; done
    powered_on=$(calls esxi1 PowerOnVM_Task)
    "$sandbox" cut "$room/machine"
    for vm in vm1 vm2; do expect_site is_at esxi1 $vm poweredOn; done
    disk systemctl disable clusterpro.service
    "$sandbox" boot "$room/machine"
    wait_connected
    [ "$(request /v1/vms/vm1 | jq .active)" = false ]
    on systemctl start clusterpro.service
    wait_until 10 is_verdict vm1 healthy
    [ "$(request /v1/vms/vm1 | jq .active)" = true ]
    [ "$(calls esxi1 PowerOnVM_Task)" = "$powered_on" ]
    on systemctl stop clusterpro.service
}
