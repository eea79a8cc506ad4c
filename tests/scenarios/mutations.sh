#!/usr/bin/env bash
# Can the explorer and the scenarios fail? Applies the mutations of mutations.txt to the daemon, one at a time in a copy
# of the tree, builds both, and lets first the explorer run, then the scenarios. Prints a row of README's table for each:
# after how many schedules the explorer found it and what it said, and which scenarios found it.
#   tests/scenarios/mutations.sh [SCHEDULES [NAME...]]     default 3000 schedules, all mutations
# A line that ends in a further column lets the explorer run with that --transport, else with api; --reloads may follow.
# VMHA_MUTANT_DIR: where the copy is built, default build/mutant; two runs at a time need two of them.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

schedules=${1:-3000}
[ $# -eq 0 ] || shift
only=" $* "
list="$top/tests/scenarios/mutations.txt"
copy=${VMHA_MUTANT_DIR:-$top/build/mutant}

# The whole tree once, newer than what an earlier run built of it, as is the mutated file when it goes back.
copy_tree() {
    rm -rf "${copy:?}/tree"
    mkdir -p "$copy/tree" "$copy/pristine"
    (cd "$top" && git ls-files -z -co --exclude-standard | tar -c --null -T - -f -) | tar -x -m -C "$copy/tree" -f -
}

build() { cmake --build "$copy/build" --target explore run_scenarios -j "$jobs" >"$copy/log" 2>&1 </dev/null; }

# mutate FILE TEXT REPLACEMENT
mutate() {
    python3 - "$copy/tree/$1" "$2" "$3" <<'PYTHON'
import sys
path, text, replacement = [argument.replace("\\n", "\n") for argument in sys.argv[1:]]
source = open(path).read()
if source.count(text) != 1:
    sys.exit(f"{path}: the text stands there {source.count(text)} times, not once: {text}")
open(path, "w").write(source.replace(text, replacement))
PYTHON
}

# Both end by themselves; a mutation after which they no longer do so has been found.
# by_explorer "TRANSPORT [OPTION]": "SCHEDULES | SENTENCE", or "- | "
by_explorer() {
    local status line how
    read -ra how <<<"$1"
    timeout 300 "$copy/build/bin/explore" --schedules "$schedules" --transport "${how[@]}" --first >"$copy/log" 2>&1 </dev/null
    status=$?
    [ "$status" -ne 0 ] || { echo "- | "; return 1; }
    line=$(grep -m1 '^seed ' "$copy/log") || line="seed ?: ends with $status"
    line=${line#seed }
    echo "${line%%:*} | $(sed 's/^[^:]*: //; s/ at [0-9]* ms$//; s/|/\//g; s/^\(.\{110\}\).*/\1…/' <<<"$line")"
}

# The name of the first one that fails and how many more do, or "-"
by_scenarios() {
    local failed
    (
        cd "$copy/tree" || exit 2
        timeout 100 "$copy/build/bin/run_scenarios" tests/scenarios/*/ 2>&1 </dev/null | uniq >"$copy/log"
        exit "${PIPESTATUS[0]}"
    )
    case $? in
        0) echo "-"; return 1 ;;
        1) ;;
        *) echo "do not end"; return 0 ;;
    esac
    mapfile -t failed < <(sed -n 's|^tests/scenarios/\([^/]*\)/:.*|\1|p' "$copy/log" | uniq)
    case ${#failed[@]} in
        1) echo "\`${failed[0]}\`" ;;
        *) echo "\`${failed[0]}\` and $((${#failed[@]} - 1)) more" ;;
    esac
}

copy_tree
if ! cmake -S "$copy/tree" -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DVMHA_UNIT_TESTS=OFF \
    >"$copy/log" 2>&1 || ! build; then
    tail -20 "$copy/log"
    die "cannot build the tree as it is"
fi
by_scenarios >/dev/null && { tail -20 "$copy/log"; die "scenarios fail without any mutation"; }

found=0 missed=0
while IFS=$'\037' read -r name file text replacement rule transport; do
    case $name in "" | \#*) continue ;; esac
    [ "$only" = "  " ] || [[ $only == *" $name "* ]] || continue
    cp "$copy/tree/$file" "$copy/pristine/file"
    if ! mutate "$file" "$text" "$replacement"; then
        missed=$((missed + 1))
        continue
    fi
    built=yes
    build || built=no
    cp "$copy/pristine/file" "$copy/tree/$file"
    if [ "$built" = no ]; then
        grep -m3 'error' "$copy/log"
        echo "$name: does not build"
        missed=$((missed + 1))
        continue
    fi
    seen=0
    explorer=$(by_explorer "${transport:-api}") && seen=1
    scenarios=$(by_scenarios) && seen=1
    found=$((found + seen)) missed=$((missed + 1 - seen))
    echo "| \`$name\` | $rule | $explorer | $scenarios |$([ $seen = 1 ] || echo ' NOT FOUND')"
done < <(tr '\t' '\037' <"$list")  # tabs in a row would be one
echo "$found found, $missed missed"
[ "$missed" -eq 0 ]
