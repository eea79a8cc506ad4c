# shellcheck shell=bash
# For the suites of this folder: starts hosts and daemons, keeps their pids, ends them. VMHA_BIN names the programs.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib.sh
. "$here/../lib.sh"
bin=${VMHA_BIN:-$top/build/release/bin}
room=$BATS_FILE_TMPDIR

# start NAME COMMAND...: in the background; its output is $room/NAME.log and its pid $room/NAME.pid.
start() {
    local name=$1
    shift
    # Descriptor 3 is the test runner's; a child that holds it keeps the runner waiting.
    "$@" >"$room/$name.log" 2>&1 </dev/null 3>&- &
    echo $! >"$room/$name.pid"
}

pid_of() { cat "$room/$1.pid"; }
stop() { end_process "$(pid_of "$1")" && rm -f "$room/$1.pid"; }

stop_all() {
    local file
    for file in "$room"/*.pid; do
        [ -e "$file" ] && stop "$(basename "$file" .pid)"
    done
    return 0
}

# listening NAME: the program has said that it is ready; one that ended instead is a failure with its log.
is_ready() { grep -q '^ready' "$room/$1.log" || gone "$(pid_of "$1")"; }
wait_ready() {
    wait_until 60 is_ready "$1"
    grep -q '^ready' "$room/$1.log" || { cat "$room/$1.log"; return 1; }
}

start_esxsim() {
    start esxsim "$bin/esxsim" --control "$room/site.sock"
    wait_ready esxsim
}

# The thumbprint that esxsim announced for a host.
announced() { grep "$1" "$room/esxsim.log" | grep -oE '([0-9A-F]{2}:){31}[0-9A-F]{2}' | head -1; }

# Our launcher of the govmomi simulator, built once.
build_govmomi_host() {
    mkdir -p "$top/build/interop"
    # One at a time: suites run beside each other.
    (cd "$here/govmomi" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$top/build/interop/go \
        flock "$top/build/interop" go build -o "$top/build/interop/govmomi-host" .)
}

govmomi_password=secret
govmomi_port=9443

# A folder that both hosts mount, with the three files that the simulator wants of a VM.
make_datastore() {
    local vm
    for vm in vm1 vm2 vm3; do
        mkdir -p "$room/EC_iSCSI/$vm"
        touch "$room/EC_iSCSI/$vm/$vm.vmx" "$room/EC_iSCSI/$vm/$vm.nvram" "$room/EC_iSCSI/$vm/vmware.log"
    done
}

# start_govmomi_host NAME ADDRESS OPTION...: as esxi1 on 127.0.0.21, with a certificate that stays over a restart.
start_govmomi_host() {
    local name=$1 address=$2
    shift 2
    [ -e "$room/$name.crt" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" \
        -keyout "$room/$name.key" -out "$room/$name.crt" 2>/dev/null
    start "$name" "$top/build/interop/govmomi-host" -listen "$address:$govmomi_port" -password "$govmomi_password" \
        -cert "$room/$name.crt" -key "$room/$name.key" -datastore "EC_iSCSI=$room/EC_iSCSI" -trace "$@"
    wait_ready "$name"
}

logins() { grep -c '<Login ' "$room/$1.log"; }

# govmomi_configuration [TUNING]: short times, since the simulator needs none of the patience that ESXi needs.
govmomi_configuration() {
    write_configuration "$room" "$govmomi_password" '
        (.nodes[].host.settle_s = 1)
        | .defaults = {confirm_s: {powered_off: 0, not_registered: 1}, start_timeout_s: 30, stop_timeout_s: 120}
        | '"${1:-.}" \
        127.0.0.21 "$govmomi_port" "$(thumbprint_of "$room/esxi1.crt")" \
        127.0.0.22 "$govmomi_port" "$(thumbprint_of "$room/esxi2.crt")"
}

# start_daemon NODE: on $room/NODE.sock, with a state and a runtime folder of its own.
start_daemon() {
    mkdir -p "$room/$1.state" "$room/$1.run"
    start "$1" "$bin/vmhad" --config "$room/vmhad.json" --node "$1" --socket "$room/$1.sock" \
        --state-dir "$room/$1.state" --runtime-dir "$room/$1.run"
    wait_until 10 answers "$1" || { cat "$room/$1.log"; return 1; }
}

api() { curl -sS --max-time 20 --unix-socket "$room/$1.sock" "http://localhost$2"; }
answers() { api "$1" /healthz >/dev/null 2>&1; }
link() { api "$1" /v1/status | jq -r --arg host "$2" '.hosts[] | select(.name == $host) | .link'; }
link_is() { [ "$(link "$1" "$2")" = "$3" ]; }
health() { api "$1" "/v1/vms/$2/health"; }
verdict_is() { [ "$(health "$1" "$2" | jq -r "$3")" = "$4" ]; }

python_client() { timeout 60 "$here/pyvmomi_client.py" "$@"; }
