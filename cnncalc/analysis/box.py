"""The part of the real input that one unit of one layer reads, followed back through the graph.

Unlike the receptive field, which knows no borders, this is exact there: what reaches into padding,
here or in a layer in between, reads nothing.
"""

from collections.abc import Sequence

from msgspec import Struct

from cnncalc.graph import Graph, Node
from cnncalc.layers import Merge
from cnncalc.layers.base import Windows
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED, Axis, Window

Positions = Sequence[int]
"""Positions along one axis that are read, in order; there may be gaps between them."""

Region = tuple[Positions, ...] | None
"""Positions for each axis; None where nothing is read."""

MOST = 65_536
"""Above so many positions along an axis the gaps between them are no longer followed."""


class Box(Struct, frozen=True):
    """What a unit reads of the input: first and last position along each axis, clipped to it."""

    layer: str
    unit: tuple[int, ...]
    axes: tuple[str, ...]
    intervals: tuple[tuple[int, int], ...] | None


def box(graph: Graph, name: str, unit: tuple[int, ...] | None = None) -> Box:
    """The box of one unit of a layer; without a unit that of the one in the middle.

    Raises:
        KeyError: there is no layer of that name.
        IndexError: the layer has no such unit.
    """
    at = graph.names[name]
    shape = graph.nodes[at].shape
    chosen = tuple((n - 1) // 2 for n in shape.spatial) if unit is None else unit
    if len(chosen) != shape.rank or not all(0 <= u < n for u, n in zip(chosen, shape.spatial, strict=True)):
        raise IndexError(_no_unit(name, shape, chosen))
    regions: dict[int, Region] = {at: tuple(range(position, position + 1) for position in chosen)}
    for index in range(at, 0, -1):
        region = regions.pop(index, None)
        if region is not None:
            for read, part in _read(graph, graph.nodes[index], region):
                regions[read] = _union(regions.get(read), part)
    seen = regions.get(0)
    intervals = None if seen is None else tuple((axis[0], axis[-1]) for axis in seen)
    return Box(name, chosen, graph.nodes[0].shape.axes, intervals)


def _no_unit(name: str, shape: Shape, unit: tuple[int, ...]) -> str:
    if not shape.rank:
        return f"{name} is a vector of {shape.channels}, whose units all read the same: leave the unit out"
    asked = ",".join(map(str, unit))
    last = ",".join(str(n - 1) for n in shape.spatial)
    return f"{name} has no unit {asked}: a position for {' and '.join(shape.axes)}, from 0 to {last}"


def _read(graph: Graph, node: Node, region: tuple[Positions, ...]) -> list[tuple[int, Region]]:
    """What a region of a node's output reads of each of its inputs."""
    shapes = node.reads
    windows = node.layer.reads(*shapes) if isinstance(node.layer, Merge) else (node.layer.windows(*shapes),)
    return [
        (read, _through(each, region, shape.spatial))
        for read, each, shape in zip(node.inputs, windows, shapes, strict=True)
    ]


def _through(windows: Windows, region: tuple[Positions, ...], sizes: tuple[int, ...]) -> Region:
    if isinstance(windows, str) or len(windows) != len(sizes):
        return tuple(range(n) for n in sizes)
    parts = tuple(_along(*axis) for axis in zip(windows, region, sizes, strict=True))
    return parts if all(parts) else None


def _along(window: Axis, units: Positions, size: int) -> Positions:
    """What some units read of an axis of `size`; what lies outside is padding."""
    if window is UNCHANGED:
        return units
    if len(units) * len(window.taps(units[0])) > MOST:
        first, last = window.taps(units[0]), window.taps(units[-1])
        return range(max(first[0], 0), min(last[-1] + 1, size)) if first and last else range(size)
    if isinstance(units, range) and isinstance(window, Window) and window.leaves_no_gap:
        return range(max(window.taps(units[0])[0], 0), min(window.taps(units[-1])[-1] + 1, size))
    taps = {tap for unit in units for tap in window.taps(unit)}
    return _in_order({tap for tap in taps if 0 <= tap < size})


def _in_order(positions: set[int]) -> Positions:
    """As a range where there is no gap between them: the common case, and the quick one."""
    if positions and max(positions) - min(positions) + 1 == len(positions):
        return range(min(positions), max(positions) + 1)
    return sorted(positions)


def _union(a: Region, b: Region) -> Region:
    if a is None or b is None:
        return a or b
    return tuple(
        range(min(p[0], q[0]), max(p[-1], q[-1]) + 1) if _meet(p, q) else _in_order({*p, *q})
        for p, q in zip(a, b, strict=True)
    )


def _meet(p: Positions, q: Positions) -> bool:
    """Whether two parts of an axis make one without a gap, or are too long to look for gaps."""
    if isinstance(p, range) and isinstance(q, range):
        return max(p[0], q[0]) <= min(p[-1], q[-1]) + 1
    return max(len(p), len(q)) > MOST
