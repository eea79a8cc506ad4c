#!/usr/bin/env bash
# A machine with a systemd of its own, for tests: PID 1 in namespaces, on a disk that is laid over this machine's own.
# What is installed or changed in it is gone with it. Needs root; works with both versions of control groups.
#   sandbox.sh make FOLDER           the disk (in memory) and the network (a loopback), without power
#   sandbox.sh boot FOLDER           switches it on; returns when systemd has started everything
#   sandbox.sh run FOLDER COMMAND…   in the running machine, as root
#   sandbox.sh beside FOLDER COMMAND…   outside of the machine, in its network: a host that its programs talk to
#   sandbox.sh disk FOLDER COMMAND…  outside of the machine, with its disk as /, on or off
#   sandbox.sh off FOLDER            as by "systemctl poweroff"
#   sandbox.sh cut FOLDER            as by pulling the plug
#   sandbox.sh remove FOLDER         nothing is left: no process, mount, control group or folder
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"

# What of Debian's own units the machine has: enough to boot, log, shut down, and find its folders in /run.
stock_units='basic.target sysinit.target sockets.target timers.target paths.target slices.target local-fs.target
    local-fs-pre.target network.target network-online.target network-pre.target multi-user.target remote-fs.target
    nss-lookup.target nss-user-lookup.target time-sync.target time-set.target swap.target final.target shutdown.target
    umount.target poweroff.target exit.target rescue.target emergency.target systemd-poweroff.service
    systemd-exit.service systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket
    systemd-journal-flush.service systemd-tmpfiles-setup.service'

clean_environment=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 LC_ALL=C.UTF-8 HOME=/root)

holder() { cat "$folder/holder.pid"; }
powered() { [ -s "$folder/power.pid" ] && kill -0 "$(cat "$folder/power.pid")" 2>/dev/null; }
power_is_off() { ! powered; }

# PID 1 of the machine, as this machine numbers it.
init_process() {
    local children=
    # The kernel ends this list without a line end, which read takes for a failure.
    read -r children _ < <(cat "/proc/$(cat "$folder/power.pid")/task/"*/children 2>/dev/null)
    [ -n "$children" ] && echo "$children"
}

run_inside() { nsenter -t "$(cat "$folder/init.pid")" -a -- "${clean_environment[@]}" "$@"; }

make_machine() {
    mkdir -p "$folder/cow"
    unshare --mount --net --propagation private -- "$here/sandbox.sh" hold "$folder" >"$folder/hold.log" 2>&1 </dev/null 3>&- &
    echo $! >"$folder/holder.pid"
    made_or_failed() { [ -e "$folder/made" ] || gone "$(holder)"; }
    wait_until 20 made_or_failed || true
    [ -e "$folder/made" ] || { cat "$folder/hold.log" >&2; die "cannot make a machine in namespaces"; }
}

# Keeps disk and network while the machine is off. One process, that ends with whoever started it.
hold() {
    local root=$folder/cow/root unit
    set -e
    mount -t tmpfs -o mode=755 tmpfs "$folder/cow"
    mkdir "$folder/cow/upper" "$folder/cow/work" "$root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/cow/upper,workdir=$folder/cow/work" "$root"
    ip link set lo up
    mkdir "$folder/cow/units"
    for unit in $stock_units; do
        [ ! -e "$root/lib/systemd/system/$unit" ] || cp -a "$root/lib/systemd/system/$unit" "$folder/cow/units/"
    done
    rm -rf "$root/lib/systemd/system" "$root/etc/systemd/system" "$root/lib/systemd/system-generators" \
        "$root/etc/systemd/system-generators" "$root/usr/sbin/policy-rc.d" "$root/var/log/journal" \
        "$root/var/lib/systemd" "$root/var/lib/vmhad" "$root/etc/vmhad"
    mv "$folder/cow/units" "$root/lib/systemd/system"
    mkdir -p "$root/etc/systemd/system" "$root/var/log/journal" "$root/lib/systemd/system/sysinit.target.wants"
    ln -s ../systemd-journald.service ../systemd-journal-flush.service ../systemd-tmpfiles-setup.service \
        "$root/lib/systemd/system/sysinit.target.wants/"
    ln -s /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
    tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
    # apt-get and dpkg as on a machine without a network: nothing is fetched, nobody is asked.
    echo 'debconf debconf/frontend select Noninteractive' | chroot "$root" debconf-set-selections 2>/dev/null || true
    touch "$folder/made"
    exec sleep infinity
}

