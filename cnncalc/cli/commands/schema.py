"""Print a JSON Schema for specs, reports, answers or checks."""

from typing import Annotated

import typer

from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK
from cnncalc.render.schema import SchemaName


def schema(
    of: Annotated[
        SchemaName,
        typer.Argument(
            metavar="NAME",
            help="Schema of specs, show --json, answers or check --json.",
        ),
    ],
    *,
    to: Annotated[Out, Formats("json")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.render.data import to_json
    from cnncalc.render.schema import schema as json_schema

    to.print(to_json(json_schema(of)))
    return OK
