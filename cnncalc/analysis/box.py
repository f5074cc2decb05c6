"""The part of the actual input that a unit depends on, traced back through the graph.

Unlike the receptive field, which ignores borders, it is exact there: padding, of the input or of a
layer in between, is not counted.
"""

from collections.abc import Sequence
from functools import reduce

from msgspec import Struct

from cnncalc.graph import Graph, Node
from cnncalc.layers import Merge
from cnncalc.layers.base import Windows
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED, Axis, Resample, Window

Positions = Sequence[int]
"""The positions read along one axis, in order, possibly with gaps."""

Region = tuple[Positions, ...]
"""Positions for each axis; the region is their product. Branches may read several regions."""

MOST_REGIONS = 16
"""With more regions than this, a layer's regions are replaced by their bounding box."""
MOST = 65_536
"""With more positions than this along an axis, gaps between them are ignored."""


class Box(Struct, frozen=True):
    """The input box of a unit: first and last position along each axis, clipped to the input.

    `intervals` is None if the unit does not depend on the input. `input` is its name, `within` its shape.
    """

    layer: str
    unit: tuple[int, ...]
    axes: tuple[str, ...]
    intervals: tuple[tuple[int, int], ...] | None
    input: str
    within: Shape


def box(graph: Graph, name: str, unit: tuple[int, ...] | None = None) -> Box:
    """The box on the first input; see `boxes`."""
    return boxes(graph, name, unit)[0]


def boxes(graph: Graph, name: str, unit: tuple[int, ...] | None = None) -> tuple[Box, ...]:
    """The box of one unit of a layer on each input; default: the middle unit.

    Raises:
        KeyError: no layer has that name.
        IndexError: the layer has no such unit.
        ValueError: it depends on a layer that the spec declares, without saying what it reads.
    """
    return boxes_at(graph, graph.names[name], name, unit)


def box_at(graph: Graph, at: int, name: str, unit: tuple[int, ...] | None = None) -> Box:
    """The box on the first input of one unit of the node at index `at`; raises IndexError without it."""
    return boxes_at(graph, at, name, unit)[0]


def boxes_at(graph: Graph, at: int, name: str, unit: tuple[int, ...] | None = None) -> tuple[Box, ...]:
    """The box on each input of one unit of the node at index `at`; raises IndexError without such a unit."""
    shape = graph.nodes[at].shape
    chosen = tuple((n - 1) // 2 for n in shape.spatial) if unit is None else unit
    if len(chosen) != shape.rank or not all(0 <= u < n for u, n in zip(chosen, shape.spatial, strict=True)):
        raise IndexError(_no_unit(name, shape, chosen))
    regions: dict[int, list[Region]] = {at: [tuple(range(position, position + 1) for position in chosen)]}
    for index in range(at, graph.entries - 1, -1):
        node = graph.nodes[index]
        if index in regions and node.layer.is_declared:
            raise ValueError(
                f"the input of {name} is unknown: {node.name} (line {node.place.line}) is declared, "
                "and the spec does not say what it reads"
            )
        for region in regions.pop(index, []):
            for read, part in _read(node, region):
                if all(part):
                    regions[read] = _with(regions.get(read, []), part)
    return tuple(
        Box(name, chosen, entry.shape.axes, _whole(regions.get(number)), entry.name, entry.shape)
        for number, entry in enumerate(graph.inputs)
    )


def _whole(regions: list[Region] | None) -> tuple[tuple[int, int], ...] | None:
    """The first and last position of regions along each axis."""
    return tuple((axis[0], axis[-1]) for axis in reduce(_union, regions)) if regions else None


def _no_unit(name: str, shape: Shape, unit: tuple[int, ...]) -> str:
    if not shape.rank:
        return (
            f"{name} is a vector of {shape.channels}; all its units depend on the same input: omit the unit"
        )
    asked = ",".join(map(str, unit))
    last = ",".join(str(n - 1) for n in shape.spatial)
    return f"{name} has no unit {asked}: expected a position ({', '.join(shape.axes)}), from 0 to {last}"


def _read(node: Node, region: Region) -> list[tuple[int, Region]]:
    """The region of each input that a region of a node's output reads; it may be empty."""
    shapes = node.reads
    if not node.inputs:
        return []
    windows = node.layer.reads(*shapes) if isinstance(node.layer, Merge) else (node.layer.windows(*shapes),)
    return [
        (read, _through(each, region, shape.spatial))
        for read, each, shape in zip(node.inputs, windows, shapes, strict=True)
    ]


def _through(windows: Windows, region: Region, sizes: tuple[int, ...]) -> Region:
    if isinstance(windows, str) or len(windows) != len(sizes):
        return tuple(range(n) for n in sizes)
    return tuple(_along(*axis) for axis in zip(windows, region, sizes, strict=True))


def _along(window: Axis, units: Positions, size: int) -> Positions:
    """The positions that units read along an axis of `size`, without padding."""
    if window is UNCHANGED:
        return units
    if len(units) * len(window.taps(units[0])) > MOST:
        first, last = window.taps(units[0]), window.taps(units[-1])
        return range(max(first[0], 0), min(last[-1] + 1, size)) if first and last else range(size)
    if isinstance(units, range) and isinstance(window, Window) and window.leaves_no_gap:
        start, end = window.taps(units[0])[0], window.taps(units[-1])[-1] + 1
        if window.border == "zeros" or (start >= 0 and end <= size):
            return range(max(start, 0), min(end, size))
    taps = {tap for unit in units for tap in window.taps(unit)}
    if isinstance(window, Window | Resample):
        copied = (window.inside(tap, size) for tap in taps)
        return _in_order({tap for tap in copied if tap is not None})
    return _in_order({tap for tap in taps if 0 <= tap < size})


def _in_order(positions: set[int]) -> Positions:
    """As a range if there are no gaps, which is common and faster."""
    if positions and max(positions) - min(positions) + 1 == len(positions):
        return range(min(positions), max(positions) + 1)
    return sorted(positions)


def _with(regions: list[Region], new: Region) -> list[Region]:
    """Add a region; regions whose union is a region are merged."""
    for at, old in enumerate(regions):
        if _make_one(old, new):
            return _with(regions[:at] + regions[at + 1 :], _union(old, new))
    together = [*regions, new]
    return together if len(together) <= MOST_REGIONS else [reduce(_union, together)]


def _make_one(a: Region, b: Region) -> bool:
    """Whether one contains the other, or they differ along only one axis."""
    pairs = list(zip(a, b, strict=True))
    if sum(p != q for p, q in pairs) <= 1:
        return True
    return all(_holds(p, q) for p, q in pairs) or all(_holds(q, p) for p, q in pairs)


def _holds(p: Positions, q: Positions) -> bool:
    return p[0] <= q[0] and q[-1] <= p[-1] if isinstance(p, range) else set(q) <= set(p)


def _union(a: Region, b: Region) -> Region:
    """The smallest region that contains both."""
    return tuple(
        range(min(p[0], q[0]), max(p[-1], q[-1]) + 1) if _meet(p, q) else _in_order({*p, *q})
        for p, q in zip(a, b, strict=True)
    )


def _meet(p: Positions, q: Positions) -> bool:
    """Whether two parts of an axis join without a gap, or are too long to check for gaps."""
    if isinstance(p, range) and isinstance(q, range):
        return max(p[0], q[0]) <= min(p[-1], q[-1]) + 1
    return max(len(p), len(q)) > MOST
