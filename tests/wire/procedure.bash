# shellcheck shell=bash
# shellcheck disable=SC2154 # bin and room come from support.bash
# For the suites of the chapter "Testing": what the cluster manager does, and what must be true afterwards.
# shellcheck source=tests/wire/support.bash
. "$BATS_TEST_DIRNAME/support.bash"

runs_once() { [ "$(copies vm1)" = 1 ]; }
runs_only_at() {
    expect_site is_at "esxi$1" vm1 poweredOn
    expect_site runs_once
}
# writes_at N: how often anybody has changed something on that host.
writes_at() { writes "esxi$1"; }

# The monitor resource on a node: asked at an interval; the group has failed when it fails three times in a row.
monitor() {
    local code left=3 child=
    # Whoever ends the monitor ends what it is just running.
    trap 'kill "$child"; wait "$child"; exit 0' TERM
    while [ $left -gt 0 ]; do
        VMHAD_SOCKET=$room/ec$1.sock "$bin/vmha-genw" vm1 --timeout 5 &
        child=$! code=0
        wait "$child" || code=$?
        if [ $code -eq 0 ]; then left=3; else left=$((left - 1)); fi
        [ $code -eq 0 ] || echo "ended $code"
        sleep 0.2 &
        child=$!
        wait "$child"
    done
    echo "the group has failed"
}
# monitor_is_content [NAME]: it goes on, and not one of its answers was a failure.
monitor_is_content() {
    local name=${1:-monitor}
    cat "$room/$name.log"
    kill -0 "$(pid_of "$name")"
    says "$name" healthy
    lacks 'ended [1-9]' "$room/$name.log"
}

# node_ends N: the cluster manager ends its own node, not the host below it, and not the VM.
node_ends() {
    kill_node "ec$1"
    rm -rf "$room/ec$1.run" "$room/ec$1.sock"
}
all_see_each_other() { wait_until 30 both_up ec1 && wait_until 30 both_up ec2; }
