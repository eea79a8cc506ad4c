# shellcheck shell=bash
# Completion of vmha-exec in bash.
# shellcheck source=client/completion/vmhactl.bash
declare -F _vmha_offer >/dev/null || . "${BASH_SOURCE[0]%/*}/vmhactl${BASH_SOURCE[0]##*vmha-exec}"

_vmha_exec() {
    case ${COMP_WORDS[COMP_CWORD - 1]} in
        --socket | --config) _vmha_offer_files; return ;;
        --timeout | --node) return ;;
    esac
    if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
        _vmha_offer --all --timeout --socket --config --node --help --version
    elif [ -z "$(_vmha_word 1 --socket --config --timeout --node)" ]; then
        _vmha_offer start stop
    else
        _vmha_offer "$(_vmha_vms)"
    fi
}
complete -F _vmha_exec vmha-exec
