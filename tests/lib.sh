# shellcheck shell=bash
# Shared by run.sh, demo.sh and bench.sh: packages, builds, times, processes. Sourced, never run.

# Decimal points, sorting and messages as this script expects them.
export LC_ALL=C.UTF-8

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
jobs=$(nproc)

say() { printf '%s\n' "== $*"; }
die() { printf '%s\n' "$(basename "$0"): $*" >&2; exit 1; }

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }
seconds_since() { local ms=$(($(now_ms) - $1)); printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100)); }

# package_list build: only the first section of tests/packages; package_list all: every line.
package_list() {
    awk -v part="$1" '/^# ---/ { section++ } /^#/ || NF == 0 { next } part == "all" || section == 1 { print $1 }' \
        "$top/tests/packages"
}

# Installs what is missing of that part, as root or through sudo; costs a fraction of a second when all is there.
ensure_packages() {
    local wanted missing as_root=()
    mapfile -t wanted < <(package_list "$1")
    mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
            awk '$1 == "installed" { print $2 }' | sort))
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    if [ "$EUID" -ne 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing, and neither root nor sudo is here: ${missing[*]}"
        as_root=(sudo)
        # Without a terminal nobody can type the password.
        [ -t 0 ] || as_root=(sudo -n)
    fi
    "${as_root[@]}" apt-get -q update || die "cannot read the package lists"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "${missing[@]}" || die "cannot install ${missing[*]}"
}

# build_preset NAME: configures and builds; the output is shown only when it fails.
build_preset() {
    local started log="$top/build/$1.log"
    started=$(now_ms)
    mkdir -p "$top/build"
    if ! (cd "$top" && cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs") >"$log" 2>&1 </dev/null; then
        grep -E 'error|FAILED|Error' "$log" | head -40
        tail -40 "$log"
        die "cannot build the preset $1, see $log"
    fi
    say "built the preset $1 in $(seconds_since "$started")"
}

# wait_until SECONDS COMMAND...: looks every 20 ms; 1 when the time is over.
wait_until() {
    local limit_ms=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$limit_ms" ] || return 1
        sleep 0.02
    done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# end_process PID...: asks, waits 5 s, then insists.
end_process() {
    local pid
    kill "$@" 2>/dev/null
    for pid in "$@"; do
        wait_until 5 gone "$pid" || kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    return 0
}

# write_configuration FOLDER PASSWORD TUNING ADDRESS1 PORT1 THUMBPRINT1 ADDRESS2 PORT2 THUMBPRINT2
# One configuration for both nodes, vm1 to vm3 on EC_iSCSI; TUNING is a jq program over it, such as '.freshness_s = 2'.
write_configuration() {
    local folder=$1 password=$2 tuning=$3
    shift 3
    printf '%s' "$password" | (umask 077 && cat >"$folder/esxi.password")
    jq -n --arg a1 "$1" --argjson p1 "$2" --arg t1 "$3" --arg a2 "$4" --argjson p2 "$5" --arg t2 "$6" '
        def host($name; $address; $port; $thumbprint): {
            name: $name, address: $address, iscsi_adapter: "vmhba65",
            api: {port: $port, user: "root", password_file: "esxi.password", thumbprint: $thumbprint}};
        {
            nodes: {
                ec1: {address: "127.0.0.1", host: host("esxi1"; $a1; $p1; $t1)},
                ec2: {address: "127.0.0.2", host: host("esxi2"; $a2; $p2; $t2)}},
            vms: ([1, 2, 3] | map("vm\(.)") | map({(.): {vmx: "/vmfs/volumes/EC_iSCSI/\(.)/\(.).vmx"}}) | add),
            defaults: {}
        } | '"$tuning" >"$folder/vmhad.json"
}

# thumbprint_of CERTIFICATE: as vmhad wants it, and as people read it from a real host.
thumbprint_of() { openssl x509 -in "$1" -noout -fingerprint -sha256 | cut -d= -f2; }
