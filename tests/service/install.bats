#!/usr/bin/env bats
# The package on a machine with systemd, as an administrator meets it: what is there after the installation, what an
# unfinished configuration does, what an upgrade and a reinstallation keep, what removal and purge leave.

setup_file() {
    load support
    make_machine
    start_site
}
setup() { load support; }
teardown_file() {
    load support
    remove_machine
}

is_installed() { [ "$(on dpkg-query -W -f '${db:Status-Status}' "$1")" = installed ]; }
# is MODE OWNER GROUP PATH…
is() {
    local path wanted="$1 $2 $3"
    for path in "${@:4}"; do
        [ "$(on stat -c '%a %U %G' "$path")" = "$wanted" ] || { on stat -c '%n: %a %U %G' "$path"; return 1; }
    done
}
absent() {
    local path
    for path; do ! on test -e "$path" || { echo "still there: $path"; on ls -la "$path"; return 1; }; done
}

@test "apt installs it from the file, and says what is to be done before it can work" {
    run install_file "$(package vmha)"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"/etc/vmhad/vmhad.json"* ]]
    [[ "$output" == *"vmhad --check-config"* ]]
    is_installed vmha
}

@test "it brings a user and a group of its own, who cannot log in" {
    [[ "$(on getent passwd vmha)" == vmha:*:/usr/sbin/nologin ]]
    on getent group vmha
    [ "$(on id -gn vmha)" = vmha ]
}

@test "programs belong to root, secrets are root's alone, what runs is the daemon's" {
    is 755 root root /usr/sbin/vmhad /usr/bin/vmha-exec /usr/bin/vmha-genw /usr/bin/vmhactl
    is 755 root root /etc/vmhad /etc/vmhad/conf.d
    is 644 root root /etc/vmhad/vmhad.json /lib/systemd/system/vmhad.service /lib/systemd/system/vmhad.socket
    is 700 root root /etc/vmhad/credentials
    is 755 vmha vmha /run/vmhad /run/vmhad/active
}

@test "socket and service start at boot, but not before they are configured" {
    [ "$(on systemctl is-enabled vmhad.socket vmhad.service)" = $'enabled\nenabled' ]
    is_inactive vmhad.service
    run on systemctl --failed --no-legend
    [ -z "$output" ]
}

@test "manual pages, completion and the journal's catalog are there" {
    for page in vmhad.8 vmha-exec.8 vmha-genw.8 vmhactl.8 vmhad.json.5; do
        on test -s "/usr/share/man/man${page##*.}/$page.gz" || { echo "no $page"; return 1; }
    done
    on test -s /usr/share/bash-completion/completions/vmhactl
    on journalctl --list-catalog | grep -q "vmha: "
    on sh -n /usr/share/doc/vmha/examples/start.sh
}

@test "started with the sample configuration it fails once, and says what is wrong and how to look for it" {
    mark
    run on systemctl start vmhad.service
    echo "$output"
    [ "$status" -ne 0 ]
    # systemctl itself says where to look.
    [[ "$output" == *"systemctl status vmhad.service"* ]]
    wait_until 5 property_is vmhad.service ActiveState failed
    [ "$(property vmhad.service NRestarts)" = 0 ]
    said /etc/vmhad/vmhad.json
    said "vmhad --check-config"
    run on systemctl status vmhad.service
    [ "$status" -eq 3 ]
    [[ "$output" == *"vmhad.json"* ]]
}

@test "after a boot the unconfigured machine is degraded by that unit alone" {
    "$sandbox" off "$room/machine"
    "$sandbox" boot "$room/machine"
    [ "$(on systemctl --failed --no-legend --plain | awk '{ print $1 }')" = vmhad.service ]
    [ "$(property vmhad.service NRestarts)" = 0 ]
}

@test "configured and checked, one command starts it" {
    configure
    run on vmhad --check-config
    echo "$output"
    [ "$status" -eq 0 ]
    on systemctl start vmhad
    wait_connected
    is_active vmhad.socket
    on vmhactl hosts
    on vmha-exec start vm1
    [ "$(power_at esxi1 vm1)" = poweredOn ]
}

@test "it runs as its own user, without any capability" {
    pid=$(property vmhad.service MainPID)
    [ "$(on ps -o user= -p "$pid")" = vmha ]
    run on grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' "/proc/$pid/status"
    [ "$(awk '{ print $2 }' <<<"$output" | tr '\n' ' ')" = "0000000000000000 0000000000000000 0000000000000000 1 2 " ]
    is 700 vmha vmha /var/lib/vmhad
    is 666 root root /run/vmhad/vmhad.sock
}

@test "the same package once more keeps the configuration, the secrets and the socket, and restarts the daemon" {
    configured=$(on cat /etc/vmhad/vmhad.json)
    socket_since=$(property vmhad.socket ActiveEnterTimestampMonotonic)
    old=$(property vmhad.service MainPID)
    install_file "$(higher_package)" >"$room/upgrade.log" 2>&1 || { cat "$room/upgrade.log"; return 1; }
    [ "$(on dpkg-query -W -f '${Version}' vmha)" = 99.0.0-1 ]
    wait_connected
    [ "$(property vmhad.service MainPID)" != "$old" ]
    [ "$(property vmhad.socket ActiveEnterTimestampMonotonic)" = "$socket_since" ]
    [ "$(on cat /etc/vmhad/vmhad.json)" = "$configured" ]
    on test -s /etc/vmhad/credentials/esxi1.password
    wait_until 10 is_verdict vm1 healthy
}

