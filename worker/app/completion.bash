# Completion of followup's commands and flags for bash. The flags are asked of
# the program itself, so that they are never out of date.

_followup()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="worker migrate check simulate render explain status
        reschedule pause resume skip send-now cancel enroll opt-out opt-in
        hold release refresh migrate-version report sender"

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" \
            -- "$word")
        return
    fi
    case $before in
        --format)
            mapfile -t COMPREPLY < <(compgen -W "table json csv" -- "$word")
            return ;;
        --channel)
            mapfile -t COMPREPLY < <(compgen -W "whatsapp instagram telegram
                messenger webchat sms email api" -- "$word")
            return ;;
        --via)
            mapfile -t COMPREPLY < <(compgen -W "console webhook" -- "$word")
            return ;;
    esac
    case $word in
        -*)
            mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" \
                "${COMP_WORDS[1]}" --help 2>/dev/null |
                grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$word")
            return ;;
    esac
    compopt -o default
}

complete -F _followup followup
