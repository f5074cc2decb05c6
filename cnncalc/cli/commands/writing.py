"""Commands that help to write specs: a first one, and what editors know of all."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import Color, ColorOption


class SchemaOf(StrEnum):
    spec = "spec"
    report = "report"
    answers = "answers"


class TemplateName(StrEnum):
    classifier = "classifier"
    residual = "residual"
    signal = "signal"
    segmentation = "segmentation"


@app.command()
def init(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The file to write, or - to print it.")
    ] = "network.yaml",
    template: Annotated[
        TemplateName, typer.Option("--template", "-t", help="Which network to begin with.")
    ] = TemplateName.classifier,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    color: ColorOption = Color.auto,
) -> None:
    """A spec to begin with, whose comments teach the format."""
    from cnncalc.cli.init import run

    raise typer.Exit(run(file, template.value, force, color.value))


@app.command()
def schema(
    of: Annotated[
        SchemaOf,
        typer.Argument(help="Specs, what show --format json prints, or answers to an exercise."),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
) -> None:
    """JSON Schema (2020-12), for completion and hover text in editors and for programs."""
    from cnncalc.cli.schema import run

    raise typer.Exit(run(of.value, output))
