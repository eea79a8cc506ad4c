#!/usr/bin/env bash
# The table "What vmhad does when …" of README.md, made from the scenarios that story.txt names: each has passed, and the
# piece of the log in its row stands in its expected log.
#   tests/scenarios/story.sh            prints it
#   tests/scenarios/story.sh --readme   and writes it into README.md
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readme=$here/../../README.md

fail() { echo "story.sh: $*" >&2; exit 1; }

# field NAME SCENARIO: the value of a line of its README, safe inside a table.
field() { sed -n "s/^$1: //p" "$here/$2/README" | head -1 | sed 's/|/\\|/g'; }

row() {
    local name=$1 situation cluster does log field
    [ -e "$here/$name/README" ] || fail "there is no scenario $name"
    situation=$(field Situation "$name") cluster=$(field Cluster "$name") does=$(field vmhad "$name") log=$(field Log "$name")
    for field in "$situation" "$cluster" "$does" "$log"; do
        [ -n "$field" ] || fail "$name: a line is missing"
    done
    # As it stands there, or in quotes.
    if ! grep -qF -- "$log" "$here/$name/log.expect"; then
        log=${log#"'"} log=${log%"'"}
        grep -qF -- "$log" "$here/$name/log.expect" || fail "$name: its log does not say: $log"
    fi
    # shellcheck disable=SC2016  # the backquotes are Markdown
    printf '| %s | %s | %s | `%s` |\n' "$situation" "$cluster" "$does" "$log"
}

table() {
    local line name
    while IFS= read -r line; do
        case $line in
            "" | \#*) ;;
            *[A-Z]*)
                printf '\n**%s**\n\n| situation | the cluster manager | vmhad | the log says |\n|---|---|---|---|\n' "$line"
                ;;
            *) for name in $line; do row "$name" || return 1; done ;;
        esac
    done <"$here/story.txt"
}

# Every scenario that tells a situation has its row.
complete() {
    local file name
    while IFS= read -r file; do
        name=$(basename "$(dirname "$file")")
        grep -qw -- "$name" "$here/story.txt" || fail "$name tells a situation and is not in story.txt"
    done < <(grep -l '^Situation: ' "$here"/*/README)
}

complete || exit 1
made=$(table) || exit 1
if [ "${1-}" != --readme ]; then
    printf '%s\n' "$made"
    exit
fi
grep -q '^<!-- story:begin' "$readme" || fail "README.md has no place for it"
new=$(mktemp)
{
    sed '/^<!-- story:begin/q' "$readme"
    printf '%s\n\n' "$made"
    sed -n '/^<!-- story:end/,$p' "$readme"
} >"$new"
cat "$new" >"$readme"
rm "$new"
