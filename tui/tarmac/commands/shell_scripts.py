"""The scripts of `tarmac completion`. Each asks `tarmac completion answer -- WORDS…`: one suggestion a line, `WORD<tab>ABOUT`.

The line `:files` means that a file belongs there: the shell knows those best.
"""

from __future__ import annotations

_BASH = r"""# bash completion of tarmac: source <(tarmac completion bash)
_tarmac() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) compopt -o default 2>/dev/null ;;
            *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" completion answer -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -F _tarmac tarmac
"""

_ZSH = r"""#compdef tarmac
# zsh completion of tarmac: source <(tarmac completion zsh), after compinit
_tarmac() {
    local line
    local -a found
    for line in "${(@f)$(${(Q)~words[1]} completion answer -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == :files ]]; then
            _files
        elif [[ -n $line ]]; then
            found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done
    (( $#found )) && _describe tarmac found
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _tarmac "$@"
else
    compdef _tarmac tarmac
fi
"""

_FISH = r"""# fish completion of tarmac: tarmac completion fish | source
function __tarmac_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    for line in ($program completion answer -- $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c tarmac -f -a '(__tarmac_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
