"""Measures which input positions a unit depends on, by changing inputs and comparing outputs.

Each layer runs on small maps with few channels, once for every position along an axis, with the values
at that position changed. The outputs that change form a Boolean table; the product of the tables of all
layers gives the dependence of a unit on the network's input. No formula is used.
"""

from collections.abc import Iterable
from math import prod

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.ops.operation import holds
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.buffers import Buffers
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.runtime.window_grid import spread
from cnncalc.graph import Graph, Node
from cnncalc.layers import Layer

Table = NDArray[np.bool_]
"""Rows are units along an axis, columns the positions that they may depend on."""

Bits = NDArray[np.uint8]
"""A table with packed columns, eight per byte."""

Path = tuple[Bits, ...]
"""A table for each axis of the network's input."""

MOST_PATHS = 16
"""More paths are joined, as if none had empty rows."""

LONGEST = 8192
"""Longer axes are not measured: tables grow with the square of the length."""

MOST_LAYERS = 1000
"""Fields of deeper networks are not measured: each layer is traced back through all layers before it."""

MOST_BITS = 4 << 30
"""Larger tables of all layers together are not measured."""

MOST_AT_ONCE = 1 << 22
"""Changed input values to run in one batch."""

LEAST_CHANGE = 1e-9
"""Smaller differences are rounding errors."""

THINNED: dict[str, object] = {"filters": 1, "groups": 1, "table": ((0,),), "units": 1, "multiplier": 1}
"""Options that only set the number of channels, and their values while measuring."""


def unmeasured(dims: list[tuple[int, ...]], entries: int = 1) -> str:
    """Why the fields of a network with these shapes, inputs first, are not measured; empty if they are."""
    if max((n for sizes in dims for n in sizes[1:]), default=0) > LONGEST:
        return f"an axis is longer than {LONGEST:,}; use a smaller --input"
    if len(dims) > MOST_LAYERS:
        return f"the network has more than {MOST_LAYERS:,} layers"
    bits = (
        m * n for entry in dims[:entries] for each in dims for m, n in zip(entry[1:], each[1:], strict=False)
    )
    if sum(bits) > MOST_BITS:
        return f"the tables have more than {MOST_BITS:,} bits; use a smaller --input"
    return ""


class Reach(Struct, frozen=True):
    """The positions of the network's input that each unit of a layer depends on.

    A path has a table for each axis of the input; a unit depends on the product of its rows, and on nothing
    if one of them is empty. Branches make several paths if not the same rows are empty in all. A table has
    one row if all units depend on the same positions. `relabelled` units are no longer ordered along an axis.
    """

    paths: tuple[Path, ...]
    relabelled: bool = False

    def interval(self, axis: int, unit: int) -> tuple[int, int] | None:
        """The first and last position along one axis that units at this place depend on."""
        return _ends(np.bitwise_or.reduce([_row(path[axis], unit) for path in self.paths]))

    def box(self, unit: tuple[int, ...]) -> list[tuple[int, int] | None]:
        """The first and last position along each axis that a unit depends on."""
        paths = [tuple(map(_row, path, unit)) for path in self.paths]
        read = [path for path in paths if all(row.any() for row in path)] or paths
        return [_ends(np.bitwise_or.reduce(axis)) for axis in zip(*read, strict=True)]


def _row(table: Bits, unit: int) -> Bits:
    row: Bits = table[min(unit, len(table) - 1)]
    return row


def _ends(row: Bits) -> tuple[int, int] | None:
    places = np.flatnonzero(np.unpackbits(row))
    return (int(places[0]), int(places[-1])) if places.size else None


class PositiveWeights:
    """Weights that propagate every change: all are positive, so changes cannot cancel."""

    def take(self, layer: str, name: str, dims: tuple[int, ...]) -> Array:
        generator = np.random.Generator(np.random.PCG64([*name.encode(), *dims]))
        return generator.uniform(0.5, 1.5, dims)


