"""How a gradient fares on its way back: its size at each layer, and how many inputs a layer lets it reach."""

import numpy as np
from msgspec import Struct

from cnncalc.executor.arithmetic import Array
from cnncalc.executor.backward.pullbacks import PULLBACKS
from cnncalc.executor.backward.reverse import Reverse
from cnncalc.executor.gradients import Gradients, Unit, gradients, node_of, outputs
from cnncalc.executor.network import FloatName, given, tensors_of
from cnncalc.executor.weights import Weights, owner
from cnncalc.graph import Graph
from cnncalc.spec import Spec


class Flow(Struct, frozen=True):
    """The gradient at one layer.

    Attributes:
        name, kind: the layer's.
        size: the root of the mean square of the gradient at its output; None where nothing depends on it.
        weights: the same of the gradient of its weights, all tensors together; None where it has none.
        reaches: the share of its inputs that would get a gradient if all of its outputs had one: a
            maximum reaches only what was largest, ReLU only what was positive.
    """

    name: str
    kind: str
    size: float | None
    weights: float | None
    reaches: float


def flow(
    spec: Spec,
    x: Array | None = None,
    weights: Weights | None = None,
    *,
    of: str | None = None,
    unit: Unit | None = None,
    seed: int = 0,
    batch: int = 1,
    data_type: FloatName = "float64",
) -> tuple[Gradients, tuple[Flow, ...]]:
    """The gradients of `gradients`, and what becomes of them at each layer up to the one differentiated.

    The arguments are those of `gradients`, and so are the errors.
    """
    found = gradients(
        spec, x, weights, of=of, unit=unit, seed=seed, batch=batch, data_type=data_type, keep="*"
    )
    graph, at = spec.graph, node_of(spec.graph, of)
    array = given(graph, x, batch, seed, data_type)
    tensors = tensors_of(graph, weights, seed, data_type)
    values = outputs(graph, at, array, tensors, data_type)
    rows = []
    for place, node in enumerate(graph.nodes[1 : at + 1], start=1):
        tools = Reverse(owner(graph, node), tensors, array.dtype)
        size = found.layers.get(node.name)
        rows.append(
            Flow(
                name=node.name,
                kind=node.layer.kind,
                size=None if size is None else _root_mean_square([size]),
                weights=_of_weights(graph, place, found),
                reaches=_reached(graph, place, values, tools),
            )
        )
    return found, tuple(rows)


def _of_weights(graph: Graph, place: int, found: Gradients) -> float | None:
    node = graph.nodes[place]
    names = node.layer.weights(*node.reads)
    if not names or node.shares is not None:
        return None
    return _root_mean_square([found.weights[f"{node.name}.{name}"] for name in names])


def _root_mean_square(arrays: list[Array]) -> float:
    squares = sum(float(np.vdot(array, array)) for array in arrays)
    return float(np.sqrt(squares / sum(array.size for array in arrays)))


def _reached(graph: Graph, place: int, values: dict[int, Array], tools: Reverse) -> float:
    """The share of the inputs of one layer that get something when random numbers come back to it.

    Random, as ones would cancel in a normalisation.
    """
    node = graph.nodes[place]
    xs = [values[read] for read in node.inputs]
    dy = np.random.Generator(np.random.PCG64(place)).standard_normal(values[place].shape)
    with np.errstate(all="ignore"):
        back = PULLBACKS[node.layer.kind](
            node.layer, dy.astype(values[place].dtype), *xs, y=values[place], tools=tools
        )
    parts = back if isinstance(back, list) else [back]
    return sum(int(np.count_nonzero(part)) for part in parts) / sum(part.size for part in parts)