@test "no version restarts the daemon into a configuration that it would refuse: the old one goes on" {
    # The package's own sample, of another site, as after a "Y" to dpkg's question.
    put /etc/vmhad/vmhad.json <"$top/config/vmhad.json"
    old=$(property vmhad.service MainPID)
    run install_file "$(package vmha)"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(on dpkg-query -W -f '${Version}' vmha)" != 99.0.0-1 ]
    [[ "$output" == *"the old daemon goes on"*"172.31.255.11"*"vmhad --check-config"* ]]
    [ "$(property vmhad.service MainPID)" = "$old" ]
    both_connected
    on vmha-genw vm1
    put_configuration
    install_file "$(higher_package)" >"$room/upgrade.log" 2>&1 || { cat "$room/upgrade.log"; return 1; }
    wait_connected
    [ "$(property vmhad.service MainPID)" != "$old" ]
}

@test "with passwords that lie encrypted on the disk, as the example has it, it serves, and an upgrade restarts it" {
    for host in esxi1 esxi2; do
        on systemd-creds encrypt --name="credentials_$host.password" "/etc/vmhad/credentials/$host.password" \
            "/etc/vmhad/$host.password.cred"
        on rm "/etc/vmhad/credentials/$host.password"
    done
    on install -D -m 644 -t /etc/systemd/system/vmhad.service.d \
        /usr/share/doc/vmha/examples/vmhad.service.d/encrypted-credentials.conf
    on systemctl daemon-reload
    on systemctl restart vmhad.service
    wait_connected
    old=$(property vmhad.service MainPID)
    install_file "$(package vmha)" >"$room/upgrade.log" 2>&1 || { cat "$room/upgrade.log"; return 1; }
    wait_connected
    [ "$(property vmhad.service MainPID)" != "$old" ] || { cat "$room/upgrade.log"; return 1; }
    on sh -c 'rm -r /etc/systemd/system/vmhad.service.d /etc/vmhad/*.cred'
    on systemctl daemon-reload
    put_configuration
    on systemctl restart vmhad.service
    wait_connected
}

@test "the simulator's package installs beside it and runs" {
    install_file "$(package vmha-simulator)" >"$room/simulator.log" 2>&1 || { cat "$room/simulator.log"; return 1; }
    begin simulator timeout 60 esxsim
    reaches simulator ready
    on pkill -x esxsim
    ends simulator 0 10
    on apt-get purge -y vmha-simulator
}

@test "it is not removed from under a cluster that has VMs running here" {
    printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n' | put /etc/systemd/system/clusterpro.service
    on systemctl daemon-reload
    on systemctl start clusterpro.service
    run on apt-get remove -y vmha
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *vm1* ]]
    is_active vmhad.service
    on vmha-genw vm1
    on systemctl stop clusterpro.service
}

@test "removed, it leaves the VM running, the configuration and the secrets, but no process, unit or socket" {
    on apt-get remove -y vmha
    absent /usr/sbin/vmhad /usr/bin/vmha-exec /lib/systemd/system/vmhad.service /run/vmhad/vmhad.sock
    run on pgrep -x vmhad
    [ "$status" -eq 1 ]
    [ "$(on systemctl show -P LoadState vmhad.service vmhad.socket | sort -u | grep .)" = not-found ]
    on test -s /etc/vmhad/vmhad.json
    on test -s /etc/vmhad/credentials/esxi1.password
    [ "$(power_at esxi1 vm1)" = poweredOn ]
}

@test "installed again, it serves at once with what it finds, and knows the VM that was started before" {
    install_package
    wait_connected
    wait_until 10 is_verdict vm1 healthy
    [ "$(on systemctl is-enabled vmhad.socket vmhad.service)" = $'enabled\nenabled' ]
    on vmha-exec stop vm1
    [ "$(power_at esxi1 vm1)" = absent ]
}

@test "purged, nothing of it is left but its user" {
    # A unit that has failed would be listed on, as one that is not there.
    on systemctl stop vmhad.service
    on rm /var/lib/vmhad/last-good.json
    printf '{' | put /etc/vmhad/vmhad.json
    run on systemctl start vmhad.service
    property_is vmhad.service ActiveState failed
    on mkdir -p /run/vmha-alerts
    on apt-get purge -y vmha
    absent /etc/vmhad /var/lib/vmhad /run/vmhad /run/vmha-alerts /etc/systemd/system/multi-user.target.wants/vmhad.service \
        /etc/systemd/system/sockets.target.wants/vmhad.socket
    run on systemctl --failed --no-legend
    [ -z "$output" ]
    run on find /etc /usr /lib/systemd /var/lib -xdev -name '*vmha*' -not -path '/var/lib/dpkg/*' -not -path '/var/lib/apt/*'
    echo "$output"
    [ -z "$output" ]
}
