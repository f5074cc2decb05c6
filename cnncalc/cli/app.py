"""The typer application of one call."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from cnncalc import __version__
from cnncalc.cli.commands import COMMANDS, MODULES


def application(called: str | None) -> typer.Typer:
    """The application with the command that is called, or with the list of all where that is None.

    The other commands are neither imported nor built: that takes longer than to run a short one.
    """
    app = typer.Typer(
        help="Counts convolutional networks: what comes out of each layer, what it costs, how far it sees.",
        epilog="`cnncalc SPEC` is short for `cnncalc show SPEC`.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(result_callback=_exit)(_options)
    if called is not None:
        from cnncalc.cli.output import with_output

        module = import_module(MODULES[called])
        app.command(called, help=module.__doc__)(with_output(getattr(module, called)))
        return app
    for heading, names in COMMANDS.items():
        for name in names:
            app.command(name, help=summary(name), rich_help_panel=heading)(_listed)
    return app


def summary(name: str) -> str:
    """The first line of a command's file, read without importing what the command needs."""
    with (Path(__file__).parent / "commands" / f"{name}.py").open(encoding="utf-8") as file:
        return file.readline().strip().strip('"')


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault of cnncalc.")] = False,
) -> None:
    """What holds for every command; `--debug` is taken before the commands see it."""


def _exit(code: int, **options: bool) -> None:
    """Ends the process with what the command returns."""
    raise typer.Exit(code)


def _listed() -> int:
    """Stands for a command in the list."""
    return 0
