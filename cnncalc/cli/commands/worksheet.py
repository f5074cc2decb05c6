"""Write worksheets, with or without the answers: one, or one for each student of a class."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.completion import complete_asked
from cnncalc.cli.options import InputOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, UsageError, either, read_spec
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.problems import SpecError

if TYPE_CHECKING:
    from cnncalc.spec import Spec

ENDINGS = {"markdown": "md", "latex": "tex"}
"""File endings that are not the name of the format."""
PLATFORMS = ("moodle", "gift", "qti")
"""Formats of learning platforms: one file with the questions of all variants."""
MOST_CHOICES = 10


def worksheet(
    spec: SpecArgument,
    blank: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Quantities to ask for: output,params,macs,receptive_field,…",
            autocompletion=complete_asked,
        ),
    ] = "output,params",
    key: Annotated[bool, typer.Option("--key", help="Fill in the answers.")] = False,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="Variant N of the network: other filters, kernels and sizes. Several: 1-30.",
        ),
    ] = None,
    students: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a sheet for each student: CSV, or a name per line."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files of a folder.")] = False,
    choices: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="For moodle, gift and qti: multiple choice with the likeliest mistakes."
        ),
    ] = None,
    only_spec: Annotated[
        bool, typer.Option("--spec", help="Short for --format yaml: the spec of the variant, not its sheet.")
    ] = False,
    input: InputOption = None,
    *,
    to: Annotated[Out, Formats("markdown", "csv", "latex", "json", "yaml", "moodle", "gift", "qti")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.homework.worksheet import assigned, seeds_of

    format = "yaml" if only_spec else to.format
    try:
        if seed is not None and input:
            raise UsageError("--seed excludes --input: a variant is drawn from the unchanged spec")
        network = read_spec(spec, input=input)
        asked = _quantities(blank)
        seeds = seeds_of(seed) if seed is not None else ()
        names = _students(students)
        if choices is not None and format not in PLATFORMS:
            raise UsageError(f"--choices needs --format {either(PLATFORMS)}")
        if choices is not None and not 2 <= choices <= MOST_CHOICES:
            raise UsageError(f"--choices: expected 2 to {MOST_CHOICES}, found {choices}")
        if format in PLATFORMS:
            _write_questions(network, asked, assigned(seeds, names) or [(None, "")], choices, key, to)
        elif len(seeds) < 2 and not names:
            to.print(_text(network, asked, seeds[0] if seeds else None, "", format, key))
        else:
            _write(network, asked, assigned(seeds, names), format, key, force, to)
    except (SpecError, UsageError, ValueError) as error:
        return report_failure(error, to.color)
    return OK


def _quantities(blank: str) -> list[str]:
    words = [word.strip() for word in blank.split(",") if word.strip()]
    if not words:
        raise UsageError("--blank: expected quantities, as in --blank output,params")
    return words


def _students(path: Path | None) -> Sequence[str]:
    from cnncalc.homework.classroom import roster_of

    return roster_of(path).names if path else ()


def _text(network: "Spec", asked: list[str], seed: int | None, student: str, format: str, key: bool) -> str:
    """A sheet, or the spec of its variant."""
    from msgspec.structs import replace

    from cnncalc.homework.worksheet import worksheet as sheet_of
    from cnncalc.homework.worksheet.variants import variant
    from cnncalc.render.worksheet import worksheet_text

    if format == "yaml":
        return (network if seed is None else variant(network, seed)).source.text
    return worksheet_text(replace(sheet_of(network, asked, seed=seed), student=student), format, key)


def _write(
    network: "Spec",
    asked: list[str],
    sheets: list[tuple[int, str]],
    format: str,
    key: bool,
    force: bool,
    to: Out,
) -> None:
    """Write a sheet for each seed and student into a folder; raises UsageError without one."""
    from cnncalc.writing import file_names, write_folder

    if to.path is None or (to.path.suffix and not to.path.is_dir()):
        raise UsageError(f"{len(sheets)} sheets need a folder, as in -o sheets")
    digits = len(str(max(seed for seed, _ in sheets)))
    labels = (student or f"variant {seed:0{digits}}" for seed, student in sheets)
    files = file_names(labels, ENDINGS.get(format, format))

    def texts() -> Iterator[tuple[str, str]]:
        with progress("writing") as watch:
            for done, (name, (seed, student)) in enumerate(zip(files, sheets, strict=True), start=1):
                yield name, _text(network, asked, seed, student, format, key)
                watch(done, len(files))

    write_folder(to.path, texts(), force=force)
    print(f"{len(files)} sheets written to {to.path}")


def _write_questions(
    network: "Spec",
    asked: list[str],
    variants: Sequence[tuple[int | None, str]],
    choices: int | None,
    key: bool,
    to: Out,
) -> None:
    """Write the questions of all variants as one file; raises UsageError if that is not possible."""
    from cnncalc.homework.worksheet.quiz import quiz
    from cnncalc.render.quiz import TEXTS, qti
    from cnncalc.writing import write_whole

    if key:
        raise UsageError(f"--key: the questions of --format {to.format} contain their answers")
    if to.format not in TEXTS and to.path is None:
        raise UsageError(f"--format {to.format} needs a file, as in -o quiz.zip")
    quizzes = []
    with progress("writing") as watch:
        for seed, student in variants:
            quizzes.append(quiz(network, asked, seed=seed, student=student))
            watch(len(quizzes), len(variants))
    if omitted := list(dict.fromkeys(name for each in quizzes for name in each.omitted)):
        complain(
            f"{len(omitted)} questions left out, whose answers are no whole numbers: {', '.join(omitted)}"
        )
    if to.format in TEXTS:
        to.print(TEXTS[to.format](quizzes, choices or 0))
    elif to.path:
        data = qti(quizzes, choices or 0)
        write_whole(to.path, lambda file: file.write(data))
