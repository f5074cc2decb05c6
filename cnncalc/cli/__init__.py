"""Entry point of the command line, and its exit codes.

0: success; 1: invalid spec or failed check; 2: wrong usage or unreadable file; 3: bug in cnncalc.
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
    """Runs the command line; the console script."""
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
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:  # such as a full disk or a missing folder
        what = error.filename or "standard output"
        _say(f"cnncalc: {what} cannot be written: {error.strerror}")
        sys.exit(USAGE)
    except MemoryError:
        print("cnncalc: not enough memory", file=sys.stderr)
        sys.exit(USAGE)
    except Exception as fault:
        if debug:
            raise
        _say(f"cnncalc: internal error: {type(fault).__name__}: {fault}")
        _say("this is a bug in cnncalc; please report it with the spec (--debug prints the traceback)")
        sys.exit(FAULT)


def _say(line: str) -> None:
    from cnncalc.problems import printable

    print(printable(line), file=sys.stderr)


def _open_streams() -> None:
    """Makes printing safe: closed outputs discard text, missing characters are replaced."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - open as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    if not all((stream.encoding or "").lower().startswith("utf") for stream in (sys.stdout, sys.stderr)):
        from cnncalc.cli.encoding import open_streams

        open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # lone surrogates, which no encoding accepts


SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def completes(arguments: list[str]) -> bool:
    """Handles `--show-completion SHELL` and `--install-completion SHELL`; False for other arguments.

    Without SHELL, typer detects the running shell.
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
        print(f"{name} completion installed in {path}; restart the shell to use it")
    return True


def _called(arguments: list[str]) -> str | None:
    """The command that is called, or that the shell asks to complete."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    words = typed.split()[1:] if "_CNNCALC_COMPLETE" in os.environ else arguments
    return next((word for word in words[:1] if word in MODULES), None)


def with_command(arguments: list[str]) -> list[str]:
    """Expands the short forms `cnncalc SPEC` and `cnncalc help COMMAND`.

    Raises:
        SystemExit: the first word is not a command or a spec.
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
    """The command of that name; raises SystemExit if unknown."""
    if word not in MODULES:
        from cnncalc.problems import did_you_mean

        _say(f"cnncalc: unknown command '{word}'; {did_you_mean(word, [*MODULES]) or 'see cnncalc --help'}")
        sys.exit(USAGE)
    return word


def _neither_command_nor_spec(word: str) -> str:
    """The message about an unknown first word; empty for a spec, a path or an option."""
    if word.startswith("-") or "/" in word or "." in word or os.path.exists(word):
        return ""
    from cnncalc.problems import did_you_mean
    from cnncalc.spec.files import bundled, bundled_names

    if bundled(word):
        return ""
    hint = did_you_mean(word, [*MODULES, *bundled_names()])
    return f"unknown command or spec '{word}'; {hint or 'see cnncalc --help and cnncalc specs'}"
