"""`cnncalc calc ?x?x3`: layers on an input of unknown size."""

from rich.console import RenderableType

from cnncalc.analysis.any_size import any_size
from cnncalc.cli.output import Out
from cnncalc.cli.reading import OK, UsageError
from cnncalc.render.columns import COLUMNS, Column
from cnncalc.render.data import to_json
from cnncalc.render.symbolic import any_size_table, symbolic_data, symbolic_markdown
from cnncalc.render.table import read_as
from cnncalc.spec.typed import Typed, spec_of

SHOWN = ("name", "kind", "output", "params", "macs", "receptive_field", "jump")


def run(given: Typed, columns: tuple[Column, ...] | None, is_explained: bool, to: Out) -> int:
    """Prints what the layers give for any size; returns the exit code. Raises SpecError or UsageError."""
    if is_explained or to.format not in ("text", "json", "markdown"):
        raise UsageError(
            "an input of unknown size allows only --format text, json and markdown, without --explain"
        )
    spec = spec_of(given)
    try:
        found = any_size(spec, given.input.variable, given.input.names)
    except ValueError as error:
        raise UsageError(str(error)) from None
    chosen = columns or tuple(COLUMNS[name] for name in SHOWN)
    result: RenderableType
    if to.format == "json":
        result = to_json(symbolic_data(found.symbolic, chosen, found.outputs))
    elif to.format == "markdown":
        result = symbolic_markdown(found.symbolic, chosen, found.outputs)
    else:
        notes = [f"note: {spec.document.note}"] if spec.document.note else []
        result = any_size_table(found, chosen, given.input.written, [*notes, *read_as(spec.findings)])
    to.print(result)
    return OK
