#!/usr/bin/env bats
# The manual says what the programs do: pages are well-formed, and the options, commands, keys, reason words and exit
# codes in them are those of the programs and of the schema, no more and no fewer.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    bin=${VMHA_BIN:-build/release/bin}
    man=$bin/../man
    export LC_ALL=C.UTF-8
}

pages='vmhad.8 vmha-exec.8 vmha-genw.8 vmhactl.8 vmhad.json.5 esxsim.1'

# tags PAGE [FROM TO]: the line after each .TP, without roff's escapes; FROM and TO limit it to a part of the page.
tags() {
    sed -n "/${2:-^}/,/${3:-^\$neverthere}/p" "$man/$1" | awk 'found { print } { found = $0 == ".TP" }' | sed 's/\\-/-/g'
}
options_in() { grep -oE -- '--[a-z][a-z-]*' | sort -u; }
# What a program's help lists: the words with two dashes on lines that begin with an option.
help_options() { grep -E '^ +-' | options_in; }
same() { diff <(printf '%s\n' "$1") <(printf '%s\n' "$2"); }
shows() { grep -qE "^\.B \"?$2\"?$" <(sed 's/\\-/-/g' "$man/$1") || { echo "$1 does not show $2"; return 1; }; }

@test "every page is formatted without a warning" {
    for page in $pages; do
        warnings=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$man/$page" 2>&1 >/dev/null
            groff -ww -man -Tutf8 "$man/$page" 2>&1 >/dev/null)
        [ -z "$warnings" ] || { echo "$page: $warnings"; return 1; }
    done
}

@test "no word of a template is left, and each page has the parts that people look for" {
    for page in $pages; do
        ! grep -n '@' "$man/$page" || return 1
        for part in NAME SYNOPSIS DESCRIPTION FILES EXAMPLES 'SEE ALSO'; do
            grep -qx ".SH $part" "$man/$page" || { echo "$page: no $part"; return 1; }
        done
        case $page in *.5) continue ;; esac
        grep -qx '.SH EXIT STATUS' "$man/$page"
    done
}

@test "vmhad(8) has the options of vmhad" {
    same "$("$bin/vmhad" --help | help_options)" "$(tags vmhad.8 | options_in)"
}

@test "vmha-exec(8) and vmha-genw(8) have the options of the shims" {
    for shim in vmha-exec vmha-genw; do
        # They take these two as every program does, and do not spend lines on them.
        same "$({ "$bin/$shim" --help | help_options; printf '%s\n' --help --version; } | sort -u)" \
            "$(tags $shim.8 | options_in)"
        "$bin/$shim" --version
    done
}

@test "vmhactl(8) has the commands of vmhactl, and their options" {
    commands=$("$bin/vmhactl" --help | sed '1,/^Subcommands:/d' | awk '/^  [a-z]/ { print $1 }' | sort)
    same "$commands" "$(tags vmhactl.8 '^.SH COMMANDS' '^.SS' | awk '{ print $2 }' | sort)"
    found=$({
        "$bin/vmhactl" --help
        for command in $commands; do "$bin/vmhactl" "$command" --help; done
    } | help_options)
    same "$found" "$(tags vmhactl.8 | options_in)"
}

@test "esxsim(1) has the options of esxsim and every word of its commands" {
    same "$({ "$bin/esxsim" --help | grep '^usage' -A1 | options_in; printf '%s\n' --help --version; } | sort -u)" \
        "$(tags esxsim.1 '^.SH OPTIONS' '^.SH COMMANDS' | options_in)"
    listed=$(awk '/^std::string help_command/,/^}/' tests/simulator/front/control_commands.cpp |
        sed -nE 's/^[^"]*"(.*)".*$/\1/p' | tr -d '\n' | sed 's/^ok //')
    [ "$(tr ';' '\n' <<<"$listed" | wc -l)" -gt 20 ]
    tags esxsim.1 '^.SH COMMANDS' '^.SH EXIT' | grep -oE '[a-z][a-z-]*' | sort -u >"$BATS_TEST_TMPDIR/words"
    missing=$(grep -oE '[a-z][a-z_-]*' <<<"$listed" | tr _ - | sort -u | grep -vxFf "$BATS_TEST_TMPDIR/words" || true)
    [ -z "$missing" ] || { echo "esxsim(1) lacks: $missing"; return 1; }
}

@test "vmhad.json(5) has every key of the schema with its default" {
    jq -r '.. | .properties? // empty | keys_unsorted[]' config/vmhad.schema.json | sort -u >"$BATS_TEST_TMPDIR/keys"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/keys")" -gt 40 ]
    same "$(cat "$BATS_TEST_TMPDIR/keys")" "$(tags vmhad.json.5 '^.SH KEYS OF THE FILE' '^.SH TIMES' | sed 's/^\.B "\(.*\)"$/\1/' | sort -u)"
    jq -r '."$defs" | to_entries[] | select(.value.default != null) | "\(.key) \(.value.default)"' config/vmhad.schema.json |
        while read -r key default; do
            grep -A1 -F ".B \"$key\"" "$man/vmhad.json.5" | sed 's/\\-/-/g' | grep -q "; default $default)" ||
                { echo "$key: no default $default"; return 1; }
        done
}

@test "the example in vmhad.json(5) is a configuration that vmhad accepts" {
    sed -n '/^.SH EXAMPLES/,/^.EE/p' "$man/vmhad.json.5" | sed '1,2d;$d' >"$BATS_TEST_TMPDIR/vmhad.json"
    grep -q '"nodes"' "$BATS_TEST_TMPDIR/vmhad.json"
    sed -Ei "s/(AA:BB|CC:DD):\.\.\./$(printf 'AB:%.0s' {1..31})AB/" "$BATS_TEST_TMPDIR/vmhad.json"
    mkdir "$BATS_TEST_TMPDIR/credentials"
    for host in esxi1 esxi2; do
        (umask 077 && echo secret >"$BATS_TEST_TMPDIR/credentials/$host.password")
    done
    "$bin/vmhad" --check-config --config "$BATS_TEST_TMPDIR/vmhad.json" --node ec1
}

@test "vmhad(8) explains every reason word, and each program's page every exit code" {
    words=$(sed -nE 's/^ *\{\w+, "(\w+)", ".*"\},$/\1/p' common/reasons.cpp)
    [ "$(wc -l <<<"$words")" -gt 40 ]
    for word in $words; do shows vmhad.8 "$word"; done
    for page in vmhad.8 vmha-exec.8 vmha-genw.8 vmhactl.8; do
        for code in 0 1 2 3 4 5; do shows "$page" "$code"; done
    done
}

@test "every environment variable of ours that a program reads stands in its page" {
    for variable in $(grep -rhoE 'getenv\("VMHA[A-Z_]*"' client | cut -d'"' -f2 | sort -u); do
        for page in vmha-exec.8 vmha-genw.8; do
            grep -q "$variable" "$man/$page" || { echo "$page lacks $variable"; return 1; }
        done
    done
    grep -q 'B VMHAD_SOCKET' "$man/vmhad.8" "$man/vmhactl.8"
}
