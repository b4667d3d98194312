# Completion of edgewright's command line, from what `edgewright --help` says.
_edgewright() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local options commands="check status record release pause resume"

    COMPREPLY=()
    case $previous in
    --log-level | -log-level) mapfile -t COMPREPLY < <(compgen -W "trace debug info warn err" -- "$current"); return ;;
    --log-format | -log-format) mapfile -t COMPREPLY < <(compgen -W "text json journal" -- "$current"); return ;;
    --reload-signal | --kill-signal | --exec-reload-signal | --exec-kill-signal)
        mapfile -t COMPREPLY < <(compgen -A signal -- "$current"); return ;;
    esac
    case $current in
    -*)
        options=$("$1" --help 2>/dev/null | grep -oE '^ +(-[a-z], )?--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+')
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        ;;
    *)
        [ "$COMP_CWORD" -ne 1 ] || mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
        ;;
    esac
}
complete -o default -F _edgewright edgewright
