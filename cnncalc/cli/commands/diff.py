"""What tells two networks apart: layers added, removed, changed, and what that does to the numbers."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.checks.difference import diff as compared
from cnncalc.checks.difference_limits import allowance, exceeded
from cnncalc.cli.options import ColorOption, InputOption, SetOption, complete_spec
from cnncalc.cli.reading import INVALID, OK, UsageError, check_not_read, read_spec, settings_of
from cnncalc.cli.terminal import print_problems, print_results, report_failure, window_width
from cnncalc.problems import Problem, Source, SpecError
from cnncalc.render.data import to_json
from cnncalc.render.difference import Shown, difference_text, titles
from cnncalc.render.difference_data import difference_data
from cnncalc.render.difference_markdown import difference_markdown
from cnncalc.spec import Spec, rebuilt

DifferenceFormat = Literal["text", "json", "markdown"]
ENDINGS: dict[str, DifferenceFormat] = {".json": "json", ".md": "markdown", ".markdown": "markdown"}
"""The formats that the name of the output asks for."""


def diff(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="BEFORE [AFTER]",
            help="Spec files, bundled names, -, or a file in a revision of git: main:specs/net.yaml. "
            "One alone is compared with itself under --set or --input.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ],
    set: SetOption = None,
    input: InputOption = None,
    max_increase: Annotated[
        list[str] | None,
        typer.Option(
            "--max-increase",
            metavar="NAME=5%",
            help="Fail where a number grows by more: macs=5%, params=100K, memory=0 …",
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where the networks differ, as git diff does.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="A line for each layer; nothing is folded.")
    ] = False,
    format: Annotated[
        DifferenceFormat | None, typer.Option(help="How to print; else as --output ends, else text.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file: .txt, .md or .json.")
    ] = None,
    color: ColorOption = "auto",
) -> int:
    try:
        check_not_read(output, specs)
        allowances = [allowance(text) for text in max_increase or ()]
        before, after = _read(specs, settings_of(set), input)
    except (SpecError, UsageError, ValueError) as error:
        return report_failure(error, color)
    difference = compared(analyze(before), analyze(after))
    problems = exceeded(difference, allowances)
    given = (specs[0], specs[-1])
    wanted = format or (ENDINGS.get(output.suffix.lower()) if output else None)
    shown: RenderableType
    if wanted == "json":
        shown = to_json(difference_data(difference, given, allowances))
    else:
        replaced = (*(set or ()), *((f"input {input}",) if input else ()))
        sides = titles(difference, given, replaced if len(specs) == 1 else ())
        shown = _rendered(Shown(difference, sides, verbose), problems, wanted, output)
    print_results([shown], color, output)
    print_problems(problems, Source(given[1], ""), color)
    return INVALID if problems or (exit_code and not difference.is_same) else OK


def _read(specs: list[str], settings: dict[str, str], input: str | None) -> tuple[Spec, Spec]:
    """The two networks: two specs, both changed alike, or one as it is written and changed.

    Raises:
        SpecError: one of them cannot be built.
        UsageError: there is nothing to compare.
    """
    if len(specs) == 2:
        if specs == ["-", "-"]:
            raise UsageError("standard input can stand for one of the two specs only")
        first, second = (read_spec(name, settings, input) for name in specs)
        return first, second
    if len(specs) != 1 or not (settings or input):
        raise UsageError(
            "two specs are compared, or one with itself changed, as in diff SPEC --set width=0.5"
        )
    spec = read_spec(specs[0])
    return spec, rebuilt(spec, settings, input)


def _rendered(
    shown: Shown, problems: list[Problem], format: DifferenceFormat | None, output: Path | None
) -> RenderableType:
    if format == "markdown":
        return difference_markdown(shown, problems)
    return difference_text(shown, None if output else window_width())
