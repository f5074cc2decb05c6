"""Grade answers and diagnose common mistakes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    STDIN,
    USAGE,
    UsageError,
    read_spec,
    settings_of,
    standard_bytes,
)
from cnncalc.cli.terminal import complain, print_problems, progress, report_failure
from cnncalc.problems import Problem, Source, SpecError

if TYPE_CHECKING:
    from cnncalc.homework.classroom import Notice, Roster, Submission
    from cnncalc.homework.grade import Graded
    from cnncalc.spec import Spec

By = Literal["answer", "student", "question"]
Pages = Literal["html", "markdown"]


def grade(
    spec: SpecArgument,
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="ANSWERS…",
            help="Answer files (YAML, JSON, CSV or Markdown), or folders of them, of a student or a class.",
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
    credit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=SHARE",
            help="Share of the points for a mistake, or for rounded, convention or following. Repeatable.",
        ),
    ] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show correct answers with the working.")] = False,
    details: Annotated[
        bool, typer.Option("--details", help="For a class: show every answer of every student.")
    ] = False,
    by: Annotated[
        By | None, typer.Option(help="Rows of CSV and Markdown. Default: answers, a table per student")
    ] = None,
    students: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The list of the class: order, columns, and who handed in nothing."
        ),
    ] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Numbers for names, the best first.")
    ] = False,
    feedback: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write a page for each student.")
    ] = None,
    feedback_format: Annotated[
        Pages | None, typer.Option(help="Format of the pages of --feedback. Default: html")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files of a folder.")] = False,
    seed: VariantOption = None,
    set: SetOption = None,
    input: InputOption = None,
    *,
    to: Annotated[Out, Formats("text", "json", "csv", "markdown", "gradescope")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.homework.classroom import Classroom, enrolled, roster_of, said
    from cnncalc.homework.classroom.anonymous import anonymous as without_names
    from cnncalc.homework.grade import scheme_of

    try:
        _check_layout(layout)
        _check_by(by, to)
        if feedback_format and not feedback:
            raise UsageError("--feedback-format needs --feedback FOLDER")
        scheme = scheme_of(_credits(credit), follow_through)
        network = _network(spec, set, input, seed)
        classroom = Classroom(
            network,
            seed=seed,
            layout=layout,
            decimal=decimal,
            scheme=scheme,
            reveal=reveal,
            is_changed=bool(set or input),
        )
        roster = roster_of(students) if students else None
        if key:
            classroom.use_key(key)
            print_problems(classroom.doubts(), Source(str(key), ""), to.color)
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    except ValueError as error:  # no variant, or no credit
        return report_failure(UsageError(str(error)), to.color)
    handed_in = [each for name in answers for each in _submissions(name)]
    with progress("grading") as watch:
        grades = classroom.grade(handed_in, watch)
    if roster:
        grades = enrolled(grades, roster, classroom.warnings)
    _print_problems(grades, classroom.warnings, to)
    title = classroom.title(grades)
    if feedback:
        _write_feedback(grades, title, feedback, feedback_format or "html", force)
    if anonymous:
        grades, roster = without_names(grades), None
    if to.format == "gradescope" and len(grades) > 1:
        return _write_gradescope(grades, to, force)
    notices = [] if anonymous else list(said(grades, classroom.warnings))
    to.print(_rendered(grades, title, to.format, details, by, roster, notices))
    return _code(grades)


def _check_by(by: By | None, to: Out) -> None:
    if by and to.format not in ("csv", "markdown"):
        raise UsageError(f"--by {by} needs --format csv or markdown")


def _credits(pairs: list[str] | None) -> dict[str, float]:
    """The shares of `--credit`; raises UsageError."""
    credits: dict[str, float] = {}
    for pair in pairs or ():
        name, equals, text = pair.rpartition("=")
        try:
            credits[name.strip()] = float(text)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise UsageError(f"--credit: expected NAME=SHARE, as in --credit forgot-bias=0.5; found '{pair}'")
    return credits


def _print_problems(grades: "list[Graded]", warnings: list[Problem], to: Out) -> None:
    """Print what a teacher should know before the grades."""
    from cnncalc.homework.classroom import said_once

    print_problems(warnings, Source("answers", ""), to.color)
    for graded in grades:
        if graded.source and graded.problem:
            print_problems([graded.problem], graded.source, to.color)
    for source, notices in said_once(grades).items():
        print_problems(notices, Source(source, ""), to.color)


def _write_feedback(grades: "list[Graded]", title: str, folder: Path, format: Pages, force: bool) -> None:
    """Write a page for each student who handed in a sheet."""
    from cnncalc.render.feedback import feedback_markdown, feedback_page
    from cnncalc.writing import file_names, write_folder

    handed_in = [graded for graded in grades if not graded.is_missing]
    names = file_names((graded.student for graded in handed_in), "md" if format == "markdown" else "html")
    page = feedback_markdown if format == "markdown" else feedback_page
    pages = (page(graded, title) for graded in handed_in)
    write_folder(folder, zip(names, pages, strict=True), force=force)


def _write_gradescope(grades: "list[Graded]", to: Out, force: bool) -> int:
    """Write the results of each student into a folder: Gradescope runs an autograder for each."""
    from cnncalc.render.grades_data import gradescope
    from cnncalc.writing import file_names, write_folder

    if to.path is None or (to.path.suffix and not to.path.is_dir()):
        complain(f"--format gradescope: {len(grades)} students need a folder, as in -o results")
        return USAGE
    names = file_names((graded.student for graded in grades), "json")
    write_folder(to.path, zip(names, map(gradescope, grades), strict=True), force=force)
    print(f"{len(grades)} results written to {to.path}")
    return _code(grades)


def _check_layout(layout: str | None) -> None:
    from cnncalc.homework.answers import LAYOUTS

    if layout and layout.lower() not in LAYOUTS:
        raise UsageError(f"--layout: expected chw or hwc, found '{layout}'")


def _network(name: str, set: list[str] | None, input: list[str] | None, seed: int | None) -> "Spec":
    """The network with its changes; raises SpecError or UsageError."""
    if seed is not None and (set or input):
        raise UsageError("--seed excludes --set and --input: a variant is drawn from the unchanged spec")
    return read_spec(name, settings_of(set), input)


def _submissions(name: str) -> "Iterator[Submission]":
    """The sheets of a file, a folder or standard input."""
    from cnncalc.homework.answers import Sheet
    from cnncalc.homework.classroom import Submission, submissions, submissions_of

    if name != "-":
        yield from submissions(Path(name))
        return
    try:
        yield from submissions_of(standard_bytes(), STDIN)
    except SpecError as error:
        yield Submission(Sheet("", ()), error.source, error.problems[0])


def _rendered(
    grades: "list[Graded]",
    network: str,
    format: str,
    details: bool,
    by: By | None,
    roster: "Roster | None",
    notices: "list[Notice]",
) -> RenderableType:
    from cnncalc.homework.grade import Graded
    from cnncalc.render.grades import grades_text
    from cnncalc.render.grades_data import (
        by_question,
        by_student,
        grades_csv,
        grades_json,
        grades_markdown,
        gradescope,
        lines_csv,
        lines_markdown,
    )

    if by in ("student", "question"):
        lines = by_question(grades) if by == "question" else by_student(grades, network, roster)
        return lines_csv(lines) if format == "csv" else lines_markdown(lines)
    match format:
        case "json":
            return grades_json(grades, network, notices)
        case "csv":
            return grades_csv(grades)
        case "markdown":
            return grades_markdown(grades, network, notices)
        case "gradescope":
            nobody = Graded("", (), Problem("empty", "there are no answers"))
            return gradescope(grades[0] if grades else nobody)
    return grades_text(grades, network, details)


def _code(grades: "list[Graded]") -> int:
    if any(graded.problem and not graded.is_missing for graded in grades):
        return USAGE
    return OK if all(graded.is_right for graded in grades) else INVALID