class Follower:
    """Traces dependence through a graph; each distinct layer is measured once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[tuple[Layer, tuple[tuple[int, ...], ...]], tuple[tuple[Table, ...], ...]] = {}

    def reaches(self, dims: list[tuple[int, ...]], entry: int = 0) -> list[Reach | None]:
        """The reach of every node on one input, given the measured shapes of all nodes (channels first).

        None for a node that does not depend on this input.
        """
        found: list[Reach | None] = [None] * self.graph.entries
        sizes = self.graph.nodes[entry].shape.spatial
        found[entry] = Reach((tuple(np.packbits(np.eye(n, dtype=bool), axis=1) for n in sizes),))
        for node in self.graph.layers:
            found.append(self._behind(node, [found[read] for read in node.inputs], dims))
        return found

    def _behind(self, node: Node, reached: list[Reach | None], dims: list[tuple[int, ...]]) -> Reach | None:
        sizes = tuple(dims[read][1:] for read in node.inputs)
        inputs = [reach for reach in reached if reach is not None]
        if not inputs:
            return None
        operation = OPERATIONS[node.layer.kind]
        if operation.relabels or holds(operation.scrambles, node.layer):
            return structs.replace(inputs[0], relabelled=True)
        reads = [size for size, reach in zip(sizes, reached, strict=True) if reach is not None]
        vectors = any(reach.relabelled for reach in inputs) or not all(reads)
        mixes = holds(operation.mixes, node.layer)
        if vectors or mixes:
            return _joined(inputs, collapse=mixes)
        rank = len(reads[0])
        ranks = {len(reach.paths[0]) for reach in inputs} | {len(size) for size in sizes if size}
        if ranks != {rank}:
            return _joined(inputs, collapse=True)
        sizes = tuple(size or (1,) * rank for size in sizes)  # a vector from another input, such as a gate
        key = structs.replace(node.layer), sizes
        if key not in self._known:
            self._known[key] = tuple(measured(node.layer, sizes, which) for which in range(len(sizes)))
        return Reach(
            _merged(
                tuple(map(_chained, tables, path))
                for tables, reach in zip(self._known[key], reached, strict=True)
                if reach is not None
                for path in reach.paths
            )
        )


def _joined(inputs: list[Reach], collapse: bool) -> Reach:
    """The union of the inputs' paths, unit by unit; if `collapse`, over all units."""
    paths = [path for reach in inputs for path in reach.paths]
    rows = {len(table) for path in paths for table in path}
    collapse = collapse or (len(inputs) > 1 and len({len(path[0]) for path in paths if path}) > 1)
    merged = _merged(tuple(map(_together, path)) if collapse else path for path in paths)
    return Reach(merged, relabelled=not collapse and rows != {1})


