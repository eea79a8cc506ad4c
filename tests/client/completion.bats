#!/usr/bin/env bats
# Completion in bash, asked as bash asks it, without a terminal: each file is loaded alone, as it is when somebody
# presses the tabulator for the first time.

load support

completion=$top/client/completion

# offered LINE: what is offered at the end of the line; "offered 'vmha-exec st'" completes "st".
offered() {
    env -i PATH="$bin:/usr/bin:/bin" HOME="$room" ${VMHAD_SOCKET:+VMHAD_SOCKET="$VMHAD_SOCKET"} \
        bash --noprofile --norc -c '
        cd "$HOME" || exit
        line=$1
        read -ra COMP_WORDS <<<"$line"
        [[ $line != *" " ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
        . "$2/${COMP_WORDS[0]}.bash"
        "$(complete -p "${COMP_WORDS[0]}" | sed -E "s/.*-F ([^ ]+).*/\1/")"
        printf "%s\n" "${COMPREPLY[@]}"' completion "$1" "$completion" | sort | paste -sd ' '
}
expect() { [ "$(offered "$1")" = "$2" ] || { echo "'$1' offers: $(offered "$1")"; return 1; }; }
offers() { [[ " $(offered "$1") " == *" $2 "* ]] || { echo "'$1' offers: $(offered "$1")"; return 1; }; }

@test "commands, and VMs where a VM is meant" {
    daemon --vm vm1=healthy --vm vm2=healthy --vm db-1=healthy
    expect 'vmhactl st' 'start status stop'
    expect 'vmhactl ec' 'ec-config'
    expect 'vmhactl vm v' 'vm1 vm2'
    expect 'vmhactl start vm1 ' 'db-1 vm1 vm2'
    expect 'vmhactl --json vm d' 'db-1'
    expect 'vmhactl vm vm1 ' ''
    expect 'vmhactl status ' ''
    expect 'vmha-exec st' 'start stop'
    expect 'vmha-exec --timeout 30 st' 'start stop'
    expect 'vmha-exec stop d' 'db-1'
    expect 'vmha-genw ' 'db-1 vm1 vm2'
    expect 'vmhad --oneshot c' 'check'
    expect 'vmhad --oneshot check vm' 'vm1 vm2'
    expect 'vmhad ' ''
}

@test "a socket on the command line is where the VMs are asked for" {
    daemon --vm other=healthy
    unset VMHAD_SOCKET
    expect "vmhactl --socket $sock vm o" 'other'
}

@test "hosts where a host is meant" {
    printf '#!/bin/sh\n[ "$*" = "--json hosts" ] && echo %s\n' "'{\"hosts\":[{\"name\":\"esxi1\"},{\"name\":\"esxi2\"}]}'" >"$bin/vmhactl"
    expect 'vmhactl retry-login ' 'esxi1 esxi2'
}

@test "without a daemon nothing is offered, and a silent one is left alone after a second" {
    expect 'vmha-exec start v' ''
    daemon --silent
    local before=$SECONDS
    expect 'vmha-exec start v' ''
    [ $((SECONDS - before)) -lt 10 ]
}

@test "words and files that belong to an option" {
    mkdir "$room/folder"
    touch "$room/file.json"
    expect 'vmhactl ec-config --recovery ' 'failover restart-first'
    offers 'vmhactl ec-config --check fi' 'file.json'
    offers 'vmhad --config f' 'file.json'
    expect 'vmhad --state-dir f' 'folder'
    expect 'vmhactl import --output f' 'folder'
    offers 'vmha-genw --config file' 'file.json'
}

# The man pages are compared with the programs by a test of their own (rules/manual.bats).
@test "every option of each program is offered, and no other" {
    known() { grep -E '^ +-' | grep -oE -- '--[a-z][a-z-]*'; printf '%s\n' --help --version; }
    all() { known | sort -u | paste -sd ' '; }
    cp "${VMHA_BIN:-$top/build/release/bin}/vmhad" "$bin"
    expect 'vmhad --' "$("$bin/vmhad" --help | all)"
    expect 'vmha-exec --' "$("$bin/vmha-exec" --help | all)"
    expect 'vmha-genw --' "$("$bin/vmha-genw" --help | all)"
    expect 'vmhactl --' "$("$bin/vmhactl" --help | all)"
    commands=$("$bin/vmhactl" --help | sed '1,/^Subcommands:/d' | awk '/^  [a-z]/ { print $1 }' | sort)
    expect 'vmhactl ' "$(paste -sd ' ' <<<"$commands")"
    for command in $commands; do
        expect "vmhactl $command --" "$({ "$bin/vmhactl" "$command" --help; "$bin/vmhactl" --help; } | all)"
    done
}
