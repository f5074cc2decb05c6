"""Gradient flow: the size of the gradient at each layer, and the fraction of inputs that receive it."""

import numpy as np
from msgspec import Struct

from cnncalc.datatypes import FloatName
from cnncalc.executor.declared import runnable
from cnncalc.executor.gradients import ForwardPass, Gradients, Unit, differentiated, forward
from cnncalc.executor.io.inputs import InputError, Inputs
from cnncalc.executor.io.weights import Weights, owner
from cnncalc.executor.names import own_name
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.gradient_context import GradContext
from cnncalc.graph import Graph
from cnncalc.spec import SpecLike


class Flow(Struct, frozen=True):
    """The gradient at one layer.

    Attributes:
        name, kind: name and kind of the layer.
        size: the root mean square of the gradient at its output; None if there is no gradient.
        weights: the root mean square of the gradient of all its weights; None if it has none.
        reaches: the fraction of its inputs that would receive a gradient if all outputs had one: max
            pooling passes it only to the largest inputs, ReLU only to positive ones.
    """

    name: str
    kind: str
    size: float | None
    weights: float | None
    reaches: float


def flow(
    spec: SpecLike,
    x: Inputs | None = None,
    weights: Weights | None = None,
    *,
    of: str | None = None,
    unit: Unit | None = None,
    seed: int = 0,
    batch: int = 1,
    data_type: FloatName = "float64",
) -> tuple[Gradients, tuple[Flow, ...]]:
    """`gradients`, plus the gradient flow at each layer up to the one differentiated.

    The arguments and errors are those of `gradients`.
    """
    spec = runnable(spec)
    run = forward(spec, x, weights, of, seed, batch, data_type)
    first = run.graph.entries
    reached = [_reached(run, place) for place in range(first, run.at + 1)]
    found = differentiated(run, of, unit, None, "*")
    nodes = enumerate(run.graph.nodes[first : run.at + 1], start=first)
    return found, tuple(
        Flow(
            name=node.name,
            kind=node.layer.kind,
            size=_of_output(run.graph, place, found),
            weights=_of_weights(run.graph, place, found),
            reaches=reaches,
        )
        for (place, node), reaches in zip(nodes, reached, strict=True)
    )


def _of_output(graph: Graph, place: int, found: Gradients) -> float | None:
    gradient = found.layers.get(own_name(graph, place))
    return None if gradient is None else _root_mean_square([gradient])


def _of_weights(graph: Graph, place: int, found: Gradients) -> float | None:
    node = graph.nodes[place]
    names = node.layer.weights(*node.reads)
    if not names or node.shares is not None:
        return None
    return _root_mean_square([found.weights[f"{node.name}.{name}"] for name in names])


def _root_mean_square(arrays: list[Array]) -> float:
    squares = sum(float(np.vdot(array, array)) for array in arrays)
    return float(np.sqrt(squares / sum(array.size for array in arrays)))


def _reached(run: ForwardPass, place: int) -> float:
    """The fraction of a layer's inputs that receive a gradient if its outputs have random gradients.

    They are random because ones would cancel in a normalization.
    """
    node, y = run.graph.nodes[place], run.values[place]
    if not node.inputs:
        return 1.0
    ctx = GradContext(owner(run.graph, node), run.tensors, y.dtype)
    xs = [run.values[read] for read in node.inputs]
    dy = np.random.Generator(np.random.PCG64(place)).standard_normal(y.shape)
    with np.errstate(all="ignore"):
        back = OPERATIONS[node.layer.kind].gradient(node.layer, dy.astype(y.dtype), *xs, y=y, ctx=ctx)
    parts = back if isinstance(back, list) else [back]
    return sum(int(np.count_nonzero(part)) for part in parts) / sum(part.size for part in parts)


def only_gradient(found: Gradients) -> Array:
    """The gradient of the only input; raises InputError if there are several."""
    if len(found.inputs) > 1:
        names = ", ".join(found.inputs)
        raise InputError(
            f"expected a network with one input; this one has {len(found.inputs)}: {names}; "
            "--save FILE.npz writes the gradients of all"
        )
    return found.input
