# shellcheck shell=bash
# Completion of vmhactl in bash. The other programs of vmha use the functions that begin with _vmha.

# _vmha_offer WORD...: those that begin with the word under the cursor.
_vmha_offer() {
    mapfile -t COMPREPLY < <(compgen -W "$*" -- "${COMP_WORDS[COMP_CWORD]}")
}

# File names; they may have blanks.
_vmha_offer_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
}
_vmha_offer_folders() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "${COMP_WORDS[COMP_CWORD]}")
}

# _vmha_names KIND FIELD: the names that vmhad knows, in a second or not at all. A socket on the command line counts.
# Names are plain words, so no JSON parser is needed to find them.
_vmha_names() {
    local socket=() i
    for ((i = 1; i + 1 < COMP_CWORD; i++)); do
        [ "${COMP_WORDS[i]}" != --socket ] || socket=(--socket "${COMP_WORDS[i + 1]}")
    done
    timeout 1 vmhactl --json "${socket[@]}" "$1" 2>/dev/null </dev/null |
        grep -oE "\"$2\":\"[A-Za-z0-9._-]+\"" | cut -d'"' -f4 | sort -u
}
_vmha_vms() { _vmha_names vms vm; }

# _vmha_word N OPTION-WITH-VALUE...: the Nth word that is neither an option nor an option's value; empty if there is
# none before the cursor.
_vmha_word() {
    local wanted=$1 i skip=
    shift
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [ -n "$skip" ]; then
            skip=
        elif [[ ${COMP_WORDS[i]} == -* ]]; then
            [[ " $* " != *" ${COMP_WORDS[i]} "* ]] || skip=1
        elif ((--wanted == 0)); then
            printf '%s' "${COMP_WORDS[i]}"
            return
        fi
    done
}

_vmhactl() {
    local with_value='--socket --timeout --for --name --node --host --identity --known-hosts --output --group --depends
        --recovery --log-dir --interval --genw-timeout --config --check'
    local global='--json --socket --help --version'
    local command
    # shellcheck disable=SC2086 # a list of words
    command=$(_vmha_word 1 $with_value)
    case ${COMP_WORDS[COMP_CWORD - 1]} in
        --socket | --identity | --known-hosts | --config | --check) _vmha_offer_files; return ;;
        --output | --log-dir) _vmha_offer_folders; return ;;
        --recovery) _vmha_offer failover restart-first; return ;;
        --timeout | --for | --name | --node | --host | --group | --depends | --interval | --genw-timeout) return ;;
    esac
    if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
        case $command in
            events) _vmha_offer "$global" --follow -f ;;
            start | stop) _vmha_offer "$global" --timeout ;;
            pause) _vmha_offer "$global" --all --for ;;
            resume) _vmha_offer "$global" --all ;;
            reload) _vmha_offer "$global" --quiet -q --timeout ;;
            import)
                _vmha_offer "$global" --name --node --host --identity --known-hosts --output --force --dry-run ;;
            ec-config)
                _vmha_offer "$global" --group --depends --recovery --log-dir --interval --genw-timeout --config --check ;;
            *) _vmha_offer "$global" ;;
        esac
        return
    fi
    case $command in
        '')
            _vmha_offer status hosts vms vm events check start stop pause resume retry-login reload import ec-config ;;
        vm) # one
            # shellcheck disable=SC2086
            [ -n "$(_vmha_word 2 $with_value)" ] || _vmha_offer "$(_vmha_vms)" ;;
        check | start | stop | pause | resume | ec-config) _vmha_offer "$(_vmha_vms)" ;;
        retry-login) _vmha_offer "$(_vmha_names hosts name)" ;;
        import) _vmha_offer_files ;;
    esac
}
complete -F _vmhactl vmhactl
