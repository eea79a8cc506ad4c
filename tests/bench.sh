#!/usr/bin/env bash
# Measures, side by side in one run, what the README promises about speed, and prints targets and verdicts.
#   tests/bench.sh             print the tables
#   tests/bench.sh --readme    and rewrite the block in README.md
# Everything runs on loopback: esxsim as the hosts, vmhad as node ec1, and a local sshd that stands for today's way.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readme=
case ${1-} in
    "") ;;
    --readme) readme=1 ;;
    *) die "usage: tests/bench.sh [--readme]" ;;
esac

ensure_packages all
build_preset release
cmake --build --preset release -j "$jobs" --target bench_programs >"$top/build/bench.log" 2>&1 </dev/null ||
    { tail -40 "$top/build/bench.log"; die "cannot build the benchmark's programs"; }
bin=$top/build/release/bin
work=$(mktemp -d)
pids=()

leave() {
    [ -S "$work/mux" ] && ssh -F none -o ControlPath="$work/mux" -O exit localhost 2>/dev/null
    [ ${#pids[@]} -eq 0 ] || end_process "${pids[@]}"
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' INT TERM HUP

# background NAME COMMAND...: output to NAME.log
background() {
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 </dev/null &
    pids+=($!)
}
# has_said NAME WORD, for at most 20 s; else its log and the end.
expect_word() {
    wait_until 20 grep -q "$2" "$work/$1.log" || { tail -40 "$work/$1.log"; die "$1 did not get ready"; }
}

start_site() {
    background esxsim "$bin/esxsim" --control "$work/site.sock"
    expect_word esxsim '^ready'
    announced() { grep "$1" "$work/esxsim.log" | grep -oE '([0-9A-F]{2}:){31}[0-9A-F]{2}' | head -1; }
    write_configuration "$work" esxsim '.' 127.0.0.11 8443 "$(announced esxi1)" 127.0.0.12 8443 "$(announced esxi2)"
    mkdir -p "$work/state" "$work/run"
    background vmhad "$bin/vmhad" --config "$work/vmhad.json" --node ec1 --socket "$work/vmhad.sock" \
        --state-dir "$work/state" --runtime-dir "$work/run"
    wait_until 10 curl -fsS --unix-socket "$work/vmhad.sock" http://localhost/healthz -o /dev/null 2>/dev/null ||
        { tail -40 "$work/vmhad.log"; die "vmhad did not get ready"; }
    "$bin/vmha-exec" start vm1 --socket "$work/vmhad.sock" >"$work/start.log" 2>&1 ||
        { cat "$work/start.log"; die "cannot start vm1"; }
    wait_until 60 curl -fsS --unix-socket "$work/vmhad.sock" http://localhost/v1/vms/vm1/health -o "$work/body" \
        2>/dev/null || { tail -40 "$work/vmhad.log"; die "vm1 does not get healthy"; }
}

# An OpenSSH server for this user alone, whose every command is answered at once.
start_sshd() {
    local key ssh_port
    for key in host_key user_key; do
        ssh-keygen -q -t ecdsa -N '' -f "$work/$key" || die "cannot make ssh keys"
    done
    printf 'command="echo green" %s\n' "$(cat "$work/user_key.pub")" >"$work/authorized_keys"
    ssh_port=$(free_port)
    cat >"$work/sshd_config" <<CONFIG
ListenAddress 127.0.0.1:$ssh_port
HostKey $work/host_key
AuthorizedKeysFile $work/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
MaxStartups 100
CONFIG
    # Debian's sshd insists on this folder when it runs as root; its own service makes it at boot.
    [ "$EUID" -ne 0 ] || mkdir -p /run/sshd
    background sshd /usr/sbin/sshd -D -e -f "$work/sshd_config"
    printf '[127.0.0.1]:%s %s\n' "$ssh_port" "$(cut -d' ' -f1,2 "$work/host_key.pub")" >"$work/known_hosts"
    ssh=(/usr/bin/ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile="$work/known_hosts"
        -i "$work/user_key" -p "$ssh_port")
    ssh_works() { "${ssh[@]}" "$(id -un)@127.0.0.1" vim-cmd 2>"$work/ssh.log" | grep -q green; }
    wait_until 5 ssh_works || { cat "$work/ssh.log" "$work/sshd.log"; die "cannot log in to the local sshd"; }
    "${ssh[@]}" -o ControlMaster=yes -o ControlPath="$work/mux" -o ControlPersist=yes -fN "$(id -un)@127.0.0.1" \
        2>/dev/null </dev/null || die "cannot open the multiplexed connection"
}

free_port() {
    local port
    for port in $(shuf -i 20000-29999 -n 50); do
        # A connection that is refused means that nobody listens.
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    die "no free port"
}

cell() { awk -v label="$1" -v column="$2" '$1 == label { print $column }' "$3"; }
verdict() { awk -v value="$1" -v op="$2" -v target="$3" \
    'BEGIN { print (op == "<=" ? value <= target : value >= target) ? "met" : "MISSED" }'; }
ratio() { awk -v a="$1" -v b="$2" -v format="$3" 'BEGIN { printf format, a / b }'; }
ms() { awk -v us="$1" 'BEGIN { printf us < 10000 ? "%.2f ms" : "%.0f ms", us / 1000 }'; }

measure_processes() {
    local plain mux
    plain=("${ssh[@]}" "$(id -un)@127.0.0.1" vim-cmd)
    mux=("${ssh[@]}" -o ControlPath="$work/mux" "$(id -un)@127.0.0.1" vim-cmd)
    "$bin/bench_spawn" 600 \
        empty "$bin/bench_empty" -- \
        genw "$bin/vmha-genw" vm1 --socket "$work/vmhad.sock" -- \
        ssh/50 "${plain[@]}" vmsvc/power.getstate + "${plain[@]}" vmsvc/get.summary -- \
        mux/20 "${mux[@]}" vmsvc/power.getstate + "${mux[@]}" vmsvc/get.summary >"$work/spawn" ||
        die "cannot measure the processes"
}

measure_daemon() {
    background bare "$bin/bench_bare_beast" "$work/bare.sock" "$work/body"
    expect_word bare '^ready'
    local connections
    for connections in 1 64; do
        "$bin/bench_load" 15 500 "$connections" bare "$work/bare.sock" /v1/vms/vm1/health \
            vmhad "$work/vmhad.sock" /v1/vms/vm1/health >"$work/load.$connections" || die "cannot measure the daemon"
    done
}

process_table() {
    local empty genw plain mux
    empty=$(cell empty 2 "$work/spawn") genw=$(cell genw 2 "$work/spawn")
    plain=$(cell ssh 2 "$work/spawn") mux=$(cell mux 2 "$work/spawn")
    echo "| one monitor call, spawn to exit (median) | time | \`vmha-genw\` against it | target | verdict |"
    echo "|---|---|---|---|---|"
    echo "| \`vmha-genw vm1\`, healthy | $(ms "$genw") | | | |"
    echo "| an empty static program | $(ms "$empty") | $(ratio "$genw" "$empty" %.2f) x its time | at most 1.5 x | $(
        verdict "$(ratio "$genw" "$empty" %f)" '<=' 1.5) |"
    echo "| two \`ssh … vim-cmd\`, instant fakes | $(ms "$plain") | $(ratio "$plain" "$genw" %.0f) x faster | at least 300 x | $(
        verdict "$(ratio "$plain" "$genw" %f)" '>=' 300) |"
    echo "| the same over one multiplexed connection | $(ms "$mux") | $(ratio "$mux" "$genw" %.0f) x faster | at least 30 x | $(
        verdict "$(ratio "$mux" "$genw" %f)" '>=' 30) |"
}

