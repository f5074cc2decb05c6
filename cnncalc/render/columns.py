"""The columns of tables: what they show, and which are hidden first on a narrow terminal."""

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from math import inf, prod

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis.counts import Counting, Totals
from cnncalc.analysis.field import Field
from cnncalc.analysis.report import Report, Row
from cnncalc.layers.resolved import resolved
from cnncalc.quantities import BY_NAME, Quantity, used
from cnncalc.render.grid import GAP, Grid, lane
from cnncalc.window import UNCHANGED, TransposedWindow, Window

Value = str | int | float | tuple[int | float | None, ...] | None
"""What a cell holds: text, a number, or one number for each axis; None where there is none."""
Cell = Callable[[Row, Report], str]
Sum = Callable[[Row | Totals], int]

BELOW_PEAK = "saved activations only, without the forward peak"
"""Why training memory can be below inference memory."""


class Column(Struct, frozen=True):
    """One column. On a narrow terminal the highest `rank` is hidden first; rank 0 is never hidden.

    `cell` is its text in a row, `value` what programs read and rows are sorted by; by default the text.
    """

    name: str
    header: str
    rank: int
    cell: Cell
    sum: Sum | None = None
    is_text: bool = False
    meaning: str = ""
    data: Callable[[Row, Report], Value] | None = None

    def value(self, row: Row, report: Report) -> Value:
        """The value in a row."""
        return self.data(row, report) if self.data else self.cell(row, report)

    @property
    def title(self) -> str:
        """The header on one line."""
        return self.header.replace("\n", " ")


def count(value: int) -> str:
    """A number with thousands separators: 25,557,032."""
    return f"{value:,}"


def field_size(field: Field) -> str:
    """`11×11` or `all`; `–` without spatial axes."""
    if field.is_global:
        return "all"
    if field.unknown:
        return "unknown"
    return "×".join(map(str, field.size or ())) or "–"


def field_sizes(row: Row) -> str:
    """The field of a layer, or on each input that it depends on, if they differ: `image 11×11, mask 3×3`."""
    shown = {name: field_size(field) for name, field in row.fields.items()}
    if len(set(shown.values())) < 2:
        return field_size(row.field)
    return ", ".join(f"{name} {size}" for name, size in shown.items())


def per_axis(values: tuple[Fraction | None, ...] | None) -> str:
    """One value if all axes have the same, else one per axis."""
    if not values:
        return "–"
    shown = ["–" if value is None else str(value) for value in values]
    return shown[0] if len(set(shown)) == 1 else "×".join(shown)


def padding(row: Row) -> str:
    """The padding before and after each axis, however the spec writes it: `1`, `0+1`."""
    sides = padding_of(row)
    shown = [str(before) if before == after else f"{before}+{after}" for before, after in sides]
    return (shown[0] if len(set(shown)) == 1 else "×".join(shown)) if shown else "–"


def padding_of(row: Row) -> list[tuple[int, int]]:
    """(before, after) per axis of a layer with sliding windows; empty for other layers."""
    if row.layer is None or len(row.reads) != 1:
        return []
    windows = row.layer.windows(*row.reads)
    if isinstance(windows, str):
        return []
    return [
        (w.before, w.after)
        for w in windows
        if isinstance(w, Window | TransposedWindow) and w is not UNCHANGED
    ]


def options(row: Row) -> dict[str, object]:
    """The options of a layer with its inputs; of a folded row, none."""
    return resolved(row.layer, row.reads) if row.layer else {}


def options_text(row: Row) -> str:
    """The options that are not at their default, as in a spec: `64, kernel 3`."""
    from cnncalc.checks.difference_groups import options_said  # compares layers, which few tables do

    return options_said(row)


def size(row: Row, name: str) -> str:
    """An option for each axis: `3×3`."""
    value = options(row).get(name)
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value or "–")


def step(row: Row, name: str) -> str:
    """An option for each axis, once if all are equal: `2`."""
    value = options(row).get(name)
    return per_axis(value) if isinstance(value, tuple) else str(value or "–")


def percent(share: float) -> str:
    """A share with one decimal; never 0 for something.

    >>> percent(0.1234), percent(0.0001), percent(0)
    ('12.3 %', '<0.1 %', '0 %')
    """
    if not share:
        return "0 %"
    return "<0.1 %" if share < 0.0005 else f"{share * 100:.1f} %"


def weight_shapes(row: Row) -> str:
    """`weight 64×3×7×7, bias 64`."""
    return ", ".join(f"{name} {'×'.join(map(str, dims))}" for name, dims in row.weights.items())


def _number(name: str, header: str, rank: int, value: Sum, meaning: str) -> Column:
    return Column(
        name,
        header,
        rank,
        lambda row, _: count(value(row)),
        value,
        meaning=meaning,
        data=lambda row, _: value(row),
    )


CELLS: dict[str, Cell] = {
    "output": lambda row, report: row.output.text(report.layout),
    "weight_shapes": lambda row, _: weight_shapes(row),
    "receptive_field": lambda row, _: field_sizes(row),
    "jump": lambda row, _: per_axis(row.field.jump),
    "start": lambda row, _: per_axis(row.field.start),
    "padding": lambda row, _: padding(row),
}
"""How quantities that are not integers are shown."""

DATA: dict[str, Callable[[Row, Report], Value]] = {
    "output": lambda row, report: row.output.dims(report.layout),
    "receptive_field": lambda row, _: _sizes(row.field),
    "jump": lambda row, _: _floats(row.field.jump),
    "start": lambda row, _: _floats(row.field.start),
}
"""Their values for programs, where these are not the text."""


def _sizes(field: Field) -> Value:
    return "all" if field.is_global else field.size


