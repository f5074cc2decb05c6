"""Grade answers and diagnose common mistakes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from cnncalc.choices import Decimal
from cnncalc.cli.options import (
    InputOption,
    SetOption,
    SpecArgument,
    VariantOption,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import (
    INVALID,
    OK,
    USAGE,
    UsageError,
    read_spec,
    settings_of,
    standard_input,
)
from cnncalc.cli.terminal import complain, print_problems, progress, report_failure
from cnncalc.problems import Problem, Source, SpecError

if TYPE_CHECKING:
    from cnncalc.homework.grade import Graded, Grader
    from cnncalc.spec import Spec


def grade(
    spec: SpecArgument,
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="ANSWERS…",
            help="Answer files (YAML, JSON, CSV or Markdown), one per student or for a class.",
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Questions and their points: conv1.output: {points: 2}."),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(metavar="LAYOUT", help="Order of shapes, chw or hwc, if a sheet does not say."),
    ] = None,
    decimal: Annotated[
        Decimal | None,
        typer.Option(
            metavar="SIGN", help="Decimal sign, point or comma, if the numbers of a sheet leave it open."
        ),
    ] = None,
    follow_through: Annotated[
        bool,
        typer.Option("--follow-through", help="Credit results that follow from an earlier error."),
    ] = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show correct answers with the working.")] = False,
    details: Annotated[
        bool, typer.Option("--details", help="For a class: show every answer of every student.")
    ] = False,
    seed: VariantOption = None,
    set: SetOption = None,
    input: InputOption = None,
    *,
    to: Annotated[Out, Formats("text", "json", "csv", "markdown", "gradescope")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.homework.grade import Grader

    try:
        _check_layout(layout)
        network = _network(spec, set, input, seed)
        grader = Grader(network, layout, follow_through, reveal, decimal)
        if key:
            grader.use_key(key)
            print_problems(grader.doubts(), Source(str(key), ""), to.color)
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    grades: list[Graded] = []
    with progress("grading") as watch:
        for done, name in enumerate(answers, start=1):
            grades += _graded(grader, name)
            watch(done, len(answers))
    if to.format == "gradescope" and len(grades) > 1:
        complain(f"--format gradescope: expected the answers of one student, found {len(grades)}")
        return USAGE
    for graded in grades:
        if graded.source:
            found = [graded.problem] if graded.problem else list(graded.notices)
            print_problems(found, graded.source, to.color)
    to.print(_rendered(grades, network.name, to.format, details))
    return _code(grades)


def _check_layout(layout: str | None) -> None:
    from cnncalc.homework.answers import LAYOUTS

    if layout and layout.lower() not in LAYOUTS:
        raise UsageError(f"--layout: expected chw or hwc, found '{layout}'")


def _network(name: str, set: list[str] | None, input: str | None, seed: int | None) -> "Spec":
    """The network, with its changes or as the variant of a seed; raises SpecError or UsageError."""
    if seed is not None and (set or input):
        raise UsageError("--seed excludes --set and --input: a variant is drawn from the unchanged spec")
    spec = read_spec(name, settings_of(set), input)
    if seed is None:
        return spec
    from cnncalc.homework.worksheet.variants import variant

    try:
        return variant(spec, seed)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _graded(grader: "Grader", name: str) -> "list[Graded]":
    if name != "-":
        return grader.file(Path(name))
    from cnncalc.homework.grade import Graded

    try:
        source = standard_input()
    except SpecError as error:
        return [Graded("", (), error.problems[0], error.source)]
    return grader.source(source)


def _rendered(grades: "list[Graded]", network: str, format: str, details: bool) -> RenderableType:
    from cnncalc.homework.grade import Graded
    from cnncalc.render.grades import grades_text
    from cnncalc.render.grades_data import grades_csv, grades_json, grades_markdown, gradescope

    match format:
        case "json":
            return grades_json(grades, network)
        case "csv":
            return grades_csv(grades)
        case "markdown":
            return grades_markdown(grades, network)
        case "gradescope":
            return gradescope(
                grades[0] if grades else Graded("", (), Problem("empty", "there are no answers"))
            )
    return grades_text(grades, network, details)


def _code(grades: "list[Graded]") -> int:
    if any(graded.problem for graded in grades):
        return USAGE
    return OK if all(graded.is_right for graded in grades) else INVALID