daemon_table() {
    local connections file rate bare_rate p99 bare_p99
    echo "| \`GET …/health\` (medians of 15 rounds) | vmhad | bare Beast | ratio | target | verdict |"
    echo "|---|---|---|---|---|---|"
    for connections in 1 64; do
        file="$work/load.$connections"
        rate=$(cell vmhad 2 "$file") bare_rate=$(cell bare 2 "$file")
        p99=$(cell vmhad 4 "$file") bare_p99=$(cell bare 4 "$file")
        echo "| requests/s, $connections connection$([ "$connections" = 1 ] || echo s) | $rate | $bare_rate | $(
            ratio "$rate" "$bare_rate" %.2f) | at least 0.80 | $(verdict "$(ratio "$rate" "$bare_rate" %f)" '>=' 0.8) |"
        echo "| p50, $connections connection$([ "$connections" = 1 ] || echo s) | $(cell vmhad 3 "$file") µs | $(
            cell bare 3 "$file") µs | $(ratio "$(cell vmhad 3 "$file")" "$(cell bare 3 "$file")" %.2f) | | |"
        echo "| p99, $connections connection$([ "$connections" = 1 ] || echo s) | $p99 µs | $bare_p99 µs | $(
            ratio "$p99" "$bare_p99" %.2f) | at most 1.25 | $(verdict "$(ratio "$p99" "$bare_p99" %f)" '<=' 1.25) |"
    done
}

start_site
start_sshd
say "measuring, about a minute"
measure_processes
measure_daemon

{
    echo "Measured by \`tests/bench.sh\` on $(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)),"
    echo "all parties on one machine, in turns, in one run."
    echo
    process_table
    echo
    daemon_table
} >"$work/tables"
cat "$work/tables"
if [ -n "$readme" ]; then
    awk -v tables="$work/tables" '
        /<!-- bench:begin/ { print; while ((getline line < tables) > 0) print line; inside = 1 }
        /<!-- bench:end/ { inside = 0 }
        !inside { print }' "$top/README.md" >"$work/README.md" || die "cannot rewrite README.md"
    cat "$work/README.md" >"$top/README.md"
    say "README.md rewritten"
fi
