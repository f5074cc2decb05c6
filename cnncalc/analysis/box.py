"""The part of the real input that one unit of one layer reads, followed back through the graph.

Unlike the receptive field, which knows no borders, this is exact there: what reaches into padding,
here or in a layer in between, reads nothing.
"""

from collections.abc import Sequence

from msgspec import Struct

from cnncalc.graph import Graph, Node
from cnncalc.layers import Merge
from cnncalc.layers.base import Windows
from cnncalc.window import Axis

Interval = tuple[int, int]
"""First and last position."""

Region = tuple[Interval, ...] | None
"""An interval for each axis; None where nothing is read."""


class Box(Struct, frozen=True):
    """What a unit reads of the input: first and last position along each axis, clipped to it."""

    layer: str
    unit: tuple[int, ...]
    axes: tuple[str, ...]
    intervals: Region


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
        raise IndexError(f"{name} has units up to {tuple(n - 1 for n in shape.spatial)}, not {chosen}")
    regions: dict[int, Region] = {at: tuple((u, u) for u in chosen)}
    for index in range(at, 0, -1):
        region = regions.pop(index, None)
        if region is not None:
            for read, part in _read(graph, graph.nodes[index], region):
                regions[read] = _hull(regions.get(read), part)
    return Box(name, chosen, graph.nodes[0].shape.axes, regions.get(0))


def _read(graph: Graph, node: Node, region: tuple[Interval, ...]) -> list[tuple[int, Region]]:
    """What a region of a node's output reads of each of its inputs."""
    shapes = graph.input_shapes(node)
    windows = node.layer.reads(*shapes) if isinstance(node.layer, Merge) else (node.layer.windows(*shapes),)
    return [
        (read, _through(each, region, shape.spatial))
        for read, each, shape in zip(node.inputs, windows, shapes, strict=True)
    ]


def _through(windows: Windows, region: tuple[Interval, ...], sizes: tuple[int, ...]) -> Region:
    if isinstance(windows, str) or len(windows) != len(sizes):
        return tuple((0, n - 1) for n in sizes)
    parts = [_along(*axis) for axis in zip(windows, region, sizes, strict=True)]
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) else None


def _along(window: Axis, units: Interval, size: int) -> Interval | None:
    """The hull of what some neighbouring units read, within an axis of `size`.

    Windows move forward: the first unit that reads anything reads the first position, the last one
    the last; a few units may read nothing, but no more than a period in a row.
    """
    first = _first_real(window, range(units[0], units[1] + 1), size)
    last = _first_real(window, range(units[1], units[0] - 1, -1), size)
    if not first or not last:
        return None
    return min(first[0], last[0]), max(first[-1], last[-1])


def _first_real(window: Axis, units: range, size: int) -> Sequence[int]:
    """The real positions read by the first of some units that reads any."""
    for unit in units:
        taps = window.taps(unit)
        real = [taps[0], taps[-1]] if taps and taps[0] >= 0 and taps[-1] < size else _clipped(taps, size)
        if real:
            return real
    return ()


def _clipped(taps: range, size: int) -> list[int]:
    """First and last of the evenly spaced taps that lie within an axis of `size`."""
    if not taps:
        return []
    step = taps.step
    first = taps[0] if taps[0] >= 0 else taps[0] + -(taps[0] // step) * step
    last = taps[-1] if taps[-1] < size else first + (size - 1 - first) // step * step
    return [first, last] if first <= last and first < size else []


def _hull(a: Region, b: Region) -> Region:
    if a is None or b is None:
        return a or b
    return tuple((min(p[0], q[0]), max(p[1], q[1])) for p, q in zip(a, b, strict=True))
