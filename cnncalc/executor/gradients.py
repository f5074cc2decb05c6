"""Gradients of a layer, or of one of its units, with respect to the input and all weights."""

from collections.abc import Collection

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from cnncalc.datatypes import FloatName
from cnncalc.executor.declared import runnable
from cnncalc.executor.io.inputs import InputError, Inputs
from cnncalc.executor.io.weights import Weights, owner
from cnncalc.executor.names import node_of, own_name, wanted
from cnncalc.executor.network import Network, given_inputs, inside, outside, tensors_of
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.context import WeightSource
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.graph import Graph, Node
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import Spec, SpecLike

Unit = int | tuple[int, ...]
"""A position (6,6), a position and channel in the spec's layout (3,6,6), or an index into a vector."""


class Gradients(Struct, frozen=True):
    """The gradient of a scalar with respect to the input and all weights.

    Attributes:
        of, unit: the layer and unit that were differentiated; unit is None for all units.
        value: the scalar: the sum of the selected outputs over the whole batch.
        inputs: the gradient of each input by name, batch first, in the spec's layout; `input` is the first.
        weights: the gradient of each learnable tensor by `layer.tensor`; 0 if it has no effect.
        layers: the gradients at the outputs of layers in `keep` that the scalar depends on.
    """

    of: str
    unit: tuple[int, ...] | None
    value: float
    inputs: dict[str, Array]
    weights: Weights
    layers: dict[str, Array]

    @property
    def input(self) -> Array:
        """The gradient of the input; with several, of the first."""
        return next(iter(self.inputs.values()))

    def __repr__(self) -> str:
        sizes = ", ".join("×".join(map(str, each.shape)) for each in self.inputs.values())
        return f"<Gradients of {self.of}: input {sizes}, weights {len(self.weights)}>"


