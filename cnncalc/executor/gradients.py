"""Gradients of a layer, or of one of its units, with respect to the input and all weights."""

from collections.abc import Collection

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cnncalc.datatypes import FloatName
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.io.weights import Weights, owner
from cnncalc.executor.names import node_of, own_name, wanted
from cnncalc.executor.network import Network, given, inside, outside, tensors_of
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import WeightSource
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.graph import Graph, Node
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import Spec

Unit = int | tuple[int, ...]
"""A position, 6,6; one with its channel in the order of the spec's layout, 3,6,6; or a number of a vector."""


class Gradients(Struct, frozen=True):
    """How fast a number that the network computes grows with each number that it is computed from.

    Attributes:
        of, unit: the layer that was differentiated, and the unit of it; None for all.
        value: the number: the sum of the layer's chosen outputs, over the whole batch.
        input: the gradient for the input, batch first, in the layout of the spec.
        weights: for each learnable tensor by `layer.tensor`; 0 where nothing depends on it.
        layers: at the outputs of those layers that were asked for and that it depends on.
    """

    of: str
    unit: tuple[int, ...] | None
    value: float
    input: Array
    weights: Weights
    layers: dict[str, Array]


def gradients(
    spec: Spec,
    x: Array | None = None,
    weights: Weights | None = None,
    *,
    of: str | None = None,
    unit: Unit | None = None,
    cotangent: Array | None = None,
    seed: int = 0,
    batch: int = 1,
    data_type: FloatName = "float64",
    keep: Collection[str] = (),
) -> Gradients:
    """Runs a network forward and backward (reverse-mode differentiation, backpropagation).

    Normalisations by stored statistics and dropout are what they are at inference.

    Args:
        spec: what `load` gave.
        x: the input in the spec's layout, with or without a batch in front; noise when not given.
        weights: tensors by `layer.tensor`; drawn when not given.
        of: the layer or block whose output is differentiated; the network's output when not given. Names
            mean what they mean in `run`.
        unit: of that layer only this unit: a position (all its channels), a position with its channel in
            the order of the layout, or the number of a unit of a vector. All are summed when not given.
        cotangent: instead of a unit, the factor of each output in the sum, in the shape of the output.
        seed: what noise and weights are drawn from.
        batch: samples of noise.
        data_type: what is computed in.
        keep: layers, blocks or patterns at whose outputs the gradient is wanted, too; `"*"` for all.

    Raises:
        InputError: the input or the cotangent does not fit, or there is no layer of a name.
        IndexError: the layer has no such unit.
        WeightsError: the weights do not fit.

    >>> import cnncalc
    >>> lenet = cnncalc.load("lenet5")
    >>> found = cnncalc.gradients(lenet, of="fc2", unit=3)
    >>> found.input.shape, found.weights["conv1.weight"].shape
    ((1, 1, 32, 32), (6, 1, 5, 5))
    """
    run = forward(spec, x, weights, of, seed, batch, data_type)
    return differentiated(run, of, unit, cotangent, keep)


class ForwardPass(Struct, frozen=True):
    """A pass forward up to one layer: where that is, the input and all outputs, channels last."""

    graph: Graph
    at: int
    tensors: WeightSource
    values: dict[int, Array]


def forward(
    spec: Spec,
    x: Array | None,
    weights: Weights | None,
    of: str | None,
    seed: int,
    batch: int,
    data_type: FloatName,
) -> ForwardPass:
    """What `gradients` goes back over; the arguments and errors are its."""
    graph = spec.graph
    at = node_of(graph, of)
    array = given(graph, x, batch, seed, data_type)
    tensors = tensors_of(graph, weights, seed, data_type)
    return ForwardPass(graph, at, tensors, outputs(graph, at, array, tensors, data_type))


def differentiated(
    run: ForwardPass, of: str | None, unit: Unit | None, cotangent: Array | None, keep: Collection[str]
) -> Gradients:
    """The pass backward, which lets go of the outputs as it passes them."""
    graph, at, y = run.graph, run.at, run.values[run.at]
    name = of or graph.nodes[at].name
    if cotangent is None:
        dy = one_at(name, graph.nodes[at].shape, graph.layout, unit, y)
    else:
        dy = _weighting(cotangent, y, graph.layout)
    value = float(np.vdot(dy, y))
    asked = wanted(graph, keep)
    entry = run.values[0]
    backward = BackwardPass(graph, run.tensors, run.values)
    found = backward.run(at, dy, {0, *asked})
    kept: dict[str, Array] = {}
    for place in sorted(asked.keys() & found.keys()):
        kept |= dict.fromkeys(asked[place], outside(found[place], graph.layout))
    to_input = outside(found[0] if 0 in found else np.zeros_like(entry), graph.layout)
    return Gradients(name, as_tuple(unit), value, to_input, backward.learned, kept)


def as_tuple(unit: Unit | None) -> tuple[int, ...] | None:
    """A unit with as many numbers as it has."""
    return (unit,) if isinstance(unit, int) else unit


