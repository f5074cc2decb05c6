"""Translation equivariance f(g(x)) = g(f(x)), measured layer by layer.

Two shifted crops of a larger scene are compared. A convolution is equivariant; a strided layer is only
if the stride divides the shift; outputs near the borders are not.
"""

from fractions import Fraction

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Row
from cnncalc.datatypes import FloatName
from cnncalc.executor.declared import runnable
from cnncalc.executor.io.inputs import InputError, noise, only_input
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.names import own_name
from cnncalc.executor.network import Network, given, inside, tensors_of
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.shapes import Shape
from cnncalc.spec import Spec, SpecLike

Table = NDArray[np.bool_]
"""A Boolean for each unit."""

EQUAL = 1e-9
"""Outputs are equal if they differ by at most this, relative to the layer's largest output."""


class Moved(Struct, frozen=True):
    """The effect of an image shift on one layer.

    Attributes:
        name, kind: name and kind of the layer.
        by: expected shift of its map along each axis in units, the shift divided by the jump; None if it
            has no spatial axes and should not change.
        equal: the fraction of outputs equal to the shifted previous ones (to the nearest whole unit);
            None if the shift moves all of them out.
        inside: the same for units whose receptive field lies inside the image; None if there are none.
        change: the mean absolute difference, relative to the outputs.
    """

    name: str
    kind: str
    by: tuple[Fraction, ...] | None
    equal: float | None
    inside: float | None
    change: float

    @property
    def whole(self) -> bool:
        """Whether the stride divides the shift."""
        return self.by is None or all(by.denominator == 1 for by in self.by)


def equivariance(
    spec: SpecLike,
    shift: tuple[int, ...],
    x: Array | None = None,
    weights: Weights | None = None,
    *,
    seed: int = 0,
    data_type: FloatName = "float64",
) -> tuple[Moved, ...]:
    """Runs a network on an image and a shifted image, and compares every layer.

    Args:
        spec: a spec, or anything that `load` takes.
        shift: pixels along each axis, down and to the right; at most half the image.
        x: one image, extended by repeating its edges; default: noise.
        weights: tensors by `layer.tensor`; default: random.
        seed: seed for noise and weights.
        data_type: data type of the computation.

    Raises:
        InputError: the image or the shift does not fit.
        WeightsError: the weights do not fit.
    """
    spec = runnable(spec)
    graph = spec.graph
    shape = only_input(graph)
    if len(shift) != shape.rank or not shape.rank:
        raise InputError(
            f"shift needs one number for each spatial axis of the input: {', '.join(shape.axes) or 'none'}"
        )
    if any(abs(s) * 2 > n for s, n in zip(shift, shape.spatial, strict=True)):
        raise InputError("the shift must be at most half the image")
    before, after = _views(spec, shift, x, seed, data_type)
    network = Network(graph, tensors_of(graph, weights, seed, data_type), data_type)
    first, second = network.run(before, keep="*"), network.run(after, keep="*")
    names = (own_name(graph, at) for at in range(1, len(graph.nodes)))
    return tuple(
        _moved(row, shape, shift, *(inside(run[name], graph.layout) for run in (first, second)))
        for row, name in zip(analyze(spec).layers, names, strict=True)
    )


def _views(
    spec: Spec, shift: tuple[int, ...], x: Array | None, seed: int, data_type: FloatName
) -> tuple[Array, Array]:
    """The image and the shifted image."""
    graph = spec.graph
    shape, layout = graph.nodes[0].shape, graph.layout
    room = tuple(abs(s) for s in shift)
    if x is None:
        larger = Shape(shape.channels, tuple(n + r for n, r in zip(shape.spatial, room, strict=True)))
        scene = noise(larger, layout, 1, seed, data_type)
    else:
        sides = [(max(s, 0), max(-s, 0)) for s in shift]
        around = [(0, 0), *sides, (0, 0)] if layout == "hwc" else [(0, 0), (0, 0), *sides]
        scene = np.pad(given(graph, x, 1, seed, data_type), around, mode="edge")
    starts = [(max(s, 0), max(-s, 0)) for s in shift]
    views = []
    for which in (0, 1):
        part = tuple(slice(at[which], at[which] + n) for at, n in zip(starts, shape.spatial, strict=True))
        views.append(scene[:, *part] if layout == "hwc" else scene[:, :, *part])
    return views[0], views[1]


def _moved(row: Row, entry: Shape, shift: tuple[int, ...], y: Array, moved: Array) -> Moved:
    jumps = row.field.jump
    if jumps is None or len(jumps) != y.ndim - 2 or not all(jumps):
        equal, change = _compared(y, moved, y)
        return Moved(row.name, row.kind, None, float(equal.mean()), None, change)
    by = tuple(Fraction(s) / jump for s, jump in zip(shift, jumps, strict=True) if jump)
    units = tuple(round(each) for each in by)
    here, there = _overlap(units)
    if not y[:, *here].size:
        return Moved(row.name, row.kind, by, None, None, 0.0)
    equal, change = _compared(y[:, *here], moved[:, *there], y)
    free = _free(row, entry, units, y.shape[1:-1])
    within = equal[:, free] if free.any() else None
    return Moved(
        row.name, row.kind, by, float(equal.mean()), None if within is None else float(within.mean()), change
    )


def _overlap(units: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The units with a counterpart after the shift, and their counterparts."""
    here = tuple(slice(max(-by, 0), -by if by > 0 else None) for by in units)
    there = tuple(slice(max(by, 0), by if by < 0 else None) for by in units)
    return here, there


def _compared(y: Array, moved: Array, whole: Array) -> tuple[Table, float]:
    """Which outputs are equal, and the mean difference relative to the outputs."""
    difference = np.abs(y - moved)
    size = float(np.abs(whole).max()) or 1.0
    mean = float(np.abs(whole).mean()) or 1.0
    return difference <= EQUAL * size, float(difference.mean()) / mean


def _free(row: Row, entry: Shape, units: tuple[int, ...], sizes: tuple[int, ...]) -> Table:
    """The compared units whose receptive field lies inside the image before and after the shift."""
    free = np.ones((), bool)
    for axis, n, by, field in zip(range(len(sizes)), sizes, units, row.field.axes or (), strict=True):
        first, end = max(-by, 0), n - max(by, 0)
        whole = []
        for unit in range(first, end):
            fields = (field.at(unit), field.at(unit + by))
            whole.append(all(f is not None and f[0] >= 0 and f[1] < entry.spatial[axis] for f in fields))
        free = free[..., np.newaxis] & np.array(whole, bool)
    return free