boot() {
    local groups made
    powered && die "the machine is on"
    groups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    if [ -z "$groups" ]; then
        groups=$folder/groups
        mkdir -p "$groups"
        mount -t cgroup2 none "$groups"
    fi
    made=$groups/vmha-sandbox.$$
    mkdir "$made"
    echo "$made" >>"$folder/groups.list"
    (
        echo 0 >"$made/cgroup.procs"
        exec nsenter -t "$(holder)" -m -n -- unshare --fork --pid --mount --cgroup --uts --ipc --kill-child \
            --propagation private -- "$here/sandbox.sh" init "$folder"
    ) >"$folder/console.log" 2>&1 </dev/null 3>&- &
    echo $! >"$folder/power.pid"
    up_or_failed() {
        power_is_off && return 0
        init_process >"$folder/init.pid" || return 1
        case $(run_inside systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) return 1 ;; esac
    }
    wait_until 30 up_or_failed || { cat "$folder/console.log" >&2; die "the machine does not boot"; }
    powered || { cat "$folder/console.log" >&2; die "cannot boot a machine in namespaces"; }
}

# Becomes PID 1 of the machine.
init() {
    local root=$folder/cow/root device
    set -e
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s /proc/self/fd/0 "$root/dev/stdin"
    ln -s /proc/self/fd/1 "$root/dev/stdout"
    ln -s /proc/self/fd/2 "$root/dev/stderr"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    mount -t cgroup2 none "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    hostname sandbox
    mkdir "$root/run/old"
    cd "$root"
    pivot_root . run/old
    umount -l run/old
    rmdir run/old
    # Of a private root the folder that LoadCredential= makes would stay unreadable to the service's user.
    mount --make-rshared /
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=sandbox /lib/systemd/systemd --system \
        --log-target=journal --show-status=no
}

clear_power() {
    local made
    rm -f "$folder/power.pid" "$folder/init.pid"
    [ -e "$folder/groups.list" ] || return 0
    while read -r made; do
        [ ! -d "$made" ] || find "$made" -depth -type d -exec rmdir {} \;
    done <"$folder/groups.list"
    rm -f "$folder/groups.list"
    [ ! -d "$folder/groups" ] || { umount "$folder/groups" && rmdir "$folder/groups"; }
}

# wait_off SECONDS: the machine has switched itself off by then, or it is cut off and that is a failure.
wait_off() {
    local code=0
    if ! wait_until "$1" power_is_off; then
        echo "the machine did not end in $1 s" >&2
        code=1
        kill -KILL "$(cat "$folder/power.pid")"
        wait_until 5 power_is_off
    fi
    clear_power
    return $code
}
off() {
    run_inside systemctl poweroff --no-block || true
    wait_off 60
}
cut() {
    powered || return 0
    kill -KILL "$(cat "$folder/power.pid")"
    wait_off 5
}
remove() {
    [ ! -e "$folder/power.pid" ] || cut
    clear_power
    [ ! -e "$folder/holder.pid" ] || end_process "$(holder)"
    rm -rf "$folder"
}

[ $# -ge 2 ] || die "usage: sandbox.sh make|boot|run|beside|disk|off|cut|remove FOLDER [COMMAND…]"
[ "$EUID" -eq 0 ] || die "needs root"
action=$1 folder=$2
shift 2
case $action in
    make) make_machine ;;
    hold) hold ;;
    boot) boot ;;
    init) init ;;
    # These become the command, so that who starts one in the background has its process.
    run) exec nsenter -t "$(cat "$folder/init.pid")" -a -- "${clean_environment[@]}" "$@" ;;
    beside) exec nsenter -t "$(holder)" -n -- "$@" ;;
    disk) exec nsenter -t "$(holder)" -m -- chroot "$folder/cow/root" "${clean_environment[@]}" "$@" ;;
    is-on) powered ;;
    off) off ;;
    wait-off) wait_off "$@" ;;
    cut) cut ;;
    remove) remove ;;
    *) die "no such action: $action" ;;
esac
