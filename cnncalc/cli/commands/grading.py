"""Commands for teachers and students: grading answers, and sheets to fill in."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import Color, ColorOption, InputOption, SetOption, SpecArgument


class GradeFormat(StrEnum):
    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    gradescope = "gradescope"


class SheetFormat(StrEnum):
    markdown = "markdown"
    csv = "csv"
    latex = "latex"
    json = "json"


SeedOption = Annotated[
    int | None, typer.Option(metavar="N", help="The variant of that number: other filters, kernels, sizes.")
]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]


@app.command()
def grade(
    spec: SpecArgument,
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="ANSWERS…",
            help="Files of answers, YAML, JSON, CSV or Markdown: of a student each, or of a class.",
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Which questions there are, and their points: conv1.output: {points: 2}."
        ),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(metavar="chw|hwc", help="The order of shapes where a sheet does not say it.")
    ] = None,
    follow_through: Annotated[
        bool, typer.Option("--follow-through", help="Give the points to what follows rightly from an error.")
    ] = False,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show the right answers, and how they come about.")
    ] = False,
    details: Annotated[
        bool, typer.Option("--details", help="Of a class, too, every answer of every student.")
    ] = False,
    seed: SeedOption = None,
    set: SetOption = None,
    input: InputOption = None,
    format: Annotated[GradeFormat, typer.Option(help="How to print.")] = GradeFormat.text,
    output: OutputOption = None,
    color: ColorOption = Color.auto,
) -> None:
    """What answers about a network are worth, and which slip a wrong one comes from."""
    from cnncalc.cli.grade import Request, run

    request = Request(
        spec=spec,
        answers=tuple(answers),
        key=key,
        layout=layout,
        follow_through=follow_through,
        reveal=reveal,
        details=details,
        seed=seed,
        settings=tuple(set or ()),
        input=input,
        format=format.value,
        output=output,
        color=color.value,
    )
    raise typer.Exit(run(request))


@app.command()
def worksheet(
    spec: SpecArgument,
    blank: Annotated[
        str, typer.Option(metavar="NAMES", help="What is asked: output,params,macs,receptive_field …")
    ] = "output,params",
    key: Annotated[bool, typer.Option("--key", help="Filled in.")] = False,
    seed: SeedOption = None,
    only_spec: Annotated[
        bool, typer.Option("--spec", help="The spec of the variant instead of its sheet.")
    ] = False,
    format: Annotated[SheetFormat, typer.Option(help="How to print.")] = SheetFormat.markdown,
    output: OutputOption = None,
    color: ColorOption = Color.auto,
) -> None:
    """A sheet to fill in, with blanks for what is asked of each layer; `grade` reads it."""
    from cnncalc.cli.worksheet import run

    raise typer.Exit(run(spec, blank, key, seed, only_spec, format.value, output, color.value))
