"""The command line: starts it, and turns whatever happens into an exit code.

0 fine; 1 the spec is invalid or a check fails; 2 usage or unreadable file; 3 a fault of cnncalc.
"""

import io
import os
import sys

from cnncalc.cli.commands import MODULES

ASIDE = ("--help", "-h", "--version", "--install-completion", "--show-completion")

USAGE = 2
FAULT = 3
INTERRUPTED = 130


def main() -> None:
    """The console script."""
    _open_streams()
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        if arguments == ["--version"]:
            from cnncalc import __version__

            print(f"cnncalc {__version__}")
            return
        from cnncalc.cli.app import application

        arguments = with_command(arguments)
        if completes(arguments):
            return
        app = application(_called(arguments))
        app(arguments, prog_name="cnncalc")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:  # such as a full disk, or a folder that is not there
        what = error.filename or "standard output"
        _say(f"cnncalc: {what} cannot be written: {error.strerror}")
        sys.exit(USAGE)
    except MemoryError:
        print("cnncalc: there is not enough memory for this", file=sys.stderr)
        sys.exit(USAGE)
    except Exception as fault:
        if debug:
            raise
        _say(f"cnncalc: a fault of cnncalc itself: {type(fault).__name__}: {fault}")
        _say("--debug shows where; please report it with the spec that caused it")
        sys.exit(FAULT)


def _say(line: str) -> None:
    from cnncalc.problems import printable

    print(printable(line), file=sys.stderr)


def _open_streams() -> None:
    """Closed outputs swallow what is written; what an encoding lacks is spelled with what it has."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - open as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    if not all((stream.encoding or "").lower().startswith("utf") for stream in (sys.stdout, sys.stderr)):
        from cnncalc.cli.encoding import open_streams

        open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # what is not even Unicode: halves of pairs


SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def completes(arguments: list[str]) -> bool:
    """Prints or installs the completion of the shell that `--show-completion SHELL` names, if it does.

    Without a name typer finds out which shell is running.
    """
    if len(arguments) != 2 or arguments[0] not in ("--show-completion", "--install-completion"):
        return False
    option, shell = arguments
    if shell not in SHELLS:
        _say(f"cnncalc: {option}: expected {', '.join(SHELLS[:-1])} or {SHELLS[-1]}, found '{shell}'")
        sys.exit(USAGE)
    from typer.completion import get_completion_script, install  # type: ignore[attr-defined]

    if option == "--show-completion":
        variable = "_CNNCALC_COMPLETE"
        print(get_completion_script(prog_name="cnncalc", complete_var=variable, shell=shell))
    else:
        name, path = install(shell=shell, prog_name="cnncalc")
        print(f"{name} completion is installed in {path}; it works in the next shell")
    return True


def _called(arguments: list[str]) -> str | None:
    """The command that is called, or being typed when the shell asks how to complete it."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    words = typed.split()[1:] if "_CNNCALC_COMPLETE" in os.environ else arguments
    return next((word for word in words[:1] if word in MODULES), None)


def with_command(arguments: list[str]) -> list[str]:
    """Spells out the short forms: `cnncalc SPEC` and `cnncalc help COMMAND`.

    Raises:
        SystemExit: the first word is neither a command nor a spec.
    """
    if not arguments or arguments[0] in (*MODULES, *ASIDE):
        return arguments
    if arguments[0] == "help":
        return [*map(_command, [word for word in arguments[1:2] if word != "help"]), "--help"]
    if mistake := _neither_command_nor_spec(arguments[0]):
        _say(f"cnncalc: {mistake}")
        sys.exit(USAGE)
    return ["show", *arguments]


def _command(word: str) -> str:
    """A word that names a command; raises SystemExit for any other."""
    if word not in MODULES:
        from cnncalc.problems import did_you_mean

        _say(
            f"cnncalc: there is no command '{word}'; {did_you_mean(word, [*MODULES]) or 'see cnncalc --help'}"
        )
        sys.exit(USAGE)
    return word


def _neither_command_nor_spec(word: str) -> str:
    """What is wrong with a first word that names nothing; empty for a spec, a path or an option."""
    if word.startswith("-") or "/" in word or "." in word or os.path.exists(word):
        return ""
    from cnncalc.problems import did_you_mean
    from cnncalc.spec.files import bundled, bundled_names

    if bundled(word):
        return ""
    hint = did_you_mean(word, [*MODULES, *bundled_names()])
    return f"'{word}' is neither a command nor a spec; {hint or 'see cnncalc --help and cnncalc specs'}"
