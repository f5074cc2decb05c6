"""Results of `field`: the receptive field of a layer and of one of its units, as text or JSON."""

from fractions import Fraction

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.box import Box
from cnncalc.analysis.field import Field
from cnncalc.analysis.report import Report, Row
from cnncalc.render.columns import COLUMNS
from cnncalc.render.data import SCHEMA_VERSION, field_of_row, plain_numbers
from cnncalc.render.grid import GAP, Grid, lane
from cnncalc.render.publishing import PlainTable, Publication, table_of
from cnncalc.render.table import NARROWEST, heading, shortened_name

Boxes = tuple[Box, ...]
"""The box of a unit on each input."""


def field_data(report: Report, row: Row, boxes: Boxes) -> dict[str, object]:
    """The JSON object of a field and a box; with several inputs, of each that the layer depends on."""
    found = {box.input: _data(field, box) for box, field in _reached(row, boxes)}
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "layer": row.name,
        "output": list(row.output.dims(report.layout)),
        "unit": list(boxes[0].unit),
        **(next(iter(found.values())) if len(boxes) == 1 else {"by_input": found}),
    }


def _data(field: Field, box: Box) -> dict[str, object]:
    """The numbers on one input; positions start at 0."""
    return {
        "axes": list(box.axes),
        "global": field.is_global,
        "size": None if field.size is None else list(field.size),
        "jump": plain_numbers(field.jump),
        "start": plain_numbers(field.start),
        "padding": plain_numbers(effective_padding(field)),
        "box": None if box.intervals is None else [list(interval) for interval in box.intervals],
    }


def _reached(row: Row, boxes: Boxes) -> list[tuple[Box, Field]]:
    """The inputs that a layer depends on, with its field on each."""
    if len(boxes) == 1:
        return [(boxes[0], row.field)]
    return [(box, row.fields[box.input]) for box in boxes if box.input in row.fields]


def effective_padding(field: Field) -> tuple[Fraction | None, ...] | None:
    """How far the first unit's field extends before the input (effective padding)."""
    if field.start is None or field.axes is None:
        return None
    firsts = (axis.intervals[0] for axis in field.axes)
    return tuple(None if first is None else Fraction(-first[0]) for first in firsts)


def field_text(report: Report, row: Row, boxes: Boxes) -> RenderableType:
    """A table for each input that the layer depends on."""
    title = Text(f"{row.name} ({row.kind}), output {row.output.text(report.layout)}")
    parts: list[RenderableType] = [heading(report), title]
    for box, field in _reached(row, boxes):
        parts += [""] if len(boxes) == 1 else ["", Text(f"on {box.input}", "bold")]
        parts.append(_table(report, field, box))
    return Group(*parts)


BAR = 30
"""Characters of the longest bar."""


def growth_data(report: Report) -> dict[str, object]:
    """The JSON object of the fields of all layers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "layers": [{"name": row.name, "kind": row.kind, **field_of_row(row)} for row in report.layers],
    }


def field_publication(report: Report, row: Row, boxes: Boxes) -> Publication:
    """A table for each input that the layer depends on, for documents."""
    tables, inputs = [], []
    for box, field in _reached(row, boxes):
        if box.axes:
            lines = [[name, *values, meaning] for name, values, meaning in _lines(report, field, box)]
            are_texts = (True, *(False for _ in box.axes), True)
            on = "" if len(boxes) == 1 else f"on {box.input}"
            tables.append(PlainTable((on, *box.axes, ""), are_texts, lines))
        else:
            inputs.append(f"{box.input}: {_without_axes(box)}")
    title = f"{report.name}, {row.name} ({row.kind}), output {row.output.text(report.layout)}"
    return Publication(title, tables, inputs)


GROWTH = ("name", "output", "receptive_field", "jump", "start")
"""The columns of the growth."""


def growth_publication(report: Report) -> Publication:
    """A row for each layer, for documents."""
    table = table_of(report, report.layers, tuple(COLUMNS[name] for name in GROWTH))
    return Publication(heading(report).plain, [table])


def growth_text(report: Report, width: int | None) -> RenderableType:
    """A row for each layer, with a bar as long as its field along the first axis."""
    columns = [COLUMNS[name] for name in GROWTH]
    lanes = [
        lane(column.header, [column.cell(row, report) for row in report.layers], is_text=column.is_text)
        for column in columns
    ]
    whole = next(shape.spatial[0] for shape in report.inputs.values() if shape.rank)
    sizes = [_along(row.field) for row in report.layers]
    most = max([whole, *(size for size in sizes if size)])
    bars = ["█" * (BAR if size is None else -(-size * BAR // most)) for size in sizes]
    if width:
        room = width - Grid(tuple(lanes[1:])).width - GAP
        names = [shortened_name(cell, max(room, NARROWEST)) for cell in lanes[0].cells]
        lanes[0] = lane(columns[0].header, names, is_text=True)
    drawn = lane("", bars, is_text=True)
    fits = not width or Grid((*lanes, drawn)).width <= width
    if not fits:
        return Group(heading(report), "", Grid(tuple(lanes)))
    note = Text(f"longest bar: {most:,} positions; the input has {whole:,}", "dim")
    return Group(heading(report), "", Grid((*lanes, drawn)), "", note)


def _along(field: Field) -> int | None:
    """The size along the first axis; None for the whole input."""
    if field.is_global:
        return None
    return field.size[0] if field.size else 0


def _table(report: Report, field: Field, box: Box) -> RenderableType:
    """A column per input axis and a row per quantity."""
    if not box.axes:
        return Text(_without_axes(box))
    body = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    body.add_column("")
    for axis in box.axes:
        body.add_column(axis, justify="right")
    body.add_column("", style="dim")
    for name, values, meaning in _lines(report, field, box):
        body.add_row(name, *values, meaning)
    return body


def _without_axes(box: Box) -> str:
    return f"a vector of {box.within.channels}: it has no axes"


def _lines(report: Report, field: Field, box: Box) -> list[tuple[str, list[str], str]]:
    axes = len(box.axes)
    lines = [("size", _shown(field.size, axes, "all"), "receptive field of the largest unit, in pixels")]
    if not field.is_global:
        lines += [
            ("jump", _shown(field.jump, axes), "distance between the fields of neighbouring units"),
            ("start", _shown(field.start, axes), "centre of the first unit's field, in input pixels"),
            ("padding", _shown(effective_padding(field), axes), "extent of that field before the input"),
        ]
    if len(box.unit) == axes:
        lines.append(("unit", [str(position) for position in box.unit], "output position, from 0"))
    shape = box.within.text(report.layout)
    lines.append(("reads", _box(box, axes), f"input positions that the unit reads, within {shape}"))
    return lines


def _box(box: Box, axes: int) -> list[str]:
    if box.intervals is None:
        return ["nothing"] * axes
    return [f"{first} … {last}" for first, last in box.intervals]


def _shown(values: tuple[object, ...] | None, axes: int, nothing: str = "–") -> list[str]:
    if values is None:
        return [nothing] * axes
    return [nothing if value is None else str(value) for value in values]