def _merged(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The union of paths with the same empty rows."""
    found: dict[tuple[bytes, ...], Path] = {}
    for path in paths:
        key = tuple(table.any(axis=1).tobytes() for table in path)
        found[key] = tuple(map(np.bitwise_or, found[key], path)) if key in found else path
    if len(found) <= MOST_PATHS:
        return tuple(found.values())
    return (tuple(np.bitwise_or.reduce(axis) for axis in zip(*found.values(), strict=True)),)


def _together(table: Bits) -> Bits:
    """The union of all rows, as a single row."""
    row: Bits = np.bitwise_or.reduce(table, axis=0, keepdims=True)
    return row


def _chained(table: Table, before: Bits) -> Bits:
    """The dependence of units through `before`."""
    if len(before) == 1:  # all units depend on the same positions
        return np.where(table.any(axis=1, keepdims=True), before, 0).astype(np.uint8)
    found = np.zeros((len(table), before.shape[1]), np.uint8)
    if table.all():
        found[:] = _together(before)
        return found
    units, places = np.nonzero(table)
    number = np.arange(len(units)) - np.searchsorted(units, units)  # index of each position within its unit
    for turn in range(int(number.max(initial=-1)) + 1):
        now = number == turn
        found[units[now]] |= before[places[now]]
    return found


def measured(layer: Layer, sizes: tuple[tuple[int, ...], ...], which: int) -> tuple[Table, ...]:
    """For each axis, which outputs change with which positions of input `which`."""
    thin, channels = _thinned(layer, len(sizes[0]))
    return tuple(
        _along(thin, _narrowed(layer, sizes, axis), which, axis, channels) for axis in range(len(sizes[0]))
    )


def _along(layer: Layer, sizes: list[tuple[int, ...]], which: int, axis: int, channels: int) -> Table:
    generator = np.random.Generator(np.random.PCG64(0))
    base: list[Array] = [generator.uniform(0.1, 0.9, (1, *size, channels)) for size in sizes]
    still = _run(layer, base)
    n = sizes[which][axis]
    at_once = max(MOST_AT_ONCE // prod(base[which].shape), 1)
    parts = [
        _changes(layer, base, which, axis, range(first, min(first + at_once, n)), still)
        for first in range(0, n, at_once)
    ]
    return np.concatenate(parts).T


def _narrowed(layer: Layer, sizes: tuple[tuple[int, ...], ...], axis: int) -> list[tuple[int, ...]]:
    """Sizes that are unchanged along `axis`, and at most one window along the others."""
    rank = len(sizes[0])
    if holds(OPERATIONS[layer.kind].whole_axes, layer):
        return list(sizes)
    kernels = spread(getattr(layer, "kernel", 1), rank)
    dilations = spread(getattr(layer, "dilation", 1), rank)
    spans = [(k - 1) * d + 1 for k, d in zip(kernels, dilations, strict=True)]
    # with a stride more, some window lies inside, wherever padding makes the first one start
    strides = spread(getattr(layer, "stride", None) or kernels, rank)
    spans = [span + stride for span, stride in zip(spans, strides, strict=True)]
    least = [min(along) for along in zip(*sizes, strict=True)]
    cuts = [0 if at == axis else max(n - spans[at], 0) for at, n in enumerate(least)]
    return [tuple(n - cut for n, cut in zip(each, cuts, strict=True)) for each in sizes]


def _thinned(layer: Layer, rank: int) -> tuple[Layer, int]:
    """The layer with few channels: its effect on positions is the same."""
    stand_in = OPERATIONS[layer.kind].stand_in
    layer = stand_in(layer) if stand_in else layer
    names = set(layer.__struct_fields__)
    few = {name: value for name, value in THINNED.items() if name in names}
    if "channels" in names:  # the range of a slice, or the channels added by a pad
        few["channels"] = (0, 1) if isinstance(getattr(layer, "channels"), tuple) else 0  # noqa: B009
    factor = getattr(layer, "factor", 1)
    return structs.replace(layer, **few), max(factor**rank, OPERATIONS[layer.kind].measured_channels)


def _run(layer: Layer, inputs: list[Array]) -> Array:
    ctx = OpContext("", PositiveWeights(), Buffers(), np.dtype(np.float64))
    with np.errstate(all="ignore"):
        return OPERATIONS[layer.kind].forward(layer, *inputs, ctx=ctx)


def _changes(layer: Layer, base: list[Array], which: int, axis: int, places: range, still: Array) -> Table:
    """Rows are changed positions, columns the outputs along the axis that change."""
    generator = np.random.Generator(np.random.PCG64(1))
    changed = np.repeat(base[which], len(places), axis=0)
    for sample, place in enumerate(places):
        slab = np.moveaxis(changed[sample], axis, 0)[place]
        slab += generator.uniform(5, 15, slab.shape)
    inputs = [changed if at == which else np.repeat(x, len(places), axis=0) for at, x in enumerate(base)]
    differs = ~(np.abs(_run(layer, inputs) - still) <= LEAST_CHANGE)
    flat = np.moveaxis(differs, axis + 1, 1).reshape(len(places), differs.shape[axis + 1], -1)
    table: Table = np.any(flat, axis=2)
    return table
