#!/usr/bin/env bats
# The units as files: what systemd's own tools say about them, and the lines that a rule demands or forbids. How they
# behave is seen in the other suites of this folder, with a systemd that runs.

setup_file() {
    # A system of its own to look at: our files where the package puts them, and the stock units that they name.
    root=$BATS_FILE_TMPDIR/root
    top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
    export root top
    mkdir -p "$root"/{etc/systemd/system,lib/systemd/system,usr/{bin,sbin,lib/{sysusers.d,tmpfiles.d,systemd/catalog}},run,var/lib}
    cp /lib/systemd/system/*.{target,slice} "$root/lib/systemd/system/"
    cp "$top"/systemd/vmhad.{service,socket} "$root/lib/systemd/system/"
    install -m 755 /bin/true "$root/usr/sbin/vmhad"
    install -m 755 /bin/true "$root/usr/bin/vmhactl"
    ln -s usr/bin "$root/bin"
    install -m 755 /bin/true "$root/bin/sh"
    cp "$top/systemd/vmha.sysusers" "$root/usr/lib/sysusers.d/vmha.conf"
    cp "$top/systemd/vmha.tmpfiles" "$root/usr/lib/tmpfiles.d/vmha.conf"
    printf 'root:x:0:0::/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
}
setup() { units=$root/lib/systemd/system; }

# setting UNIT NAME: every value of that setting, one a line.
setting() { sed -n "s/^$2=//p" "$units/$1"; }
verify() { systemd-analyze verify --root="$root" --man=no --recursive-errors=one vmhad.service vmhad.socket; }
score() { systemd-analyze security --root="$root" --offline=yes --no-pager vmhad.service | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p'; }

# empty TEXT: fails with what was found.
empty() { [ -z "$1" ] || { printf '%s\n' "$1"; return 1; }; }

@test "systemd has nothing to complain about" {
    run verify
    echo "$output"
    [ "$status" -eq 0 ]
    empty "$output"
}

@test "each drop-in that is offered fits the service" {
    for drop_in in "$top"/systemd/examples/*.conf; do
        install -D -m 644 "$drop_in" "$root/etc/systemd/system/vmhad.service.d/drop-in.conf"
        run verify
        rm -r "$root/etc/systemd/system/vmhad.service.d"
        [ "$status" -eq 0 ] && [ -z "$output" ] || { echo "$drop_in: $output"; return 1; }
        # It says where to put it and what to do then.
        grep -q '/etc/systemd/system/vmhad.service.d/' "$drop_in"
        grep -q 'systemctl daemon-reload && systemctl restart vmhad' "$drop_in"
    done
}

@test "the service is exposed to at most 1.4 of 10" {
    run score
    echo "score: $output"
    [ "$(awk -v score="$output" 'BEGIN { print (score != "" && score <= 1.4) }')" = 1 ]
}

@test "with the drop-in that allows the hosts alone it is exposed less" {
    plain=$(score)
    install -D -m 644 "$top/systemd/examples/only-the-hosts.conf" "$root/etc/systemd/system/vmhad.service.d/hosts.conf"
    less=$(score)
    rm -r "$root/etc/systemd/system/vmhad.service.d"
    echo "$plain, with the drop-in $less"
    [ "$(awk -v plain="$plain" -v less="$less" 'BEGIN { print (less < plain) }')" = 1 ]
}

# PrivateUsers: in a user namespace SO_PEERCRED shows every caller as nobody. DynamicUser, PrivateNetwork: the daemon
# would not be the user who owns the directories, nor see a host. RuntimeDirectory: stopping the service would delete
# the socket and the active marks. Type=notify-reload: systemd 252 does not know it. ExecStartPre and
# capabilities: it needs nothing of root.
@test "what would break it, or gives it more than it needs, is not in the service" {
    empty "$(grep -nE '^(PrivateUsers|DynamicUser|PrivateNetwork|RuntimeDirectory|ExecStart(Pre|Post)|ExecStop|BindPaths)=' \
        "$units/vmhad.service")"
    empty "$(grep -nE '^(Capability|Ambient)[A-Za-z]*=.' "$units/vmhad.service")"
    empty "$(grep -nE '^(Accept|FlushPending|SocketGroup|SocketUser|ExecStart.*)=' "$units/vmhad.socket")"
}

@test "what the design rests on is in the service" {
    for line in Type=notify NotifyAccess=main User=vmha Group=vmha Restart=always StartLimitIntervalSec=0 \
        RestartPreventExitStatus=2 StateDirectory=vmhad StateDirectoryMode=0700 PrivateMounts=yes LimitCORE=0 \
        LoadCredential=credentials:/etc/vmhad/credentials 'ExecReload=/usr/bin/vmhactl reload --quiet' Requires=vmhad.socket; do
        grep -qxF "$line" "$units/vmhad.service" || { echo "missing: $line"; return 1; }
    done
    # getifaddrs asks the kernel by netlink which addresses are here.
    [ "$(setting vmhad.service RestrictAddressFamilies)" = "AF_UNIX AF_INET AF_INET6 AF_NETLINK" ]
    [ "$(setting vmhad.service WatchdogSec)" -le 60 ]
    grep -qxF ListenStream=/run/vmhad/vmhad.sock "$units/vmhad.socket"
    grep -qxF SocketMode=0666 "$units/vmhad.socket"
}

@test "at boot socket and service come before every service of the cluster manager, so at shutdown they go after it" {
    expected="clusterpro clusterpro_alertsync clusterpro_api clusterpro_evt clusterpro_ib clusterpro_md clusterpro_nm"
    expected+=" clusterpro_trn clusterpro_webmgr"
    for unit in vmhad.service vmhad.socket; do
        [ "$(setting "$unit" Before | tr ' ' '\n' | sort | sed 's/\.service$//' | paste -sd ' ')" = "$expected" ]
    done
    setting vmhad.service After | tr ' ' '\n' | grep -qx network.target
    setting vmhad.service After | tr ' ' '\n' | grep -qx vmhad.socket
}

@test "no call that the daemon makes is forbidden, and none that only root needs is allowed" {
    allowed=$(systemd-analyze syscall-filter @system-service | grep -c .)
    [ "$allowed" -gt 10 ]
    [ "$(setting vmhad.service SystemCallFilter)" = $'@system-service\n~@privileged @resources' ]
    # prlimit64 is how core dumps are forbidden; the C library uses it for setrlimit.
    ! systemd-analyze syscall-filter @privileged @resources | grep -qxE ' *(prlimit64|prctl|flock|timerfd_create|epoll_wait)'
}

@test "systemd-sysusers makes the user and the group, without a login" {
    systemd-sysusers --root="$root" vmha.conf
    [[ "$(grep ^vmha: "$root/etc/passwd")" == vmha:*:/var/lib/vmhad:/usr/sbin/nologin ]]
    grep -q ^vmha: "$root/etc/group"
}

@test "systemd-tmpfiles makes the runtime directories, for the daemon's user" {
    [ "$EUID" -eq 0 ] || skip "only root may give directories away"
    systemd-sysusers --root="$root" vmha.conf
    systemd-tmpfiles --root="$root" --create vmha.conf
    owner=$(awk -F: '$1 == "vmha" { print $3 ":" $4 }' "$root/etc/passwd")
    for folder in run/vmhad run/vmhad/active run/vmhad/locks; do
        [ "$(stat -c '%a %u:%g' "$root/$folder")" = "755 $owner" ]
    done
    # Marks are no rubbish, however old.
    empty "$(awk '!/^#/ && NF && $6 != "-"' "$top/systemd/vmha.tmpfiles")"
}

# red_hat SCRIPT N: the .rpm's script with that argument, where clusterpro.service runs and vmhad is in use. What it asks
# of systemctl is in $root/asked; systemctl is as old as that of RHEL 8, whose show has no -P.
red_hat() {
    mkdir -p "$root/red-hat" "$root/run/systemd/system" "$root/run/vmhad/active"
    : >"$root/asked"
    cat >"$root/red-hat/systemctl" <<-END
		#!/bin/sh
		echo "\$*" >>"$root/asked"
		case " \$* " in
		*" -P "*) echo "systemctl: invalid option -- 'P'" >&2; exit 1 ;;
		" show "*) echo "vmhad.service clusterpro.service" ;;
		esac
	END
    chmod +x "$root/red-hat/systemctl"
    sed "s,/run/,$root/run/,g" "$top/systemd/rpm/$1" >"$root/red-hat/$1"
    PATH=$root/red-hat:$PATH sh "$root/red-hat/$1" "$2"
}
# vmhad_check CODE: what vmhad --check-config ends with there.
vmhad_check() {
    mkdir -p "$root/red-hat"
    printf '#!/bin/sh\necho "a problem" >&2\nexit %s\n' "$1" >"$root/red-hat/vmhad"
    chmod +x "$root/red-hat/vmhad"
}

@test "on Red Hat an upgrade restarts the daemon only with a configuration that the new one takes" {
    vmhad_check 0
    red_hat postun 1
    grep -q '^try-restart vmhad.service' "$root/asked"
    vmhad_check 2
    run red_hat postun 1
    [ "$status" -eq 0 ]
    [[ "$output" == *"the old daemon goes on"*"a problem"* ]]
    empty "$(grep restart "$root/asked")"
}

@test "on Red Hat it is not removed from under a cluster that has VMs running here, also with its oldest systemd" {
    mkdir -p "$root/run/vmhad/active"
    touch "$root/run/vmhad/active/vm1"
    run red_hat preun 0
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *vm1* ]]
    red_hat preun 1
    rm "$root/run/vmhad/active/vm1"
    red_hat preun 0
    grep -q 'disable --now vmhad.socket vmhad.service' "$root/asked"
}

@test "the packages' scripts pass shellcheck" {
    command -v shellcheck >/dev/null || skip "shellcheck is not installed"
    shellcheck "$top"/systemd/deb/{postinst,prerm,postrm}
    shellcheck -s sh "$top"/systemd/rpm/*
}
