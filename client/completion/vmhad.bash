# shellcheck shell=bash
# Completion of vmhad in bash.
# shellcheck source=client/completion/vmhactl.bash
declare -F _vmha_offer >/dev/null || . "${BASH_SOURCE[0]%/*}/vmhactl${BASH_SOURCE[0]##*vmhad}"

_vmhad() {
    case ${COMP_WORDS[COMP_CWORD - 1]} in
        --config | --socket) _vmha_offer_files; return ;;
        --state-dir | --runtime-dir) _vmha_offer_folders; return ;;
        --node | --timeout) return ;;
    esac
    if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
        _vmha_offer --config --node --socket --state-dir --runtime-dir --check-config --json --oneshot --timeout --all \
            --help --version
    elif [[ " ${COMP_WORDS[*]} " == *" --oneshot "* ]]; then
        if [ -z "$(_vmha_word 1 --config --node --socket --state-dir --runtime-dir --timeout)" ]; then
            _vmha_offer start stop check
        else
            _vmha_offer "$(_vmha_vms)"
        fi
    fi
}
complete -F _vmhad vmhad
