# shellcheck shell=bash
# Completion of vmha-genw in bash.
# shellcheck source=client/completion/vmhactl.bash
declare -F _vmha_offer >/dev/null || . "${BASH_SOURCE[0]%/*}/vmhactl${BASH_SOURCE[0]##*vmha-genw}"

_vmha_genw() {
    case ${COMP_WORDS[COMP_CWORD - 1]} in
        --socket | --config) _vmha_offer_files ;;
        --timeout | --node) ;;
        *)
            if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
                _vmha_offer --timeout --follow --socket --config --node --help --version
            else
                _vmha_offer "$(_vmha_vms)"
            fi
            ;;
    esac
}
complete -F _vmha_genw vmha-genw
