"""The command line: starts it, and turns whatever happens into an exit code.

0 fine; 1 the spec is invalid or a check fails; 2 usage or unreadable file; 3 a fault of cnncalc.
"""

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typer import Typer

COMMANDS = {
    "counting": ("show", "specs", "field", "reconcile", "compare", "kinds"),
    "running": ("run", "verify"),
    "checking": ("check", "rule"),
    "comparing": ("diff",),
    "writing": ("init", "schema"),
    "explaining": ("explain", "calc", "solve"),
    "grading": ("grade", "worksheet"),
    "seeing": ("gradients", "influence", "occlusion", "patches", "equivariance"),
}
"""The commands by the file in `commands/` that defines them; only the one that is called is imported."""
HEADINGS = {
    "counting": "Counting",
    "explaining": "Homework",
    "grading": "Homework",
    "checking": "In CI",
    "comparing": "In CI",
    "writing": "In CI",
    "running": "Running on arrays",
    "seeing": "Running on arrays",
}
"""What the help puts the commands of each file under, in its order."""
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
        arguments = with_command(arguments)
        app = _application(arguments[:1])
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


def _application(called: list[str]) -> "Typer":
    """The application with the command that is called, or with all where there is none.

    Commands that are not called are not even built: that takes longer than to run a short one.
    """
    from copy import copy

    from cnncalc.cli.app import app

    homes = [home for home, names in COMMANDS.items() if set(called) & set(names)]
    for home in homes or HEADINGS:
        known = len(app.registered_commands)
        import_module(f"cnncalc.cli.commands.{home}")
        for command in app.registered_commands[known:]:
            command.rich_help_panel = HEADINGS[home]
    if not homes:
        return app
    alone = copy(app)
    alone.registered_commands = [
        each for each in app.registered_commands if each.callback and each.callback.__name__ in called
    ]
    return alone


def with_command(arguments: list[str]) -> list[str]:
    """`cnncalc SPEC` is short for `cnncalc show SPEC`."""
    known = [name for names in COMMANDS.values() for name in names]
    if not arguments or arguments[0] in (*known, *ASIDE):
        return arguments
    return ["show", *arguments]
