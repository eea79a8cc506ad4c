#!/usr/bin/env bash
# Can the explorer fail? Applies the mutations of mutations.txt to the core, one at a time in a copy of the tree, builds
# the explorer and lets it run. Prints for each whether it was found and after how many schedules.
#   tests/scenarios/mutations.sh [SCHEDULES [NAME]]     default 3000 schedules, all mutations
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

schedules=${1:-3000} only=${2:-}
list="$top/tests/scenarios/mutations.txt"
copy="$top/build/mutant"
mkdir -p "$copy"

# The whole tree once; then the mutated file goes back after each mutation, newer than what was built of it.
copy_tree() {
    rm -rf "$copy/tree" "$copy/build"
    mkdir -p "$copy/tree"
    (cd "$top" && git ls-files -z -co --exclude-standard | tar -c --null -T - -f -) | tar -x -C "$copy/tree" -f -
}
restore() { cp "$top/$1" "$copy/tree/$1"; }

build() {
    cmake -S "$copy/tree" -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DVMHA_UNIT_TESTS=OFF &&
        cmake --build "$copy/build" --target explore -j "$jobs"
}

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

found=0 missed=0
copy_tree
while IFS=$'\t' read -r name file text replacement rule; do
    case $name in "" | \#*) continue ;; esac
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    mutate "$file" "$text" "$replacement" || { missed=$((missed + 1)); continue; }
    if ! build >"$copy/log" 2>&1; then
        tail -20 "$copy/log"
        echo "$name: does not build"
        missed=$((missed + 1))
        restore "$file"
        continue
    fi
    restore "$file"
    "$copy/build/bin/explore" --schedules "$schedules" --first >"$copy/log" 2>&1 </dev/null
    if seed=$(grep -m1 '^seed' "$copy/log"); then
        found=$((found + 1))
        printf '%-28s found by %s  [%s]\n' "$name" "$seed" "$rule"
    else
        missed=$((missed + 1))
        printf '%-28s NOT FOUND in %s schedules  [%s]\n' "$name" "$schedules" "$rule"
    fi
done <"$list"
echo "$found found, $missed missed"
[ "$missed" -eq 0 ]
