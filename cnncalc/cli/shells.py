"""Completion in shells: the scripts that ask for it, and the line that they complete.

typer computes and prints the suggestions. The scripts for bash and zsh are our own: they suggest at the first
Tab, also words with `:` and `=`, and leave no blank behind `params=` and `folder/`.
"""

import os
import shlex
from collections.abc import Callable, Container
from pathlib import Path

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
ASKED = "_CNNCALC_COMPLETE"
"""The variable with which a script asks for suggestions."""
LINE = "_CNNCALC_LINE"
"""The variable with the line up to the cursor, from our scripts."""

BASH = """\
_cnncalc_completion() {
    local line=${COMP_LINE:0:COMP_POINT} each
    local word=${line##*[[:blank:]]}
    local before=${word%"$2"} # bash completes only what is behind the last : or =
    COMPREPLY=()
    while IFS= read -r each; do
        if [[ -z $each ]]; then continue; fi # without suggestions, bash completes files
        if [[ $each == */ || -f $each ]]; then compopt -o filenames; fi # escapes blanks
        COMPREPLY+=("${each#"$before"}")
    done < <(_CNNCALC_LINE=$line _CNNCALC_COMPLETE=complete_bash "$1")
    if [[ ${COMPREPLY[0]-} == *[=/] ]]; then compopt -o nospace; fi
}

complete -o default -F _cnncalc_completion cnncalc
"""
ZSH = """\
#compdef cnncalc

_cnncalc() {
  local each entry
  local -a plain open
  for each in "${(@f)$(_CNNCALC_LINE="${(j: :)words[1,CURRENT]}" _CNNCALC_COMPLETE=complete_fish \\
                       _TYPER_COMPLETE_FISH_ACTION=get-args cnncalc)}"; do
    entry="${${each%%$'\\t'*}//:/\\\\:}"
    if [[ $each == *$'\\t'* ]]; then entry+=":${each#*$'\\t'}"; fi
    case $each in
      '') ;;
      *[=/]) open+=("$entry") ;;
      *) plain+=("$entry") ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then compset -p $(( ${#PREFIX%%=*} + 1 )); fi
  if (( ! $#plain && ! $#open )); then _files; return; fi
  _describe -V cnncalc plain -- open -S ''
}

if [[ $funcstack[1] == _cnncalc ]]; then _cnncalc "$@"; else compdef _cnncalc cnncalc; fi
"""
OWN = {"bash": BASH, "zsh": ZSH}


def script(shell: str) -> str:
    """The completion script of a shell."""
    if shell in OWN:
        return OWN[shell]
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    found: str = get_completion_script(prog_name="cnncalc", complete_var=ASKED, shell=shell)
    return f"{found}\n"


def install(shell: str) -> Path:
    """Installs completion for a shell; returns the script's file."""
    from typer.completion import install as install_script  # type: ignore[attr-defined]

    file: Path = install_script(shell=shell, prog_name="cnncalc")[1]
    if shell in OWN:
        file.write_text(OWN[shell], encoding="utf-8")
    return file


def running_shell() -> str:
    """The shell that runs, by its processes or else by `SHELL`; empty if neither tells."""
    from shellingham import ShellDetectionFailure, detect_shell

    try:
        return str(detect_shell()[0])
    except ShellDetectionFailure:
        return Path(os.environ.get("SHELL", "")).name


def typed(commands: Container[str], is_spec: Callable[[str], bool]) -> list[str]:
    """The words behind `cnncalc` on the line to complete, the last one perhaps unfinished.

    `cnncalc SPEC` completes as `cnncalc show SPEC`, and `cnncalc help` suggests commands: the line that typer
    reads is changed accordingly.
    """
    words = _words()
    first = words[0] if len(words) > 1 else ""
    if first == "help":
        words = words[1:]
    elif first and first not in commands and is_spec(first):
        words = ["show", *words]
    line = shlex.join(["cnncalc", *words[:-1]])
    last = shlex.quote(words[-1]) if words[-1] else ""
    os.environ["COMP_WORDS"] = os.environ["_TYPER_COMPLETE_ARGS"] = f"{line} {last}"
    os.environ["COMP_CWORD"] = str(len(words))
    return words


def _words() -> list[str]:
    line = os.environ.get(LINE) or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    if LINE not in os.environ and os.environ.get(ASKED) == "complete_bash":
        words = _split(os.environ.get("COMP_WORDS", ""))
        at = os.environ.get("COMP_CWORD", "")
        return [*words, ""][1 : int(at) + 1] if at.isdecimal() else [""]
    words = _split(line)[1:]
    return [*words, ""] if not words or line[-1:].isspace() else words


def _split(line: str) -> list[str]:
    """The words of a line, of which the last may have an open quote."""
    for end in ("", "'", '"'):
        try:
            return shlex.split(line + end)
        except ValueError:
            continue
    return line.split()