def outputs(graph: Graph, at: int, x: Array, tensors: WeightSource, data_type: FloatName) -> dict[int, Array]:
    """What every layer up to one gives, and the input, channels last."""
    part = replace(until(graph, at), layout="hwc")
    entry = inside(x, graph.layout)
    kept = Network(part, tensors, data_type).run(entry, keep="*") if at else {}
    return {0: entry, **{place: kept[own_name(part, place)] for place in range(1, at + 1)}}


def until(graph: Graph, at: int) -> Graph:
    """The network that ends with one of its nodes."""
    return replace(graph, nodes=graph.nodes[: at + 1], output=at)


class BackwardPass:
    """The backward pass over a graph whose outputs are known; each is let go of when it has been passed."""

    def __init__(self, graph: Graph, tensors: WeightSource, values: dict[int, Array]) -> None:
        self._graph = graph
        self._tensors = tensors
        self._values = values
        self.learned: Weights = {}
        """The gradient of each learnable tensor."""

    def run(self, at: int, dy: Array, wanted: set[int]) -> dict[int, Array]:
        """From the gradient at one node's output to those at the wanted ones that it depends on."""
        waiting, found = {at: dy}, {}
        for place in range(at, -1, -1):
            here = waiting.pop(place, None)
            if here is None:
                continue
            if place in wanted:
                found[place] = here
            node = self._graph.nodes[place]
            for read, part in zip(node.inputs, self._through(place, node, here), strict=False):
                waiting[read] = waiting[read] + part if read in waiting else part
            del self._values[place]
        self._fill(dy.dtype)
        return found

    def _through(self, place: int, node: Node, dy: Array) -> list[Array]:
        ctx = GradContext(owner(self._graph, node), self._tensors, dy.dtype)
        xs = [self._values[read] for read in node.inputs] or [self._values[place]]
        with np.errstate(all="ignore"):
            back = OPERATIONS[node.layer.kind].gradient(node.layer, dy, *xs, y=self._values[place], ctx=ctx)
        for name, gradient in ctx.learned.items():
            key = f"{ctx.layer}.{name}"
            self.learned[key] = self.learned[key] + gradient if key in self.learned else gradient
        return back if isinstance(back, list) else [back]

    def _fill(self, data_type: np.dtype) -> None:
        """Weights that nothing depends on have the gradient 0."""
        for node in self._graph.layers:
            if node.shares is None:
                for name, dims in node.layer.weights(*node.reads).items():
                    self.learned.setdefault(f"{node.name}.{name}", np.zeros(dims, data_type))


def one_at(name: str, shape: Shape, layout: Layout, unit: Unit | None, y: Array) -> Array:
    """1 at the units that are summed, 0 elsewhere."""
    if unit is None:
        return np.ones_like(y)
    dy = np.zeros_like(y)
    position, channel = place_of(name, shape, layout, unit)
    dy[:, *position, channel] = 1
    return dy


Place = tuple[tuple[int | slice, ...], int | slice]
"""A position and a channel; slices stand for all."""


def place_of(name: str, shape: Shape, layout: Layout, unit: Unit) -> Place:
    """Where a unit is in its layer.

    Raises:
        IndexError: there is none, or what is given is no unit.
    """
    given = as_tuple(unit) or ()
    place: tuple[int | slice, ...] = given
    if len(given) == shape.rank and shape.rank:
        place = (slice(None), *given) if layout == "chw" else (*given, slice(None))
    elif len(given) == 1 and shape.is_vector:
        place = (*given, *(0,) * shape.rank) if layout == "chw" else (*(0,) * shape.rank, *given)
    dims = shape.dims(layout)
    fits = len(place) == len(dims) and all(
        isinstance(at, slice) or 0 <= at < n for at, n in zip(place, dims, strict=True)
    )
    if not fits:
        raise IndexError(_no_unit(name, shape, layout, given))
    return (place[1:], place[0]) if layout == "chw" else (place[:-1], place[-1])


def _no_unit(name: str, shape: Shape, layout: Layout, given: tuple[int, ...]) -> str:
    last = ",".join(str(n - 1) for n in shape.dims(layout))
    asked = ",".join(map(str, given))
    if not shape.rank:
        return f"{name} has no unit {asked}: they go from 0 to {last}"
    axes = ",".join(str(n - 1) for n in shape.spatial)
    return (
        f"{name} has no unit {asked}: a position for {' and '.join(shape.axes)}, up to {axes}, "
        f"or one with its channel, up to {last}"
    )


def _weighting(cotangent: Array, y: Array, layout: Layout) -> Array:
    """The cotangent as it is inside; raises InputError where its sizes are not those of the output."""
    array = np.asarray(cotangent, dtype=y.dtype)
    sizes = (y.shape[0], *Shape(y.shape[-1], y.shape[1:-1]).dims(layout))
    if array.shape not in (sizes, sizes[1:]):
        found, wanted = "×".join(map(str, array.shape)), "×".join(map(str, sizes))
        raise InputError(f"the cotangent is {found or 'a single number'}, and the output is {wanted}")
    return inside(np.broadcast_to(array, sizes), layout)
