"""The typer application for one call."""

import os
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from cnncalc import __version__
from cnncalc.cli.commands import COMMANDS, MODULES
from cnncalc.cli.completion import complete_spec
from cnncalc.guide import topic_of
from cnncalc.problems import printable
from cnncalc.shapes import LARGEST


def is_plain() -> bool:
    """Whether to print help as plain text, for terminals that cannot draw boxes."""
    return os.environ.get("TERM") == "dumb"


def _check_numbers(ctx: Any, params: list[Any]) -> None:
    """Refuses numbers that nothing can be counted with, whatever the option: 10**400, inf, nan."""
    for param in params:
        value = ctx.params.get(param.name)
        if isinstance(value, int | float) and not abs(value) <= LARGEST:
            raise typer.BadParameter(f"expected a number up to {LARGEST:,}", ctx=ctx, param=param)


class Command(TyperCommand):
    """A command whose help lists the choices of an option in its text, where lines can wrap."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest: list[str] = super().parse_args(ctx, args)
        _check_numbers(ctx, self.params)
        return rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        for option in self.params:
            if isinstance(option, TyperOption):
                _describe(option)
        super().format_help(ctx, formatter)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The arguments as named in the help, without the braces that typer adds around required ones."""
        named = {f"{{{each.metavar}}}": each.metavar for each in self.params if each.metavar}
        return [named.get(piece, piece) for piece in super().collect_usage_pieces(ctx)]


class CommandGroup(TyperGroup):
    """All commands; plain help groups them under headings, as rich help does."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:  # typer prints arguments as they are
            error.message = printable(error.message)
            raise

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Suggests commands, and specs once something is typed, for `cnncalc SPEC`."""
        found: list[Any] = super().shell_complete(ctx, incomplete)
        if not incomplete or incomplete.startswith("-"):
            return found
        kind = type(super().shell_complete(ctx, "")[0])  # typer may bring its own click
        return [*found, *map(kind, complete_spec(incomplete))]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for heading, names in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, summary(name)) for name in names])


def _describe(option: TyperOption) -> None:
    """Gives an option a short metavar and adds its choices to the help text."""
    choices = getattr(option.type, "choices", ())
    if choices:
        option.metavar = option.metavar or (option.name or "").upper()
        option.help = f"{(option.help or '').rstrip('.')}: {', '.join(map(str, choices))}."
    elif hasattr(option.type, "min"):
        option.metavar = option.metavar or "N"


def application(called: str | None) -> typer.Typer:
    """The application with the called command, or with the list of all commands if that is None.

    Other commands are not imported: that would take longer than running a short command.
    """
    app = typer.Typer(
        cls=CommandGroup,
        help="Shapes, parameters, FLOPs, memory and receptive fields of convolutional networks.",
        epilog="`cnncalc SPEC` is short for `cnncalc show SPEC`. `cnncalc guide` lists the documentation.",
        rich_markup_mode=None if is_plain() else "rich",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(result_callback=_exit)(_options)
    if called is not None:
        from cnncalc.cli.output import with_output

        module = import_module(MODULES[called])
        epilog = f"Documentation: `cnncalc guide {topic_of(called)}`."
        command = with_output(getattr(module, called))
        app.command(called, cls=Command, help=module.__doc__, epilog=epilog)(command)
        return app
    for heading, names in COMMANDS.items():
        for name in names:
            app.command(name, help=summary(name), rich_help_panel=heading)(_listed)
    return app


def summary(name: str) -> str:
    """The first line of a command's file, read without importing it."""
    with (Path(__file__).parent / "commands" / f"{name}.py").open(encoding="utf-8") as file:
        return file.readline().strip().strip('"')


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
) -> None:
    """Options of every command; `main` removes `--debug` from the arguments beforehand."""


def _exit(code: int, **options: bool) -> None:
    """Exits with the code that the command returned."""
    raise typer.Exit(code)


def _listed() -> int:
    """Placeholder for a command in the list."""
    return 0
