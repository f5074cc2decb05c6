"""List the bundled specs."""

from typing import Annotated

from msgspec import to_builtins

from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK
from cnncalc.render.bundled import bundled_table
from cnncalc.render.data import to_json
from cnncalc.spec.bundled import list_bundled


def specs(*, to: Annotated[Out, Formats("text", "json")]) -> int:
    found = list_bundled()
    shown = to_json([to_builtins(spec) for spec in found]) if to.format == "json" else bundled_table(found)
    to.print(shown)
    return OK
