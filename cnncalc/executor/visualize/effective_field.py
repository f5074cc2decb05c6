"""The effective receptive field: how much each input position influences a unit."""

from math import prod

import numpy as np
from msgspec import Struct

from cnncalc.analysis.box import box_at
from cnncalc.datatypes import FloatName
from cnncalc.executor.declared import runnable
from cnncalc.executor.gradients import Unit, as_tuple, gradients, place_of
from cnncalc.executor.io.inputs import InputError, only_input
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.names import node_of
from cnncalc.executor.network import Watch
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.graph import Graph
from cnncalc.shapes import Layout
from cnncalc.spec import SpecLike

Intervals = tuple[tuple[int, int], ...]
"""First and last position along each axis."""


class Effective(Struct, frozen=True):
    """The effective receptive field (Luo, Li, Urtasun & Zemel 2016, arXiv:1701.04128).

    Attributes:
        share: the fraction of the gradient's total magnitude.
        positions: the fewest input positions with this share.
        field: the number of positions in the receptive field.
        intervals: for each axis, the central interval with this share.
    """

    share: float
    positions: int
    field: int
    intervals: Intervals

    @property
    def fraction(self) -> float:
        """The effective positions as a fraction of the receptive field."""
        return self.positions / self.field


class Influence(Struct, frozen=True):
    """The magnitude of ∂unit/∂input at each input position, summed over channels, averaged over samples.

    Attributes:
        layer, unit: the layer and unit; unit is None for the sum of a vector.
        field: the receptive field, clipped to the input.
        map: the magnitudes, with the input's spatial sizes.
        samples: the number of averaged gradients.
    """

    layer: str
    unit: tuple[int, ...] | None
    field: Intervals
    map: Array
    samples: int

    def __repr__(self) -> str:
        return f"<Influence on {self.layer}: map {'×'.join(map(str, self.map.shape))}>"

    def effective(self, share: float = 0.95) -> Effective:
        """The fewest positions with a share of the total magnitude.

        Raises:
            ValueError: the share is not in (0, 1], or no gradient reaches the input.
        """
        total = float(self.map.sum())
        if not 0 < share <= 1:
            raise ValueError(f"share must be above 0 and at most 1; found {share:g}")
        if not total > 0 or not np.isfinite(total):
            raise ValueError(f"no gradient of {self.layer} reaches the input")
        falling = np.cumsum(np.sort(self.map, axis=None)[::-1])
        positions = int(np.searchsorted(falling, share * total * (1 - 1e-12))) + 1
        intervals = tuple(_middle(self.map, axis, share) for axis in range(self.map.ndim))
        field = prod(last - first + 1 for first, last in self.field)
        return Effective(share, positions, field, intervals)


def _middle(magnitudes: Array, axis: int, share: float) -> tuple[int, int]:
    """The central interval of an axis: each end excludes at most half of the remaining share."""
    others = tuple(other for other in range(magnitudes.ndim) if other != axis)
    rising = np.cumsum(magnitudes.sum(axis=others))
    rest = (1 - share) / 2 * rising[-1]
    first = int(np.searchsorted(rising, rest, side="right"))
    last = int(np.searchsorted(rising, (rising[-1] - rest) * (1 - 1e-12)))
    return min(first, last), last


def influence(
    spec: SpecLike,
    layer: str,
    unit: Unit | None = None,
    x: Array | None = None,
    weights: Weights | None = None,
    *,
    samples: int = 1,
    seed: int = 0,
    data_type: FloatName = "float64",
    watch: Watch | None = None,
) -> Influence:
    """Measures with gradients how much each input position influences a unit.

    Args:
        spec: a spec, or anything that `load` takes.
        layer: name of a layer or block.
        unit: as in `gradients`; default: the middle position, or the sum of a vector.
        x: the input; default: new noise for each sample.
        weights: tensors by `layer.tensor`; default: new random weights for each sample.
        samples: the number of gradients to average, if noise or weights are random.
        seed: seed of the first sample.
        data_type: data type of the computation.
        watch: progress callback, called after each sample.

    Raises:
        InputError: the input does not fit or has no spatial axes, or the layer is unknown.
        IndexError: the layer has no such unit.
        WeightsError: the weights do not fit.
    """
    spec = runnable(spec)
    graph = spec.graph
    if not only_input(graph).rank:
        raise InputError("expected an input with spatial axes; the network's input is a vector")
    node = graph.nodes[node_of(graph, layer)]
    if unit is None and not node.shape.is_vector:
        unit = tuple((n - 1) // 2 for n in node.shape.spatial)
    drawn = range(seed, seed + samples) if x is None or weights is None else range(seed, seed + 1)
    total = np.zeros(graph.nodes[0].shape.spatial)
    for done, each in enumerate(drawn, start=1):
        found = gradients(spec, x, weights, of=layer, unit=unit, seed=each, data_type=data_type)
        total += magnitudes(found.input, graph.layout)
        if watch:
            watch(done, len(drawn))
    return Influence(layer, as_tuple(unit), _field(graph, layer, unit), total / len(drawn), len(drawn))


def magnitudes(gradient: Array, layout: Layout) -> Array:
    """The magnitude of a gradient at each position: summed over channels, averaged over the batch."""
    found: Array = np.abs(gradient).sum(axis=-1 if layout == "hwc" else 1).mean(axis=0)
    return found


def _field(graph: Graph, layer: str, unit: Unit | None) -> Intervals:
    """The receptive field of the unit from the analysis, clipped to the input."""
    at = node_of(graph, layer)
    node = graph.nodes[at]
    position = None
    if unit is not None and node.shape.rank:
        place, _ = place_of(layer, node.shape, graph.layout, unit)
        position = tuple(number for number in place if isinstance(number, int))
    return box_at(graph, at, layer, position).intervals or tuple((0, 0) for _ in graph.nodes[0].shape.spatial)
