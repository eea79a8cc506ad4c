# shellcheck shell=bash
# For the suites of this folder: esxsim as the site, real daemons, real shims. VMHA_BIN names the programs.
# shellcheck source=tests/interop/support.bash
. "$BATS_TEST_DIRNAME/../interop/support.bash"
# The daemon under test is the one with sanitizers where it was built: it is slower and sees more.
daemon_bin=$bin
[ ! -x "${VMHA_ASAN_BIN:-/nonexistent}/vmhad" ] || daemon_bin=$VMHA_ASAN_BIN

start_site() {
    start esxsim "$bin/esxsim" --control "$room/control.sock"
    wait_ready esxsim
}
site() { "$bin/esxsim" ctl --control "$room/control.sock" "$@"; }
counter() { site counters | sed 's/^ok //' | jq -r "$1"; }

# site_configuration [TUNING]: both hosts of esxsim with short times.
site_configuration() {
    write_configuration "$room" esxsim '
        (.nodes[].host.settle_s = 1)
        | .defaults = {confirm_s: {powered_off: 0, not_registered: 1}, start_timeout_s: 60, stop_timeout_s: 90}
        | '"${1:-.}" \
        127.0.0.11 8443 "$(announced esxi1)" 127.0.0.12 8443 "$(announced esxi2)"
}

run_node() {
    mkdir -p "$room/$1.state" "$room/$1.run"
    start "$1" "$daemon_bin/vmhad" --config "$room/vmhad.json" --node "$1" --socket "$room/$1.sock" \
        --state-dir "$room/$1.state" --runtime-dir "$room/$1.run"
}
start_node() {
    run_node "$1"
    wait_until 20 answers "$1" || { cat "$room/$1.log"; return 1; }
}
both_up() { link_is "$1" esxi1 up && link_is "$1" esxi2 up; }
start_both_nodes() {
    start_node ec1 && start_node ec2 && wait_until 20 both_up ec1 && wait_until 20 both_up ec2
}
on() { local node=$1; shift; VMHAD_SOCKET=$room/$node.sock "$@"; }

# The VM's power state at a host, as the site itself knows it: on, off, or absent.
power_at() {
    site show | sed 's/^ok //' | jq -r --arg host "$1" --arg vm "$2" \
        '[.hosts[] | select(.name == $host) | .vms[] | select(.name == $vm) | .power] | .[0] // "absent"'
}

# lacks GREP-ARGUMENTS...: no line matches. (A bare "! grep" in the middle of a case would never fail it.)
lacks() { ! grep "$@"; }
