"""`cnncalc grade`: what answers are worth, and what went wrong."""

import sys
from pathlib import Path

from msgspec import Struct
from rich.console import RenderableType

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
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.homework.answers import LAYOUTS
from cnncalc.homework.grade import Graded, Grader
from cnncalc.homework.worksheet.variants import variant
from cnncalc.problems import Problem, Source, SpecError
from cnncalc.render.grades import grades_text
from cnncalc.render.grades_data import grades_csv, grades_json, grades_markdown, gradescope
from cnncalc.spec import Spec, decode
from cnncalc.spec.files import MAX_BYTES


class Request(Struct, frozen=True):
    """What the command line asks for."""

    spec: str
    answers: tuple[str, ...]
    key: Path | None
    layout: str | None
    follow_through: bool
    reveal: bool
    details: bool
    seed: int | None
    settings: tuple[str, ...]
    input: str | None
    format: str
    output: Path | None
    color: str


def run(request: Request) -> int:
    """Prints the grades; gives the exit code: 1 where an answer is wrong, 2 where a file cannot be read."""
    try:
        check_not_read(request.output, (request.spec, request.key, *request.answers))
        spec = _spec(request)
        grader = Grader(spec, request.layout, request.follow_through, request.reveal)
        if request.key:
            grader.use_key(request.key)
            print_problems(grader.doubts(), Source(str(request.key), ""), request.color)
    except UsageError as error:
        complain(str(error))
        return USAGE
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return code_of(error)
    grades = [graded for name in request.answers for graded in _graded(grader, name)]
    if request.format == "gradescope" and len(grades) > 1:
        complain(f"--format gradescope is about one student; these are the answers of {len(grades)}")
        return USAGE
    for graded in grades:
        if graded.problem and graded.source:
            print_problems([graded.problem], graded.source, request.color)
    print_results([_rendered(grades, spec.name, request)], request.color, request.output)
    return _code(grades)


def _spec(request: Request) -> Spec:
    if request.layout and request.layout.lower() not in LAYOUTS:
        raise UsageError(f"--layout is chw or hwc; found '{request.layout}'")
    if request.seed is not None and (request.settings or request.input):
        raise UsageError(
            "--seed draws the variant of the network as written; it does not go with --set or --input"
        )
    spec = read_spec(request.spec, settings_of(request.settings), request.input)
    if request.seed is None:
        return spec
    try:
        return variant(spec, request.seed)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _graded(grader: Grader, name: str) -> list[Graded]:
    if name != "-":
        return grader.file(Path(name))
    try:
        source = decode(sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin else b"", "<stdin>")
    except SpecError as error:
        return [Graded("", (), error.problems[0], error.source)]
    return grader.source(source)


def _rendered(grades: list[Graded], network: str, request: Request) -> RenderableType:
    match request.format:
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
    return grades_text(grades, network, request.details)


def _code(grades: list[Graded]) -> int:
    if any(graded.problem for graded in grades):
        return USAGE
    return OK if all(graded.is_right for graded in grades) else INVALID
