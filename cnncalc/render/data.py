"""Reports as JSON with exact integers, and as CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from operator import attrgetter

import msgspec

from cnncalc.analysis.counts import Counting, Totals
from cnncalc.analysis.field import Field
from cnncalc.analysis.report import Report, Row
from cnncalc.layers import options_of
from cnncalc.problems import Problem
from cnncalc.quantities import ADDITIVE, Quantity, used
from cnncalc.render.columns import COLUMNS, Column, options, padding_of
from cnncalc.shapes import Layout

SCHEMA_VERSION = 2
NUMBER = re.compile(r"[0-9,]+")
MISSING = "–"
"""A cell of a layer that does not have the quantity of a column."""
FORMULA = re.compile(r"[=+@\t\r-]")
"""Characters that start a formula in a spreadsheet cell."""
PLAIN_NUMBER = re.compile(r"[-+]?[0-9][0-9.,eE]*")
Data = dict[str, object]


def spreadsheet_cell(text: str) -> str:
    """A text as the cell of a CSV file, which no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) and not PLAIN_NUMBER.fullmatch(text) else text


def report_data(report: Report, rows: tuple[Row, ...], findings: list[Problem]) -> Data:
    """The JSON object of one report."""
    counting = report.counting
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "source": report.origin,
        **({"note": report.note} if report.note else {}),
        "inputs": inputs_data(report),
        "outputs": outputs_data(report),
        **({"auxiliary": _auxiliary(report)} if report.heads else {}),
        "layout": report.layout,
        "dialect": report.dialect,
        "batch": report.batch,
        **({"counted_as": _counted_as(counting, report.totals.counted)} if counting else {}),
        "layers": [_row(row, report.layout) for row in rows],
        "receptive_field": {"layer": report.trunk.name, **field_of_row(report.trunk)},
        "totals": _totals(report),
        "findings": [_finding(problem) for problem in findings],
    }


def inputs_data(report: Report) -> Data:
    """The sizes of the inputs by name."""
    return {name: list(shape.dims(report.layout)) for name, shape in report.inputs.items()}


def outputs_data(report: Report) -> Data:
    """The sizes of the outputs by name."""
    return {name: list(row.output.dims(report.layout)) for name, row in report.outputs.items()}


def _auxiliary(report: Report) -> Data:
    """The outputs of auxiliary heads, and the sums over their layers."""
    outputs = {name: report.row_at(at).output for name, at in report.heads.items()}
    sums = {each.name: each.number(report.auxiliary) for each in ADDITIVE if "data" in each.uses}
    return {
        "outputs": {name: list(shape.dims(report.layout)) for name, shape in outputs.items()},
        "totals": {**_nested(sums.items()), **declared_data(report.auxiliary)},
    }


def _row(row: Row, layout: Layout) -> Data:
    return {
        "name": row.name,
        "kind": row.kind,
        "line": row.line,
        "inputs": list(row.inputs),
        **({"shares": row.shares} if row.shares else {}),
        **({"note": row.note} if row.note else {}),
        **({"auxiliary": True} if row.auxiliary else {}),
        **({"options": options_data(row, layout)} if row.layer else {}),
        **_quantities(row, layout),
        **({"count": row.counted[0], "counts": list(row.counted)} if row.counted else {}),
    }


def options_data(row: Row, layout: Layout) -> Data:
    """The options of a layer: kernels, strides and dilations for each axis, padding for each side.

    A shape is in `layout`, like all shapes.
    """
    found = options(row)
    if layout == "hwc" and row.layer:
        known = options_of(type(row.layer))
        return {
            name: _channels_last(value) if known[name].is_shape else value for name, value in found.items()
        }
    return found


def _channels_last(shape: object) -> object:
    return (*shape[1:], *shape[:1]) if isinstance(shape, tuple) else shape


@cache
def of_layers() -> tuple[Quantity, ...]:
    """The quantities of each layer in JSON."""
    return tuple(each for each in used("data") if each.name in VALUES or (each.at and not each.of_network))


def of_totals() -> Iterator[Quantity]:
    """The quantities of the network in JSON."""
    return (each for each in used("data") if each.additive or each.in_memory or each.of_network)


def _quantities(row: Row, layout: Layout) -> Data:
    """The values of a layer; all integers are read in one call, for speed."""
    names, read = _numbers()
    numbers = dict(zip(names, read(row), strict=True))
    return _nested(
        (each.name, numbers[each.name] if each.name in numbers else VALUES[each.name](row, layout))
        for each in of_layers()
    )


@cache
def _numbers() -> tuple[tuple[str, ...], Callable[[Row], tuple[int, ...]]]:
    """The names of a row's integers, and a function that reads them all."""
    numbers = [each for each in of_layers() if each.name not in VALUES]
    return tuple(each.name for each in numbers), attrgetter(*(each.at for each in numbers))


VALUES: dict[str, Callable[[Row, Layout], object]] = {
    "output": lambda row, layout: list(row.output.dims(layout)),
    "weight_shapes": lambda row, _: {name: list(dims) for name, dims in row.weights.items()},
    "receptive_field": lambda row, _: field_of_row(row),
    "padding": lambda row, _: [list(sides) for sides in padding_of(row)] or None,
}
"""The values of quantities that are not integers; None is omitted."""


