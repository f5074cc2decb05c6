"""JSON Schema (2020-12), for completion and hover text in editors and for programs."""

from typing import Annotated

import typer

from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK
from cnncalc.render.data import to_json
from cnncalc.render.schema import SchemaName
from cnncalc.render.schema import schema as json_schema


def schema(
    of: Annotated[
        SchemaName,
        typer.Argument(help="Specs, what show --format json prints, or answers to an exercise."),
    ],
    *,
    to: Annotated[Out, Formats("json")],
) -> int:
    to.print(to_json(json_schema(of)))
    return OK