def _floats(values: tuple[Fraction | None, ...] | None) -> Value:
    if values is None:
        return None
    return tuple(None if value is None else float(value) for value in values)


RANKS = {
    "params": 1,
    "output": 2,
    "macs": 3,
    "receptive_field": 4,
    **dict.fromkeys(("weights", "biases", "trainable", "frozen", "flops"), 6),
    **dict.fromkeys(("buffers", "neurons", "connections", "memory.activations", "jump"), 7),
    "weight_shapes": 9,
}
"""The order in which columns are hidden; default 8."""


def _column(quantity: Quantity) -> Column:
    """The column of a quantity; additive ones have a total."""
    name, header, meaning = quantity.name, quantity.header or quantity.title, quantity.meaning
    rank, at = RANKS.get(name, 8), quantity.number
    if name in CELLS:
        is_text = quantity.unit == "weights"
        return Column(name, header, rank, CELLS[name], None, is_text, meaning, DATA.get(name))
    return Column(
        name,
        header,
        rank,
        lambda row, _: count(at(row)),
        at if quantity.additive else None,
        meaning=meaning,
        data=lambda row, _: at(row),
    )


def _option(name: str, written: Callable[[Row, str], str], meaning: str) -> Column:
    """An option of convolutions and poolings."""
    return Column(name, name, 8, lambda row, _: written(row, name), meaning=meaning)


def _share(name: str, title: str, of: Sum) -> Column:
    """The share of a layer in a total; layers of auxiliary heads are no part of the total."""

    def share(row: Row, report: Report) -> float | None:
        total = of(report.totals)
        return None if row.auxiliary else of(row) / total if total else 0.0

    def cell(row: Row, report: Report) -> str:
        found = share(row, report)
        return "–" if found is None else percent(found)

    meaning = f"part of the network's {title}; a fraction in CSV"
    return Column(name, f"share of\n{title}", 7, cell, meaning=meaning, data=share)


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column(
            "name", "layer", 0, lambda row, _: row.name, is_text=True, meaning="name of the layer or block"
        ),
        Column("kind", "kind", 5, lambda row, _: row.kind, is_text=True, meaning="kind of layer or block"),
        Column(
            "line",
            "line",
            9,
            lambda row, _: str(row.line),
            meaning="line in the spec",
            data=lambda row, _: row.line,
        ),
        Column(
            "inputs",
            "inputs",
            9,
            lambda row, _: ", ".join(row.inputs),
            is_text=True,
            meaning="layers that it reads",
        ),
        Column(
            "auxiliary",
            "auxiliary",
            9,
            lambda row, _: "yes" if row.auxiliary else "no",
            is_text=True,
            meaning="whether it belongs to a head that exists in training only",
        ),
        *map(_column, used("column")),
        _option("kernel", size, "kernel size along each axis"),
        _option("stride", step, "positions from one window to the next"),
        _option("dilation", step, "distance between kernel taps"),
        _option("groups", step, "groups of channels in a convolution"),
        Column(
            "options",
            "options",
            9,
            lambda row, _: options_text(row),
            is_text=True,
            meaning="options that are not at their default, as in a spec",
        ),
        _share("share_of_params", "parameters", BY_NAME["params"].number),
        _share("share_of_macs", "MACs", BY_NAME["macs"].number),
    )
}

DEFAULT = ("name", "kind", "output", "params", "macs", "receptive_field")
"""The default columns."""


def beside_macs(columns: tuple[Column, ...], counting: Counting) -> tuple[Column, ...]:
    """The columns plus those of another tool, after the MACs or at the end."""
    names = [column.name for column in columns]
    at = names.index("macs") + 1 if "macs" in names else len(names)
    numbers = range(len(counting.quantities))
    return (*columns[:at], *(_counted(counting, number) for number in numbers), *columns[at:])


def _counted(counting: Counting, number: int) -> Column:
    quantity = counting.quantities[number]
    name = f"{counting.tool}_{quantity}".lower().replace("-", "_")
    value = partial(_counted_of, number)
    return _number(name, f"{counting.tool}\n{quantity}", 1, value, f"{quantity} as {counting.tool} counts")


def _counted_of(number: int, row: Row | Totals) -> int:
    return row.counted[number] if row.counted else 0


def sorted_by(rows: Iterable[Row], column: Column, report: Report) -> tuple[Row, ...]:
    """Rows with the largest values first; text, such as names, in alphabetical order."""
    listed = list(rows)
    values = [column.value(row, report) for row in listed]
    if column.is_text:
        order = sorted(range(len(listed)), key=lambda at: str(values[at]))
    else:
        order = sorted(range(len(listed)), key=lambda at: -_size_of(values[at]))
    return tuple(listed[at] for at in order)


def _size_of(value: Value) -> int | float:
    """A number to sort by: of one number for each axis, the product."""
    if isinstance(value, tuple):
        return prod(each or 0 for each in value)
    if isinstance(value, str):
        numbers = re.findall(r"\d+", value)
        return inf if value == "all" else prod(map(int, numbers)) if numbers else -1
    return -1 if value is None else value


def columns_text(width: int | None) -> Grid:
    """All columns with their headers and meanings; default columns are marked."""
    names = [f"{name} *" if name in DEFAULT else name for name in COLUMNS]
    lanes = (
        ("column", names),
        ("header", [column.title for column in COLUMNS.values()]),
        ("meaning (* shown by default)", [column.meaning for column in COLUMNS.values()]),
    )
    *first, meanings = [lane(header, cells, is_text=True) for header, cells in lanes]
    if width:
        room = width - Grid(tuple(first)).width - GAP
        meanings = replace(meanings, width=max(min(meanings.width, room), 20))
    return Grid((*first, meanings))