def _totals(report: Report) -> Data:
    memory = report.memory
    about = (
        ("memory.dtype", memory.data_type),
        ("memory.optimizer", memory.method),
        ("memory.peak_layer", memory.peak_layer),
    )
    sums = _nested((*about, *((each.name, _total(each, report)) for each in of_totals())))
    return {**sums, **declared_data(report.totals)}


def declared_data(totals: Totals) -> Data:
    """The part of totals that the spec declares; nothing if it declares none."""
    of = totals.declared
    if not of.layers:
        return {}
    return {"declared": {"layers": of.layers, "params": of.params, "macs": of.macs, "flops": of.flops}}


def _total(quantity: Quantity, report: Report) -> int:
    if quantity.in_memory:
        number: int = getattr(report.memory, quantity.in_memory)
        return number
    return quantity.number(report if quantity.of_network else report.totals)


def _nested(values: Iterable[tuple[str, object]]) -> Data:
    """Values by name; a dot in a name nests mappings, None is omitted."""
    found: Data = {}
    for name, value in values:
        if "." in name:
            first, _, part = name.partition(".")
            inner = found.setdefault(first, {})
            assert isinstance(inner, dict)
            inner[part] = value
        elif value is not None:
            found[name] = value
    return found


def _counted_as(counting: Counting, totals: tuple[int, ...]) -> Data:
    """The tool counted as: its main number, all its numbers, and the kinds it does not count."""
    return {
        "tool": counting.tool,
        "source": counting.source,
        "quantity": counting.quantities[0],
        "total": totals[0],
        "quantities": list(counting.quantities),
        "totals": list(totals),
        "not_counted": [*counting.unknown, *counting.ignored],
    }


def field_of_row(row: Row) -> Data:
    """The field on the first input that a layer depends on, and with several inputs the field on each."""
    by_input = {name: field_data(field) for name, field in row.fields.items()}
    return {**field_data(row.field), **({"by_input": by_input} if by_input else {})}


def field_data(field: Field) -> Data:
    """The numbers of a receptive field."""
    return {
        "size": None if field.size is None else list(field.size),
        "jump": plain_numbers(field.jump),
        "start": plain_numbers(field.start),
        "global": field.is_global,
    }


def plain_numbers(values: tuple[Fraction | None, ...] | None) -> list[int | float | None] | None:
    """Fractions as integers where they are whole, else as floats."""
    if values is None:
        return None
    return [
        None if value is None else int(value) if value.denominator == 1 else float(value) for value in values
    ]


def _finding(problem: Problem) -> Data:
    place = problem.place
    return {
        "code": problem.code,
        "level": problem.level,
        "message": problem.message,
        "hint": problem.hint,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "layer": problem.layer or None,
    }


def report_json(report: Report, rows: tuple[Row, ...], findings: list[Problem]) -> Iterator[str]:
    """The text of `to_json(report_data(…))` in parts, without holding all layers in memory."""
    before, layers, after = to_json(report_data(report, (), findings)).partition('"layers": [')
    yield before + layers
    for number, row in enumerate(rows):
        text = indented(_row(row, report.layout))
        yield (",\n    " if number else "\n    ") + text.replace("\n", "\n    ")
    yield ("\n  " if rows else "") + after


def to_json(data: object) -> str:
    """Indented JSON with a final newline."""
    return indented(data) + "\n"


def indented(data: object) -> str:
    """Indented JSON; bytes of file names that are not valid text become question marks."""
    try:
        encoded = msgspec.json.encode(data)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_as_text(data))
    return msgspec.json.format(encoded, indent=2).decode()


def _as_text(data: object) -> object:
    if isinstance(data, str):
        return data.encode(errors="replace").decode()
    if isinstance(data, dict):
        return {_as_text(key): _as_text(value) for key, value in data.items()}
    return [_as_text(item) for item in data] if isinstance(data, list | tuple) else data


def to_csv(reports: list[tuple[Report, tuple[Row, ...]]], columns: tuple[Column, ...]) -> str:
    """One line per layer with plain numbers; several networks get a leading `network` column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    several = len(reports) > 1
    writer.writerow([*(["network"] if several else []), *(column.name for column in columns)])
    for report, rows in reports:
        for row in rows:
            cells = [_for_programs(column, row, report) for column in columns]
            writer.writerow([*([report.name] if several else []), *cells])
    return text.getvalue()


def _for_programs(column: Column, row: Row, report: Report) -> str:
    """Numbers without commas, shares as fractions, sizes with the letter `x`."""
    value = column.value(row, report)
    return f"{value:.6g}" if isinstance(value, float) else for_programs(column.cell(row, report))


def for_programs(cell: str) -> str:
    """A cell as programs read it: numbers without commas, sizes with the letter `x`, nothing for no value."""
    if cell == MISSING:
        return ""
    return cell.replace(",", "") if NUMBER.fullmatch(cell) else cell.replace("×", "x")


def default_csv_columns() -> tuple[Column, ...]:
    """All columns."""
    return tuple(COLUMNS.values())
