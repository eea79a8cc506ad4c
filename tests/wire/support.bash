# shellcheck shell=bash
# For the suites of this folder: esxsim as the site, real daemons, real shims. VMHA_BIN names the programs.
# shellcheck source=tests/interop/support.bash
. "$BATS_TEST_DIRNAME/../interop/support.bash"
# The daemon under test is the one with sanitizers where it was built: it is slower and sees more.
daemon_bin=$bin
[ ! -x "${VMHA_ASAN_BIN:-/nonexistent}/vmhad" ] || daemon_bin=$VMHA_ASAN_BIN

# Where the hosts listen: a pair of addresses for each suite of the folder, so that suites can run beside each other.
suite_number=0
for suite in "$BATS_TEST_DIRNAME"/*.bats; do
    [ "$suite" != "$BATS_TEST_FILENAME" ] || break
    suite_number=$((suite_number + 1))
done
addresses=("127.0.0.$((101 + 2 * suite_number))" "127.0.0.$((102 + 2 * suite_number))")
# address_of N: each transport has a block of its own, so that they can run beside each other.
address_of() {
    case $transport in api) echo "${addresses[$1]}" ;; ssh) echo "${addresses[$1]/127.0.0./127.0.1.}" ;;
        *) echo "${addresses[$1]/127.0.0./127.0.2.}" ;; esac
}
host_port=8443
# How the nodes reach the hosts: api, ssh, or both, with the free licence, so that the API reads and SSH writes.
transport=${VMHA_TRANSPORT:-api}
ssh_port=8022

# only_over WAY...: a case that is about these ways is skipped with any other.
only_over() { [[ " $* " == *" $transport "* ]] || skip "is not about $transport"; }

# start_site [PROGRAM]: PROGRAM is for jq, over the site file, such as '.lock_break_ms = 1500'.
start_site() {
    local ssh=.
    if [ "$transport" != api ]; then
        [ -e "$room/id_rsa" ] || ssh-keygen -q -t rsa -b 3072 -N '' -f "$room/id_rsa"
        cp "$room/id_rsa.pub" "$room/authorized_keys"
        ssh='.hosts[].ssh = {port: '$ssh_port', authorized_keys: "'$room'/authorized_keys"}
            | .hosts[0].ssh.directory = "'$room'/esxi1" | .hosts[1].ssh.directory = "'$room'/esxi2"'
        [ "$transport" != both ] || ssh+=' | .hosts[].licence = "free"'
        ssh+=' | .hosts[].ssh.peer_port = 8023'
    fi
    jq -n --arg a1 "$(address_of 0)" --arg a2 "$(address_of 1)" --argjson port "$host_port" '
        {hosts: [{name: "esxi1", address: $a1, port: $port}, {name: "esxi2", address: $a2, port: $port}],
         vms: [{name: "vm1"}, {name: "vm2"}, {name: "vm3"}]} | '"$ssh | ${1:-.}" >"$room/site.json"
    start esxsim "$bin/esxsim" --control "$room/control.sock" --site "$room/site.json"
    wait_ready esxsim
}
site() { "$bin/esxsim" ctl --control "$room/control.sock" "$@"; }
counter() { site counters | sed 's/^ok //' | jq -r "$1"; }

# site_configuration [TUNING]: both hosts of esxsim with short times.
site_configuration() {
    local ways=.
    if [ "$transport" != api ]; then
        cat "$room/esxi1/known_hosts" "$room/esxi2/known_hosts" >"$room/known_hosts"
        ways='.nodes[].host.ssh = {port: '$ssh_port', user: "'$(id -un)'", identity_file: "'$room'/id_rsa",
            known_hosts: "'$room'/known_hosts", interval_s: 1}'
        [ "$transport" != ssh ] || ways+=' | del(.nodes[].host.api)'
    fi
    write_configuration "$room" esxsim "$ways"'
        | (.nodes[].host.settle_s = 1)
        | .defaults = {confirm_s: {powered_off: 0, not_registered: 1}, start_timeout_s: 60, stop_timeout_s: 90}
        | '"${1:-.}" \
        "$(address_of 0)" "$host_port" "$(announced esxi1)" "$(address_of 1)" "$host_port" "$(announced esxi2)"
}

# A proxy between every node and every host. Each node has a configuration of its own then, with the proxies' ports.
declare -gA proxy_port=([ec1]=9001 [ec2]=9002)
start_proxies() {
    local node host routes=()
    for node in ec1 ec2; do
        for host in 1 2; do
            routes+=("$node-esxi$host=$(address_of $((host - 1))):${proxy_port[$node]}>$(address_of $((host - 1))):$host_port")
            routes+=("$node-esxi$host-ssh=$(address_of $((host - 1))):$((proxy_port[$node] + 100))>$(address_of $((host - 1))):$ssh_port")
        done
        jq ".nodes[].host |= $(by_ports "${proxy_port[$node]}" $((proxy_port[$node] + 100)))" \
            "$room/vmhad.json" >"$room/$node.json"
        [ "$transport" = api ] || sed "s/]:$ssh_port /]:$((proxy_port[$node] + 100)) /" \
            "$room/esxi1/known_hosts" "$room/esxi2/known_hosts" >>"$room/known_hosts"
    done
    start proxies "$BATS_TEST_DIRNAME/wild_proxy.py" --control "$room/proxies.sock" --seed "${1:-1}" --life 600 "${routes[@]}"
    wait_ready proxies
}
tell_proxy() { "$BATS_TEST_DIRNAME/wild_proxy.py" --control "$room/proxies.sock" ctl "$@"; }
# Both ways of a node to a host, or all of them.
proxy() {
    tell_proxy "$@"
    case $1 in all | show) ;; *) tell_proxy "$1-ssh" "${@:2}" ;; esac
}
# by_ports API SSH: for jq, of a host in a configuration.
by_ports() { echo "(if .api then .api.port = $1 else . end | if .ssh then .ssh.port = $2 else . end)"; }
proxied() { proxy show | sed 's/^ok //' | jq -r "$1"; }

run_node() {
    mkdir -p "$room/$1.state" "$room/$1.run"
    start "$1" "$daemon_bin/vmhad" --config "$(configuration_of "$1")" --node "$1" --socket "$room/$1.sock" \
        --state-dir "$room/$1.state" --runtime-dir "$room/$1.run"
}
configuration_of() { if [ -e "$room/$1.json" ]; then echo "$room/$1.json"; else echo "$room/vmhad.json"; fi; }
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

# The command that does over SSH what a method does over the API.
declare -gA command_of=([RegisterVM_Task]=vim-cmd:solo/registervm [UnregisterVM]=vim-cmd:vmsvc/unregister
    [PowerOnVM_Task]=vim-cmd:vmsvc/power.on [PowerOffVM_Task]=vim-cmd:vmsvc/power.off
    [ShutdownGuest]=vim-cmd:vmsvc/power.shutdown)
# calls HOST METHOD: how often it was called, whichever way. What the API refuses for its licence does not count.
calls() {
    local api="(.$1.calls.$2 // 0)" ssh="(.$1.ssh.commands[\"${command_of[$2]:-none}\"] // 0)"
    [ "$transport" != both ] || [ -z "${command_of[$2]:-}" ] || api=0
    counter "$api + $ssh"
}
# writes HOST: how often anybody has changed something there.
writes() {
    local method sum=0
    for method in "${!command_of[@]}"; do sum=$((sum + $(calls "$1" "$method"))); done
    echo $sum
}

# copies VM: how many hosts run it.
copies() {
    site show | sed 's/^ok //' | jq --arg vm "$1" \
        '[.hosts[].vms[] | select(.name == $vm and .power == "poweredOn")] | length'
}

# kill_node NODE: its daemon ends at once, as by a crash or the OOM killer.
kill_node() {
    kill -KILL "$(pid_of "$1")"
    wait_until 5 gone "$(pid_of "$1")"
    rm -f "$room/$1.pid"
}

# A program that puts its own words after those that the shim gives it, in place of the vmhad beside the shim: the
# oneshot of NODE. The shim is $room/NODE/vmha-exec then.
place_oneshot() {
    mkdir -p "$room/$1"
    cp "$bin/vmha-exec" "$bin/vmha-genw" "$room/$1/"
    printf '#!/bin/sh\nexec "%s" "$@" --state-dir "%s" --runtime-dir "%s"\n' "$daemon_bin/vmhad" "$room/$1.state" \
        "$room/$1.run" >"$room/$1/vmhad"
    chmod +x "$room/$1/vmhad"
}

# begin NAME NODE COMMAND...: a shim of that node in the background, its output in $room/NAME.log.
begin() {
    local name=$1 node=$2
    shift 2
    VMHAD_SOCKET=$room/$node.sock start "$name" "$@"
}
says() { grep -qF -- "$2" "$room/$1.log"; }
# reaches NAME TEXT: its output holds the text, soon.
reaches() { wait_until 15 says "$1" "$2" || { echo "$1 never says: $2"; cat "$room/$1.log"; return 1; }; }
# ends NAME CODE [SECONDS]: with that exit status.
ends() {
    local pid code=0
    pid=$(pid_of "$1")
    wait_until "${3:-60}" gone "$pid" || { echo "$1 does not end"; cat "$room/$1.log"; return 1; }
    wait "$pid" || code=$?
    rm -f "$room/$1.pid"
    cat "$room/$1.log"
    [ "$code" -eq "$2" ] || { echo "$1 ended $code instead of $2"; return 1; }
}

is_at() { [ "$(power_at "$1" "$2")" = "$3" ]; }
called() { [ "$(calls "$1" "$2")" -ge "$3" ]; }

# expect_site CONDITION...: it holds, or the site is shown.
expect_site() {
    "$@" && return 0
    echo "not so: $*"
    site show
    return 1
}

# lacks GREP-ARGUMENTS...: no line matches. (A bare "! grep" in the middle of a case would never fail it.)
lacks() { ! grep "$@"; }
