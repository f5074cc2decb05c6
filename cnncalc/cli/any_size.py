"""`cnncalc calc ?x?x3`: layers on an input of unknown size."""

from collections.abc import Sequence

from rich.console import RenderableType

from cnncalc.analysis.any_size import AnySize, any_size
from cnncalc.cli.output import Out
from cnncalc.cli.reading import OK, UsageError
from cnncalc.render.columns import COLUMNS, Column
from cnncalc.render.data import SCHEMA_VERSION, to_json
from cnncalc.render.symbolic import any_size_table, symbolic_csv, symbolic_data, symbolic_markdown
from cnncalc.render.table import read_as
from cnncalc.spec import Spec
from cnncalc.spec.typed import Typed, spec_of

SHOWN = ("name", "kind", "output", "params", "macs", "receptive_field", "jump")


def run(given: Typed, columns: tuple[Column, ...] | None, is_explained: bool, to: Out) -> int:
    """Prints what the layers give for any size; returns the exit code. Raises SpecError or UsageError."""
    if is_explained:
        raise UsageError("--explain needs the size of the input; write a number in place of ?")
    to.print(_result(given, columns, to))
    return OK


def readings(given: Sequence[tuple[str, Typed]], columns: tuple[Column, ...] | None, to: Out) -> None:
    """Prints each reading of layers on an input of any size, by its `--assume`. Raises like `run`."""
    if to.format == "json":
        reports = [{"assume": assume, "report": _data(each, columns)} for assume, each in given]
        to.print(to_json({"schema_version": SCHEMA_VERSION, "readings": reports}))
    elif to.format == "text":
        for assume, each in given:
            to.print(f"--assume {assume}\n", _result(each, columns, to), "\n")


def _data(given: Typed, columns: tuple[Column, ...] | None) -> dict[str, object]:
    """The JSON object of layers on an input of any size."""
    _, found = _found(given)
    data = symbolic_data(found.symbolic, columns or _default(), found.outputs)
    return data | {"multiple_of": found.step}


def _default() -> tuple[Column, ...]:
    return tuple(COLUMNS[name] for name in SHOWN)


def _found(given: Typed) -> tuple[Spec, AnySize]:
    """The network and its sizes as formulas."""
    spec = spec_of(given)
    try:
        return spec, any_size(spec, given.input.variable, given.input.names)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _result(given: Typed, columns: tuple[Column, ...] | None, to: Out) -> RenderableType:
    chosen = columns or _default()
    if to.format == "json":
        return to_json(_data(given, columns))
    spec, found = _found(given)
    if to.format == "csv":
        return symbolic_csv(found.symbolic, chosen, found.outputs)
    if to.format == "markdown":
        return symbolic_markdown(found.symbolic, chosen, found.outputs)
    notes = [f"note: {spec.document.note}"] if spec.document.note else []
    return any_size_table(found, chosen, given.input.written, [*notes, *read_as(spec.findings)])
