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
    """Closed outputs swallow what is written; signs that an encoding lacks become question marks."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - open as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _called(arguments: list[str]) -> str | None:
    """The command that is called, or being typed when the shell asks how to complete it."""
    typed = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    words = typed.split()[1:] if "_CNNCALC_COMPLETE" in os.environ else arguments
    return next((word for word in words[:1] if word in MODULES), None)


def with_command(arguments: list[str]) -> list[str]:
    """`cnncalc SPEC` is short for `cnncalc show SPEC`."""
    if not arguments or arguments[0] in (*MODULES, *ASIDE):
        return arguments
    return ["show", *arguments]
