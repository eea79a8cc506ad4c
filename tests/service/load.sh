#!/usr/bin/env bash
# Runs in the machine: shims as a cluster with many VMs calls them, 50 a second, until FILE.stop is there. Half of them
# are monitors, half are starts of a VM that runs; beside them VMs are stopped and started by several shims at once.
#   load.sh FILE      one line for each shim: CODE MILLISECONDS COMMAND, and what it said where that was a failure
set -u
results=$1
now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }

# A shim that ran into the daemon's restart so hard that it did the work itself has failed here too.
shim() {
    local began code=0 said
    began=$(now_ms)
    said=$("$@" 2>&1) || code=$?
    [[ "$said" != *--oneshot* && "$said" != *' [E] '* ]] || code=99
    said=${said//$'\n'/ | }
    printf '%s %s %s%s\n' "$code" $(($(now_ms) - began)) "$*" "${said:+: $said}" >>"$results"
}
joined() { shim "$@" & shim "$@" & wait; }

# These end with a start, so the VM runs when all is over.
(
    until [ -e "$results.stop" ]; do
        joined vmha-exec stop vm2
        joined vmha-exec start vm2
    done
) &

began=$(now_ms) sent=0
until [ -e "$results.stop" ]; do
    if ((sent % 2)); then shim vmha-genw vm1 & else shim vmha-exec start vm1 & fi
    sent=$((sent + 1))
    ahead=$((began + sent * 20 - $(now_ms)))
    # The pace, not a wait for anything.
    [ $ahead -le 0 ] || read -rt "0.$(printf %03d $ahead)" <> <(:)
done
wait
