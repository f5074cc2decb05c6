"""The application that commands register with, and what holds for all of them."""

from typing import Annotated

import typer

from cnncalc import __version__

app = typer.Typer(
    help="Counts convolutional networks: what comes out of each layer, what it costs, how far it sees.",
    epilog="`cnncalc SPEC` is short for `cnncalc show SPEC`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault of cnncalc.")] = False,
) -> None:
    """What holds for every command; `--debug` is taken before the commands see it."""
