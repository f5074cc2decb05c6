"""The outline of a network: its blocks as headings with their sums, and the layers in them."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis.report import Report, Row, folded
from cnncalc.analysis.units import Unit, units

MOST_LEVELS = 50
"""Names with more parts than this are not split further."""


class OutlineLine(Struct, frozen=True):
    """One line of an outline.

    Attributes:
        row: the layer with its norm and activation; for a block, the sums of its layers.
        label: its name without that of the block above it.
        trail: for each level down to its own, whether another line follows there.
        is_block: whether the lines of a block follow.
    """

    row: Row
    label: str
    trail: tuple[bool, ...]
    is_block: bool


def outline(report: Report, depth: int | None = None) -> tuple[OutlineLine, ...]:
    """The blocks and layers of a network; what is nested below `depth` is one line with its sums."""
    levels = min(depth or MOST_LEVELS, MOST_LEVELS)
    root = _Block("")
    names = {row.name for row in report.layers}
    for unit in units(report, lambda name: _scope(name, names)):
        block = root
        for part in _parts(unit.name)[:levels]:
            block = block.inside(part)
        block.units.append(unit)
    return tuple(_lines(report, root, levels, ()))


def _scope(name: str, names: set[str]) -> str:
    """The block around a layer; a norm or activation written inside a layer is beside it."""
    around, _, last = name.rpartition(".")
    if last in ("norm", "act") and around in names:
        return around.rpartition(".")[0]
    return around


def _parts(name: str) -> list[str]:
    return name.split(".", MOST_LEVELS - 1)


class _Block:
    """What is inside a name: parts of it by their next name, and layers of exactly this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: dict[str, _Block] = {}
        self.units: list[Unit] = []

    def inside(self, part: str) -> "_Block":
        if part not in self.parts:
            self.parts[part] = _Block(f"{self.name}.{part}" if self.name else part)
        return self.parts[part]

    @property
    def rows(self) -> list[Row]:
        inner = [row for part in self.parts.values() for row in part.rows]
        return [*inner, *(row for unit in self.units for row in unit.rows)]


def _lines(report: Report, block: _Block, levels: int, trail: tuple[bool, ...]) -> Iterable[OutlineLine]:
    """The lines inside a block; a merge itself comes after its branches."""
    last = len(block.parts) - (not (block.units and block.name))
    for number, (label, part) in enumerate(block.parts.items()):
        kind = report.groups.get(part.name, "")
        while len(part.parts) == 1 and not part.units:
            ((only, part),) = part.parts.items()
            label = f"{label}.{only}"
            kind = kind or report.groups.get(part.name, "")
        here = (*trail, number < last)
        if part.parts:
            row = _folded(report, part.name, kind, part.rows)
            yield OutlineLine(replace(row, kind=kind), label, here, is_block=True)
            yield from _lines(report, part, levels, here)
        else:
            yield OutlineLine(_layer(report, part, levels), label, here, is_block=False)
    if block.units and block.name:
        row = _layer(report, block, MOST_LEVELS)
        yield OutlineLine(row, _parts(block.name)[-1], (*trail, False), is_block=False)


def _layer(report: Report, block: _Block, levels: int) -> Row:
    """The row of a layer, with the options and weights of the layer itself; or of a folded block."""
    rows = [row for unit in block.units for row in unit.rows]
    if len(rows) == 1:
        return rows[0]
    main = block.units[0].main
    if len(block.units) > 1 or len(_parts(main.name)) > levels:
        return _folded(report, block.name, report.groups.get(block.name, ""), rows)
    row = folded(main.name, "", rows, rows[-1])
    return replace(row, line=main.line, reads=main.reads, weights=main.weights, layer=main.layer)


def _folded(report: Report, name: str, kind: str, rows: list[Row]) -> Row:
    leaving = report.row_at(report.names[name]) if name in report.names else rows[-1]
    return folded(name, kind, rows, leaving)