def gradients(
    spec: SpecLike,
    x: Inputs | None = None,
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

    Batch norm and dropout are in inference mode.

    Args:
        spec: a spec, or anything that `load` takes.
        x: the input in the spec's layout, with or without a batch axis; with several inputs, a dict of their
            names and arrays; default: noise.
        weights: tensors by `layer.tensor`; default: random.
        of: the layer or block to differentiate, named as in `run`; default: the network's output.
        unit: differentiate only this unit of the layer: a position (all channels), a position and channel in
            the spec's layout, or an index into a vector. Default: the sum of all units.
        cotangent: instead of a unit, the weight of each output in the sum, in the shape of the output.
        seed: seed for noise and weights.
        batch: batch size of the noise.
        data_type: data type of the computation.
        keep: layers, blocks or patterns whose output gradients are also returned; `"*"` for all.

    Raises:
        InputError: the input or cotangent does not fit, or a layer name is unknown.
        IndexError: the layer has no such unit.
        WeightsError: the weights do not fit.

    >>> import cnncalc
    >>> lenet = cnncalc.load("lenet5")
    >>> found = cnncalc.gradients(lenet, of="fc2", unit=3)
    >>> found.input.shape, found.weights["conv1.weight"].shape
    ((1, 1, 32, 32), (6, 1, 5, 5))
    """
    spec = runnable(spec)
    run = forward(spec, x, weights, of, seed, batch, data_type)
    return differentiated(run, of, unit, cotangent, keep)


class ForwardPass(Struct, frozen=True):
    """A forward pass up to one layer: its index, the input and all outputs, channels last."""

    graph: Graph
    at: int
    tensors: WeightSource
    values: dict[int, Array]


def forward(
    spec: Spec,
    x: Inputs | None,
    weights: Weights | None,
    of: str | None,
    seed: int,
    batch: int,
    data_type: FloatName,
) -> ForwardPass:
    """The forward pass of `gradients`, with the same arguments and errors."""
    graph = spec.graph
    at = node_of(graph, of)
    arrays = given_inputs(graph, x, batch, seed, data_type)
    tensors = tensors_of(graph, weights, seed, data_type)
    return ForwardPass(graph, at, tensors, outputs(graph, at, arrays, tensors, data_type))


def differentiated(
    run: ForwardPass, of: str | None, unit: Unit | None, cotangent: Array | None, keep: Collection[str]
) -> Gradients:
    """The backward pass, which releases outputs as it goes."""
    graph, at, y = run.graph, run.at, run.values[run.at]
    name = of or graph.nodes[at].name
    if cotangent is None:
        dy = one_at(name, graph.nodes[at].shape, graph.layout, unit, y)
    else:
        dy = _weighting(cotangent, y, graph.layout)
    value = float(np.vdot(dy, y))
    asked = wanted(graph, keep)
    entries = [run.values[number] for number in range(graph.entries)]
    backward = BackwardPass(graph, run.tensors, run.values)
    found = backward.run(at, dy, {*range(graph.entries), *asked})
    kept: dict[str, Array] = {}
    for place in sorted(asked.keys() & found.keys()):
        kept |= dict.fromkeys(asked[place], outside(found[place], graph.layout))
    to_inputs = {
        node.name: outside(found.get(number, np.zeros_like(entry)), graph.layout)
        for number, (node, entry) in enumerate(zip(graph.inputs, entries, strict=True))
    }
    return Gradients(name, as_tuple(unit), value, to_inputs, backward.learned, kept)


def as_tuple(unit: Unit | None) -> tuple[int, ...] | None:
    """A unit as a tuple."""
    return (unit,) if isinstance(unit, int) else unit


def outputs(
    graph: Graph, at: int, x: dict[str, Array], tensors: WeightSource, data_type: FloatName
) -> dict[int, Array]:
    """The outputs of every layer up to `at`, and the inputs, channels last."""
    part = replace(until(graph, at), layout="hwc")
    entries = [inside(each, graph.layout) for each in x.values()]
    found = dict(enumerate(entries))
    if at >= graph.entries:
        kept = Network(part, tensors, data_type).run(dict(zip(x, entries, strict=True)), keep="*")
        found |= {place: kept[own_name(part, place)] for place in range(graph.entries, at + 1)}
    return found


def until(graph: Graph, at: int) -> Graph:
    """The graph truncated after one of its nodes, which is its output; all inputs stay."""
    nodes = graph.nodes[: max(at + 1, graph.entries)]
    ends = {nodes[at].name: at}
    return replace(graph, nodes=nodes, output=at, outputs=ends, auxiliary={}, training_only=frozenset())


class BackwardPass:
    """The backward pass over a graph with known outputs; each output is released after use."""

    def __init__(self, graph: Graph, tensors: WeightSource, values: dict[int, Array]) -> None:
        self._graph = graph
        self._tensors = tensors
        self._values = values
        self.learned: Weights = {}
        """The gradient of each learnable tensor."""

    def run(self, at: int, dy: Array, wanted: set[int]) -> dict[int, Array]:
        """Propagate the gradient at one node's output to the `wanted` nodes that it depends on."""
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
        ctx.batch = len(dy)
        xs = [self._values[read] for read in node.inputs or ((place,) if place < self._graph.entries else ())]
        with np.errstate(all="ignore"):
            back = OPERATIONS[node.layer.kind].gradient(node.layer, dy, *xs, y=self._values[place], ctx=ctx)
        for name, gradient in ctx.learned.items():
            key = f"{ctx.layer}.{name}"
            self.learned[key] = self.learned[key] + gradient if key in self.learned else gradient
        return back if isinstance(back, list) else [back]

    def _fill(self, data_type: np.dtype) -> None:
        """Set the gradient of unused weights to 0."""
        for node in self._graph.layers:
            if node.shares is None:
                for name, dims in node.layer.weights(*node.reads).items():
                    self.learned.setdefault(f"{node.name}.{name}", np.zeros(dims, data_type))


def one_at(name: str, shape: Shape, layout: Layout, unit: Unit | None, y: Array) -> Array:
    """1 at the selected units, 0 elsewhere."""
    if unit is None:
        return np.ones_like(y)
    dy = np.zeros_like(y)
    position, channel = place_of(name, shape, layout, unit)
    dy[:, *position, channel] = 1
    return dy


Place = tuple[tuple[int | slice, ...], int | slice]
"""A position and a channel; a slice selects all."""


def place_of(name: str, shape: Shape, layout: Layout, unit: Unit) -> Place:
    """The position and channel of a unit.

    Raises:
        IndexError: the layer has no such unit.
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
        return f"{name} has no unit {asked}: expected 0 to {last}"
    axes = ",".join(str(n - 1) for n in shape.spatial)
    return (
        f"{name} has no unit {asked}: expected a position ({', '.join(shape.axes)}) up to {axes}, "
        f"or a position and channel up to {last}"
    )


def _weighting(cotangent: Array, y: Array, layout: Layout) -> Array:
    """The cotangent in internal layout; raises InputError if its shape is not that of the output."""
    array = np.asarray(cotangent, dtype=y.dtype)
    sizes = (y.shape[0], *Shape(y.shape[-1], y.shape[1:-1]).dims(layout))
    if array.shape not in (sizes, sizes[1:]):
        found, wanted = "×".join(map(str, array.shape)), "×".join(map(str, sizes))
        raise InputError(f"expected a cotangent of {wanted}, as the output; found {found or 'a scalar'}")
    return inside(np.broadcast_to(array, sizes), layout)
