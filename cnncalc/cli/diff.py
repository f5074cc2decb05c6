"""`cnncalc diff`: what tells two networks apart, and whether one has grown too much."""

from pathlib import Path
from typing import Literal

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.checks.difference import Difference, diff
from cnncalc.checks.difference_limits import Allowance, allowance, exceeded
from cnncalc.cli.reading import (
    INVALID,
    OK,
    USAGE,
    UsageError,
    check_not_read,
    code_of,
    read_spec,
    settings_of,
)
from cnncalc.cli.terminal import complain, print_problems, print_results, window_width
from cnncalc.problems import Source, SpecError
from cnncalc.render.data import to_json
from cnncalc.render.difference import Shown, difference_text, titles
from cnncalc.render.difference_data import difference_data
from cnncalc.render.difference_markdown import difference_markdown
from cnncalc.spec import Spec, rebuilt

Format = Literal["text", "json", "markdown"]
ENDINGS: dict[str, Format] = {".json": "json", ".md": "markdown", ".markdown": "markdown"}
"""The formats that the name of the output asks for."""


class Request(Struct, frozen=True):
    """What the command line asked for."""

    specs: tuple[str, ...]
    settings: tuple[str, ...]
    input: str | None
    max_increase: tuple[str, ...]
    exit_code: bool
    verbose: bool
    format: Format | None
    output: Path | None
    color: str


def run(request: Request) -> int:
    """Prints the difference; gives the exit code."""
    try:
        check_not_read(request.output, request.specs)
        allowances = [allowance(text) for text in request.max_increase]
        before, after = _read(request)
    except (UsageError, ValueError) as error:
        complain(str(error))
        return USAGE
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return code_of(error)
    difference = diff(analyze(before), analyze(after))
    given = (request.specs[0], request.specs[-1])
    print_results([_rendered(difference, given, allowances, request)], request.color, request.output)
    problems = exceeded(difference, allowances)
    print_problems(problems, Source(given[1], ""), request.color)
    differs = request.exit_code and not difference.is_same
    return INVALID if problems or differs else OK


def _read(request: Request) -> tuple[Spec, Spec]:
    """The two networks: two specs, both changed alike, or one as it is written and changed.

    Raises:
        SpecError: one of them cannot be built.
        UsageError: there is nothing to compare.
    """
    settings = settings_of(request.settings)
    names = request.specs
    if len(names) == 2:
        if names == ("-", "-"):
            raise UsageError("standard input can stand for one of the two specs only")
        first, second = (read_spec(name, settings, request.input) for name in names)
        return first, second
    if len(names) != 1 or not (settings or request.input):
        raise UsageError(
            "two specs are compared, or one with itself changed, as in diff SPEC --set width=0.5"
        )
    spec = read_spec(names[0])
    return spec, rebuilt(spec, settings, request.input)


def _rendered(
    difference: Difference, given: tuple[str, str], allowances: list[Allowance], request: Request
) -> RenderableType:
    asked = ENDINGS.get(request.output.suffix.lower(), "text") if request.output else "text"
    format = request.format or asked
    if format == "json":
        return to_json(difference_data(difference, given, allowances))
    alone = len(request.specs) == 1
    replaced = [*request.settings, *([f"input {request.input}"] if request.input else [])]
    shown = Shown(difference, titles(difference, given, tuple(replaced) if alone else ()), request.verbose)
    if format == "markdown":
        return difference_markdown(shown, exceeded(difference, allowances))
    return difference_text(shown, None if request.output else window_width())
