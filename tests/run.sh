#!/usr/bin/env bash
# Installs what is missing, builds, runs every test. The last line is "N passed, N failed"; 0 only when none failed.
#   tests/run.sh           everything
#   tests/run.sh --deps    only install what is missing
#   tests/run.sh --fast    without the programs of others (tests/interop)
# Needs no terminal and no standard input; as root, or as a user who has the packages or may use sudo.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

fast=
case ${1-} in
    "") ;;
    --deps) ensure_packages all; exit 0 ;;
    --fast) fast=1 ;;
    *) die "usage: tests/run.sh [--deps|--fast]" ;;
esac

passed=0 failed=0 skipped=0 session=0
declare -A running=() # what runs beside each other, by pid: "program NAME STARTED" or "suite FILE WAY STARTED"
work=$(mktemp -d)
outcome_printed=

# Only processes of the session that this script made for the suite.
end_session() {
    local left
    [ "$session" -ne 0 ] || return 0
    mapfile -t left < <(ps -o stat=,pid= -s "$session" | awk '$1 !~ /^Z/ { print $2 }')
    [ ${#left[@]} -eq 0 ] || end_process "${left[@]}"
    session=0
}
leave() {
    [ ${#running[@]} -eq 0 ] || end_process "${!running[@]}"
    end_session
    rm -rf "$work"
    [ -n "$outcome_printed" ] || printf '%s passed, %s failed\n' "$passed" "$((failed + 1))"
}
trap leave EXIT
trap 'exit 1' INT TERM HUP

# in_session LIMIT OUTPUT COMMAND...: in a session of its own, so that what stays behind is found, shown and ended.
in_session() {
    local limit=$1 output=$2 code left
    shift 2
    setsid timeout -k 10 "$limit" "$@" >"$output" 2>&1 </dev/null &
    session=$!
    wait "$session"
    code=$?
    # One that has ended and was not reaped yet is no process any more.
    left=$(ps -o stat=,pid=,args= -s "$session" | awk '!/^Z/')
    if [ -n "$left" ]; then
        printf 'processes left behind:\n%s\n' "$left" >>"$output"
        end_session
        [ $code -ne 0 ] || code=99
    fi
    session=0
    [ $code -ne 124 ] && [ $code -ne 137 ] || echo "ended: its limit of $limit s was over" >>"$output"
    return $code
}

# report NAME STARTED CODE OUTPUT GOOD BAD: adds a suite's cases; a suite that failed without a failed case counts one.
report() {
    local name=$1 started=$2 code=$3 output=$4 good=$5 bad=$6
    [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    if [ "$code" -eq 0 ] && [ $((good + bad)) -eq 0 ]; then
        echo "no test ran" >>"$output"
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad))
    printf '%-44s %4d passed, %d failed, %s\n' "$name" "$good" "$bad" "$(seconds_since "$started")"
    [ "$bad" -eq 0 ] || sed 's/^/    /' "$output" | tail -200
}

# A test program says how many cases ran: Catch2 in its last lines, others in a line "N passed, N failed".
count_program() {
    awk '
        /^All tests passed \(/ { match($0, /in [0-9]+ test/); good = substr($0, RSTART + 3) + 0; bad = 0 }
        /^test cases:/ { good = bad = 0
            for (i = 2; i <= NF; i++) { if ($i == "passed") good = $(i - 1); if ($i == "failed") bad = $(i - 1) } }
        /^[0-9]+ passed, [0-9]+ failed$/ { good = $1; bad = $3 }
        END { print good + 0, bad + 0 }' "$1"
}

# Of the preset asan, as ctest knows them.
list_programs() { jq -r '.tests[].name' "$work/programs.json"; }
run_program() {
    local folder command
    mapfile -t command < <(jq -r --arg name "$1" '.tests[] | select(.name == $name) | .command[]?' "$work/programs.json")
    folder=$(jq -r --arg name "$1" '.tests[] | select(.name == $name)
        | [.properties[]? | select(.name == "WORKING_DIRECTORY") | .value][0] // "."' "$work/programs.json")
    in_session 600 "$work/$1.log" env -C "$folder" "${command[@]}"
}
# report_program NAME STARTED CODE
report_program() {
    local output="$work/$1.log" good bad
    read -r good bad < <(count_program "$output")
    # Neither Catch2 nor a closing line: the program is one case.
    [ $((good + bad)) -gt 0 ] || { [ "$3" -eq 0 ] && ! grep -q '^No tests ran' "$output" && good=1; }
    report "$1" "$2" "$3" "$output" "$good" "$bad"
}

# Test Anything Protocol; a case of the plan that never reported has failed.
count_tap() {
    awk '
        /^1\.\.[0-9]+/ { plan = substr($1, 4) + 0 }
        /^ok .* # skip/ { skip++; next }
        /^ok / { good++ }
        END { print good + 0, plan - good - skip, skip + 0 }' "$1"
}

# bats_over WAY FILE: WAY is how the nodes of the suites in tests/wire go to the hosts.
bats_over() {
    env VMHA_BIN="$top/build/release/bin" VMHA_ASAN_BIN="$top/build/asan/bin" VMHA_TRANSPORT="$1" \
        bats --tap "$top/tests/$2"
}
export -f bats_over
export top

suite_name() {
    echo "$1$([ "$2" = api ] || echo " ($2)")"
}
output_of() { echo "$work/$(suite_name "$1" "$2" | tr '/ ' __).log"; }

# run_suite FILE WAY
run_suite() { in_session 900 "$(output_of "$1" "$2")" bash -c 'bats_over "$@"' bats "$2" "$1"; }

# report_suite FILE WAY STARTED CODE
report_suite() {
    local output good bad skip
    output=$(output_of "$1" "$2")
    read -r good bad skip < <(count_tap "$output")
    skipped=$((skipped + skip))
    report "$(suite_name "$1" "$2")" "$3" "$4" "$output" "$good" "$bad"
    [ "$skip" -eq 0 ] || grep '^ok .* # skip' "$output" | sed 's/^/    /'
}

# These suites have addresses of their own and mostly wait, so they run beside each other, those with most cases first.
# The others keep both cores busy, or want them for themselves.
beside_each_other() { [[ $1 == wire/* || $1 == interop/* || $1 == client/* ]]; }
at_once=3

await_one() {
    local pid code=0 item
    wait -n -p pid "${!running[@]}" || code=$?
    read -ra item <<<"${running[$pid]}"
    unset "running[$pid]"
    "report_${item[0]}" "${item[@]:1}" $code
}
await_all() { while [ ${#running[@]} -gt 0 ]; do await_one; done; }
# begin program NAME | begin suite FILE WAY
begin() {
    [ ${#running[@]} -lt $at_once ] || await_one
    (
        trap end_session EXIT
        trap 'exit 1' TERM
        "run_$1" "${@:2}"
    ) &
    running[$!]="$* $(now_ms)"
}

run_programs() {
    local name
    ctest --test-dir "$top/build/asan" --show-only=json-v1 >"$work/programs.json" ||
        die "cannot list the tests of the preset asan"
    for name in $(list_programs); do begin program "$name"; done
    await_all
}

# "FILE WAY" of every suite, FILE seen from here. The failover's suites say in a line of their own by which other
# ways they run.
list_suites() {
    local file way
    while IFS= read -r file; do
        [ -z "$fast" ] || [[ $file != interop/* ]] || continue
        for way in api $(sed -n 's/^# transports: //p' "$top/tests/$file"); do echo "$file $way"; done
    done < <(find "$top/tests" -name '*.bats' -printf '%P\n' | sort)
}

run_bats() {
    local file way started code
    while read -r file way; do
        beside_each_other "$file" || {
            started=$(now_ms) code=0
            run_suite "$file" "$way" || code=$?
            report_suite "$file" "$way" "$started" $code
        }
    done < <(list_suites)
    while read -r _ file way; do
        begin suite "$file" "$way"
    done < <(list_suites | while read -r file way; do
        ! beside_each_other "$file" || echo "$(grep -c '^@test' "$top/tests/$file") $file $way"
    done | sort -s -n -r)
    await_all
}

build_packages() {
    local started log="$top/build/packages.log"
    started=$(now_ms)
    (cd "$top" && cmake --build --preset release --target package) >"$log" 2>&1 </dev/null || {
        tail -40 "$log"
        die "cannot make the packages, see $log"
    }
    say "made the packages in $(seconds_since "$started")"
}

whole=$(now_ms)
ensure_packages all
build_preset release
build_packages
build_preset asan

part=$(now_ms)
run_programs
say "test programs (with address and undefined-behaviour sanitizers): $(seconds_since "$part")"
part=$(now_ms)
run_bats
say "suites over the built programs: $(seconds_since "$part")"

say "all in $(seconds_since "$whole"), $skipped skipped"
outcome_printed=1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
