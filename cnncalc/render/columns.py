"""The columns of tables: what they show, and which are hidden first on a narrow terminal."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial

from msgspec import Struct

from cnncalc.analysis.counts import Counting, Totals
from cnncalc.analysis.field import Field
from cnncalc.analysis.report import Row
from cnncalc.quantities import Quantity, used
from cnncalc.shapes import Layout
from cnncalc.window import UNCHANGED, TransposedWindow, Window

Cell = Callable[[Row, Layout], str]
Sum = Callable[[Row | Totals], int]

BELOW_PEAK = "saved activations only, without the forward peak"
"""Why training memory can be below inference memory."""


class Column(Struct, frozen=True):
    """One column. On a narrow terminal the highest `rank` is hidden first; rank 0 is never hidden."""

    name: str
    header: str
    rank: int
    cell: Cell
    sum: Sum | None = None
    is_text: bool = False

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


def weight_shapes(row: Row) -> str:
    """`weight 64×3×7×7, bias 64`."""
    return ", ".join(f"{name} {'×'.join(map(str, dims))}" for name, dims in row.weights.items())


def _number(name: str, header: str, rank: int, value: Callable[[Row | Totals], int]) -> Column:
    return Column(name, header, rank, lambda row, _: count(value(row)), value)


CELLS: dict[str, Cell] = {
    "output": lambda row, layout: row.output.text(layout),
    "weight_shapes": lambda row, _: weight_shapes(row),
    "receptive_field": lambda row, _: field_sizes(row),
    "jump": lambda row, _: per_axis(row.field.jump),
    "start": lambda row, _: per_axis(row.field.start),
    "padding": lambda row, _: padding(row),
}
"""How quantities that are not integers are shown."""

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
    name, header = quantity.name, quantity.header or quantity.title
    rank, at = RANKS.get(name, 8), quantity.number
    if name in CELLS:
        return Column(name, header, rank, CELLS[name], is_text=quantity.unit == "weights")
    return Column(name, header, rank, lambda row, _: count(at(row)), at if quantity.additive else None)


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("name", "layer", 0, lambda row, _: row.name, is_text=True),
        Column("kind", "kind", 5, lambda row, _: row.kind, is_text=True),
        Column("line", "line", 9, lambda row, _: str(row.line)),
        Column("inputs", "inputs", 9, lambda row, _: ", ".join(row.inputs), is_text=True),
        Column("auxiliary", "auxiliary", 9, lambda row, _: "yes" if row.auxiliary else "no", is_text=True),
        *map(_column, used("column")),
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
    return _number(name, f"{counting.tool}\n{quantity}", 1, value)


def _counted_of(number: int, row: Row | Totals) -> int:
    return row.counted[number] if row.counted else 0
