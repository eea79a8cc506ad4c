#!/usr/bin/env bash
# The main job, on a simulated pair of ESXi hosts and two real daemons: start, monitor, planned move, a crash, a silent
# network, the loss of a host, failover, a network partition and its repair. Prints what happens and how long it takes;
# ends 0 only when every step did what it should.
#   tests/demo.sh           the whole story
#   tests/demo.sh --stay    and leave everything running, with a list of commands to play with
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stay=
case ${1-} in
    "") ;;
    --stay) stay=1 ;;
    *) die "usage: tests/demo.sh [--stay]" ;;
esac

ensure_packages build
build_preset release
bin=$top/build/release/bin
work=$(mktemp -d)
declare -A pid=()
rows=() done_well=

leave() {
    local name
    if [ -z "$done_well" ]; then
        for name in esxsim ec1 ec2; do
            [ -e "$work/$name.log" ] && { say "the end of $name's log"; tail -n 40 "$work/$name.log"; }
        done
        echo "tests/demo.sh: failed"
    elif [ -n "$stay" ]; then
        return
    fi
    for name in "${!pid[@]}"; do end_process "${pid[$name]}"; done
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' INT TERM HUP

# background NAME COMMAND...: a program of the site; its own session, so that it outlives this script with --stay.
background() {
    local name=$1
    shift
    setsid "$@" >>"$work/$name.log" 2>&1 </dev/null &
    pid[$name]=$!
}

# began and ended bound a step.
began() { begin=$EPOCHREALTIME; }
ended() { end=$EPOCHREALTIME; }
# row STEP WHAT: for the table at the end.
row() {
    local ms
    ms=$(awk -v a="$begin" -v b="$end" 'BEGIN { printf "%.1f", (b - a) * 1000 }')
    rows+=("$1|$ms|$2")
    printf '   -> %s: %s ms, %s\n' "$1" "$ms" "$2"
}
tell() { printf '%s\n' "" "## $*"; }
shown() { sed 's/^/   | /'; }

fail() { printf 'EXPECTATION NOT MET: %s\n' "$*"; exit 1; }

# expect CODE COMMAND...: runs it as a step, shows it and its output; another exit status ends the demo.
expect() {
    local expected=$1 code
    shift
    printf '   $ %s\n' "${*/#"$bin/"/}" | sed "s|$work/||g"
    began
    "$@" >"$work/output" 2>&1 </dev/null
    code=$?
    ended
    shown <"$work/output"
    [ $code -eq "$expected" ] || fail "exit status $expected, got $code"
}

# site COMMAND...: what happens to the simulated hosts.
site() {
    "$bin/esxsim" ctl --control "$work/site.sock" "$@" >"$work/ctl.log" 2>&1 </dev/null ||
        { cat "$work/ctl.log"; fail "esxsim ctl $*"; }
}
socket() { echo "$work/$1.sock"; }
api() { curl -sS --max-time 10 --unix-socket "$(socket "$1")" "http://localhost$2" 2>/dev/null; }
alive() { api "$1" /healthz >/dev/null; }
links_up() { [ "$(api "$1" /v1/status | jq -r '[.hosts[] | select(.link == "up")] | length')" = 2 ]; }
verdict() { api "$1" /v1/vms/vm1/health | jq -r '.verdict'; }
verdict_is() { [ "$(verdict "$1")" = "$2" ]; }
age_over() { [ "$(api "$1" /v1/status | jq --arg host "$2" '.hosts[] | select(.name == $host) | .age_ms')" -gt "$3" ]; }
# What the simulated site itself knows, which no daemon is asked for.
in_site() { "$bin/esxsim" ctl --control "$work/site.sock" show </dev/null | sed 's/^ok //' | jq -r "$1"; }
vm1_at() { in_site ".hosts[] | select(.name == \"$1\") | .vms[] | select(.name == \"vm1\") | $2"; }
mirror_is() { [ "$(in_site .mirror)" = "$1" ]; }
describe() { api "$1" /v1/vms/vm1/health | jq -r '"\(.verdict), \(.reason)"'; }

start_node() {
    mkdir -p "$work/$1.state" "$work/$1.run"
    background "$1" "$bin/vmhad" --config "$work/$1.json" --node "$1" --socket "$(socket "$1")" \
        --state-dir "$work/$1.state" --runtime-dir "$work/$1.run"
}

# target_at COPY HOST...: the node of that copy exports it now, and these hosts get to see it.
target_at() {
    local host
    for host in "${@:2}"; do
        site host "$host" storage lost
        site host "$host" storage copy "$1"
    done
}

# follow NODE: stays beside the story; writes its exit status and the time it ended.
follow() {
    rm -f "$work/followed"
    (
        "$bin/vmha-genw" --follow vm1 --socket "$(socket "$1")" >"$work/follow.log" 2>&1 </dev/null &
        trap 'kill $!' TERM
        wait $!
        echo "$? $EPOCHREALTIME" >"$work/followed.new"
        mv "$work/followed.new" "$work/followed"
    ) &
    pid[follow]=$!
}
has_followed() { [ -e "$work/followed" ]; }
# follow_ends CODE SECONDS: which is the end of the step.
follow_ends() {
    local code
    wait_until "$2" has_followed || fail "vmha-genw --follow ends"
    read -r code end <"$work/followed"
    shown <"$work/follow.log"
    [ "$code" -eq "$1" ] || fail "vmha-genw --follow ends $1, got $code"
    unset 'pid[follow]'
}

tell "Two simulated ESXi hosts, esxi1 and esxi2, share the datastore EC_iSCSI; two nodes, ec1 and ec2, run vmhad"
echo "   The disk of the datastore is mirrored between the nodes: copy 1 lies at ec1, copy 2 at ec2."
began
# A dead host's lock can be broken after 9 s; real hosts need about 16 s. The port 8444 is the network between the hosts.
cat >"$work/site.json" <<'JSON'
{
  "lock_break_ms": 9000, "mirror": true, "recovery_ms": 500, "lost_lock": "invalid",
  "hosts": [ { "name": "esxi1", "address": "127.0.0.11", "peer_port": 8444 },
             { "name": "esxi2", "address": "127.0.0.12", "peer_port": 8444 } ]
}
JSON
background esxsim "$bin/esxsim" --control "$work/site.sock" --site "$work/site.json"
says_ready() { grep -q '^ready' "$work/esxsim.log" || gone "${pid[esxsim]}"; }
wait_until 20 says_ready
grep -q '^ready' "$work/esxsim.log" || fail "esxsim gets ready"
thumbprint() { grep "$1" "$work/esxsim.log" | grep -oE '([0-9A-F]{2}:){31}[0-9A-F]{2}' | head -1; }
# Times shortened for the demo: a power-off counts at once; a host is unknown after 3 s; not knowing for 5 s more
# ends a monitor.
write_configuration "$work" esxsim '
    .freshness_s = 3
    | .nodes[].host.settle_s = 1
    | .defaults = {unknown_tolerance_s: 5, confirm_s: {powered_off: 0}}' \
    127.0.0.11 8443 "$(thumbprint esxi1)" 127.0.0.12 8443 "$(thumbprint esxi2)"
# Real nodes share one configuration; here each reaches the other's host by the network between the hosts.
jq '.nodes.ec2.host.api.port = 8444' "$work/vmhad.json" >"$work/ec1.json"
jq '.nodes.ec1.host.api.port = 8444' "$work/vmhad.json" >"$work/ec2.json"
start_node ec1
start_node ec2
for node in ec1 ec2; do
    wait_until 10 alive $node || fail "vmhad on $node answers"
    wait_until 20 links_up $node || fail "$node has a link to both hosts"
done
ended
row "site and daemons up" "both daemons see both hosts"

tell "The cluster starts the group on ec1: vm1 is registered on esxi1 and powered on"
expect 0 "$bin/vmha-exec" start vm1 --socket "$(socket ec1)"
row "start vm1 on ec1" "registered and powered on at esxi1"

tell "The cluster's monitor asks"
expect 0 "$bin/vmha-genw" vm1 --socket "$(socket ec1)"
row "monitor on ec1" "$(describe ec1)"

tell "A planned move: stop on ec1, start on ec2"
expect 0 "$bin/vmha-exec" stop vm1 --socket "$(socket ec1)"
row "move: stop on ec1" "guest shut down, unregistered at esxi1"
expect 0 "$bin/vmha-exec" start vm1 --socket "$(socket ec2)"
row "move: start on ec2" "registered and powered on at esxi2"

tell "vm1 crashes on esxi2 while vmha-genw --follow watches on ec2"
follow ec2
wait_until 5 grep -q . "$work/follow.log"
began
site vm vm1 crash esxi2
follow_ends 1 10
row "crash -> --follow ends" "exit 1, $(describe ec2); the command that crashed it included"
expect 0 "$bin/vmha-exec" start vm1 --socket "$(socket ec2)"
row "start again on ec2" "$(describe ec2)"

tell "The management network of esxi2 falls silent: nobody can know how vm1 is, and that is no failure of vm1"
began
site host esxi2 network stall
wait_until 10 verdict_is ec2 unknown || fail "vm1 turns unknown, got $(describe ec2)"
ended
row "network silent -> unknown" "$(describe ec2)"
expect 0 "$bin/vmha-genw" vm1 --socket "$(socket ec2)"
began
site host esxi2 network restore
wait_until 20 verdict_is ec2 healthy || fail "vm1 turns healthy again, got $(describe ec2)"
ended
row "network repaired -> healthy" "$(describe ec2); nothing was started or stopped"

tell "ESXi#2 loses power, while vmha-genw --follow watches on ec2"
echo "   A real ec2 runs inside esxi2 and dies with it. Here its daemon outlives the host for a moment, and does not know"
echo "   how vm1 is; the demo's unknown_tolerance_s of 5 s makes the monitor end 5. Without it, it would stay for ever."
follow ec2
began
site host esxi2 power off
follow_ends 5 30
row "host lost -> --follow ends" "exit 5: 3 s until it counts as unknown, then 5 s of tolerance"
end_process "${pid[ec2]}"
unset 'pid[ec2]'

tell "The cluster misses the heartbeat of ec2 and starts the group on ec1"
echo "   The first try meets the dead host's lock on vm1's files. No lock is ever broken by vmhad: it waits and tries again"
echo "   until the hosts have broken it themselves."
expect 0 "$bin/vmha-exec" start vm1 --socket "$(socket ec1)"
row "failover: start on ec1" "esxi2 cannot be asked: its lock decided, until it was broken"
expect 0 "$bin/vmha-genw" vm1 --socket "$(socket ec1)"
row "monitor on ec1" "$(describe ec1)"

tell "ESXi#2 comes back, and ec2 with it"
began
site host esxi2 power on
start_node ec2
wait_until 30 links_up ec2 || fail "ec2 has a link to both hosts"
wait_until 30 links_up ec1 || fail "ec1 has a link to both hosts"
ended
verdict_is ec1 healthy || fail "vm1 stays healthy on ec1, got $(describe ec1)"
row "host and node back" "vm1 stays where it is: $(describe ec1) on ec1"
expect 0 "$bin/vmhactl" status --socket "$(socket ec1)"

tell "All networks of ESXi#1 fail. ec2 hears nothing of ec1, and the cluster starts the group there, on copy 2 of the disk"
echo "   A lock protects only hosts that use the same copy: nobody but the cluster can prevent two VMs in a partition."
echo "   vm1 goes on at esxi1 with copy 1, and no monitor fails on either side."
site host esxi1 network cut peers
site host esxi2 network cut peers
site mirror break
wait_until 10 age_over ec2 esxi1 3000 || fail "ec2 gives esxi1 up"
target_at 2 esxi2
expect 0 "$bin/vmha-exec" start vm1 --socket "$(socket ec2)"
row "partition: start on ec2" "esxi1 cannot be asked: its lock on copy 2 decided, until it was broken"
expect 0 "$bin/vmha-genw" vm1 --socket "$(socket ec1)"
row "monitor on ec1" "$(describe ec1), writes on copy $(vm1_at esxi1 .writes_on_copy)"
expect 0 "$bin/vmha-genw" vm1 --socket "$(socket ec2)"
row "monitor on ec2" "$(describe ec2), writes on copy $(vm1_at esxi2 .writes_on_copy)"

tell "The networks are repaired. The cluster finds the group active on both nodes and ends ec2; copy 1 is the one to stay"
began
site host esxi1 network restore
site host esxi2 network restore
wait_until 30 links_up ec1 || fail "ec1 has a link to both hosts"
kill -KILL "${pid[ec2]}"
wait "${pid[ec2]}" 2>/dev/null
unset 'pid[ec2]'
rm -rf "$work/ec2.run"
target_at 1 esxi2
site mirror recover 1
wait_until 10 mirror_is in_sync || fail "the mirror recovers"
ended
[ "$(vm1_at esxi2 .connection)" = invalid ] || fail "the VM at esxi2 has lost its lock"
row "repaired, ec2 ended" "esxi2 sees copy 1 now, where esxi1 has the lock: its vm1 is invalid"
began
start_node ec2
wait_until 30 links_up ec2 || fail "ec2 has a link to both hosts"
ended
row "ec2 started again" "it leaves the entry alone for a minute, then takes it out by itself"
expect 0 "$bin/vmha-genw" vm1 --socket "$(socket ec1)"
row "monitor on ec1" "$(describe ec1): the copy that stays was never touched"

tell "Nobody waits for that: the group is moved to ec2, which clears the invalid VM too"
expect 0 "$bin/vmha-exec" stop vm1 --socket "$(socket ec1)"
row "move: stop on ec1" "guest shut down, unregistered at esxi1"
target_at 2 esxi1 esxi2
expect 0 "$bin/vmha-exec" start vm1 --socket "$(socket ec2)"
row "move: start on ec2" "the left copy went off, and vm1 started from the disk"
expect 0 "$bin/vmha-genw" vm1 --socket "$(socket ec2)"
row "monitor on ec2" "$(describe ec2)"
[ "$(in_site .corruptions)" = 0 ] || fail "no guest has written with the memory of the other copy"
echo "   No guest has written with the memory of the other copy; the simulated disks know."
expect 0 "$bin/vmhactl" status --socket "$(socket ec2)"

tell "All of it"
printf '%-32s %10s  %s\n' step ms "what happened"
for each in "${rows[@]}"; do
    IFS='|' read -r name ms what <<<"$each"
    printf '%-32s %10s  %s\n' "$name" "$ms" "$what"
done
done_well=1

if [ -n "$stay" ]; then
    cat <<TEXT

Everything stays up. To play with it:
  export PATH=$bin:\$PATH
  vmhactl --socket $(socket ec1) status               # what ec1 knows
  vmhactl --socket $(socket ec2) status               # what ec2 knows
  vmhactl --socket $(socket ec1) events -f            # every change, as it happens
  vmha-genw --follow vm1 --socket $(socket ec1)
  vmha-exec start vm2 --socket $(socket ec2)
The site is in your hands; NAME is esxi1, esxi2, vm1, vm2 or vm3:
  alias site='esxsim ctl --control $work/site.sock'
  site show | sed 's/^ok //' | jq                    # which copy each host uses, who writes where, corruptions
  site vm vm1 crash                                  # or: question msg.hbacommon.locklost, connection invalid,
                                                     # heartbeat red, backup 60000, reboot
  site host esxi2 power off                          # or: network cut|stall|restore, maintenance on
  site host esxi2 network cut peers                  # a partition; the same for esxi1, then: mirror break
  site host esxi2 storage lost                       # or: pdl, snapshot, resolved, copy 1, copy 2
  site mirror recover 1                              # after a break: copy 1 is the one to stay
  site host esxi2 licence expired                    # or: hostd-restart 5000, fail-unregister 2, power-on-lies 1
  site help                                          # all of it, and faults of every method
  tail -f $work/ec1.log
To end it:
  kill ${pid[*]}; rm -r $work
TEXT
fi
