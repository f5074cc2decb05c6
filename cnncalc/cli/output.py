"""The output options of commands: `--format`, `--json`, `--output` and `--color`.

A command that prints a result has one parameter for them, `to: Annotated[Out, Formats("text", "json")]`,
and prints with `to.print(…)`. To add a format, add its name to the command's `Formats` and its file endings
to `ENDINGS`.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer
from msgspec import Struct
from rich.console import RenderableType

from cnncalc.cli.encoding import escape_json
from cnncalc.cli.options import ColorOption
from cnncalc.cli.reading import UsageError, either
from cnncalc.cli.terminal import Parts, print_results, report_failure, window_width
from cnncalc.writing import would_replace, write_whole

ENDINGS = {
    ".txt": "text",
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
    ".tex": "latex",
    ".sarif": "sarif",
    ".xml": "junit",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".npy": "npy",
    ".npz": "npy",
    ".svg": "svg",
    ".html": "html",
    ".pdf": "pdf",
    ".png": "png",
    ".dot": "dot",
    ".mmd": "mermaid",
    ".gift": "gift",
    ".py": "python",
    ".zip": "qti",
}
"""The format for each file ending."""
BINARY = ("png", "pdf")
"""The formats that are not text."""
JSON = ("json", "sarif", "gitlab", "gradescope")
"""The formats that are JSON."""

CONFIGURATIONS = ("cnncalc.toml", "pyproject.toml")
"""Files that commands read without being given their names."""


class Formats(tuple[str, ...]):
    """The formats of a command, the default first."""

    def __new__(cls, *names: str) -> "Formats":
        return super().__new__(cls, names)

    @property
    def endings(self) -> list[str]:
        """The file endings of these formats."""
        return [ending for ending, format in ENDINGS.items() if format in self]


class Out(Struct, frozen=True):
    """Where a result goes. `is_default` means that the user did not choose the format."""

    format: str
    path: Path | None
    color: str
    is_default: bool = False

    @property
    def width(self) -> int | None:
        """The width of the terminal; None for a pipe or a file."""
        return None if self.path else window_width()

    def print(self, *results: RenderableType | Parts) -> None:
        """Writes results to standard output, or all of them to the file at once; raises OSError."""
        if self.format in JSON:
            escape_json()
        print_results(list(results), self.color, self.path)

    @property
    def needs_file(self) -> bool:
        """Whether the result would put bytes on a terminal."""
        return self.format in BINARY and self.path is None and sys.stdout.isatty()

    def write(self, data: bytes) -> None:
        """Writes bytes to standard output or to the file; raises OSError."""
        if self.path is None:
            sys.stdout.buffer.write(data)
        else:
            write_whole(self.path, lambda file: file.write(data))

    def spare(self, read: Iterable[str | Path]) -> None:
        """Raises UsageError if the result would overwrite an input."""
        if self.path and (self.path.name in CONFIGURATIONS or would_replace(self.path, read)):
            raise UsageError(f"--output {self.path} would overwrite an input; choose another file")
        if self.path and ":" in self.path.name and _names_model(self.path):
            raise UsageError(f"--output {self.path} is the name of a model; choose another file")


def _names_model(path: Path) -> bool:
    from cnncalc.spec.model_names import names_model  # imported here to keep the help fast

    return names_model(str(path))


def with_output(command: Callable[..., int]) -> Callable[..., int]:
    """The command, with its parameter `to` replaced by the output options."""
    signature = inspect.signature(command, eval_str=True)
    wanted = signature.parameters.get("to")
    if wanted is None:
        return command
    formats = next(each for each in get_args(wanted.annotation) if isinstance(each, Formats))

    def run(
        *, ctx: typer.Context, format: str, file: Path | None, color: str, json: bool = False, **others: Any
    ) -> int:
        is_asked = _is_given(ctx, "format")
        asked = "json" if json else format if is_asked else None
        try:
            if json and is_asked and format != "json":
                raise UsageError(f"--json and --format {format} exclude each other")
            to = chosen(formats, asked, file, color)
            to.spare(_paths(others.values()))
        except UsageError as error:
            return report_failure(error, color)
        return command(**others, to=to)

    own = [each.replace(kind=each.KEYWORD_ONLY) for each in signature.parameters.values() if each != wanted]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    options = [context, *own, *_options(formats, "output" in signature.parameters)]
    run.__signature__ = signature.replace(parameters=options)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in options} | {"return": int}
    return run


def _paths(values: Iterable[object]) -> Iterator[str | Path]:
    """Every text and path that a command was given: what names a file may be read."""
    for value in values:
        if isinstance(value, str | Path):
            yield value
        elif isinstance(value, list | tuple):
            yield from _paths(value)


def _is_given(ctx: typer.Context, option: str) -> bool:
    source = ctx.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def chosen(formats: Formats, format: str | None, output: Path | None, color: str) -> Out:
    """The output that the options choose; raises UsageError."""
    if output is None or not output.suffix or output.is_fifo():
        return Out(format or formats[0], output, color, format is None)
    asked = ENDINGS.get(output.suffix.lower())
    known = either(formats.endings)
    if asked == "yaml" and "yaml" not in formats:
        raise UsageError(f"--output {output} may be a spec: expected a file that ends in {known}")
    if format is None and (asked is None or asked not in formats):
        raise UsageError(f"--output {output}: expected a file that ends in {known}, or --format")
    return Out(format or asked or formats[0], output, color)


def _options(formats: Formats, is_output_taken: bool) -> list[inspect.Parameter]:
    """The options as function parameters for typer.

    If the command has its own `--output`, such as the wanted shape of `solve`, the file option is
    `--output-file`.
    """
    endings = ", ".join(formats.endings)
    choice = Literal[tuple(formats)]  # type: ignore[valid-type]
    options: dict[str, tuple[object, object]] = {
        "format": (Annotated[choice, typer.Option(help="Output format.")], formats[0]),
        "json": (Annotated[bool, typer.Option("--json", help="Short for --format json.")], False),
        "file": (
            Annotated[
                Path | None,
                typer.Option(
                    "--output-file" if is_output_taken else "--output",
                    "-o",
                    metavar="FILE",
                    help=f"Write to FILE ({endings}).",
                ),
            ],
            None,
        ),
        "color": (ColorOption, "auto"),
    }
    if "json" not in formats:
        del options["json"]
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]
